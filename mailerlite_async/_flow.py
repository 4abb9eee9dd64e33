"""What happens to a call, written once for both engines: generators that ask for what they need and do no I/O.

`call_flow` makes one call with its retries. A `Flow` is made of several calls and pauses, such as waiting for an
import.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, TypeVar

import attrs
import msgspec

from mailerlite_async._call import Call, Context
from mailerlite_async._codec import returns_nothing
from mailerlite_async._failures import api_error, transport_error
from mailerlite_async._lanes import Reply
from mailerlite_async.errors import APIError, DecodeError, Lane, MailerLiteError, RateLimitError, TransportError

T = TypeVar("T")
F = TypeVar("F", bound=MailerLiteError | None)

_FIRST_BACKOFF = 0.5
_LONGEST_BACKOFF = 30.0
# A server fault that asks for more patience than the API's own longest pause is reported instead.
_LONGEST_SERVER_PAUSE = 120.0
_MOST_DIGITS = 18
# A call that waits for longer is worth a line in the log.
_LONG_WAIT = 1.0

_logger = logging.getLogger("mailerlite_async")


# -- what a flow asks for ----------------------------------------------------------------------------------------------


class Acquire(msgspec.Struct, frozen=True):
    """Wait for the right to send one call; answered with `Admitted` or `NotAdmitted`.

    Attributes:
        patience: seconds to wait at most; None for as long as it takes.
    """

    patience: float | None


class Send(msgspec.Struct, frozen=True):
    """Send the call; answered with `Answer` or `Fault`."""


class Sleep(msgspec.Struct, frozen=True):
    """Pause for so many seconds, perhaps 0; a `Flow` is answered with the time, as monotonic seconds."""

    seconds: float


class Exchange(msgspec.Struct, Generic[T], frozen=True):
    """Make a call for its whole `Response`, not for its value alone.

    Attributes:
        call: the call.
        before: called each time right before the call is sent, when the wait for the limits is over; None for nothing.
    """

    call: Call[T]
    before: Callable[[], object] | None = None


# -- and what it is answered -------------------------------------------------------------------------------------------


class Recall(msgspec.Struct, frozen=True):
    """Look up what a flow of this client remembered; answered with the value, or None if it is too old.

    Attributes:
        key: what it was remembered under.
        max_age: seconds.
    """

    key: tuple[str, ...]
    max_age: float


class Remember(msgspec.Struct, frozen=True):
    """Keep a value for later flows of this client."""

    key: tuple[str, ...]
    value: object


class Admitted(msgspec.Struct, frozen=True):
    """The call may be sent; it waited for so many seconds, for the reason given."""

    waited: float
    why: str = ""


class NotAdmitted(msgspec.Struct, frozen=True):
    """The call would have to wait for longer than its patience."""

    waited: float
    retry_after: float
    lane: Lane


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer.

    Attributes:
        headers: names in lower case.
        refused_by: the lane a 429 belongs to.
        retry_after: seconds, from either form of the header; None without it.
        seconds: how long it took.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    refused_by: Lane | None = None
    retry_after: float | None = None
    seconds: float = 0.0

    def refused(self, lane: Lane) -> Answer:
        """The same answer, its 429 known to belong to `lane`."""
        return msgspec.structs.replace(self, refused_by=lane)


class Fault(msgspec.Struct, frozen=True):
    """No answer, for `reason`, after `seconds`; `maybe_received` unless it is certain that nothing was sent."""

    reason: str
    maybe_received: bool
    timeout: bool
    seconds: float = 0.0


CallFlow = Generator[Acquire | Send | Sleep, Any, "Response[T]"]
Flow = Generator[Call[Any] | Exchange[Any] | Sleep | Recall | Remember, Any, T]


def intercepted(flow: Flow[T], handle: Callable[[Any], Flow[Any]]) -> Flow[T]:
    """The same flow, each of its effects handed to somebody who has them carried out.

    Args:
        flow: the flow.
        handle: is given an effect and gives its answer; it may yield effects itself.
    """
    answer: Any = None
    failure: MailerLiteError | None = None
    try:
        while True:
            effect = flow.send(answer) if failure is None else flow.throw(failure)
            answer = failure = None
            try:
                answer = yield from handle(effect)
            except MailerLiteError as error:
                failure = error
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        flow.close()


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
        value: what the resource method returns; None if the API accepted a change with an empty body.
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
class Attempt:
    """One attempt of a call, as `on_attempt` is told of it. It holds nothing personal: no address, id, body or key.

    Attributes:
        method: the HTTP method.
        route: the path as a template, such as `/subscribers/{id}`.
        lane: the limits it counted in: `imports` stands for both.
        attempt: 1 for the first.
        waited: seconds this call has waited so far, for limits and between attempts.
        seconds: how long the attempt took, from sending to the answer.
        status: the HTTP status, None without an answer.
        fault: what happened instead of an answer, such as `ReadTimeout`; None with one.
    """

    method: str
    route: str
    lane: Lane
    attempt: int
    waited: float
    seconds: float
    status: int | None
    fault: str | None


class RetryPolicy(msgspec.Struct, frozen=True):
    """How patient a call is, and who wants to know of it.

    Attributes:
        max_retries: repetitions after the first attempt.
        max_wait: seconds a call may wait in all, for limits and between attempts; None for as long as it takes.
        jitter: gives a random number from 0 to 1.
        secret: hidden wherever an answer repeats it.
        key_worked: tells whether the API has accepted the key before.
        on_attempt: called after each attempt.
    """

    max_retries: int
    max_wait: float | None
    jitter: Callable[[], float]
    secret: str
    key_worked: Callable[[], bool] = bool
    on_attempt: Callable[[Attempt], object] | None = None

    def __repr__(self) -> str:
        return f"RetryPolicy(max_retries={self.max_retries}, max_wait={self.max_wait})"


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
    unanswered: MailerLiteError | None = None
    while True:
        patience = None if policy.max_wait is None else max(0.0, policy.max_wait - waited)
        admission = yield Acquire(patience)
        waited += admission.waited
        if isinstance(admission, NotAdmitted):
            raise _not_admitted(call, admission, attempts, _honest(failure, unanswered, attempts))
        if admission.waited > _LONG_WAIT:
            _logger.info("%s %s waited %.1f s: %s", call.method, call.route, admission.waited, admission.why)
        outcome: Answer | Fault = yield Send()
        attempts += 1
        _tell(call, outcome, attempts, waited, policy)
        context = Context(attempts, in_doubt=in_doubt, secret=policy.secret)
        if isinstance(outcome, Answer):
            # After an attempt that went unanswered, what a DELETE does not find is what it should have deleted.
            gone = in_doubt and outcome.status == 404 and call.method == "DELETE" and returns_nothing(call)
            if gone or 200 <= outcome.status < 300:
                return _response(call, outcome, context)
            failure = api_error(
                call,
                status=outcome.status,
                body=outcome.body,
                headers=outcome.headers,
                lane=outcome.refused_by,
                retry_after=outcome.retry_after,
                context=context,
                key_worked=policy.key_worked(),
            )
        else:
            failure = transport_error(
                call, outcome.reason, context, timeout=outcome.timeout, sent=outcome.maybe_received or in_doubt
            )
        if _leaves_open(outcome):
            in_doubt = True
            unanswered = failure if call.method != "GET" else None
        if attempts > policy.max_retries or not _may_repeat(call, outcome):
            raise _honest(failure, unanswered, attempts)
        pause = _pause(outcome, attempts, policy)
        if pause is None or (policy.max_wait is not None and waited + pause > policy.max_wait):
            raise _honest(failure, unanswered, attempts)
        if pause:
            waited += pause
            yield Sleep(pause)


def _honest(failure: F, unanswered: MailerLiteError | None, attempts: int) -> F | MailerLiteError:
    """The error to raise: a 429 must not make a call look undone that an attempt before it may have carried out."""
    if isinstance(failure, RateLimitError) and isinstance(unanswered, APIError | TransportError):
        unanswered.attempts = attempts
        return unanswered
    return failure


def _tell(call: Call[Any], outcome: Answer | Fault, attempts: int, waited: float, policy: RetryPolicy) -> None:
    if policy.on_attempt is None:
        return
    attempt = Attempt(
        method=call.method,
        route=call.route,
        lane="imports" if call.uses_import_lane else "requests",
        attempt=attempts,
        waited=waited,
        seconds=outcome.seconds,
        status=outcome.status if isinstance(outcome, Answer) else None,
        fault=outcome.reason if isinstance(outcome, Fault) else None,
    )
    try:
        policy.on_attempt(attempt)
    except Exception as error:  # noqa: BLE001  (a broken observer must not break the calls it observes)
        _logger.warning("on_attempt failed with %s", type(error).__name__)


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


def _response(call: Call[T], answer: Answer, context: Context) -> Response[T]:
    try:
        value = call.returns.decode(answer.body, call, context)
    except DecodeError as error:
        error.method, error.route = call.method, call.route
        error.body = context.hide_in(error.body or answer.body)
        error.reason = context.hide(error.reason)
        error.json_path = context.hide(error.json_path)
        raise
    limit, remaining = _quota_of(answer)
    info = None if limit is None and remaining is None else RateLimitInfo(limit, remaining)
    return Response(value, answer.status, answer.headers, info, context.attempts)


def _digits(value: str | None) -> int | None:
    if value is None or len(value) > _MOST_DIGITS or not (value.isascii() and value.isdigit()):
        return None
    return int(value)


def _quota_of(answer: Answer) -> tuple[int | None, int | None]:
    return _digits(answer.headers.get("x-ratelimit-limit")), _digits(answer.headers.get("x-ratelimit-remaining"))


def reply_of(answer: Answer) -> Reply:
    """What the ledger needs to know of an answer."""
    limit, remaining = _quota_of(answer)
    return Reply(answer.status, limit, remaining, answer.retry_after)


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
