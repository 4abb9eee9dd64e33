"""What type checkers know of the errors: each attribute where it exists, and not elsewhere."""

# Both checkers report an ignore that is not needed, so each of them must see every mistake that is marked so.
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

from mailerlite_async import (
    APIError,
    ConnectionFailedError,
    DecodeError,
    MailerLite,
    MailerLiteError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    TransportError,
    ValidationError,
    WaitTimeoutError,
    errors,
)
from mailerlite_async.errors import Lane
from mailerlite_async.models import ImportReport


def api_errors(ml: MailerLite) -> None:
    try:
        ml.subscribers.get("1")
    except ValidationError as error:
        assert_type(error.subscriber_id, str | None)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.lane, Lane)
    except NotFoundError as error:
        error.retry_after  # type: ignore[attr-defined]  # noqa: B018
    except APIError as error:
        assert_type(error.status, int | None)
        assert_type(error.message, str)
        assert_type(error.errors, dict[str, list[str]])
        assert_type(error.headers, dict[str, str])
        assert_type(error.method, str)
        assert_type(error.route, str)
        assert_type(error.path, str)
        assert_type(error.attempts, int)


def other_errors(ml: MailerLite) -> None:
    try:
        ml.imports.wait("1")
    except (RequestTimeoutError, ConnectionFailedError) as error:
        assert_type(error.maybe_received, bool)
    except TransportError as error:
        assert_type(error.reason, str)
        assert_type(error.attempts, int)
    except DecodeError as error:
        assert_type(error.json_path, str)
        assert_type(error.body, bytes)
    except WaitTimeoutError as error:
        assert_type(error.report, ImportReport)
    except MailerLiteError as error:
        error.status  # type: ignore[attr-defined]  # noqa: B018


def errors_are_one_tree() -> None:
    family: list[type[MailerLiteError]] = [APIError, TransportError, DecodeError, WaitTimeoutError]
    family += [errors.SignatureError, errors.ConfigurationError]
    api: list[type[APIError]] = [NotFoundError, ValidationError, RateLimitError, errors.ServerError]
    assert family
    assert api
