"""Giving up: a call that was not sent takes nothing from the limits, one that may have been sent keeps its token."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import httpx
import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits, calls
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.scripted import ScriptedTransport, reply

TOTAL = reply({"total": 1})
ONE = RateLimits(requests=1)


def on_the_clock(test: Callable[[VirtualClock], Coroutine[Any, Any, None]]) -> Callable[[VirtualClock], None]:
    """Run the test as a task on the virtual clock."""

    def run(clock: VirtualClock) -> None:
        clock.run(test(clock))

    run.__name__ = test.__name__
    return run


class Hanging(ScriptedTransport):
    """Never answers an async client, until it is let go."""

    def __init__(self) -> None:
        super().__init__(TOTAL)
        self.hangs = True
        self.open = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.open += 1
        try:
            if self.hangs:
                await asyncio.sleep(10_000)
            return await super().handle_async_request(request)
        finally:
            self.open -= 1


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# -- tasks -------------------------------------------------------------------------------------------------------------


@on_the_clock
async def test_cancelled_while_waiting_leaves_the_line(clock: VirtualClock) -> None:
    transport = ScriptedTransport(TOTAL)
    async with AsyncMailerLite("key", transport=transport, clock=clock, limits=ONE) as ml:
        await ml.subscribers.count()
        waiting = [asyncio.create_task(ml.subscribers.count()) for _ in range(3)]
        await asyncio.sleep(1)
        assert (ml.quota.requests.waiting, ml.quota.requests.held) == (3, 1)
        await cancelled(waiting[0])
        await cancelled(waiting[2])
        assert (ml.quota.requests.waiting, ml.quota.requests.held) == (1, 1)
        assert await waiting[1] == 1
        # It was the second in the line, and goes as soon as the only token is back.
        assert clock.monotonic() == pytest.approx(60, abs=0.1)
        assert len(transport.requests) == 2


@on_the_clock
async def test_cancelled_while_sending_keeps_the_token_spent(clock: VirtualClock) -> None:
    transport = Hanging()
    async with AsyncMailerLite("key", transport=transport, clock=clock, limits=RateLimits(requests=2)) as ml:
        task = asyncio.create_task(ml.subscribers.count())
        await asyncio.sleep(1)
        assert (transport.open, ml.quota.requests.available) == (1, 1)
        await cancelled(task)
        assert transport.open == 0
        assert (ml.quota.requests.available, ml.quota.requests.held) == (1, 1)
        transport.hangs = False
        await asyncio.sleep(120)
        assert (ml.quota.requests.available, ml.quota.requests.held) == (2, 0)
        assert await ml.subscribers.count() == 1


@on_the_clock
async def test_cancelled_in_a_pause_between_attempts(clock: VirtualClock) -> None:
    transport = ScriptedTransport(reply({}, 503, retry_after="100"), TOTAL)
    async with AsyncMailerLite("key", transport=transport, clock=clock) as ml:
        task = asyncio.create_task(ml.subscribers.count())
        await asyncio.sleep(50)
        await cancelled(task)
        assert (ml.quota.requests.waiting, len(transport.requests)) == (0, 1)
        assert await ml.subscribers.count() == 1


@on_the_clock
async def test_deadline_of_the_caller_ends_a_wait(clock: VirtualClock) -> None:
    async with AsyncMailerLite("key", transport=ScriptedTransport(TOTAL), clock=clock, limits=ONE) as ml:
        await ml.subscribers.count()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await ml.subscribers.count()
        assert clock.monotonic() == pytest.approx(5, abs=1e-3)
        with anyio.move_on_after(5) as scope:
            await ml.subscribers.count()
        assert scope.cancelled_caught
        assert ml.quota.requests.waiting == 0


@on_the_clock
async def test_cancelled_wait_for_an_import(clock: VirtualClock) -> None:
    emulator = Emulator(clock=clock)
    async with AsyncMailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        job = await ml.imports.create([{"email": f"p{number}@example.com"} for number in range(9000)])
        task = asyncio.create_task(ml.imports.wait(job))
        await asyncio.sleep(1)
        await cancelled(task)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert (await ml.imports.wait(job)).imported == 9000


@on_the_clock
async def test_failing_sibling_cancels_cleanly(clock: VirtualClock) -> None:
    emulator = Emulator(requests=5, clock=clock)
    async with AsyncMailerLite("key", transport=emulator.transport(), clock=clock, limits=RateLimits(requests=5)) as ml:

        async def fail() -> None:
            await asyncio.sleep(1)
            raise LookupError

        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(ml.subscribers.count())
                group.create_task(fail())
        assert (ml.quota.requests.waiting, ml.quota.requests.held) == (0, 5)


def test_cancelled_while_connecting_gives_the_token_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        connecting = asyncio.Event()

        async def never(*_: Any, **__: Any) -> Any:
            connecting.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(anyio, "connect_tcp", never)
        async with AsyncMailerLite("key", base_url="http://example.com/api") as ml:
            task = asyncio.create_task(ml.subscribers.count())
            await connecting.wait()
            assert ml.quota.requests.held == 1
            await cancelled(task)
            assert (ml.quota.requests.held, ml.quota.requests.available) == (0, 120)

    asyncio.run(main())


def test_cancelled_after_the_request_was_written_keeps_the_token_spent() -> None:
    emulator = Emulator()
    emulator.fault("stall_after_commit", seconds=1000)

    async def main(base_url: str) -> None:
        async with AsyncMailerLite("key", base_url=base_url) as ml:
            task = asyncio.create_task(ml.groups.create("Readers"))
            while not emulator.requests:  # noqa: ASYNC110  (the emulator's thread has nothing to wait for)
                await asyncio.sleep(0)
            await cancelled(task)
            assert (ml.quota.requests.held, ml.quota.requests.available) == (1, 119)
            assert [group.name for group in (await ml.groups.list()).items] == ["Readers"]

    with emulator.serve() as base_url:
        asyncio.run(main(base_url))


# -- loops -------------------------------------------------------------------------------------------------------------


def test_client_of_another_loop_says_so() -> None:
    emulator = Emulator()
    ml = AsyncMailerLite("key", transport=emulator.transport())

    async def use() -> int:
        return await ml.subscribers.count()

    with asyncio.Runner() as runner:
        assert runner.run(use()) == 0
        with pytest.raises(RuntimeError, match=r"in another event loop.* make one client per loop, or use MailerLite"):
            asyncio.run(use())
        assert runner.run(use()) == 0
    assert len(emulator.requests) == 2


def test_client_made_outside_of_any_loop_is_of_the_loop_it_is_used_in() -> None:
    ml = AsyncMailerLite("key", transport=Emulator().transport())

    async def use() -> int:
        async with ml:
            return await ml.subscribers.count()

    assert asyncio.run(use()) == 0


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------


class InterruptedClock(VirtualClock):
    """Raises KeyboardInterrupt in the next wait, once."""

    armed = False

    def wait(self, event: threading.Event, timeout: float | None) -> None:
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt
        super().wait(event, timeout)


def test_interrupt_while_waiting_leaves_the_line() -> None:
    clock = InterruptedClock()
    with MailerLite("key", transport=ScriptedTransport(TOTAL), clock=clock, limits=ONE) as ml:
        ml.subscribers.count()
        clock.armed = True
        with pytest.raises(KeyboardInterrupt):
            ml.subscribers.count()
        assert (ml.quota.requests.waiting, ml.quota.requests.held) == (0, 1)
        assert ml.subscribers.count() == 1


def test_interrupt_while_pacing_gives_the_place_back() -> None:
    clock = InterruptedClock()
    limits = RateLimits(requests=10, burst=1)
    with MailerLite("key", transport=ScriptedTransport(TOTAL), clock=clock, limits=limits) as ml:
        ml.subscribers.count()
        clock.armed = True
        with pytest.raises(KeyboardInterrupt):
            ml.subscribers.count()
        assert (ml.quota.requests.waiting, ml.quota.requests.held) == (0, 1)
        ml.subscribers.count()
        # The place that was given up costs the next call nothing.
        assert clock.monotonic() == pytest.approx(6, abs=1e-3)


def test_interrupt_while_sending_keeps_the_token_spent() -> None:
    clock = VirtualClock()
    transport = ScriptedTransport(KeyboardInterrupt(), TOTAL)
    with MailerLite("key", transport=transport, clock=clock, limits=RateLimits(requests=2)) as ml:
        with pytest.raises(KeyboardInterrupt):
            ml.execute(calls.groups.create("Readers"))
        assert (ml.quota.requests.held, ml.quota.requests.waiting, len(transport.requests)) == (1, 0, 1)
        clock.advance(120)
        assert ml.quota.requests.held == 0
        assert ml.subscribers.count() == 1


def interrupt(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def test_interrupt_while_connecting_gives_the_token_back(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator()
    with emulator.serve() as base_url, MailerLite("key", base_url=base_url) as ml:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "create_connection", interrupt)
            with pytest.raises(KeyboardInterrupt):
                ml.groups.create("Readers")
        assert (ml.quota.requests.held, ml.quota.requests.available) == (0, 120)
        assert ml.groups.list().items == ()


def test_interrupt_after_the_request_was_written_keeps_the_token_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator()
    with emulator.serve() as base_url, MailerLite("key", base_url=base_url) as ml:
        with monkeypatch.context() as patch:
            patch.setattr("httpcore._backends.sync.SyncStream.read", interrupt)
            with pytest.raises(KeyboardInterrupt):
                ml.groups.create("Readers")
        assert (ml.quota.requests.held, ml.quota.requests.available) == (1, 119)
        assert ml.subscribers.count() == 0


def test_interrupt_in_a_pause_between_attempts_ends_the_call() -> None:
    clock = InterruptedClock()
    transport = ScriptedTransport(reply({}, 503, retry_after="100"), TOTAL)
    with MailerLite("key", transport=transport, clock=clock) as ml:
        clock.armed = True
        with pytest.raises(KeyboardInterrupt):
            ml.subscribers.count()
        assert len(transport.requests) == 1
        assert ml.subscribers.count() == 1
