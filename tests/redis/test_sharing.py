"""What clients of different processes see of each other, and what Redis holds of them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimitError, RateLimits, RedisStore
from tests.redis.conftest import ROOT, Worker
from tests.support.limited_http import LimitedServer
from tests.support.redis_server import RedisServer
from tests.support.servers import FixedFromFirst, SlidingLog, busiest
from tests.support.stalls import Stalls

pytestmark = pytest.mark.system

KEY = "a-key-that-must-not-be-in-redis"
PATIENCE = 10.0  # with a Redis that is there; a busy machine may need more than half a second


@contextmanager
def client(
    redis_server: RedisServer, handler: Callable[[httpx.Request], httpx.Response], **limits: Any
) -> Iterator[Any]:
    """A client with a ledger, an agent and a connection of its own, as another process would have."""
    from mailerlite_async._redis import registry

    with registry._opening:
        registry._open.clear()
    store = RedisStore(redis_server.url, **{"timeout": PATIENCE, **limits.pop("store", {})})
    limits = {"requests": 10, "imports": 2, "period": 2.0, **limits}
    transport = httpx.MockTransport(handler)
    with MailerLite(KEY, transport=transport, limits=RateLimits(store=store, **limits), max_retries=0) as ml:
        yield ml


def ok(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"total": 1, "import_progress_url": "https://example.com/import/1"})


def seconds(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def agent_ended() -> None:
    until(lambda: all(thread.name != "mailerlite-redis" for thread in threading.enumerate()))


def redis_was_told(ml: Any) -> None:
    """Wait until Redis knows what became of all calls of a client."""
    ledger = ml._caller.engine.ledger

    def all_is_told() -> bool:
        with ledger.changed:
            return not ledger._reports and not ledger._rejoin and ledger._asked_at is None

    until(all_is_told)


def test_what_one_process_used_is_missing_to_the_other(redis_server: RedisServer) -> None:
    period, arrivals = 5.0, list[float]()

    def note(request: httpx.Request) -> httpx.Response:
        arrivals.append(time.monotonic())
        return ok(request)

    with (
        Stalls() as stalls,
        client(redis_server, note, period=period) as one,
        client(redis_server, note, period=period) as other,
    ):
        one.subscribers.count()
        redis_was_told(one)
        earliest, latest = arrivals[0] + period, time.monotonic() + period  # when the first token is back
        for _ in range(5):
            one.subscribers.count()
        for _ in range(4):
            other.subscribers.count()
        assert other.quota.requests.held == 10
        assert other.quota.requests.available == 0
        asked = time.monotonic()
        with pytest.raises(RateLimitError) as caught:
            other.with_options(max_wait=0.5).subscribers.count()
        assert caught.value.attempts == 0
        assert caught.value.retry_after is not None
        assert earliest - time.monotonic() - 0.05 < caught.value.retry_after < latest - asked + 0.05
        other.subscribers.count()
    assert earliest - 0.05 < arrivals[-1] < latest + 0.3 + stalls.seconds()


def test_a_refusal_of_one_closes_the_lane_for_all_and_headers_are_learned_for_all(redis_server: RedisServer) -> None:
    times: list[float] = []

    def refuse(_: httpx.Request) -> httpx.Response:
        times.append(time.monotonic())
        headers = {"retry-after": "1", "x-ratelimit-limit": "7", "x-ratelimit-remaining": "0"}
        return httpx.Response(429, headers=headers, json={"message": "Too Many Attempts."})

    def note(request: httpx.Request) -> httpx.Response:
        times.append(time.monotonic())
        return ok(request)

    with (
        Stalls() as stalls,
        client(redis_server, ok) as warm,
        client(redis_server, refuse) as one,
        client(redis_server, note) as other,
    ):
        warm.subscribers.count()
        with pytest.raises(RateLimitError):
            one.subscribers.count()
        redis_was_told(one)
        told = time.monotonic()
        other.subscribers.count()
        assert other.quota.requests.limit == 7
    refused, sent = times
    assert refused + 1 <= sent < told + 1.4 + stalls.seconds()


def test_the_import_lane_is_shared(redis_server: RedisServer, start_worker: Callable[..., Worker]) -> None:
    with LimitedServer(SlidingLog(120, 6.0), imports=SlidingLog(5, 6.0)) as server:
        options = {"url": server.url, "redis": redis_server.url, "store": {"timeout": 10.0}, "seconds": 19.0}
        workers = [start_worker(name=f"p{n}", tasks=4, imports=True, **options) for n in range(2)]
        results = [worker.result() for worker in workers]
        start = server.arrivals[0].time
    assert not server.refused
    assert busiest([call.time for call in server.arrivals], 6.0) <= 5
    assert server.taken(start, start + 18) >= 14
    assert all(result["failed"] == [] for result in results)


def test_foreground_of_one_process_goes_before_background_of_another(
    redis_server: RedisServer, start_worker: Callable[..., Worker]
) -> None:
    with LimitedServer(FixedFromFirst(120, 6.0)) as server:
        options = {"url": server.url, "redis": redis_server.url, "store": {"timeout": 10.0}, "seconds": 26.0}
        bulk = start_worker(name="bulk", tasks=8, background=True, **options)
        web = start_worker(name="web", tasks=1, pause=0.5, **options)
        result, busy = web.result(), bulk.result()
        start = server.arrivals[0].time
    stalled = server.stalls.seconds(start, start + 26)
    assert not server.refused
    assert result["longest"] < 1.5 + stalled
    assert result["done"] >= (26 - stalled) / (0.5 + 0.2)
    assert busy["done"] >= 0.6 * 4 * 120
    assert server.taken(start, start + 24) >= 0.85 * 4 * 120


def test_only_a_keyed_hash_of_the_account_is_in_redis_and_every_key_expires(redis_server: RedisServer) -> None:
    import redis

    with client(redis_server, ok) as ml:
        ml.subscribers.count()
        ml.groups.import_subscribers("1", [{"email": "ann@example.com"}])
        ml.with_options(background=True).subscribers.count()
        redis_was_told(ml)
        connection: Any = redis.Redis.from_url(redis_server.url)
        names = list(connection.scan_iter())
        assert len(names) >= 5
        for name in names:
            assert 0 < connection.pttl(name) <= 60_000
            for text in (name, connection.dump(name)):
                assert b"a-key" not in text
                assert b"mailerlite.com" not in text
                assert b"ann@" not in text
        connection.close()


def test_another_key_or_base_url_is_another_account(redis_server: RedisServer) -> None:
    limits = RateLimits(requests=1, store=redis_server.url)
    for key, url in ((KEY, None), ("another", None), (KEY, "https://example.com/api")):
        with MailerLite(key, base_url=url, transport=httpx.MockTransport(ok), limits=limits) as ml:
            assert seconds(ml.subscribers.count) < 30  # the token of the same account would be back after a minute


def test_a_grant_that_was_not_picked_up_in_time_is_asked_for_again(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailerlite_async._redis import ledger

    monkeypatch.setattr(ledger, "_STALE", -1.0)
    with client(redis_server, ok, period=60.0) as ml:
        thread = threading.Thread(target=ml.subscribers.count, daemon=True)
        thread.start()
        time.sleep(0.3)
        assert thread.is_alive()
        monkeypatch.setattr(ledger, "_STALE", 5.0)
        thread.join(30)
        assert not thread.is_alive()
        redis_was_told(ml)
        assert ml.quota.requests.held == 1


def test_without_redis_a_call_is_made_with_a_share_and_one_warning(
    caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    server = RedisServer(tmp_path)
    server.kill()
    with Stalls() as stalls, client(server, ok, store={"fallback_share": 0.5}, period=60.0) as ml:
        assert max(seconds(ml.subscribers.count) for _ in range(5)) < 1.5 + stalls.seconds()
        assert ml.quota.requests.limit == 5
        with pytest.raises(RateLimitError):
            ml.with_options(max_wait=0.1).subscribers.count()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "0.5 of the account's limits" in warnings[0]
    assert str(server.port) not in warnings[0]


def test_an_outage_is_warned_of_when_a_call_meets_it(
    caplog: pytest.LogCaptureFixture, redis_server: RedisServer
) -> None:
    with client(redis_server, ok) as ml:
        ml.subscribers.count()
        redis_server.kill()
    agent_ended()
    assert not caplog.records
    limits = RateLimits(requests=10, imports=2, period=2.0, store=redis_server.url)
    with MailerLite(KEY, transport=httpx.MockTransport(ok), limits=limits) as ml:
        ml.subscribers.count()
        ml.subscribers.count()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_client_is_closed_without_waiting_and_its_agent_ends(redis_server: RedisServer) -> None:
    with client(redis_server, ok) as ml:
        ml.subscribers.count()
        assert any(thread.name == "mailerlite-redis" for thread in threading.enumerate())
    agent_ended()


def test_what_became_of_the_last_call_of_a_program_is_told_at_its_end(redis_server: RedisServer) -> None:
    code = (
        "import httpx, sys; from mailerlite_async import MailerLite, RateLimits, RedisStore\n"
        "answer = httpx.MockTransport(lambda request: httpx.Response(200, json={'total': 1}))\n"
        f"limits = RateLimits(store=RedisStore(sys.argv[1], timeout={PATIENCE}))\n"
        f"MailerLite({KEY!r}, transport=answer, limits=limits).subscribers.count()\n"
    )
    subprocess.run([sys.executable, "-c", code, redis_server.url], cwd=ROOT, check=True, timeout=60)
    import redis

    connection: Any = redis.Redis.from_url(redis_server.url)
    sizes = {name.decode().rsplit(":", 1)[1]: connection.zcard(name) for name in connection.scan_iter(_type="zset")}
    connection.close()
    assert sizes == {"back": 1}


def test_sync_and_async_clients_of_one_process_have_one_agent(redis_server: RedisServer) -> None:
    import asyncio

    limits = RateLimits(requests=10, store=RedisStore(redis_server.url, timeout=PATIENCE))

    async def main(ml: MailerLite) -> int:
        async with AsyncMailerLite(KEY, transport=httpx.MockTransport(ok), limits=limits) as aml:
            await asyncio.gather(*(aml.subscribers.count() for _ in range(5)))
            await asyncio.to_thread(ml.subscribers.count)
            return sum(thread.name == "mailerlite-redis" for thread in threading.enumerate())

    with MailerLite(KEY, transport=httpx.MockTransport(ok), limits=limits) as ml:
        assert asyncio.run(main(ml)) == 1
        assert ml.quota.requests.held == 6


def test_a_forked_child_shares_the_limits_as_a_process_of_its_own(redis_server: RedisServer) -> None:
    code = (
        "import httpx, os, sys, time, warnings; from mailerlite_async import MailerLite, RateLimits, RedisStore\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "answer = httpx.MockTransport(lambda request: httpx.Response(200, json={'total': 1}))\n"
        f"limits = RateLimits(store=RedisStore(sys.argv[1], timeout={PATIENCE}))\n"
        f"ml = MailerLite({KEY!r}, transport=answer, limits=limits)\n"
        "for _ in range(3): ml.subscribers.count()\n"
        "child = os.fork()\n"
        "for _ in range(2): ml.subscribers.count()\n"
        "if child: assert os.waitpid(child, 0)[1] == 0\n"
        "print(ml.quota.requests.held)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, redis_server.url], cwd=ROOT, check=True, timeout=60, stdout=subprocess.PIPE
    )
    import redis

    connection: Any = redis.Redis.from_url(redis_server.url)
    (back,) = connection.scan_iter(match="*:back")
    ids = connection.zrange(back, 0, -1)
    connection.close()
    assert len(ids) == 7
    assert len({id.split(b".")[0] for id in ids}) == 2
    assert len(done.stdout.splitlines()) == 2
