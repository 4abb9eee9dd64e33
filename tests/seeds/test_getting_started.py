"""What the document on conventions promises: headers, keys, versions, errors, both limits and every status."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
    Call,
    MailerLiteError,
    MethodNotAllowedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RateLimits,
    ServerError,
    ValidationError,
    calls,
)
from mailerlite_async.testing import Emulator, VirtualClock
from tests.seeds.documents import CALLS, EMAIL, GROUP_ID, STATUSES
from tests.seeds.samples import SAMPLES
from tests.support.facade import KEY, Facade
from tests.support.scripted import ScriptedTransport, reply

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
EVERY_CALL = pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
IMPORTS = pytest.mark.parametrize(
    "call",
    [
        CALLS["POST /subscribers/import"],
        CALLS["POST /groups/{id}/import-subscribers"],
        calls.batch([calls.subscribers.upsert(EMAIL), calls.subscribers.upsert("other@example.com")]),
    ],
    ids=lambda call: call.route,
)
CLASSES: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    408: ServerError,
    422: ValidationError,
    429: RateLimitError,
    **dict.fromkeys((500, 502, 503, 504), ServerError),
}


def unlimited(facade: Facade, emulator: Emulator, **options: Any) -> Any:
    """A client whose own limits are out of the way, with an emulator that may have some."""
    return facade.open(transport=emulator.transport(), limits=RateLimits(requests=5000, imports=500), **options)


# -- requests ----------------------------------------------------------------------------------------------------------


def test_there_is_a_call_for_every_endpoint() -> None:
    for name, call in CALLS.items():
        assert f"{call.method} {call.target if '?' in name else call.route}" == name


@EVERY_CALL
async def test_each_and_every_request_carries_the_documented_headers(facade: Facade, call: Call[Any]) -> None:
    transport = ScriptedTransport(reply({}, 404))
    with contextlib.suppress(NotFoundError):
        await facade.call(facade.patient(transport=transport).execute(call))
    (request,) = transport.requests
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert "x-version" not in request.headers


@EVERY_CALL
async def test_requests_go_below_the_base_url_and_hold_json(facade: Facade, call: Call[Any]) -> None:
    transport = ScriptedTransport(reply({}, 404))
    with contextlib.suppress(NotFoundError):
        await facade.call(facade.patient(transport=transport).execute(call))
    (request,) = transport.requests
    assert str(request.url) == f"https://connect.mailerlite.com/api{call.target}"
    assert request.content == b"" or isinstance(json.loads(request.content), dict)
    assert request.method in ("POST", "PUT") or request.content == b""


async def test_repetitions_carry_the_headers_too(facade: Facade) -> None:
    transport = ScriptedTransport(reply({}, 503), httpx.ConnectError("refused"), reply({"total": 1}))
    assert await facade.call(facade.patient(transport=transport, api_version="2038-01-19").subscribers.count()) == 1
    sent = [
        {name: request.headers[name] for name in ("content-type", "accept", "authorization", "x-version")}
        for request in transport.requests
    ]
    assert (
        sent
        == [
            {
                "content-type": "application/json",
                "accept": "application/json",
                "authorization": f"Bearer {KEY}",
                "x-version": "2038-01-19",
            }
        ]
        * 3
    )


@EVERY_CALL
async def test_version_is_sent_with_every_request_once_it_is_locked(facade: Facade, call: Call[Any]) -> None:
    transport = ScriptedTransport(reply({}, 404))
    with contextlib.suppress(NotFoundError):
        await facade.call(facade.patient(transport=transport, api_version="2038-01-19").execute(call))
    assert [request.headers["x-version"] for request in transport.requests] == ["2038-01-19"]


# -- keys --------------------------------------------------------------------------------------------------------------


@EVERY_CALL
async def test_invalid_token_is_refused_on_all_requests(facade: Facade, emulator: Emulator, call: Call[Any]) -> None:
    ml = facade.open("invalid")
    with pytest.raises(AuthenticationError) as caught:
        await facade.call(ml.execute(call))
    assert (caught.value.status, {"message": caught.value.message}) == (401, SAMPLES["error-401"])
    assert [request.status for request in emulator.requests] == [401]


async def test_key_stops_working_when_its_user_is_gone(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    assert await facade.call(ml.subscribers.count()) == 0
    emulator.fault("revoked_key", times=None)
    for _ in range(2):
        with pytest.raises(AuthenticationError) as caught:
            await facade.call(ml.groups.create("Readers"))
        assert (caught.value.status, caught.value.message) == (401, "Unauthenticated.")
        assert caught.value.reason == "revoked"


async def test_new_key_takes_the_place_of_a_lost_one(
    facade: Facade, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.seed(groups=["Readers"])
    for key in ("the-lost-one", "the-new-one"):
        monkeypatch.setenv("MAILERLITE_API_KEY", key)
        transport = ScriptedTransport(emulator.transport().handle_request)
        page = await facade.call(facade.open(None, transport=transport).groups.list())  # type: ignore[arg-type]
        assert [group.name for group in page.items] == ["Readers"]
        assert transport.requests[0].headers["authorization"] == f"Bearer {key}"


# -- validation errors -------------------------------------------------------------------------------------------------


async def test_validation_error_has_the_documented_form(facade: Facade) -> None:
    with pytest.raises(ValidationError) as caught:
        await facade.call(facade.patient().subscribers.upsert("no address"))
    error = caught.value
    assert {"message": error.message, "errors": error.errors} == SAMPLES["error-422"]
    assert error.headers["content-type"] == "application/json"


def test_emulator_refuses_an_invalid_address_as_documented(http: httpx.Client) -> None:
    answer = http.post("/subscribers", json={"email": "no address"})
    assert (answer.status_code, answer.json()) == (422, SAMPLES["error-422"])
    assert answer.headers["content-type"] == "application/json"


# -- the limit on all calls --------------------------------------------------------------------------------------------


async def test_refusal_for_too_many_calls_is_understood(facade: Facade) -> None:
    headers = {"X-RateLimit-Limit": "120", "X-RateLimit-Remaining": "0", "Retry-After": "119"}
    transport = ScriptedTransport(reply(SAMPLES["error-429"], 429, **headers))
    with pytest.raises(RateLimitError) as caught:
        await facade.call(facade.open(transport=transport, max_retries=0).subscribers.count())
    error = caught.value
    assert (error.status, error.message) == (429, "Too Many Attempts.")
    assert (error.retry_after, error.lane) == (119, "requests")
    assert {name: error.headers[name.lower()] for name in headers} == headers
    assert error.headers["content-type"] == "application/json"


async def test_retry_after_of_two_minutes_is_waited_for(facade: Facade, clock: VirtualClock) -> None:
    headers = {"X-RateLimit-Limit": "120", "X-RateLimit-Remaining": "0", "Retry-After": "119"}
    transport = ScriptedTransport(reply(SAMPLES["error-429"], 429, **headers), reply({"total": 7}))
    assert await facade.call(facade.open(transport=transport).subscribers.count()) == 7
    assert 119 <= clock.monotonic() < 122


async def test_emulator_refuses_the_121st_call_of_a_minute_as_documented(facade: Facade, clock: VirtualClock) -> None:
    emulator = Emulator(clock=clock)
    ml = unlimited(facade, emulator, max_retries=0)
    for number in range(120):
        response = await facade.call(ml.execute(calls.subscribers.count()))
        assert (response.headers["x-ratelimit-limit"], response.rate_limit.remaining) == ("120", 119 - number)
    answer = emulator.transport().handle_request(
        httpx.Request("GET", "https://connect.mailerlite.com/api/groups", headers={"Authorization": "Bearer key"})
    )
    assert answer.status_code == 429
    assert json.loads(answer.read()) == SAMPLES["error-429"]
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("120", "0")
    assert answer.headers["content-type"] == "application/json"
    assert 0 < int(answer.headers["retry-after"]) <= 60


async def test_client_evens_the_calls_out_by_itself(facade: Facade, clock: VirtualClock) -> None:
    emulator = Emulator(clock=clock)
    ml = facade.open(transport=emulator.transport())
    for _ in range(130):
        await facade.call(ml.subscribers.count())
    assert {request.status for request in emulator.requests} == {200}
    assert 60 <= clock.monotonic() < 125


async def test_batch_is_one_call_of_the_limit(facade: Facade, clock: VirtualClock) -> None:
    ml = facade.open(transport=Emulator(clock=clock).transport())
    result = await facade.call(ml.execute(calls.batch([calls.subscribers.count()] * 50)))
    assert [item.value for item in result.value.items] == [0] * 50
    assert result.rate_limit.remaining == 119


# -- the limit on imports ----------------------------------------------------------------------------------------------


async def test_refusal_for_too_many_imports_is_understood(facade: Facade) -> None:
    transport = ScriptedTransport(reply(SAMPLES["error-429-imports"], 429, retry_after="60"))
    with pytest.raises(RateLimitError) as caught:
        await facade.call(facade.open(transport=transport, max_retries=0).imports.create([{"email": EMAIL}]))
    error = caught.value
    assert (error.status, {"message": error.message}) == (429, SAMPLES["error-429-imports"])
    assert (error.retry_after, error.lane, error.headers["content-type"]) == (60, "imports", "application/json")


@IMPORTS
async def test_five_imports_a_minute_and_the_sixth_is_refused_as_documented(
    facade: Facade, clock: VirtualClock, call: Call[Any]
) -> None:
    emulator = Emulator(clock=clock)
    emulator.seed(groups=[{"id": GROUP_ID, "name": "Romance"}])
    ml = unlimited(facade, emulator, max_retries=0)
    for _ in range(5):
        assert (await facade.call(ml.execute(call))).status == 200
    with pytest.raises(RateLimitError) as caught:
        await facade.call(ml.execute(call))
    error = caught.value
    assert (error.lane, {"message": error.message}) == ("imports", SAMPLES["error-429-imports"])
    assert error.retry_after == 60
    assert [name for name in error.headers if name.startswith("x-ratelimit")] == []
    # It is a limit of its own: other calls go on, and know of the six.
    response = await facade.call(ml.execute(calls.subscribers.count()))
    assert response.rate_limit.remaining == 120 - 6 - 1


@IMPORTS
async def test_client_keeps_to_five_imports_a_minute_by_itself(
    facade: Facade, clock: VirtualClock, call: Call[Any]
) -> None:
    emulator = Emulator(clock=clock)
    emulator.seed(groups=[{"id": GROUP_ID, "name": "Romance"}])
    ml = facade.open(transport=emulator.transport())
    for _ in range(6):
        await facade.call(ml.execute(call))
    assert [request.status for request in emulator.requests] == [200] * 6
    assert 60 <= clock.monotonic() < 63
    assert {request.lane for request in emulator.requests} == {"import"}


async def test_the_three_kinds_of_import_share_their_limit(facade: Facade, clock: VirtualClock) -> None:
    emulator = Emulator(clock=clock)
    emulator.seed(groups=[{"id": GROUP_ID, "name": "Romance"}])
    ml = unlimited(facade, emulator, max_retries=0)
    kinds = [
        CALLS["POST /subscribers/import"],
        CALLS["POST /groups/{id}/import-subscribers"],
        calls.batch([calls.subscribers.upsert(EMAIL)]),
    ]
    for call in [*kinds, *kinds[:2]]:
        await facade.call(ml.execute(call))
    with pytest.raises(RateLimitError, match="import creation"):
        await facade.call(ml.execute(kinds[2]))


async def test_refused_import_waits_as_long_as_retry_after_says(facade: Facade, clock: VirtualClock) -> None:
    job = {"import_progress_url": "https://connect.mailerlite.com/api/subscribers/import/7"}
    transport = ScriptedTransport(reply(SAMPLES["error-429-imports"], 429, retry_after="60"), reply(job))
    assert (await facade.call(facade.open(transport=transport).imports.create([{"email": EMAIL}]))).id == "7"
    assert 60 <= clock.monotonic() < 63


# -- statuses ----------------------------------------------------------------------------------------------------------


def test_every_status_has_its_test() -> None:
    assert {status for status in STATUSES if status >= 400} == CLASSES.keys()
    assert {status for status in STATUSES if status < 400} == {200, 201, 202, 204}


@pytest.mark.parametrize("status", CLASSES)
async def test_status_of_the_table_has_its_error(facade: Facade, emulator: Emulator, status: int) -> None:
    emulator.fault("error", status=status)
    with pytest.raises(APIError) as caught:
        await facade.call(facade.patient(max_retries=0).groups.create("Readers"))
    assert type(caught.value) is CLASSES[status]
    assert (caught.value.status, caught.value.attempts) == (status, 1)
    assert str(caught.value).startswith(f"POST /groups: {status} {STATUSES[status]}")


@pytest.mark.parametrize("status", CLASSES)
async def test_what_the_table_blames_on_the_request_is_not_repeated_and_the_rest_is(
    facade: Facade, emulator: Emulator, status: int
) -> None:
    emulator.fault("error", status=status, times=3)
    with contextlib.suppress(MailerLiteError):
        await facade.call(facade.patient().subscribers.count())
    theirs = status == 408 or status >= 500  # "there is an error on our system"
    assert len(emulator.requests) == (4 if theirs or status == 429 else 1)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_status_of_the_table_is_a_success(facade: Facade, status: int) -> None:
    body = SAMPLES["guide-upsert"] if status != 204 else None
    call: Call[Any] = CALLS["DELETE /subscribers/{id}" if status == 204 else "POST /subscribers"]
    response = await facade.call(facade.patient(transport=ScriptedTransport(reply(body, status))).execute(call))
    assert response.status == status
    assert response.value is None if status == 204 else response.value.email == "john@example.com"


def test_method_that_an_endpoint_does_not_take(http: httpx.Client) -> None:
    assert http.get("/groups/1/import-subscribers").status_code == 405


def test_readme_says_that_this_is_none_of_the_official_libraries() -> None:
    assert "unofficial" in README.partition("##")[0].lower()
