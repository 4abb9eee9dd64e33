"""The fingerprint of a chunk tells its rows from all others, wherever and by whatever it was made."""

from __future__ import annotations

from collections import ChainMap
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mailerlite_async.bulk._chunk import Item
from mailerlite_async.bulk._kept import fingerprint


def item(target: str = "1", /, **body: Any) -> Item:
    return Item(0, None, target, target, body)


def test_it_is_the_same_on_every_machine() -> None:
    known = fingerprint([item("ada@example.com", fields={"n": 1.5, "a": "ä"}), item()])
    assert known.hex() == "078d74d8b60b4fd81c422b4fcd57e8f1e8f883f78e479faa5ccd2851e0b1af92"


def test_the_order_of_keys_says_nothing() -> None:
    assert fingerprint([item(a=1, b={"c": 1, "d": 2})]) == fingerprint([item(b={"d": 2, "c": 1}, a=1)])


def test_what_is_no_dict_and_no_text() -> None:
    date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    plain = [item(fields={"a": 1}, at="2026-01-02 02:04:05", groups=["1", "2"])]
    assert fingerprint([item(fields=ChainMap({"a": 1}), at=date, groups=("1", "2"))]) == fingerprint(plain)


@pytest.mark.parametrize(
    "other",
    [
        [],
        [item("1", a=1), item("2", a=2)],
        [item("2", a=1)],
        [item("1", a=2)],
        [item("1", a="1")],
        [item("1", a=None)],
        [item("1")],
        [item("1", b=1)],
    ],
)
def test_any_difference_shows(other: list[Item]) -> None:
    assert fingerprint([item("1", a=1)]) != fingerprint(other)


def test_the_group_of_a_row_that_could_go_into_an_import_shows() -> None:
    one, other = (Item(0, None, "1", "1", {}, group_id=group_id) for group_id in ("7001", "7002"))
    assert len({fingerprint([one]), fingerprint([other]), fingerprint([item()])}) == 3


def test_place_and_input_say_nothing() -> None:
    assert fingerprint([Item(5, "x", "k", "1", {}, 9)]) == fingerprint([Item(0, None, "1", "1", {})])
