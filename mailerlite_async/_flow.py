"""What happens to a call, written once for both engines: generators that ask for what they need and do no I/O.

`call_flow` makes one call with its retries. A `Flow` is made of several calls and pauses, such as waiting for an
import.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, TypeVar

import attrs

from mailerlite_async._call import Call
from mailerlite_async._codec import Nothing, parse_error
from mailerlite_async._lanes import Reply
from mailerlite_async.errors import (
    APIError,
    ConnectionFailedError,
    DecodeError,
    Lane,
    MailerLiteError,
    RateLimitError,
    RequestTimeoutError,
    TransportError,
    ValidationError,
    error_class,
)

T = TypeVar("T")

_FIRST_BACKOFF = 0.5
_LONGEST_BACKOFF = 30.0
# A server fault that asks for more patience than the API's own longest pause is reported instead.
_LONGEST_SERVER_PAUSE = 120.0
_HIDDEN = "[key]"
_MOST_DIGITS = 18


# -- what a flow asks for ----------------------------------------------------------------------------------------------


@attrs.frozen
class Acquire:
    """Wait for the right to send one call; answered with `Admitted` or `NotAdmitted`.

    Attributes:
        patience: seconds to wait at most; None for as long as it takes.
    """

    patience: float | None


@attrs.frozen
class Send:
    """Send the call; answered with `Answer` or `Fault`."""


@attrs.frozen
class Sleep:
    """Pause for so many seconds, perhaps 0; a `Flow` is answered with the time, as monotonic seconds."""

    seconds: float


# -- and what it is answered -------------------------------------------------------------------------------------------


@attrs.frozen
class Admitted:
    """The call may be sent; it waited for so many seconds."""

    waited: float


@attrs.frozen
class NotAdmitted:
    """The call would have to wait for longer than its patience."""

    waited: float
    retry_after: float
    lane: Lane


@attrs.frozen
class Answer:
    """An HTTP answer.

    Attributes:
        headers: names in lower case.
        refused_by: the lane a 429 belongs to.
        retry_after: seconds, from either form of the header; None without it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    refused_by: Lane | None = None
    retry_after: float | None = None

    def refused(self, lane: Lane) -> Answer:
        """The same answer, its 429 known to belong to `lane`."""
        return attrs.evolve(self, refused_by=lane)


@attrs.frozen
class Fault:
    """No answer, for `reason`; `maybe_received` unless it is certain that nothing was sent."""

    reason: str
    maybe_received: bool
    timeout: bool


CallFlow = Generator[Acquire | Send | Sleep, Any, "Response[T]"]
Flow = Generator[Call[Any] | Sleep, Any, T]


@attrs.frozen
class RateLimitInfo:
    """What the answer said of the limit on all calls.

    Attributes:
        limit: calls a minute.
        remaining: calls left when this one was counted.
    """

    limit: int | None
    remaining: int | None


@attrs.frozen
class Response(Generic[T]):
    """The value of a call together with what HTTP said.

    Attributes:
        value: what the resource method returns.
        status: the HTTP status; 201 tells that an upsert created, 200 that it updated.
        headers: names in lower case.
        rate_limit: None if the answer had no such headers.
        attempts: how often the call was tried.
    """

    value: T
    status: int
    headers: Mapping[str, str]
    rate_limit: RateLimitInfo | None
    attempts: int


@attrs.frozen
class RetryPolicy:
    """How patient a call is.

    Attributes:
        max_retries: repetitions after the first attempt.
        max_wait: seconds a call may wait in all, for limits and between attempts; None for as long as it takes.
        jitter: gives a random number from 0 to 1.
        secret: hidden wherever an answer repeats it.
    """

    max_retries: int
    max_wait: float | None
    jitter: Callable[[], float]
    secret: str = attrs.field(repr=False)


def call_flow(call: Call[T], policy: RetryPolicy) -> CallFlow[T]:
    """Make a call, with all its retries.

    What was certainly not sent, and a 429, is repeated whatever the call does. After a fault that leaves open whether
    the call was carried out - 5xx, 408, a timeout, a broken reply - only a repeatable call is sent again.

    Raises:
        APIError, TransportError, DecodeError: see there.
    """
    attempts = 0
    waited = 0.0
    in_doubt = False
    failure: MailerLiteError | None = None
    while True:
        patience = None if policy.max_wait is None else max(0.0, policy.max_wait - waited)
        admission = yield Acquire(patience)
        waited += admission.waited
        if isinstance(admission, NotAdmitted):
            raise _not_admitted(call, admission, attempts, failure)
        outcome = yield Send()
        attempts += 1
        if isinstance(outcome, Answer):
            if 200 <= outcome.status < 300:
                return _response(call, outcome, attempts, policy)
            if outcome.status == 404 and call.method == "DELETE" and in_doubt and isinstance(call.returns, Nothing):
                # An earlier attempt went unanswered, and what it should delete is gone.
                return _response(call, outcome, attempts, policy)
            failure = _api_error(call, outcome, attempts, policy.secret)
        else:
            failure = _transport_error(call, outcome, attempts)
        in_doubt = in_doubt or _leaves_open(outcome)
        if attempts > policy.max_retries or not _may_repeat(call, outcome):
            raise failure
        pause = _pause(outcome, attempts, policy)
        if pause is None or (policy.max_wait is not None and waited + pause > policy.max_wait):
            raise failure
        if pause:
            waited += pause
            yield Sleep(pause)


