"""What can go wrong, as one tree of exceptions.

    MailerLiteError
    +-- APIError                    the API refused, or our own limiter did (`attempts == 0`)
    |   +-- BadRequestError         400
    |   +-- AuthenticationError     401
    |   +-- PermissionDeniedError   403
    |   +-- NotFoundError           404
    |   +-- MethodNotAllowedError   405
    |   +-- ValidationError         422
    |   +-- RateLimitError          429
    |   +-- ServerError             408 and 5xx
    +-- TransportError              no answer arrived
    |   +-- RequestTimeoutError
    |   +-- ConnectionFailedError
    +-- DecodeError                 an answer of another shape than the API's
    +-- WaitTimeoutError            an import was still running when the time was up
    +-- SignatureError              a webhook not signed with the secret
    +-- PayloadTooLargeError        a webhook's delivery that is larger than what is taken
    +-- NotHandledError             a webhook's event that was left when the inbox closed
    +-- InvalidRowError             a row of a bulk job that cannot be sent
    +-- NotSentError                a row that was not sent because its job was stopped
    +-- InDoubtError                a row that may have been carried out, and is not safe to send again
    +-- ImportRefusedError          a row that an import did not take
    +-- CheckpointError             a checkpoint that cannot be used
    +-- TooManyRemovalsError        a sync that would remove more than it may
    +-- ConfigurationError          the client cannot be built from these options

All of them carry plain values, so that they pickle and a queue worker can send them home. `str(error)` is safe to
log: it names the route template, never an address, a body or the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mailerlite_async._error_texts import reason_of, tries, without_addresses

if TYPE_CHECKING:
    from mailerlite_async.models import ImportReport

Lane = Literal["requests", "imports"]
"""The two limits of the API: every call is in `requests`, the creation of imports in both."""

AuthenticationReason = Literal["revoked", "classic_key"]
ValidationReason = Literal["unsubscribed", "plan"]


class MailerLiteError(Exception):
    """Anything this package raises on purpose, but for wrong arguments (`TypeError`, `ValueError`)."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(self.__dict__))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class APIError(MailerLiteError):
    """The API answered with an error status, or the call was refused before it was sent.

    Attributes:
        status: the HTTP status, None if nothing was sent.
        message: the API's own words, perhaps empty. They may quote what you sent: mind that before you log them.
        errors: for 422 the field paths (`email`, `emails.0.content`) with what is wrong with each; else empty.
        headers: the answer's headers, names in lower case.
        method: the HTTP method.
        route: the path as a template, such as `/subscribers/{subscriber}`.
        path: the path that was called. It may hold an address.
        attempts: how often the call was tried; 0 means that it was never sent.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "",
        route: str = "",
        path: str = "",
        attempts: int = 0,
    ) -> None:
        super().__init__()
        self.status = status
        self.message = message
        self.errors: dict[str, list[str]] = {key: list(texts) for key, texts in (errors or {}).items()}
        self.headers: dict[str, str] = dict(headers or {})
        self.method = method
        self.route = route
        self.path = path
        self.attempts = attempts

    def __str__(self) -> str:
        head = "not sent" if self.status is None else f"{self.status} {reason_of(self.status)}".rstrip()
        text = f"{self.method} {self.route}: {head}" if self.route else head
        if self.message:
            text += f": {without_addresses(self.message)}"
        if self.errors:
            text += f" ({without_addresses(', '.join(self.errors))})"
        return text + tries(self.attempts)


class BadRequestError(APIError):
    """400: the request could not be processed."""


class AuthenticationError(APIError):
    """401: the API key is missing, wrong, or its user has left the account.

    Attributes:
        reason: `revoked` if the API accepted the key earlier in this client; `classic_key` if it has the form of the
            keys of MailerLite Classic, whose API is another one; None if nothing is known.
    """

    def __init__(self, message: str = "", *, reason: AuthenticationReason | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.reason: AuthenticationReason | None = reason

    def __str__(self) -> str:
        hints = {
            "revoked": "the key was accepted before: it may have been revoked, or its user have left the account",
            "classic_key": "this looks like a key of MailerLite Classic, which has an API of its own",
        }
        return super().__str__() + (f" [{hints[self.reason]}]" if self.reason else "")


class PermissionDeniedError(APIError):
    """403: denied for this account or key."""


class NotFoundError(APIError):
    """404: there is no such object, or no such endpoint."""


class MethodNotAllowedError(APIError):
    """405: the endpoint does not take this method."""


class ValidationError(APIError):
    """422: a value was refused; plan limits come as 422 as well.

    Attributes:
        reason: `unsubscribed` if somebody who has unsubscribed was upserted without `resubscribe=True`; `plan` if the
            account's plan does not include what was asked for; None for everything else, and when the API's texts have
            changed.
        subscriber_id: the subscriber the API named, when an unsubscribed address was upserted.
    """

    def __init__(
        self,
        message: str = "",
        *,
        subscriber_id: str | None = None,
        reason: ValidationReason | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.subscriber_id = subscriber_id
        self.reason: ValidationReason | None = reason


class RateLimitError(APIError):
    """429, or refused by our own limiter because the wait would pass `max_wait` (`attempts == 0`).

    Attributes:
        retry_after: seconds until another try makes sense, None if unknown.
        lane: the limit that was reached.
    """

    def __init__(
        self, message: str = "", *, retry_after: float | None = None, lane: Lane = "requests", **context: Any
    ) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after
        self.lane: Lane = lane

    def __str__(self) -> str:
        if self.retry_after is None:
            return super().__str__()
        return f"{super().__str__()} [{self.lane} limit, retry in {self.retry_after:.1f} s]"


class ServerError(APIError):
    """408 or 5xx: a fault on the service's side. A call that changes something may still have been carried out."""


