"""Errors made from answers: what the API said, told apart as far as it can be, and the key hidden."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailerlite_async._call import Call, Context
from mailerlite_async._codec import parse_error
from mailerlite_async.errors import (
    APIError,
    AuthenticationError,
    AuthenticationReason,
    ConnectionFailedError,
    Lane,
    RateLimitError,
    RequestTimeoutError,
    TransportError,
    ValidationError,
    ValidationReason,
    error_class,
)

# Not compiled before the first error needs them: that would cost every program its time.
# The texts may change: what no longer matches is still the same class of error, only without a reason.
_UNSUBSCRIBED = r"\bunsubscribed\b"
_PLAN = r"\bplan\b"
# The form of the keys of MailerLite Classic, whose API is another one; those of this API are far longer.
_CLASSIC_KEY = r"[0-9a-f]{32}"


def api_error(
    call: Call[Any],
    *,
    status: int,
    body: bytes,
    context: Context,
    headers: Mapping[str, str] | None = None,
    lane: Lane | None = None,
    retry_after: float | None = None,
    key_worked: bool = False,
) -> APIError:
    """The error for an answer that is not a success.

    Args:
        call: the call.
        status: the HTTP status.
        body: of the answer, in whatever form.
        context: attempts, and the key to hide.
        headers: of the answer.
        lane: the limit a 429 belongs to.
        retry_after: seconds a 429 asks for.
        key_worked: whether the API has accepted the key before.
    """
    message, errors, subscriber_id = parse_error(body)
    shared: dict[str, Any] = {
        "status": status,
        "errors": {context.hide(key): [context.hide(text) for text in texts] for key, texts in errors.items()},
        "headers": context.hide_in_values(headers or {}),
        "method": call.method,
        "route": call.route,
        "path": call.path,
        "attempts": context.attempts,
    }
    message = context.hide(message)
    cls = error_class(status)
    if cls is RateLimitError:
        return RateLimitError(message, retry_after=retry_after, lane=lane or "requests", **shared)
    if cls is ValidationError:
        subscriber_id = subscriber_id and context.hide(subscriber_id)
        reason = _validation_reason(message, shared["errors"], subscriber_id)
        return ValidationError(message, subscriber_id=subscriber_id, reason=reason, **shared)
    if cls is AuthenticationError:
        return AuthenticationError(message, reason=_authentication_reason(context.secret, key_worked), **shared)
    return cls(message, **shared)


def transport_error(call: Call[Any], reason: str, context: Context, *, timeout: bool, sent: bool) -> TransportError:
    """The error for a call without an answer; an earlier attempt that went unanswered may have been received."""
    cls = RequestTimeoutError if timeout else ConnectionFailedError
    return cls(
        reason,
        maybe_received=sent or context.in_doubt,
        method=call.method,
        route=call.route,
        path=call.path,
        attempts=context.attempts,
    )


def _validation_reason(
    message: str, errors: Mapping[str, list[str]], subscriber_id: str | None
) -> ValidationReason | None:
    said = "\n".join([message, *(text for texts in errors.values() for text in texts)]).lower()
    # Looking for the word alone first: few errors have it, and an expression is slow to find that it is not there.
    if subscriber_id is not None or ("unsubscribed" in said and re.search(_UNSUBSCRIBED, said)):
        return "unsubscribed"
    return "plan" if "plan" in said and re.search(_PLAN, said) else None


def _authentication_reason(key: str, key_worked: bool) -> AuthenticationReason | None:
    if key_worked:
        return "revoked"
    return "classic_key" if re.fullmatch(_CLASSIC_KEY, key) else None
