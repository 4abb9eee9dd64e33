"""What `max_wait` bounds with a store in Redis: the wait for the limits, not the way to Redis and back."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator

import httpx
import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimitError
from tests.redis.test_sharing import client, ok, seconds
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.system

# So that what is refused only when the patience with Redis has ended shows.
PATIENT = {"timeout": 20.0}


def refused(ml: MailerLite) -> float | None:
    """A call is refused, unsent; the seconds until it probably would not be."""
    with pytest.raises(RateLimitError) as caught:
        ml.subscribers.count()
    assert caught.value.attempts == 0
    return caught.value.retry_after


@pytest.mark.parametrize("max_wait", [0, 0.0005])
def test_a_free_token_is_not_waited_for(redis_server: RedisServer, max_wait: float) -> None:
    with client(redis_server, ok, store=PATIENT, period=600.0) as ml:
        hasty = ml.with_options(max_wait=max_wait)
        for _ in range(10):
            assert hasty.subscribers.count() == 1
        assert seconds(lambda: refused(hasty)) < 10
        assert (refused(hasty) or 0) > 300
        assert ml.quota.requests.held == 10


def test_a_task_does_not_wait_for_it_either(redis_server: RedisServer) -> None:
    async def main(ml: MailerLite) -> list[int]:
        limits = ml._caller.engine.config.limits
        transport = httpx.MockTransport(ok)
        async with AsyncMailerLite("key", transport=transport, limits=limits, max_wait=0) as hasty:
            return [await hasty.subscribers.count() for _ in range(10)]

    with client(redis_server, ok, store=PATIENT, period=600.0) as ml:
        assert asyncio.run(main(ml)) == [1] * 10


def test_imports(redis_server: RedisServer) -> None:
    rows = [{"email": "ann@example.com"}]
    with client(redis_server, ok, store=PATIENT, period=600.0) as ml:
        hasty = ml.with_options(max_wait=0)
        for _ in range(2):
            hasty.groups.import_subscribers("1", rows)
        with pytest.raises(RateLimitError) as caught:
            hasty.groups.import_subscribers("1", rows)
        assert caught.value.lane == "imports"


@pytest.fixture
def in_flight(redis_server: RedisServer) -> Iterator[MailerLite]:
    """A client whose only token is with a call that is not answered, so that nobody knows when it comes back."""
    sent, answered = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        sent.set()
        assert answered.wait(60)
        return ok(request)

    with client(redis_server, answer, requests=1, store=PATIENT) as ml:
        thread = threading.Thread(target=ml.subscribers.count)
        thread.start()
        try:
            assert sent.wait(10)
            yield ml
        finally:
            answered.set()
            thread.join()


@pytest.mark.parametrize("max_wait", [0, 0.2])
def test_who_was_told_to_wait_is_refused_in_time(in_flight: MailerLite, max_wait: float) -> None:
    assert max_wait <= seconds(lambda: refused(in_flight.with_options(max_wait=max_wait))) < 10
    assert in_flight.quota.requests.waiting == 0


@pytest.mark.parametrize("silent", [False, True], ids=["gone", "silent"])
def test_without_redis(redis_server: RedisServer, *, silent: bool) -> None:
    store = {"timeout": 0.2, "fallback_share": 0.5}
    with client(redis_server, ok, store=store, period=600.0) as ml:
        assert redis_server.process is not None
        if silent:
            redis_server.process.send_signal(signal.SIGSTOP)
        else:
            redis_server.kill()
        hasty = ml.with_options(max_wait=0)
        for _ in range(5):
            assert hasty.subscribers.count() == 1
        assert (refused(hasty) or 0) > 300
        assert ml.quota.requests.held == 5
