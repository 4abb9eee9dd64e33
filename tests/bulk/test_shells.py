"""The two shells are written by hand and must not drift apart."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from mailerlite_async import AsyncBulkJob, BulkJob
from mailerlite_async._async.bulk import AsyncBulk
from mailerlite_async._sync.bulk import Bulk


def public(cls: type[Any]) -> dict[str, Any]:
    return {name: getattr(cls, name) for name in vars(cls) if not name.startswith("_")}


@pytest.mark.parametrize(("one", "other"), [(AsyncBulk, Bulk), (AsyncBulkJob, BulkJob)])
def test_the_shells_have_the_same_methods(one: type[Any], other: type[Any]) -> None:
    assert [name.replace("aclose", "close") for name in public(one)] == list(public(other))


@pytest.mark.parametrize("name", [name for name, member in public(Bulk).items() if callable(member)])
def test_their_methods_take_the_same_and_say_the_same(name: str) -> None:
    one, other = inspect.signature(getattr(AsyncBulk, name)), inspect.signature(getattr(Bulk, name))
    assert list(one.parameters) == list(other.parameters)
    for parameter in one.parameters:
        assert one.parameters[parameter].default == other.parameters[parameter].default
        assert one.parameters[parameter].kind == other.parameters[parameter].kind
    said = (getattr(Bulk, name).__doc__ or "").replace(", in the thread of the caller", "")
    assert words(getattr(AsyncBulk, name).__doc__ or "") == words(said)


def words(text: str) -> list[str]:
    return text.split()
