"""How errors are worded: on one line, of bounded length, and without addresses."""

from __future__ import annotations

from http import HTTPStatus

_SIGNS = ("@", "%40")
_LONGEST = 200


def without_addresses(text: str) -> str:
    """`text` on one line and of bounded length, every word with an address in it replaced."""
    text = " ".join("<address>" if _holds_address(word) else word for word in text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _holds_address(word: str) -> bool:
    return any(sign in word for sign in _SIGNS) and word not in _SIGNS


def reason_of(status: int) -> str:
    """What a status means, in the words of HTTP; empty for one that has none."""
    if status == 422:
        return "Unprocessable Entity"  # the API's name for it; Python's own changed with 3.13
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def tries(attempts: int) -> str:
    """How often a call was tried, if more than once."""
    return f" (after {attempts} attempts)" if attempts > 1 else ""