class TransportError(MailerLiteError):
    """No answer arrived.

    Attributes:
        maybe_received: True if the API may have received and carried out the call, False if it certainly has not.
        method, route, path, attempts: as in `APIError`.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        maybe_received: bool = True,
        method: str = "",
        route: str = "",
        path: str = "",
        attempts: int = 0,
    ) -> None:
        super().__init__()
        self.reason = reason
        self.maybe_received = maybe_received
        self.method = method
        self.route = route
        self.path = path
        self.attempts = attempts

    def __str__(self) -> str:
        outcome = "the API may have received the call" if self.maybe_received else "nothing was sent"
        return f"{self.method} {self.route}: {self.reason}; {outcome}{tries(self.attempts)}"


class RequestTimeoutError(TransportError):
    """The time allowed for the answer ran out."""


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke."""


class DecodeError(MailerLiteError):
    """An answer, or the delivery of a webhook, that is not of the API's shape.

    Attributes:
        json_path: where in it, such as `$.data[3].created_at`.
        body: its bytes.
        reason: what was expected there.
        method, route: of the call.
        subject: `answer` or `delivery`.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        json_path: str = "$",
        body: bytes = b"",
        method: str = "",
        route: str = "",
        subject: str = "answer",
    ) -> None:
        super().__init__()
        self.reason = reason
        self.json_path = json_path
        self.body = body
        self.method = method
        self.route = route
        self.subject = subject

    def __str__(self) -> str:
        where = f"{self.method} {self.route}: " if self.route else ""
        # A field's key may be an address, and it is part of the path.
        return (
            f"{where}unexpected {self.subject} at {without_addresses(self.json_path)}: {without_addresses(self.reason)}"
        )


class WaitTimeoutError(MailerLiteError):
    """`imports.wait` gave up; the import goes on.

    Attributes:
        report: the last report read.
    """

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report

    def __str__(self) -> str:
        report = self.report
        return f"import {report.id} is not done: {report.processed} of {report.total} rows ({report.percent} %)"


class SignatureError(MailerLiteError):
    """A webhook's signature is missing or does not match its body."""


