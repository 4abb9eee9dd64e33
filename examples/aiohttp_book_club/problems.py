"""What the website answers when MailerLite refuses or cannot be reached, or when its own database is busy."""

from __future__ import annotations

import math
import sqlite3
from typing import Any, NamedTuple

from mailerlite_async import (
    DecodeError,
    MailerLiteError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    TransportError,
    ValidationError,
)

# What a visitor has typed. If anything else is refused, it is not their fault.
TYPED = {"email", "fields.name"}


class Problem(NamedTuple):
    """An answer: its HTTP status, its body and its headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def problem_of(error: MailerLiteError | sqlite3.OperationalError) -> Problem:
    """The answer to a visitor, or to MailerLite, whose request ran into this error."""
    match error:
        case ValidationError(reason="unsubscribed"):
            return _problem(409, "This address has unsubscribed. Send resubscribe=true if its owner wants to be back.")
        case ValidationError(reason=None) if TYPED & error.errors.keys():
            errors = {field: texts for field, texts in error.errors.items() if field in TYPED}
            return _problem(422, "MailerLite does not take this.", errors=errors)
        case NotFoundError():
            return _problem(404, "MailerLite does not know this member any more.")
        case RateLimitError():
            wait = 60 if error.retry_after is None else max(1, math.ceil(error.retry_after))
            return _problem(503, "Too much is going on. Try again later.", {"Retry-After": str(wait)})
        case RequestTimeoutError():
            return _problem(504, "MailerLite did not answer in time. Trying again does no harm.")
        case ServerError() | TransportError() | DecodeError():
            return _problem(502, "MailerLite cannot be reached. Trying again does no harm.")
        case sqlite3.OperationalError():
            return _problem(503, "The database is busy. Try again later.", {"Retry-After": "5"})
        case _:  # the key, the plan, a group that was deleted: whoever runs the website has to look
            return _problem(500, "The website is not set up as it should be.")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: object) -> Problem:
    return Problem(status, {"detail": detail, **more}, headers or {})
