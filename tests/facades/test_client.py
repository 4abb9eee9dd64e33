"""The clients themselves: the raw door, views, closing, and what every request carries."""

from __future__ import annotations

import copy
import pickle
import platform
import re
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from mailerlite_async import (
    AsyncMailerLite,
    AuthenticationError,
    MailerLite,
    MemoryStore,
    RateLimitError,
    RateLimitInfo,
    RateLimits,
    Response,
    calls,
)
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support import samples
from tests.support.facade import KEY, Facade
from tests.support.scripted import ScriptedTransport, reply

ANN = "ann@example.com"
TOTAL = reply({"total": 1})


# -- execute -----------------------------------------------------------------------------------------------------------


async def test_execute_tells_created_from_updated(facade: Facade) -> None:
    ml = facade.patient()
    call = calls.subscribers.upsert(ANN)
    created, updated = [await facade.call(ml.execute(call)) for _ in range(2)]
    assert type(created) is Response
    assert (created.status, updated.status) == (201, 200)
    assert created.value.id == updated.value.id
    assert created.headers["content-type"] == "application/json"
    assert created.rate_limit == RateLimitInfo(limit=100_000, remaining=99_999)
    assert updated.rate_limit == RateLimitInfo(limit=100_000, remaining=99_998)
    assert (created.attempts, updated.attempts) == (1, 1)


