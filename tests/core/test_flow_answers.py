"""How answers become values and errors: headers, the shapes of error bodies, and the key that must not leak."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
    Call,
    DecodeError,
    MethodNotAllowedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RateLimitInfo,
    ServerError,
    ValidationError,
    calls,
)
from tests.support.flows import KEY, answer, run
from tests.support.recorded import exchange
from tests.support.samples import group, subscriber

GET = calls.groups.get("1")
UPSERT = calls.subscribers.upsert("ann@example.com")
DELETE = calls.groups.delete("1")
HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"


def failure(call: Call[Any], *args: Any, **options: Any) -> Any:
    return run(call, answer(*args, **options), max_retries=0).failure


# -- success -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202])
def test_response_tells_what_http_said(status: int) -> None:
    headers = {"x-ratelimit-limit": "120", "x-ratelimit-remaining": "7", "content-type": "application/json"}
    response = run(UPSERT, answer(status, {"data": subscriber()}, headers=headers)).response
    assert response is not None
    assert response.value.email == "person8@example.com"
    assert (response.status, response.headers, response.attempts) == (status, headers, 1)
    assert response.rate_limit == RateLimitInfo(limit=120, remaining=7)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"x-ratelimit-limit": "120"}, RateLimitInfo(120, None)),
        ({"x-ratelimit-remaining": "0"}, RateLimitInfo(None, 0)),
        ({"x-ratelimit-limit": "many", "x-ratelimit-remaining": "-1"}, None),
        ({"x-ratelimit-limit": "", "x-ratelimit-remaining": "١٢"}, None),
        ({"x-ratelimit-limit": "1.5", "x-ratelimit-remaining": "3"}, RateLimitInfo(None, 3)),
    ],
    ids=str,
)
def test_rate_headers_are_read_if_they_are_numbers(headers: dict[str, str], expected: RateLimitInfo | None) -> None:
    response = run(GET, answer(200, {"data": group()}, headers=headers)).response
    assert response is not None
    assert response.rate_limit == expected


def test_endless_number_in_a_rate_header_fails_no_call() -> None:
    headers = {"x-ratelimit-limit": "9" * 5000, "x-ratelimit-remaining": "3"}
    assert run(GET, answer(200, {"data": group()}, headers=headers)).value.name == "Test group"


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"message": "deleted"}', b"\xff"])
def test_call_without_a_value_takes_any_success(status: int, body: bytes) -> None:
    assert run(DELETE, answer(status, body)).value is None


@pytest.mark.parametrize("status", [200, 202, 204])
def test_change_accepted_without_a_body_succeeds(status: int) -> None:
    response = run(UPSERT, answer(status)).response
    assert response is not None
    assert (response.value, response.status) == (None, status)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_empty_answer_to_a_read_is_a_decode_error(status: int) -> None:
    error = run(GET, answer(status)).failure
    assert type(error) is DecodeError
    assert (error.json_path, error.body) == ("$", b"")


@pytest.mark.parametrize("body", [b"{", HTML, b"\xff\xfe", b"null", b"[]", b'{"data": []}', b'{"message": "Queued."}'])
def test_success_with_a_broken_body_is_a_decode_error(body: bytes) -> None:
    done = run(UPSERT, answer(200, body))
    assert type(done.failure) is DecodeError
    assert (done.failure.method, done.failure.route) == ("POST", "/subscribers")
    assert done.failure.body == body


def test_broken_success_is_not_repeated() -> None:
    assert run(UPSERT, answer(200, b"{"), answer(200, {"data": subscriber()})).sends == 1


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, MethodNotAllowedError),
        (408, ServerError),
        (422, ValidationError),
        (429, RateLimitError),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, ServerError),
        (599, ServerError),
        (302, APIError),
        (409, APIError),
        (418, APIError),
    ],
)
def test_status_decides_the_class(status: int, cls: type[APIError]) -> None:
    error = failure(calls.groups.update("7", "x"), status, {"message": "No."}, headers={"x-locale": "en"})
    assert type(error) is cls
    assert (error.status, error.message, error.headers) == (status, "No.", {"x-locale": "en"})
    assert (error.method, error.route, error.path, error.attempts) == ("PUT", "/groups/{id}", "/groups/7", 1)


@pytest.mark.parametrize(
    ("body", "message", "errors", "subscriber_id"),
    [
        (
            {"message": "The given data was invalid.", "errors": {"email": ["The email must be valid."]}},
            "The given data was invalid.",
            {"email": ["The email must be valid."]},
            None,
        ),
        (
            {"message": "Field name must be unique", "errors": {"name": ["Field name must be unique"]}},
            "Field name must be unique",
            {"name": ["Field name must be unique"]},
            None,
        ),
        ("Campaign is not with status draft", "Campaign is not with status draft", {}, None),
        (
            {
                "message": "The given data was invalid.",
                "errors": {"email": ["This subscriber is unsubscribed and cannot be imported"]},
                "subscriber": "165968862226941797",
            },
            "The given data was invalid.",
            {"email": ["This subscriber is unsubscribed and cannot be imported"]},
            "165968862226941797",
        ),
        ({"message": "No.", "subscriber": 165968862226941797}, "No.", {}, "165968862226941797"),
    ],
    ids=["standard", "first error as message", "bare text", "with subscriber", "with subscriber as a number"],
)
def test_all_shapes_of_422_are_understood(
    body: object, message: str, errors: dict[str, list[str]], subscriber_id: str | None
) -> None:
    error = failure(UPSERT, 422, body)
    assert type(error) is ValidationError
    assert (error.message, error.errors, error.subscriber_id) == (message, errors, subscriber_id)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", HTML, b"{", b"\xff", b"[]", b"7", b"null", b"{}", b'{"message": null}', b'{"message": ["x"]}'),
        *(b'{"message": "", "errors": []}', b'{"errors": null}', b"[" * 100_000, b'{"subscriber": {}}'),
    ],
    ids=lambda body: ascii(body[:20]),
)
@pytest.mark.parametrize("status", [404, 422, 429, 502])
def test_error_without_a_readable_message_has_an_empty_one(status: int, body: bytes) -> None:
    error = failure(GET, status, body)
    assert (error.status, error.message, error.errors) == (status, "", {})


def test_loose_error_lists_become_lists_of_text() -> None:
    error = failure(UPSERT, 422, {"errors": {"email": "wrong", "name": [1, None], "groups.0": []}})
    assert error.errors == {"email": ["wrong"], "name": ["1", "None"], "groups.0": []}


def test_recorded_errors_keep_their_messages() -> None:
    for name in ("groups-delete-1", "fields-delete-1", "subscribers-delete-1", "groups-import-subscribers-0"):
        recorded = exchange(name)
        error = failure(DELETE, recorded.status, recorded.content)
        assert error.message == recorded.body["message"]
        assert error.status == recorded.status


def test_refusal_names_its_lane_and_pause() -> None:
    plain = run(UPSERT, answer(429, retry_after=119.0), max_retries=0).failure
    assert (plain.lane, plain.retry_after) == ("requests", 119)
    of_imports = run(UPSERT, answer(429).refused("imports"), max_retries=0).failure
    assert (of_imports.lane, of_imports.retry_after) == ("imports", None)


# -- the key -----------------------------------------------------------------------------------------------------------


def everything(error: Any) -> str:
    """All that an error carries, as text."""
    return f"{error} {error!r} {vars(error)} {error.args}"


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429, 500])
def test_key_is_hidden_wherever_an_error_echoes_it(status: int) -> None:
    body = {"message": f"bad key {KEY}", "errors": {f"key {KEY}": [f"{KEY} is revoked"]}, "subscriber": KEY}
    error = failure(UPSERT, status, body, headers={"x-echo": f"Bearer {KEY}"})
    assert KEY not in everything(error)
    assert error.message == "bad key [key]"
    assert error.headers == {"x-echo": "Bearer [key]"}


@pytest.mark.parametrize("key", ["any", "key", "a", "too-short-a-key"])
def test_words_survive_a_key_that_is_one_of_them(key: str) -> None:
    body = {"message": "Too Many Attempts for any key", "errors": {f"a.{key}": [f"any key but {key}"]}}
    refused = run(UPSERT, answer(422, body, headers={"x-any": key}), max_retries=0, key=key).failure
    assert refused.message == body["message"]
    assert refused.errors == body["errors"]
    assert refused.headers == {"x-any": key}
    undecodable = run(UPSERT, answer(200, f"<html>any key but {key}</html>".encode()), key=key).failure
    assert undecodable.body == f"<html>any key but {key}</html>".encode()


@pytest.mark.parametrize("key", [KEY, "0123456789abcdef" * 2, "a1b2c3d4e5f60718", "eyJ0eXAi" * 120])
def test_key_is_hidden_in_a_bare_text(key: str) -> None:
    refused = run(UPSERT, answer(422, f"no such key: {key}"), max_retries=0, key=key).failure
    assert refused.message == "no such key: [key]"


@pytest.mark.parametrize(
    "body",
    [
        KEY.encode(),
        f"<html>{KEY}</html>".encode(),
        json.dumps({"data": {"id": KEY}}).encode(),
        json.dumps({"data": {**subscriber(), "fields": {KEY: []}}}).encode(),
    ],
    ids=["plain", "html", "in a value", "as a name"],
)
def test_key_is_hidden_in_a_body_that_does_not_decode(body: bytes) -> None:
    error = run(UPSERT, answer(200, body)).failure
    assert KEY not in everything(error)
    assert b"[key]" in error.body


@settings(deadline=None, max_examples=100)
@given(
    before=st.text(max_size=10),
    after=st.text(max_size=10),
    status=st.sampled_from([200, 401, 422, 500]),
    place=st.sampled_from(["message", "errors", "text", "data"]),
)
def test_key_is_hidden_in_whatever_surrounds_it(before: str, after: str, status: int, place: str) -> None:
    text = before + KEY + after
    body: object = text if place == "text" else {place: {text: [text]} if place == "errors" else text}
    assert KEY not in everything(failure(UPSERT, status, body))
