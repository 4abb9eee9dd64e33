"""Event loops: one after the other with one client, a sync client inside of one, and none that is left open."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
import time
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, MemoryStore, RateLimits
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.scripted import ScriptedTransport, reply

TOTAL = reply({"total": 1})
PATIENCE = 30  # seconds until a call that waits for its turn is taken to wait for ever


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(requests=1000)


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as base_url:
        yield base_url
        gc.collect()  # what was left open shows now


# -- one loop after the other ------------------------------------------------------------------------------------------


def test_one_client_in_a_loop_after_another(emulator: Emulator, base_url: str) -> None:
    ml = AsyncMailerLite("key", base_url=base_url)

    async def use() -> Any:
        await asyncio.gather(*(ml.subscribers.count() for _ in range(10)))
        return ml._caller.engine._client

    pools = [asyncio.run(use()), asyncio.run(use()), anyio.run(use)]
    assert len({id(pool) for pool in pools}) == 3
    assert all(pool.is_closed for pool in pools)
    # The tokens are those of the account, not of a loop.
    assert ml.quota.requests.held == 30
    assert [request.status for request in emulator.requests] == [200] * 30


def test_paced_calls_in_a_loop_after_another(base_url: str) -> None:
    ml = AsyncMailerLite("key", base_url=base_url, limits=RateLimits(requests=100, period=0.5, burst=1))

    async def use() -> None:
        await asyncio.gather(*(ml.subscribers.count() for _ in range(5)))

    for _ in range(3):
        asyncio.run(use())


def test_calls_cancelled_with_their_loop_leave_the_line(base_url: str) -> None:
    ml = AsyncMailerLite("key", base_url=base_url, limits=RateLimits(requests=2, period=0.2))

    async def leave_behind() -> None:
        for _ in range(5):
            task = asyncio.create_task(ml.subscribers.count())
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await ml.subscribers.count()

    asyncio.run(leave_behind())
    assert ml.quota.requests.waiting == 0
    asyncio.run(leave_behind())


@pytest.mark.parametrize("same", [True, False], ids=["the same client", "another client"])
def test_loop_closed_over_its_tasks_blocks_nobody(same: bool) -> None:
    limits = RateLimits(requests=2, period=0.2, store=MemoryStore())
    transport = ScriptedTransport(TOTAL)
    ml = AsyncMailerLite("key", transport=transport, limits=limits, timeout=0.1)
    loop = asyncio.new_event_loop()

    async def begin() -> list[asyncio.Task[int]]:
        tasks = [asyncio.create_task(ml.subscribers.count()) for _ in range(6)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks

    tasks = loop.run_until_complete(begin())
    loop.close()
    assert ml.quota.requests.waiting >= 3
    if same:

        async def go_on() -> None:
            for _ in range(6):
                await asyncio.wait_for(ml.subscribers.count(), PATIENCE)

        asyncio.run(go_on())
    else:
        time.sleep(0.3)  # the tokens are back, and are given to those who wait in vain first
        with MailerLite("key", transport=transport, limits=limits) as sync:
            for _ in range(6):
                sync.with_options(max_wait=PATIENCE).subscribers.count()
    assert ml.quota.requests.waiting == 0
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_call_in_flight_in_a_closed_loop_holds_its_token_until_it_cannot_arrive_any_more() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1000)
        return TOTAL

    class Hanging(httpx.AsyncBaseTransport):
        hangs = True

        def __init__(self) -> None:
            self.begun = asyncio.Event()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.begun.set()
            return await never(request) if self.hangs else TOTAL

    transport, clock = Hanging(), VirtualClock()
    limits = RateLimits(requests=2, period=60)
    ml = AsyncMailerLite("key", transport=transport, limits=limits, timeout=30, clock=clock)
    loop = asyncio.new_event_loop()

    async def begin() -> asyncio.Task[int]:
        task = asyncio.create_task(ml.subscribers.count())
        await transport.begun.wait()
        return task

    task = loop.run_until_complete(begin())
    loop.close()
    transport.hangs = False

    async def go_on() -> list[int]:
        await ml.subscribers.count()
        held = []
        for seconds in (0, 61, 28, 2):
            clock.advance(seconds)
            held.append(ml.quota.requests.held)
        return held

    # The token of the answered call is back after the period, that of the other one after the read timeout, too.
    assert asyncio.run(go_on()) == [2, 1, 1, 0]
    task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_transport_with_connections_is_refused_in_the_next_loop(base_url: str) -> None:
    transport = httpx.AsyncHTTPTransport()
    ml = AsyncMailerLite("key", base_url=base_url, transport=transport)

    async def use() -> None:
        await ml.subscribers.count()
        await transport.aclose()

    asyncio.run(use())
    with pytest.raises(RuntimeError, match=r"connections of another process or event loop.* give http_client"):
        asyncio.run(use())


def test_http_client_is_asked_again_in_the_next_loop(base_url: str) -> None:
    made: list[httpx.AsyncClient] = []

    def make() -> httpx.AsyncClient:
        made.append(httpx.AsyncClient())
        return made[-1]

    ml = AsyncMailerLite("key", base_url=base_url, http_client=make)

    async def use() -> None:
        await ml.subscribers.count()
        await ml.subscribers.count()

    asyncio.run(use())
    asyncio.run(use())
    assert [client.is_closed for client in made] == [True, True]


def test_two_loops_at_once_are_told_what_to_do(base_url: str) -> None:
    ml = AsyncMailerLite("key", base_url=base_url)
    outcomes: list[object] = []

    async def use() -> int:
        return await ml.subscribers.count()

    async def main() -> None:
        await use()

        def elsewhere() -> None:
            try:
                asyncio.run(use())
            except RuntimeError as error:
                outcomes.append(str(error))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join)
        outcomes.append(await use())

    asyncio.run(main())
    message, count = outcomes
    assert "make one client per loop, or use MailerLite from threads" in str(message)
    assert count == 0


# -- left open ---------------------------------------------------------------------------------------------------------


def test_client_that_is_dropped_closes_its_connections(base_url: str) -> None:
    async def drop() -> Any:
        ml = AsyncMailerLite("key", base_url=base_url)
        await ml.subscribers.count()
        pool = ml._caller.engine._client
        del ml
        gc.collect()
        await asyncio.sleep(0.01)
        return pool

    assert asyncio.run(drop()).is_closed

    ml = MailerLite("key", base_url=base_url)
    ml.subscribers.count()
    pool: Any = ml._caller.engine._client
    del ml
    gc.collect()
    assert pool.is_closed


def test_client_closed_in_a_later_loop(base_url: str) -> None:
    ml = AsyncMailerLite("key", base_url=base_url)

    async def use() -> None:
        await ml.subscribers.count()

    asyncio.run(use())
    asyncio.run(ml.aclose())
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(use())


def test_dropped_client_leaves_a_transport_that_was_given_open() -> None:
    class Shared(ScriptedTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

    transport = Shared(TOTAL)
    MailerLite("key", transport=transport).subscribers.count()
    gc.collect()
    assert not transport.closed


# -- a sync client in a loop -------------------------------------------------------------------------------------------


def test_sync_client_in_a_loop_says_so_once(base_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with MailerLite("key", base_url=base_url) as ml:
        ml.subscribers.count()
        assert caplog.text == ""

        async def main() -> int:
            await asyncio.to_thread(ml.subscribers.count)
            assert caplog.text == ""
            ml.subscribers.count()
            return ml.subscribers.count()

        assert asyncio.run(main()) == 0
    assert [record.name for record in caplog.records] == ["mailerlite_async"]
    assert "AsyncMailerLite" in caplog.text


# -- copies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MailerLite, AsyncMailerLite])
@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_client_refuses_to_be_copied(kind: Any, duplicate: Any) -> None:
    ml = kind("the-key-itself")
    for client in (ml, ml.with_options(max_retries=1)):
        with pytest.raises(TypeError, match=r"a client cannot be pickled.* make one in each process") as caught:
            duplicate(client)
        assert "the-key-itself" not in str(caught.value)
