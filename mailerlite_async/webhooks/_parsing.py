"""From the bytes of a delivery to its events, whichever of the API's three shapes they have."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from mailerlite_async._codec import UNREADABLE, convert, decoder_of
from mailerlite_async.errors import DecodeError, PayloadTooLargeError
from mailerlite_async.webhooks._events import Event, EventAutomation, EventCampaign, EventGroup, EventSubscriber
from mailerlite_async.webhooks._numbers import check_count
from mailerlite_async.webhooks._signatures import Secrets

T = TypeVar("T")

DEFAULT_MAX_BYTES = 4 * 1024 * 1024
"""The largest body that is taken. An event has a kilobyte or two; how many the API puts into one body is not known."""

_SUBJECT = "delivery"
_UNDECODABLE = "there is a number that is too large"  # all that is left when the text is well-formed JSON
_JSON_SPACE = b" \t\r\n"
# Every escape of a JSON text, one after the other, so that `\\ud800`, a backslash and a word, is not taken for one.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
# Keys of an event that hold objects of their own.
_PARTS = frozenset({"subscriber", "group", "automation", "campaign"})
# What an event of a type must have; the shapes of other types are not documented.
_NEEDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("subscriber.created", "subscriber.updated", "subscriber.unsubscribed", "subscriber.bounced"),
            *("subscriber.spam_reported", "subscriber.active", "subscriber.deleted"),
        ),
        frozenset({"subscriber"}),
    ),
    **dict.fromkeys(("subscriber.added_to_group", "subscriber.removed_from_group"), frozenset({"subscriber", "group"})),
    **dict.fromkeys(
        ("subscriber.automation_triggered", "subscriber.automation_completed"),
        frozenset({"subscriber", "automation"}),
    ),
    "campaign.sent": frozenset({"campaign"}),
    **dict.fromkeys(("campaign.open", "campaign.click"), frozenset({"subscriber", "campaign"})),
}
# Where a click may say what was clicked is not documented: a key about a link, at either of two places.
_LINK_KEYS = (re.compile("link"), re.compile("click"), re.compile("url|href|uri"))
_NO_LINK_KEYS = re.compile("preview|unsubscribe|count|rate")
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|www\.)\S+", re.IGNORECASE)


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


def parse(raw_body: bytes, *, max_bytes: int = DEFAULT_MAX_BYTES) -> list[Event]:
    """The events of a delivery: flat, nested or batched, of known and of unknown types. The signature is not looked at.

    If one event of a batch cannot be read, it comes as an `Event` with an `error` and the others come as usual: the
    same bytes would be no better at the next attempt, and refusing them all would lose them all. For the same reason
    half of a surrogate pair, as where a text was cut within an emoji, comes as U+FFFD.

    Args:
        raw_body: the body as it arrived.
        max_bytes: the largest body that is taken.

    Raises:
        PayloadTooLargeError: if the body is larger.
        DecodeError: if the body is not a JSON object in UTF-8, is nested too deeply, has `events` that are no array,
            or is a single event that cannot be read. Its `body` has the bytes, its text has none of them.
        TypeError: if the body is not bytes, or `max_bytes` no whole number.
        ValueError: if `max_bytes` is less than 1.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    body = _checked(raw_body, max_bytes)
    try:
        str(body, "utf-8")  # the decoder would not look into events that it leaves for later
        text, events = _envelope(body)
    except UNREADABLE as error:
        raise _refusal(error, body) from None
    if isinstance(events, list):
        return [_batched(bytes(element), f"$.events[{index}]", body) for index, element in enumerate(events)]
    try:
        content = msgspec.json.decode(text)
    except UNREADABLE:
        raise _malformed(_UNDECODABLE, "$", body) from None
    return [_event(content, _key(text.strip(_JSON_SPACE)), "$", body)]


