"""What cannot be read is refused, and never takes others along."""

from __future__ import annotations

import hashlib
import json
import re
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async import DecodeError, PayloadTooLargeError
from mailerlite_async.webhooks import DEFAULT_MAX_BYTES, parse, receive
from tests.webhooks.payloads import CAMPAIGN, SECRET, SUBSCRIBER, batch, encode, flat, nested

# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        (b"", "$", "this is not JSON"),
        (b"{", "$", "this is not JSON"),
        (b'{"event": nope}', "$", "this is not JSON"),
        (encode(flat())[:-1], "$", "this is not JSON"),
        (encode(flat()) + b"{}", "$", "this is not JSON"),
        (b'{"event": "caf\xe9"}', "$", "this is not UTF-8"),
        (b'{"events": [{"type": "caf\xe9"}]}', "$", "this is not UTF-8"),
        (b'{"event": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "$", "nested too deeply"),
        (b'{"events": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "$", "nested too deeply"),
        (b'{"type": "x", "a": 1e999}', "$", "there is a number that is too large"),
        (b'{"type": "x", "a": ' + b"9" * 6000 + b"}", "$", "there is a number that is too large"),
        (b'"subscriber.created"', "$", "an object was expected"),
        (batch(flat())[10:-11], "$", "an object was expected"),
        (b"null", "$", "an object was expected"),
        (b'{"events": {}}', "$.events", "an array was expected"),
        (b'{"events": "subscriber.created"}', "$.events", "an array was expected"),
        (b'{"events": null, "type": "x"}', "$.events", "an array was expected"),
        (b"{}", "$", "an event has a text under `event` or `type`"),
        (b'{"event": 7, "type": ["x"]}', "$", "an event has a text under `event` or `type`"),
        (b'{"event": "subscriber.created"}', "$.id", "required, but missing"),
        (encode({**flat(), "sent": "many"}), "$.sent", "a number was expected, not other text"),
        (encode(nested("subscriber.created", subscriber=7)), "$.subscriber", "an object was expected, not a number"),
        (encode(nested("subscriber.added_to_group")), "$.group", "required, but missing"),
        (encode(nested("subscriber.added_to_group", group={"name": "x"})), "$.group.id", "required, but missing"),
        (
            encode(nested("campaign.open", campaign={**CAMPAIGN, "date": "soon"})),
            "$.campaign.date",
            "a date was expected, not other text",
        ),
    ],
)
def test_malformed_bodies_are_refused(body: bytes, path: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(body)
    assert (caught.value.json_path, caught.value.reason) == (path, reason)
    assert str(caught.value) == f"unexpected delivery at {path}: {reason}"
    assert caught.value.body == body


def test_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    body = encode(flat())
    assert len(parse(body, max_bytes=len(body))) == 1
    with pytest.raises(PayloadTooLargeError, match=f"larger than {len(body) - 1} bytes"):
        parse(body, max_bytes=len(body) - 1)
    with pytest.raises(PayloadTooLargeError):
        parse(b" " * (DEFAULT_MAX_BYTES + 1))


def test_a_full_batch_is_far_from_the_limit() -> None:
    assert len(parse(batch(*[flat()] * 1000))) == 1000


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_will_do_but_no_text(kind: type) -> None:
    assert parse(kind(encode(flat()))) == parse(encode(flat()))
    with pytest.raises(TypeError, match="raw_body must be bytes, not str"):
        parse(encode(flat()).decode())  # type: ignore[arg-type]  # the mistake is the point


@pytest.mark.parametrize(
    ("element", "name", "path"),
    [
        (3, "", "$.events[1]"),
        ([], "", "$.events[1]"),
        ({}, "", "$.events[1]"),
        ({"subscriber": SUBSCRIBER}, "", "$.events[1]"),
        ({"event": "subscriber.created", "id": "1"}, "subscriber.created", "$.events[1].email"),
        (
            {"type": "subscriber.created", "subscriber": {**SUBSCRIBER, "fields": 3}},
            "subscriber.created",
            "$.events[1].subscriber.fields",
        ),
    ],
)
def test_one_bad_event_does_not_take_the_others_along(element: Any, name: str, path: str) -> None:
    first, bad, last = parse(batch(flat(), element, flat("subscriber.updated")))
    assert (first.type, first.error, last.type, last.error) == ("subscriber.created", None, "subscriber.updated", None)
    assert isinstance(bad.error, DecodeError)
    assert (bad.type, bad.error.json_path, bad.raw, bad.subscriber) == (name, path, element, None)
    assert (bad.error.body, bad.dedupe_key) == (encode(element), hashlib.sha256(encode(element)).hexdigest())


def test_event_that_is_text_but_not_decodable_is_bad_alone() -> None:
    events = parse(b'{"events": [{"type": "x", "a": 1e999}, {"type": "x"}]}')
    assert [event.error is None for event in events] == [False, True]
    assert [event.raw for event in events] == ['{"type": "x", "a": 1e999}', {"type": "x"}]


@pytest.mark.parametrize("key", ["Ann Smith +44 123", "a.b[3].c", "a\nb", ""])
def test_key_that_somebody_chose_is_no_part_of_an_error(key: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(encode(flat(fields={"city": "Vilnius", key: [1]})))
    assert caught.value.json_path == "$.fields"
    assert str(caught.value).startswith("unexpected delivery at $.fields: ")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_bytes": None}, TypeError, "max_bytes must be a whole number, not NoneType"),
        ({"max_bytes": 1e6}, TypeError, "max_bytes must be a whole number, not float"),
        ({"max_bytes": True}, TypeError, "max_bytes must be a whole number, not bool"),
        ({"max_bytes": 0}, ValueError, "max_bytes must be at least 1"),
        ({"signature": b"abc"}, TypeError, "signature must be str or None, not bytes"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    given = {"signature": "s", "secrets": SECRET, **options}
    with pytest.raises(error, match=message):
        receive(b"{}", given.pop("signature"), **given)


# -- texts that were cut -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d", "\ufffd"),
        (r"caf\u00e9 \uD83D", "caf\u00e9 \ufffd"),
        (r"\ude00 and more", "\ufffd and more"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d\ud83d\ude00\ude00", "\ufffd\U0001f600\ufffd"),
        (r"\ud83d\n\ude00", "\ufffd\n\ufffd"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\ud83d\"\u0041\/", '\ufffd"A/'),
    ],
)
def test_half_of_a_surrogate_pair_is_replaced(escaped: str, text: str) -> None:
    whole = encode(flat(fields={"name": "NAME", "NAME": "x"})).replace(b"NAME", escaped.encode())
    several = b'{"events": [' + encode(flat("subscriber.updated")) + b"," + whole + b'], "total": "\\udc00"}'
    (alone,), (first, batched) = parse(whole), parse(several)
    assert (first.error, first.dedupe_key) == (None, parse(encode(flat("subscriber.updated")))[0].dedupe_key)
    assert alone == batched
    assert alone.subscriber is not None
    assert alone.subscriber.fields == {"name": text, text: "x"}
    assert alone.raw["fields"] == {"name": text, text: "x"}


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (b"NaN", "this is not JSON"),
        (b"-Infinity", "this is not JSON"),
        (b"[1,]", "this is not JSON"),
        (b'"\\q"', "this is not JSON"),
        (b'"\\ud8"', "this is not JSON"),
        (b'"\\uzzzz"', "this is not JSON"),
        (b"\\ud83d", "this is not JSON"),
        (b'"\n"', "this is not JSON"),
        (b'"\xed\xa0\xbd"', "this is not UTF-8"),
        (b"1e999", "there is a number that is too large"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
def test_a_text_that_was_cut_excuses_nothing_else(rest: bytes, reason: str) -> None:
    body = b'{"type": "\\ud83d", "a": ' + rest + b"}"
    with pytest.raises(DecodeError) as caught:
        parse(body)
    assert (caught.value.reason, caught.value.body) == (reason, body)


def test_a_body_of_nothing_but_halves_is_replaced_in_one_go() -> None:
    (event,) = parse(b'{"type": "x", "a": "' + b"\\ud83d" * 600_000 + b'"}')
    assert event.raw["a"] == "\ufffd" * 600_000


@settings(deadline=None)
@given(st.text(st.characters(categories=["Cs", "Lu", "Po"]) | st.sampled_from('\\"u0'), max_size=8))
def test_every_text_of_php_can_be_read(text: str) -> None:
    (event,) = parse(json.dumps({"type": "x", "a": text}).encode())
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # halves that meet are a pair
    assert event.raw["a"] == re.sub("[\ud800-\udfff]", "\ufffd", expected)


# -- anything at all ---------------------------------------------------------------------------------------------------


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["event", "type", "events", "subscriber", "group", "campaign", "id", "email", "fields", "link", "date"]
            ),
            inner | st.sampled_from(["subscriber.created", "campaign.click", "subscriber.added_to_group", "7"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_whatever_json_comes_is_events_or_refused(payload: Any) -> None:
    body = json.dumps(payload).encode()
    try:
        events = parse(body)
    except DecodeError:
        return
    elements = payload["events"] if isinstance(payload.get("events"), list) else [payload]
    assert len(events) == len(elements)
    for event in events:
        assert typing.cast("object", event.type) or event.error is not None


@settings(deadline=None)
@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda junk: b'{"events":[' + junk + b"]}"))
def test_whatever_bytes_come_are_events_or_refused(body: bytes) -> None:
    try:
        events = parse(body)
    except DecodeError:
        return
    assert all(event.type or event.error for event in events)
