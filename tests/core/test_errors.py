"""Errors carry plain values that survive a queue, and texts that are safe to log."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mailerlite_async.errors as errors_module
from mailerlite_async import (
    UNSET,
    APIError,
    AuthenticationError,
    BadRequestError,
    CheckpointError,
    ConfigurationError,
    ConnectionFailedError,
    DecodeError,
    ImportRefusedError,
    InDoubtError,
    InvalidRowError,
    MailerLiteError,
    MethodNotAllowedError,
    NotFoundError,
    NotHandledError,
    NotSentError,
    Page,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    RateLimits,
    RequestTimeoutError,
    ServerError,
    SignatureError,
    TooManyRemovalsError,
    TransportError,
    Unset,
    ValidationError,
    WaitTimeoutError,
    models,
)
from mailerlite_async._error_texts import without_addresses
from mailerlite_async.errors import error_class
from tests.support.samples import INPUTS, SAMPLES, report

CALL: dict[str, Any] = {"method": "PUT", "route": "/subscribers/{id}", "path": "/subscribers/1", "attempts": 3}
ANSWER: dict[str, Any] = {**CALL, "headers": {"x-locale": "en"}, "errors": {"email": ["The email is wrong."]}}


def reported() -> models.ImportReport:
    value: models.ImportReport = SAMPLES["report"].decode()
    return value


ERRORS: list[MailerLiteError] = [
    MailerLiteError("something"),
    APIError("moved", status=302, **ANSWER),
    BadRequestError("no", status=400, **ANSWER),
    AuthenticationError("Unauthenticated.", status=401, **ANSWER),
    PermissionDeniedError("no", status=403, **ANSWER),
    NotFoundError("", status=404, **ANSWER),
    MethodNotAllowedError("no", status=405, **ANSWER),
    ValidationError("no", status=422, subscriber_id="7", **ANSWER),
    RateLimitError("Too Many Attempts.", status=429, retry_after=1.5, lane="imports", **ANSWER),
    ServerError("", status=502, **ANSWER),
    TransportError("ReadError", maybe_received=True, **CALL),
    RequestTimeoutError("ReadTimeout", maybe_received=True, **CALL),
    ConnectionFailedError("ConnectError", maybe_received=False, **CALL),
    DecodeError("text was expected", json_path="$.data[3].id", body=b"\xff", method="GET", route="/groups"),
    WaitTimeoutError(reported()),
    DecodeError("an array was expected", json_path="$.events", body=b"{}", subject="delivery"),
    SignatureError("the signature does not match"),
    PayloadTooLargeError(max_bytes=4096),
    NotHandledError(),
    ConfigurationError("no API key"),
    InvalidRowError("has no email", row=17),
    NotSentError(AuthenticationError("Unauthenticated.", status=401, **ANSWER)),
    InDoubtError(),
    ImportRefusedError("validation", detail="The email must be a valid email address."),
    CheckpointError("in use by another process"),
    TooManyRemovalsError(50, members=60, allowed=6),
]


def tree(cls: type[MailerLiteError]) -> Iterator[type[MailerLiteError]]:
    """The class and all below it, without those that others derive."""
    if cls.__module__ == errors_module.__name__:
        yield cls
    for child in cls.__subclasses__():
        yield from tree(child)


def same(error: MailerLiteError, other: MailerLiteError) -> bool:
    def plain(one: MailerLiteError) -> tuple[Any, ...]:
        values = {
            name: plain(value) if isinstance(value, MailerLiteError) else value for name, value in vars(one).items()
        }
        return type(one), one.args, values, str(one)

    return plain(error) == plain(other)


# -- the tree ----------------------------------------------------------------------------------------------------------


def test_every_class_has_an_example_here() -> None:
    assert {type(error) for error in ERRORS} == set(tree(MailerLiteError))


def test_documented_tree_is_the_real_one() -> None:
    shown = [line.split("-- ")[1].split()[0] for line in (errors_module.__doc__ or "").splitlines() if "+-- " in line]
    assert sorted(shown) == sorted(cls.__name__ for cls in tree(MailerLiteError) if cls is not MailerLiteError)


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        *((400, BadRequestError), (401, AuthenticationError), (403, PermissionDeniedError), (404, NotFoundError)),
        *((405, MethodNotAllowedError), (408, ServerError), (422, ValidationError), (429, RateLimitError)),
        *((status, ServerError) for status in (500, 501, 502, 503, 504, 599, 999)),
        *((status, APIError) for status in (100, 301, 302, 402, 409, 410, 418, 499)),
    ],
)
def test_status_table(status: int, cls: type[APIError]) -> None:
    assert error_class(status) is cls


# -- pickling ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_survive_pickling_and_copying(error: MailerLiteError) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert same(pickle.loads(pickle.dumps(error, protocol)), error)
    assert same(copy.copy(error), error)
    twin = copy.deepcopy(error)
    assert same(twin, error)
    if isinstance(twin, APIError) and isinstance(error, APIError):
        assert twin.errors is not error.errors


def test_notes_survive_pickling() -> None:
    error = NotFoundError(status=404)
    error.add_note("while syncing")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while syncing"]


def test_error_of_a_subclass_with_other_arguments_pickles() -> None:
    assert same(pickle.loads(pickle.dumps(Particular(5))), Particular(5))


class Particular(NotFoundError):
    """An error of an application."""

    def __init__(self, number: int) -> None:
        super().__init__("gone", status=404)
        self.number = number


@pytest.mark.parametrize("name", SAMPLES)
def test_values_survive_pickling_and_copying(name: str) -> None:
    value = SAMPLES[name].decode()
    values = value.items if isinstance(value, Page) else (value,)
    for twin in (pickle.loads(pickle.dumps(values)), copy.deepcopy(values)):
        assert twin == values
        assert repr(twin) == repr(values)


def test_every_model_is_among_the_pickled_values() -> None:
    seen: set[type[Any]] = set()

    def note(value: Any) -> None:
        if attrs.has(type(value)):
            seen.add(type(value))
            for field in attrs.fields(type(value)):
                note(getattr(value, field.name))
        elif isinstance(value, tuple):
            for item in value:
                note(item)
        elif isinstance(value, dict):
            note(tuple(value.values()))

    for sample in SAMPLES.values():
        value = sample.decode()
        note(value.items if isinstance(value, Page) else value)
    for given_value in INPUTS:
        assert pickle.loads(pickle.dumps(given_value)) == given_value
    exported = {
        cls for cls in (getattr(models, name) for name in models.__all__) if isinstance(cls, type) and attrs.has(cls)
    }
    assert seen | {type(each) for each in INPUTS} == exported


def test_small_public_values_survive_pickling() -> None:
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert copy.deepcopy(UNSET) is UNSET
    assert isinstance(UNSET, Unset)
    assert (bool(UNSET), repr(UNSET)) == (False, "UNSET")
    assert pickle.loads(pickle.dumps(RateLimits(requests=60))) == RateLimits(requests=60)


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            NotFoundError("", status=404, method="DELETE", route="/subscribers/{id}/groups/{gid}", attempts=1),
            "DELETE /subscribers/{id}/groups/{gid}: 404 Not Found",
        ),
        (
            NotFoundError("Resource does not exist.", status=404, method="GET", route="/groups/{id}", attempts=1),
            "GET /groups/{id}: 404 Not Found: Resource does not exist.",
        ),
        (
            ValidationError(
                "The given data was invalid.",
                status=422,
                errors={"email": ["no"], "groups.0": ["no"]},
                method="POST",
                route="/subscribers",
                attempts=2,
            ),
            "POST /subscribers: 422 Unprocessable Entity: The given data was invalid. (email, groups.0) (after 2 attempts)",
        ),
        (
            RateLimitError(
                "Too Many Attempts.", status=429, retry_after=119.0, method="GET", route="/groups", attempts=5
            ),
            "GET /groups: 429 Too Many Requests: Too Many Attempts. (after 5 attempts) [requests limit, retry in 119.0 s]",
        ),
        (
            RateLimitError(
                "the wait for the limit would pass max_wait",
                retry_after=3.25,
                lane="imports",
                method="POST",
                route="/subscribers/import",
            ),
            "POST /subscribers/import: not sent: the wait for the limit would pass max_wait [imports limit, retry in 3.2 s]",
        ),
        (ServerError("", status=599, method="GET", route="/groups", attempts=1), "GET /groups: 599"),
        (
            ServerError("", status=502, method="GET", route="/groups", attempts=5),
            "GET /groups: 502 Bad Gateway (after 5 attempts)",
        ),
        (
            ConnectionFailedError("ConnectError", maybe_received=False, method="POST", route="/groups", attempts=5),
            "POST /groups: ConnectError; nothing was sent (after 5 attempts)",
        ),
        (
            RequestTimeoutError("ReadTimeout", method="POST", route="/groups", attempts=1),
            "POST /groups: ReadTimeout; the API may have received the call",
        ),
        (
            DecodeError("text was expected, not null", json_path="$.data[3].id", method="GET", route="/groups"),
            "GET /groups: unexpected answer at $.data[3].id: text was expected, not null",
        ),
        (DecodeError("this is not JSON"), "unexpected answer at $: this is not JSON"),
        (WaitTimeoutError(reported()), "import 139791107607233967 is not done: 1 of 1 rows (100 %)"),
        (APIError(), "not sent"),
        (ConfigurationError("no API key"), "no API key"),
    ],
)
def test_texts_read_well(error: MailerLiteError, text: str) -> None:
    assert str(error) == text
    assert repr(error) == f"{type(error).__name__}({text!r})"


def test_error_without_an_answer_was_not_sent() -> None:
    error = RateLimitError("the wait would be too long", retry_after=1.0)
    assert (error.attempts, error.status) == (0, None)
    assert "not sent" in str(error)


def test_long_messages_are_cut() -> None:
    text = str(ServerError("x" * 5000, status=500))
    assert text.endswith("x...")
    assert len(text) < 250


def test_text_of_an_error_is_one_line() -> None:
    assert "\n" not in str(ServerError("one\ntwo\r\n\tthree", status=500))


# -- what texts must not say -------------------------------------------------------------------------------------------


def test_long_texts_take_no_longer_than_they_are() -> None:
    # With a search from each letter on, this would take hours.
    assert without_addresses("x" * 1_000_000) == "x" * 200 + "..."
    assert without_addresses("x" * 1_000_000 + "@example.com") == "<address>"
    assert without_addresses("at @ and %40 are no addresses") == "at @ and %40 are no addresses"


glue = st.text(alphabet=" <>()'\",;:\n\t-/.ab", max_size=6)


@settings(deadline=None, max_examples=200)
@given(before=glue, after=glue, domain=st.sampled_from(["example.com", "EXAMPLE.com", "mail.example.com"]))
@pytest.mark.parametrize("at", ["@", "%40"])
def test_addresses_are_taken_out_of_messages(at: str, before: str, after: str, domain: str) -> None:
    text = f"{before}secretive+tag{at}{domain}{after}"
    assert "secretive" not in without_addresses(text)
    for error in (
        NotFoundError(f"The route {text} was not found", status=404),
        ValidationError("invalid", status=422, errors={text: [text]}),
        DecodeError(f"expected {text}"),
    ):
        assert "secretive" not in f"{error} {error!r}"


def test_addresses_are_taken_out_of_json_paths() -> None:
    error = DecodeError("text was expected", json_path="$.data.fields.secretive@example.com")
    assert "secretive" not in f"{error} {error!r}"


@pytest.mark.parametrize("cls", [APIError, NotFoundError, ValidationError, RateLimitError, ServerError])
def test_path_headers_and_details_stay_out_of_the_text(cls: type[APIError]) -> None:
    error = cls(
        "No.",
        status=422,
        method="GET",
        route="/subscribers/{id}",
        path="/subscribers/secretive@example.com",
        headers={"x-echo": "secretive"},
        errors={"email": ["secretive is wrong"]},
        attempts=1,
    )
    assert "secretive" not in f"{error} {error!r}"
    assert error.path == "/subscribers/secretive@example.com"
    assert error.errors == {"email": ["secretive is wrong"]}


def test_body_and_samples_stay_out_of_the_text() -> None:
    error = DecodeError("text was expected", body=b'{"email": "secretive@example.com"}')
    assert "secretive" not in f"{error} {error!r}"
    late = WaitTimeoutError(SAMPLES["report"].call.returns.decode(SAMPLES["report"].content, SAMPLES["report"].call))
    assert "example" not in f"{late} {late!r}"
    assert late.report.invalid[0].email == report()["invalid"][0]["email"]