def receive(
    raw_body: bytes,
    signature: str | None,
    secrets: str | Iterable[str],
    *,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> list[Event]:
    """Verify a delivery, then parse it; see `verify` and `parse`.

    Args:
        raw_body: the body as it arrived: not decoded, and not parsed and written again.
        signature: the header `Signature`; None if there was none.
        secrets: the secret of the webhook, or those of all webhooks that deliver here, the old and the new one while a
            webhook is being replaced. All of them are tried, in a time that does not show which one matched.
        max_bytes: the largest body that is taken.

    Raises:
        SignatureError: if the signature is missing or matches no secret.
        PayloadTooLargeError, DecodeError: as `parse`.
        TypeError: if the body is not bytes, the signature or a secret is not text, or `max_bytes` no whole number.
        ValueError: if there is no secret, or an empty one, or `max_bytes` is less than 1.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    return received(raw_body, signature, Secrets(secrets), max_bytes)


def received(raw_body: bytes, signature: str | None, secrets: Secrets, max_bytes: int) -> list[Event]:
    """What `receive` does, for secrets that have been checked."""
    body = _checked(raw_body, max_bytes)
    secrets.check(body, signature)
    return parse(body, max_bytes=max_bytes)


def _checked(raw_body: bytes, max_bytes: int) -> bytes:
    check_count("max_bytes", max_bytes)
    if not isinstance(raw_body, bytes | bytearray | memoryview):
        raise TypeError(f"raw_body must be bytes, not {type(raw_body).__name__}: the signature covers the bytes sent")
    body = bytes(raw_body)
    if len(body) > max_bytes:
        raise PayloadTooLargeError(max_bytes=max_bytes)
    return body


def _envelope(body: bytes) -> tuple[bytes, list[msgspec.Raw] | msgspec.UnsetType]:
    """The body, put right if it has to be, and its elements if it is a batch."""
    try:
        return body, decoder_of(_Envelope).decode(body).events
    except msgspec.DecodeError:
        # The same decoder once more, so that nothing else is taken that it refuses.
        text = _ESCAPE.sub(_whole, body)
        if text == body:
            raise
        return text, decoder_of(_Envelope).decode(text).events


def _whole(escape: re.Match[bytes]) -> bytes:
    """An escape as it was, or the replacement character for half of a surrogate pair."""
    return rb"\ufffd" if escape[1] else escape[0]


def _refusal(error: Exception, body: bytes) -> DecodeError:
    if isinstance(error, RecursionError):
        return _malformed("nested too deeply", "$", body)
    if isinstance(error, UnicodeDecodeError):
        return _malformed("this is not UTF-8", "$", body)
    if isinstance(error, msgspec.ValidationError):
        at_events = str(error).endswith("`$.events`")
        return _malformed(
            "an array was expected" if at_events else "an object was expected", "$.events" if at_events else "$", body
        )
    return _malformed("this is not JSON", "$", body)


def _malformed(reason: str, path: str, body: bytes) -> DecodeError:
    return DecodeError(reason, json_path=path, body=body, subject=_SUBJECT)


def _batched(element: bytes, path: str, body: bytes) -> Event:
    key = _key(element)
    content: Any = str(element, "utf-8")
    try:
        content = msgspec.json.decode(element)
        return _event(content, key, path, body)
    except UNREADABLE:
        error = _malformed(_UNDECODABLE, path, element)
    except DecodeError as refused:
        error = refused
        error.body = element
    error.__traceback__ = None  # it is not on its way up, and would keep all of the frames
    return Event(type=_type(content) if isinstance(content, dict) else "", error=error, raw=content, dedupe_key=key)


def _key(element: bytes) -> str:
    return hashlib.sha256(element).hexdigest()


def _event(content: Any, key: str, path: str, body: bytes) -> Event:
    if not isinstance(content, dict):
        raise _malformed("an object was expected", path, body)
    name = _type(content)
    if not name:
        raise _malformed("an event has a text under `event` or `type`", path, body)
    needs = _NEEDS.get(name)

    def part(of: str, model: type[T]) -> T | None:
        """The object under a key or, for the thing the event is about, the event itself."""
        value, place = content.get(of), f"{path}.{of}"
        needed = needs is not None and of in needs
        if value is None or value == []:  # PHP writes an empty map as a list
            if not name.startswith(f"{of}."):
                if needed:
                    raise _malformed("required, but missing", place, body)
                return None
            value, place = content, path
        try:
            return _read(value, model, place, body)
        except DecodeError:
            if needed:
                raise
            return None  # nobody has said that it is there

    return Event(
        type=name,
        subscriber=part("subscriber", EventSubscriber),
        group=part("group", EventGroup),
        automation=part("automation", EventAutomation),
        campaign=part("campaign", EventCampaign),
        link=_link(content) if name == "campaign.click" else None,
        account_id=_word(content.get("account_id")),
        api_version=_word(content.get("api_version")),
        raw=content,
        dedupe_key=key,
    )


def _type(content: Mapping[str, Any]) -> str:
    """The type of an event: `event` of flat ones, `type` of nested ones."""
    names = (content.get("event"), content.get("type"))
    return next((name for name in names if isinstance(name, str) and name), "")


def _read(value: Any, model: type[T], path: str, body: bytes) -> T:
    """One object of an event, strictly if that will do, else by the tolerant rules of the API's answers."""
    if isinstance(value, dict):
        value = {key: None if each == "" else each for key, each in value.items()}
        if model is EventSubscriber:
            value["fields"] = _fields(value.get("fields"))
    try:
        return convert(value, model)
    except UNREADABLE:
        from mailerlite_async._tolerant import structure_value  # cattrs is slow to import, and rarely needed

    try:
        read: T = structure_value(value, model, path, body)
    except DecodeError as error:
        error.subject = _SUBJECT
        # What follows is a key of the body's choosing, and the text of the error is to have nothing of the body.
        error.json_path = re.sub(
            rf"^({re.escape(path)}\.(?:fields|location))\b.*", r"\1", error.json_path, flags=re.DOTALL
        )
        raise
    return read


def _fields(value: Any) -> Any:
    """The values by field key, without the empty texts that only deliveries have, and `[]` for none."""
    if isinstance(value, dict):
        return {key: None if each == "" else each for key, each in value.items()}
    return {} if value in (None, []) else value


def _word(value: Any) -> str | None:
    known = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    return str(value) if known else None


def _link(content: Mapping[str, Any]) -> str | None:
    """What was clicked: the address under the likeliest key of the event, else of its campaign."""
    places = [{key: value for key, value in content.items() if key not in _PARTS}, content.get("campaign")]
    for place in places:
        if isinstance(place, dict):
            for wanted in _LINK_KEYS:
                for key, value in place.items():
                    if wanted.search(key.lower()) and not _NO_LINK_KEYS.search(key.lower()):
                        found = _address(value)
                        if found:
                            return found
    return None


def _address(value: Any) -> str | None:
    if isinstance(value, dict):
        inner = [each for wanted in _LINK_KEYS for key, each in value.items() if wanted.search(key.lower())]
        return next((each for each in inner if isinstance(each, str) and _LINK.fullmatch(each)), None)
    return value if isinstance(value, str) and _LINK.fullmatch(value) else None
