"""How errors are worded: on one line, of bounded length, and without addresses."""

from __future__ import annotations

import re
from http import HTTPStatus

# Not compiled before the first error needs it: that would cost every program its time.
_ADDRESS = r"(?i)\S+(?:@|%40)\S*|\S*(?:@|%40)\S+"
_LONGEST = 200


def without_addresses(text: str) -> str:
    """`text` on one line and of bounded length, every word with an address in it replaced."""
    text = re.sub(_ADDRESS, "<address>", " ".join(text.split()))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


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
