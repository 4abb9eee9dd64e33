"""Path rules: what may stand in a path segment, so that no value of a user's changes which endpoint is called.

Quoting alone does not protect a path: `quote("..")` is `..`, which HTTP clients fold away, and servers may decode an
encoded slash before they route. So a segment is accepted only if it has the form the API gives it.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_LONGEST = 320
_FORBIDDEN_IN_ADDRESS = re.compile(r"[\s/\\\x00-\x1f\x7f]")
_FORBIDDEN_IN_RESOURCE_ID = re.compile(r"[/\\\x00-\x1f\x7f]")
# Words of the API's own that stand where a shop's id could.
_ROUTE_WORDS = frozenset({"import", "multiple", "queue-order-sync", "replace"})


def object_id(value: str | int, argument: str) -> str:
    """A path segment for an id.

    Args:
        value: digits as `str`, or an `int`.
        argument: the name to use in the error.

    Raises:
        TypeError: if it is neither a `str` nor an `int`.
        ValueError: if it is anything but ASCII digits.
    """
    text = _text(value, argument)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{argument} must be an id of decimal digits")
    return text


def subscriber_reference(value: str | int, argument: str) -> str:
    """A path segment for a subscriber, by id or by address.

    Args:
        value: digits, or an address, which has an `@` and neither a slash nor a space.
        argument: the name to use in the error.

    Raises:
        TypeError: if it is neither a `str` nor an `int`.
        ValueError: if it is neither an id nor an address.
    """
    text = _text(value, argument)
    if "@" not in text:
        try:
            return object_id(value, argument)
        except ValueError:
            raise ValueError(f"{argument} must be an id of decimal digits or an address with an @") from None
    if _FORBIDDEN_IN_ADDRESS.search(text):
        raise ValueError(f"{argument} has a slash, a space or a control character: use the subscriber's id")
    try:
        return quote(text, safe="@")
    except UnicodeEncodeError:
        raise ValueError(f"{argument} is not valid Unicode text") from None


def resource_id(value: str | int, argument: str) -> str:
    """A path segment for an id of a shop's own making, percent-encoded.

    Args:
        value: any text but a dot, two dots and the words of the API's own routes; or an `int`.
        argument: the name to use in the error.

    Raises:
        TypeError: if it is neither a `str` nor an `int`.
        ValueError: if it is empty, a dot, two dots or such a word, or has a slash or a control character, since servers
            decode a path before they route.
    """
    text = _text(value, argument)
    if text in ("", ".", ".."):
        raise ValueError(f"{argument} must be an id of the shop's own, neither empty nor dots")
    if text in _ROUTE_WORDS:
        raise ValueError(f"{argument} must not be {text!r}, which is a word of the API's own paths")
    if _FORBIDDEN_IN_RESOURCE_ID.search(text):
        raise ValueError(f"{argument} has a slash or a control character: use the id that MailerLite gave")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise ValueError(f"{argument} is not valid Unicode text") from None


def _text(value: object, argument: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"{argument} must be str or int, not {type(value).__name__}")
    if len(value) > _LONGEST if isinstance(value, str) else abs(value) >= 10**_LONGEST:
        raise ValueError(f"{argument} is too long: neither an id nor an address has more than {_LONGEST} characters")
    return str(value)
