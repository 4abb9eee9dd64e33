"""Whatever bytes arrive, decoding gives a value or a DecodeError that names a path; nothing else escapes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, MutableMapping, MutableSequence
from datetime import datetime
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailerlite_async import DecodeError, Page
from tests.support.samples import SAMPLES, subscriber

NAMES = sorted(SAMPLES)
STRANGE: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, [], {}, [[]], [None], [{}], {"": None}, {"float": "x"}),
    *("", " ", "None", "null", "nan", "inf", "-", "١٢", "1e999", "9" * 5000, "\x00", "ann@example.com"),
    *("0000-00-00 00:00:00", "2025-02-30 00:00:00", "2025-09-19", "2025-09-19T11:10:41", "20250919T111041Z"),
    *("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2025-09-19 24:00:00", "2025-09-19T11:10:41+99:00"),
]
strange = st.sampled_from(STRANGE).map(copy.deepcopy) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def decode(name: str, content: bytes) -> Any:
    """The value, or the error if it is the right one."""
    call = SAMPLES[name].call
    try:
        return call.returns.decode(content, call)
    except DecodeError as error:
        return error


def assert_well_behaved(name: str, content: bytes) -> Any:
    outcome = decode(name, content)
    if isinstance(outcome, DecodeError):
        assert outcome.json_path.startswith("$")
        assert outcome.reason
        assert outcome.body == content
    else:
        assert_typed(outcome)
    return outcome


def assert_typed(value: Any) -> None:
    """Ids are text, dates aware and UTC, and no null became text, all the way down."""
    if isinstance(value, Page):
        for item in value.items:
            assert_typed(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            inner = getattr(value, field.name)
            if field.name == "id":
                assert isinstance(inner, str)
            assert_typed(inner)
    elif isinstance(value, tuple):
        for item in value:
            assert_typed(item)
    elif isinstance(value, datetime):
        assert value.utcoffset() is not None
        assert not value.utcoffset()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys or positions."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from places(inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield value, position
            yield from places(inner)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Any]:
    """A sample with up to three things dropped, added, nulled or replaced, at any depth."""
    name = draw(st.sampled_from(NAMES))
    body = copy.deepcopy(SAMPLES[name].body)
    for _ in range(draw(st.integers(1, 3))):
        known = list(places(body))
        if not known:
            break
        container, key = draw(st.sampled_from(known))
        kind = draw(st.sampled_from(["drop", "null", "empty list", "as text", "add", "replace"]))
        _damage(draw, container, key, kind)
    return name, body


def _damage(draw: st.DrawFn, container: Any, key: Any, kind: str) -> None:
    old = container[key]
    if kind == "drop":
        del container[key]
    elif kind == "null":
        container[key] = None
    elif kind == "empty list":
        container[key] = []
    elif kind == "as text":
        container[key] = str(old)
    elif kind == "add" and isinstance(container, MutableMapping):
        container[draw(st.text(max_size=6))] = draw(strange)
    elif kind == "add" and isinstance(container, MutableSequence):
        container.append(draw(strange))
    else:
        container[key] = draw(strange)


@settings(deadline=None, max_examples=600)
@given(case=damaged())
def test_damaged_answer_decodes_or_names_a_path(case: tuple[str, Any]) -> None:
    name, body = case
    assert_well_behaved(name, json.dumps(body).encode())


@pytest.mark.parametrize("name", NAMES)
def test_every_place_survives_every_strange_value(name: str) -> None:
    body = copy.deepcopy(SAMPLES[name].body)
    if isinstance(body.get("data"), list):
        del body["data"][1:]  # the places of further objects are the same
    for container, key in list(places(body)):
        proper = container[key]
        for value in STRANGE:
            container[key] = value
            assert_well_behaved(name, json.dumps(body).encode())
        container[key] = proper


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(NAMES), position=st.integers(0, 10**6), byte=st.integers(0, 255))
@example(name="subscriber", position=10, byte=0xFF)
def test_one_wrong_byte_does_no_more_harm(name: str, position: int, byte: int) -> None:
    content = bytearray(SAMPLES[name].content)
    content[position % len(content)] = byte
    assert_well_behaved(name, bytes(content))


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(NAMES), content=st.binary(max_size=40))
@example(name="subscriber", content=b'{"data": {"email": "\xff"}}')
@example(name="job", content=b'{"import_progress_url": "\xff"}')
@example(name="count", content=b'{"total": 1, "\xff": 2}')
def test_any_bytes_at_all(name: str, content: bytes) -> None:
    assert_well_behaved(name, content)


@pytest.mark.parametrize("name", NAMES)
def test_answer_cut_short_is_refused(name: str) -> None:
    content = SAMPLES[name].content
    for length in {1, len(content) // 2, len(content) - 1}:
        outcome = assert_well_behaved(name, content[:length])
        assert isinstance(outcome, DecodeError)
        assert outcome.json_path == "$"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
@pytest.mark.parametrize("template", [b"%s", b'{"data": %s}', b'{"unknown": %s}'])
def test_deep_nesting_is_refused_not_fatal(template: bytes, opening: bytes, closing: bytes) -> None:
    content = template % (opening * 100_000 + b"1" + closing * 100_000)
    for name in NAMES:
        assert isinstance(decode(name, content), DecodeError)


@pytest.mark.parametrize("key", ["location", "unknown"])
def test_deep_nesting_inside_an_object_is_refused_not_fatal(key: str) -> None:
    content = json.dumps({"data": {**subscriber(), key: "@"}}).encode()
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    assert isinstance(decode("subscriber", content.replace(b'"@"', deep)), DecodeError)


@pytest.mark.parametrize(
    "content", [b'{"data": {"id": "\xc3\x28"}}', b'{"data": "\xed\xa0\x80"}', b'\xef\xbb\xbf{"data": {}}']
)
def test_broken_unicode_is_refused(content: bytes) -> None:
    for name in NAMES:
        assert isinstance(assert_well_behaved(name, content), DecodeError)


def test_date_that_utc_cannot_hold_is_refused_by_path() -> None:
    for date in ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"):
        body = {"data": {**subscriber(), "created_at": date}}
        outcome = decode("subscriber", json.dumps(body).encode())
        assert isinstance(outcome, DecodeError)
        assert outcome.json_path.startswith("$.data")