class PayloadTooLargeError(MailerLiteError):
    """The delivery of a webhook is larger than what is taken.

    Attributes:
        max_bytes: the largest body that is taken.
    """

    def __init__(self, *, max_bytes: int = 0) -> None:
        super().__init__()
        self.max_bytes = max_bytes

    def __str__(self) -> str:
        return f"the body is larger than {self.max_bytes} bytes"


class NotHandledError(MailerLiteError):
    """An event that was still waiting, or still being handled, when the time for closing the inbox was up.

    Attributes:
        reason: that, or what else ended its handler.
    """

    def __init__(self, reason: str = "the inbox closed before the event was handled") -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class InvalidRowError(MailerLiteError, ValueError):
    """A row of a bulk job that cannot be sent.

    Attributes:
        row: its place among the rows, counted from 0.
        reason: what is wrong with it. It names keys, never values.
    """

    def __init__(self, reason: str = "", *, row: int = 0) -> None:
        super().__init__()
        self.reason = reason
        self.row = row

    def __str__(self) -> str:
        return f"rows[{self.row}]: {without_addresses(self.reason)}"


class NotSentError(MailerLiteError):
    """A row of a bulk job that was not sent because the job was stopped.

    Attributes:
        cause: what stopped it; None if the source of the rows raised.
    """

    def __init__(self, cause: MailerLiteError | None = None) -> None:
        super().__init__()
        self.cause = cause

    def __str__(self) -> str:
        if self.cause is None:
            return "not sent: the source of the rows failed, and the next run with this checkpoint sends it"
        return f"not sent: the job was stopped by {self.cause}"


class InDoubtError(MailerLiteError):
    """A row of a bulk job that was sent by an earlier run, which ended before the answer came.

    The API may or may not have carried it out, and doing it twice is not safe, so it was not sent again.
    """

    def __str__(self) -> str:
        return "an earlier run sent this row and ended before the answer came; it is not safe to send again"


class ImportRefusedError(MailerLiteError):
    """A row that an import did not take.

    Attributes:
        reason: `invalid`, `mistyped`, `unsubscribed`, `role_based`, `suspicious_format`, `duplicate`,
            `subscriber_limit`, `banned`; `validation` if the API refused the row before the import began; `too_large`
            if it does not fit into a request; `unknown` if the report counts refused rows without saying which, or why,
            and this may be one of them: not in the group, without the values of the row, or not to be told apart.
        detail: the API's own words, if it had any.
    """

    def __init__(self, reason: str = "unknown", *, detail: str = "") -> None:
        super().__init__()
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        detail = f": {without_addresses(self.detail)}" if self.detail else ""
        return f"not taken by the import ({self.reason}){detail}"


class CheckpointError(MailerLiteError):
    """A checkpoint that cannot be used: in use by another job, of another job, key or rows, or no checkpoint.

    Attributes:
        in_use: True if another job, of this process or another one, is still running with it.
    """

    def __init__(self, *args: object, in_use: bool = False) -> None:
        super().__init__(*args)
        self.in_use = in_use


class TooManyRemovalsError(MailerLiteError):
    """A sync that would remove more members than `max_removals` lets it. Nothing was changed.

    Attributes:
        removals: how many members it would remove.
        members: how many the group has.
        allowed: how many it may remove.
    """

    def __init__(self, removals: int = 0, *, members: int = 0, allowed: int = 0) -> None:
        super().__init__()
        self.removals = removals
        self.members = members
        self.allowed = allowed

    def __str__(self) -> str:
        return (
            f"{self.removals} of {self.members} members would be removed, and max_removals allows {self.allowed}: "
            "nothing was changed"
        )


class ConfigurationError(MailerLiteError):
    """The client cannot be built from these options and this environment."""


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    408: ServerError,  # the API's documents call it a fault on their side
    422: ValidationError,
    429: RateLimitError,
}


def error_class(status: int) -> type[APIError]:
    """The class for an HTTP status."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else APIError)


def _restore(cls: type[MailerLiteError], args: tuple[Any, ...], state: dict[str, Any]) -> MailerLiteError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error