def _leaves_open(outcome: Answer | Fault) -> bool:
    """Whether the call may have been carried out."""
    if isinstance(outcome, Fault):
        return outcome.maybe_received
    return outcome.status == 408 or outcome.status >= 500


def _may_repeat(call: Call[Any], outcome: Answer | Fault) -> bool:
    if _leaves_open(outcome):
        return call.repeatable
    return isinstance(outcome, Fault) or outcome.status == 429


def _pause(outcome: Answer | Fault, attempts: int, policy: RetryPolicy) -> float | None:
    """Seconds before the next attempt; None if the server asks for too long a pause."""
    backoff = policy.jitter() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** (attempts - 1))
    if isinstance(outcome, Fault):
        return backoff
    if outcome.status == 429:
        return 0.0  # its lane is closed for every call: the waiting line does the waiting
    if outcome.retry_after is None:
        return backoff
    return max(backoff, outcome.retry_after) if outcome.retry_after <= _LONGEST_SERVER_PAUSE else None


def _response(call: Call[T], answer: Answer, attempts: int, policy: RetryPolicy) -> Response[T]:
    try:
        value = call.returns.decode(answer.body, call)
    except DecodeError as error:
        error.method, error.route = call.method, call.route
        if policy.secret:
            error.body = (error.body or answer.body).replace(policy.secret.encode(), _HIDDEN.encode())
        error.reason = _hide(error.reason, policy.secret)
        error.json_path = _hide(error.json_path, policy.secret)
        raise
    reply = reply_of(answer)
    known = reply.limit is not None or reply.remaining is not None
    info = RateLimitInfo(reply.limit, reply.remaining) if known else None
    return Response(value, answer.status, answer.headers, info, attempts)


def reply_of(answer: Answer) -> Reply:
    """What the ledger needs to know of an answer."""
    return Reply(
        status=answer.status,
        limit=_digits(answer.headers.get("x-ratelimit-limit")),
        remaining=_digits(answer.headers.get("x-ratelimit-remaining")),
        retry_after=answer.retry_after,
    )


def _api_error(call: Call[Any], answer: Answer, attempts: int, secret: str) -> APIError:
    message, errors, subscriber_id = parse_error(answer.body)
    context: dict[str, Any] = {
        "status": answer.status,
        "errors": {_hide(key, secret): [_hide(text, secret) for text in texts] for key, texts in errors.items()},
        "headers": {name: _hide(value, secret) for name, value in answer.headers.items()},
        "method": call.method,
        "route": call.route,
        "path": call.path,
        "attempts": attempts,
    }
    message = _hide(message, secret)
    subscriber_id = subscriber_id and _hide(subscriber_id, secret)
    cls = error_class(answer.status)
    if cls is RateLimitError:
        lane = answer.refused_by or "requests"
        return RateLimitError(message, retry_after=answer.retry_after, lane=lane, **context)
    if cls is ValidationError:
        return ValidationError(message, subscriber_id=subscriber_id, **context)
    return cls(message, **context)


def _transport_error(call: Call[Any], fault: Fault, attempts: int) -> TransportError:
    cls = RequestTimeoutError if fault.timeout else ConnectionFailedError
    return cls(
        fault.reason,
        maybe_received=fault.maybe_received,
        method=call.method,
        route=call.route,
        path=call.path,
        attempts=attempts,
    )


def _not_admitted(
    call: Call[Any], admission: NotAdmitted, attempts: int, failure: MailerLiteError | None
) -> MailerLiteError:
    """The error for a call that ran out of patience: what the API last said, if it was ever asked."""
    if failure is None:
        return RateLimitError(
            "the wait for the limit would pass max_wait",
            retry_after=admission.retry_after,
            lane=admission.lane,
            method=call.method,
            route=call.route,
            path=call.path,
            attempts=attempts,
        )
    if isinstance(failure, RateLimitError):
        failure.retry_after = admission.retry_after
    return failure


def _digits(value: str | None) -> int | None:
    if value is None or len(value) > _MOST_DIGITS or not (value.isascii() and value.isdigit()):
        return None
    return int(value)


def _hide(text: str, secret: str) -> str:
    return text.replace(secret, _HIDDEN) if secret else text