async def test_execute_counts_attempts(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("error", times=2)
    response = await facade.call(facade.patient().execute(calls.subscribers.count()))
    assert (response.value, response.attempts) == (0, 3)


async def test_execute_of_a_deletion(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    response = await facade.call(facade.patient().execute(calls.groups.delete("11")))
    assert (response.value, response.status) == (None, 204)


async def test_answer_without_rate_headers(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(TOTAL))
    assert (await facade.call(ml.execute(calls.subscribers.count()))).rate_limit is None


async def test_one_call_may_be_executed_often_and_by_several_clients(facade: Facade) -> None:
    call = calls.groups.create("Readers")
    for ml in (facade.patient(), facade.patient()):
        for _ in range(2):
            await facade.call(ml.execute(call))
    page = await facade.call(facade.patient().groups.list())
    assert [group.name for group in page.items] == ["Readers"] * 4


# -- headers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [calls.subscribers.count(), calls.subscribers.upsert(ANN), calls.groups.update("1", "x"), calls.groups.delete("1")],
    ids=lambda call: call.method,
)
async def test_every_request_carries_the_headers_of_the_api(facade: Facade, call: Any) -> None:
    answers = {"GET": {"total": 1}, "POST": {"data": samples.subscriber()}, "PUT": {"data": samples.group()}}
    transport = ScriptedTransport(reply(answers.get(call.method)))
    ml = facade.patient(transport=transport, api_version="2026-01-31", user_agent="shop/2.1")
    await facade.call(ml.execute(call))
    (request,) = transport.requests
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-version"] == "2026-01-31"
    product = rf"shop/2.1 mailerlite-async/[0-9.]+\S* python/{platform.python_version()}"
    assert re.fullmatch(product, request.headers["user-agent"])
    assert request.url.host == "connect.mailerlite.com"
    assert request.headers["host"] == "connect.mailerlite.com"


async def test_without_a_version_none_is_sent(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILERLITE_API_VERSION", raising=False)
    transport = ScriptedTransport(TOTAL)
    await facade.call(facade.patient(transport=transport).subscribers.count())
    assert "x-version" not in transport.requests[0].headers


async def test_key_and_base_url_come_from_the_environment(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILERLITE_API_KEY", "another-key\n")
    monkeypatch.setenv("MAILERLITE_BASE_URL", "https://example.com/v3/")
    transport = ScriptedTransport(TOTAL)
    ml = facade.open(None, transport=transport)  # type: ignore[arg-type]
    await facade.call(ml.subscribers.count())
    assert str(transport.requests[0].url) == "https://example.com/v3/subscribers?limit=0"
    assert transport.requests[0].headers["authorization"] == "Bearer another-key"


async def test_client_of_ones_own_is_used_and_closed(facade: Facade) -> None:
    transport = ScriptedTransport(TOTAL)
    made: list[Any] = []

    def make() -> Any:
        options: dict[str, Any] = {
            "transport": transport,
            "base_url": "https://example.com/elsewhere",
            "headers": {"x-mine": "1", "authorization": "Bearer wrong", "user-agent": "wrong"},
        }
        made.append(httpx.AsyncClient(**options) if facade.is_async else httpx.Client(**options))
        return made[-1]

    ml = facade.open(http_client=make)
    assert made == []
    await facade.call(ml.subscribers.count())
    await facade.call(ml.with_options(timeout=1).subscribers.count())
    request = transport.requests[0]
    assert str(request.url) == "https://connect.mailerlite.com/api/subscribers?limit=0"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"].startswith("mailerlite-async/")
    await facade.close(ml)
    assert len(made) == 1
    assert made[0].is_closed


class _Signing(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["x-signature"] = "signed"
        yield request


async def test_client_of_ones_own_does_all_it_is_set_up_for(facade: Facade) -> None:
    """Its hooks, authentication, mounts and cookies are left to it."""
    transport = ScriptedTransport(reply({"total": 1}, set_cookie="session=1"))
    seen: list[str] = []
    made: list[Any] = []

    async def note_async(request: httpx.Request) -> None:
        seen.append(request.method)

    def make() -> Any:
        options: dict[str, Any] = {
            "mounts": {"all://connect.mailerlite.com": transport},
            "auth": _Signing(),
            "event_hooks": {
                "request": [note_async if facade.is_async else lambda request: seen.append(request.method)]
            },
        }
        made.append(httpx.AsyncClient(**options) if facade.is_async else httpx.Client(**options))
        return made[-1]

    ml = facade.open(http_client=make)
    await facade.call(ml.subscribers.count())
    assert transport.requests[0].headers["x-signature"] == "signed"
    assert seen == ["GET"]
    assert dict(made[0].cookies) == {"session": "1"}


async def test_client_of_ours_keeps_no_cookies(facade: Facade) -> None:
    transport = ScriptedTransport(reply({"total": 1}, set_cookie="session=1"))
    ml = facade.open(transport=transport)
    answers = [await facade.call(ml.execute(calls.subscribers.count())) for _ in range(2)]
    assert answers[0].headers["set-cookie"] == "session=1"
    assert dict(ml._caller.engine._client.cookies) == {}
    assert ["cookie" in request.headers for request in transport.requests] == [False, False]
    assert {request.headers["authorization"] for request in transport.requests} == {f"Bearer {KEY}"}


async def test_wrong_key(facade: Facade, emulator: Emulator) -> None:
    ml = facade.open("invalid")
    with pytest.raises(AuthenticationError, match=r"^GET /groups: 401 Unauthorized: Unauthenticated\.$"):
        await facade.call(ml.groups.list())
    assert len(emulator.requests) == 1


# -- views -------------------------------------------------------------------------------------------------------------


async def test_view_has_its_own_options(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient(max_retries=0)
    patient = ml.with_options(max_retries=2)
    emulator.fault("error", times=2)
    assert await facade.call(patient.subscribers.count()) == 0
    emulator.fault("error")
    with pytest.raises(Exception, match="500"):
        await facade.call(ml.subscribers.count())


async def test_view_keeps_the_options_it_does_not_change(facade: Facade, emulator: Emulator) -> None:
    view = facade.patient(max_retries=0, timeout=5).with_options(max_wait=3).with_options(background=True)
    options = view._caller.options
    assert (options.timeout, options.max_retries, options.max_wait, options.background) == (5, 0, 3, True)
    assert view.with_options(max_wait=None)._caller.options.max_wait is None


async def test_view_of_a_subclass_has_its_attributes(facade: Facade) -> None:
    parent: Any = AsyncMailerLite if facade.is_async else MailerLite

    class Tenant(parent):  # type: ignore[misc]
        def __init__(self, name: str, **options: Any) -> None:
            super().__init__(KEY, **options)
            self.name = name

    ml = Tenant("books", transport=ScriptedTransport(TOTAL), max_wait=7)
    await facade.call(ml.subscribers.count())
    view = ml.with_options(max_wait=0)
    assert (type(view), view.name, view._caller.options.max_wait) == (Tenant, "books", 0)
    assert view.subscribers is not ml.subscribers
    assert view.subscribers._caller is view._caller
    await facade.close(ml)


async def test_timeout_of_a_view_reaches_the_wire(facade: Facade) -> None:
    transport = ScriptedTransport(TOTAL)
    ml = facade.patient(transport=transport)
    await facade.call(ml.subscribers.count())
    await facade.call(ml.with_options(timeout=2.5).subscribers.count())
    whole, short = [request.extensions["timeout"] for request in transport.requests]
    assert whole == dict.fromkeys(("connect", "read", "write", "pool"), 30.0)
    assert short == dict.fromkeys(("connect", "read", "write", "pool"), 2.5)


async def test_view_shares_pool_and_limiter(facade: Facade, clock: VirtualClock) -> None:
    transport = ScriptedTransport(TOTAL)
    ml = facade.open(limits=RateLimits(requests=3), transport=transport)
    view = ml.with_options(max_wait=0)
    for client in (ml, view, ml):
        await facade.call(client.subscribers.count())
    assert (ml.quota, view.quota.requests.held) == (view.quota, 3)
    with pytest.raises(RateLimitError) as caught:
        await facade.call(view.subscribers.count())
    assert caught.value.attempts == 0
    assert caught.value.retry_after == pytest.approx(60, abs=1e-3)
    assert len(transport.requests) == 3
    await facade.call(ml.subscribers.count())
    assert clock.monotonic() == pytest.approx(60, abs=0.1)


async def test_clients_share_limits_only_through_a_store(facade: Facade) -> None:
    alone, other = facade.patient(), facade.patient()
    await facade.call(alone.subscribers.count())
    assert (alone.quota.requests.held, other.quota.requests.held) == (1, 0)
    limits = RateLimits(requests=100_000, store=MemoryStore())
    one, two = facade.open(limits=limits), facade.open(limits=limits)
    await facade.call(one.subscribers.count())
    assert one.quota == two.quota
    assert two.quota.requests.held == 1


# -- closing -----------------------------------------------------------------------------------------------------------


async def test_closed_client_says_so(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    view = ml.with_options(timeout=1)
    await facade.call(ml.subscribers.count())
    await facade.close(ml)
    await facade.close(ml)
    for client in (ml, view):
        with pytest.raises(RuntimeError, match="this client is closed"):
            await facade.call(client.subscribers.count())
    with pytest.raises(RuntimeError, match="this client is closed"):
        await facade.collect(ml.subscribers.iter())
    assert len(emulator.requests) == 1


async def test_block_closes_its_client(facade: Facade) -> None:
    ml = facade.patient()
    if facade.is_async:
        async with ml as entered:
            assert entered is ml
    else:
        with ml as entered:
            assert entered is ml
    with pytest.raises(RuntimeError, match="this client is closed"):
        await facade.call(ml.subscribers.count())


async def test_client_that_was_never_used_can_be_closed(facade: Facade) -> None:
    await facade.close(facade.patient())


async def test_client_cannot_be_pickled_or_copied(facade: Facade) -> None:
    ml = facade.patient()
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"a client cannot be pickled.* make one in each process"):
            act(ml)


async def test_repr_names_the_base_url(facade: Facade) -> None:
    ml = facade.patient()
    assert repr(ml) == f"<{type(ml).__name__} https://connect.mailerlite.com/api>"


# -- quota -------------------------------------------------------------------------------------------------------------


async def test_quota_of_an_idle_client(facade: Facade) -> None:
    quota = facade.open(limits=RateLimits(requests=120, imports=5)).quota
    assert (quota.requests.limit, quota.requests.available) == (120, 120)
    assert (quota.imports.limit, quota.imports.available) == (5, 5)
    for lane in (quota.requests, quota.imports):
        assert (lane.held, lane.waiting, lane.reopens_at) == (0, 0, None)


async def test_quota_follows_the_calls(facade: Facade, clock: VirtualClock) -> None:
    ml = facade.open(limits=RateLimits(requests=10, imports=2), transport=ScriptedTransport(TOTAL))
    for _ in range(3):
        await facade.call(ml.subscribers.count())
    assert (ml.quota.requests.available, ml.quota.requests.held, ml.quota.imports.held) == (7, 3, 0)
    clock.advance(61)
    assert (ml.quota.requests.available, ml.quota.requests.held) == (10, 0)


async def test_quota_takes_over_the_limit_of_the_account(facade: Facade) -> None:
    ml = facade.open(limits=RateLimits(requests=120))
    await facade.call(ml.subscribers.count())
    assert ml.quota.requests.limit == 100_000


async def test_import_takes_both_lanes(facade: Facade) -> None:
    ml = facade.patient()
    await facade.call(ml.imports.create([{"email": ANN}]))
    assert (ml.quota.requests.held, ml.quota.imports.held) == (1, 1)


async def test_quota_says_when_a_refused_lane_reopens(facade: Facade, emulator: Emulator, clock: VirtualClock) -> None:
    ml = facade.patient(max_retries=0)
    emulator.fault("import_rate_limit", seconds=30)
    with pytest.raises(RateLimitError) as caught:
        await facade.call(ml.imports.create([{"email": ANN}]))
    assert (caught.value.lane, caught.value.retry_after) == ("imports", 30)
    quota = ml.quota
    assert quota.requests.reopens_at is None
    assert quota.imports.reopens_at is not None
    assert quota.imports.reopens_at.tzinfo is not None
    assert 30 <= quota.imports.reopens_at.timestamp() - clock.time() <= 32
    assert quota.imports.available == 0
