"""A task cancelled wherever it waits: its token is given back or held as it must be, and the client goes on."""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

import httpx
import pytest

from mailerlite_async import AsyncMailerLite, RateLimits
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.scripted import reply


class CancelledAt:
    """Awaits a coroutine, and cancels the task that does at the coroutine's n-th suspension.

    Args:
        coroutine: what to await.
        number: which suspension, from 1.
        woken: whether to cancel only when what is waited for has come, but the task does not go on yet.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, object], number: int, *, woken: bool) -> None:
        self._coroutine = coroutine
        self._number = number
        self._woken = woken
        self.suspensions = 0

    def __await__(self) -> Generator[Any, Any, object]:
        task = asyncio.current_task()
        assert task is not None
        inner = self._coroutine.__await__()
        step = partial(inner.send, None)
        while True:
            try:
                waited = step()
            except StopIteration as done:
                return done.value
            self.suspensions += 1
            if self.suspensions == self._number:
                if self._woken and waited is not None:
                    waited.add_done_callback(lambda _: task.cancel())
                else:
                    task.cancel()
            try:
                yield waited
            except BaseException as error:
                step = partial(inner.throw, error)
            else:
                step = partial(inner.send, None)


class Slow(httpx.AsyncBaseTransport):
    """Takes a second to connect, and one to answer; 503 first if so desired."""

    def __init__(self, limit: int, *statuses: int) -> None:
        self._limit = limit
        self._statuses = list(statuses)
        self.begun: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1)
        status = self._statuses.pop(0) if self._statuses else 200
        left = self._limit - sum(begun > self.begun[-1] - 60 for begun in self.begun)
        await asyncio.sleep(1)
        return reply({"total": 1}, status, x_ratelimit_limit=str(self._limit), x_ratelimit_remaining=str(left))


async def attempt(coroutine: Coroutine[Any, Any, object], number: int, *, woken: bool) -> bool:
    """Whether the coroutine was cancelled; False if it came to its end before."""
    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    cancelling = CancelledAt(coroutine, number, woken=woken)

    async def run(cancelling: CancelledAt) -> None:
        await cancelling

    task = asyncio.create_task(run(cancelling))
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
        assert cancelling.suspensions < number
    assert asyncio.all_tasks() == {asyncio.current_task()}
    cancelled = task.cancelled()
    del task, cancelling
    gc.collect()
    await asyncio.sleep(0)
    assert problems == []
    return cancelled


def everywhere(trial: Callable[[int], bool]) -> int:
    """Try with each number, until the trial came to its end; how many suspensions there are."""
    return next(number for number in itertools.count(1) if not trial(number)) - 1


@pytest.mark.parametrize("woken", [False, True], ids=["while waiting", "when woken"])
@pytest.mark.parametrize(
    ("limits", "statuses", "earlier", "fewest"),
    [
        (RateLimits(requests=10), (), 0, 2),
        (RateLimits(requests=10), (200, 503, 503), 1, 8),
        (RateLimits(requests=1), (), 1, 3),
        (RateLimits(requests=10, burst=1), (), 1, 3),
        (RateLimits(requests=10), (200, 429), 1, 5),
    ],
    ids=["sending", "between attempts", "waiting for a token", "pacing", "closed lane"],
)
def test_call(limits: RateLimits, statuses: tuple[int, ...], earlier: int, fewest: int, *, woken: bool) -> None:
    async def trial(number: int, clock: VirtualClock) -> bool:
        transport = Slow(limits.requests, *statuses)
        async with AsyncMailerLite("key", transport=transport, clock=clock, limits=limits) as ml:
            for _ in range(earlier):
                await ml.subscribers.count()
            started = clock.monotonic()
            cancelled = await attempt(ml.subscribers.count(), number, woken=woken)
            stopped = clock.monotonic()
            # What was begun less than a period ago holds its token, and nothing else does.
            held = sum(begun > stopped - 62 for begun in transport.begun)
            if stopped < started + 58:
                assert ml.quota.requests.held == held
            assert ml.quota.requests.held <= held
            assert ml.quota.requests.waiting == 0
            assert await ml.subscribers.count() == 1
            await asyncio.sleep(100)
            assert (ml.quota.requests.held, ml.quota.requests.waiting) == (0, 0)
            return cancelled

    assert everywhere(lambda number: (clock := VirtualClock()).run(trial(number, clock))) >= fewest


@pytest.mark.system
@pytest.mark.parametrize("woken", [False, True], ids=["while waiting", "when woken"])
@pytest.mark.parametrize(("kind", "fewest"), [("wait for an import", 5), ("bulk job", 2), ("walk", 6)])
def test_flow(kind: str, fewest: int, *, woken: bool) -> None:
    rows = [{"email": f"reader{number}@example.com"} for number in range(120)]

    async def act(ml: AsyncMailerLite) -> object:
        if kind == "wait for an import":
            return await ml.imports.wait(await ml.imports.create(rows))
        if kind == "bulk job":
            return await ml.bulk.get([row["email"] for row in rows]).run()
        return [person async for person in ml.subscribers.iter(page_size=25, prefetch=True)]

    async def trial(number: int, clock: VirtualClock) -> bool:
        emulator = Emulator(clock=clock)
        emulator.seed(subscribers=[row["email"] for row in rows])
        emulator.fault("latency", seconds=0.2, times=100)
        async with AsyncMailerLite("key", transport=emulator.transport(), clock=clock) as ml:
            cancelled = await attempt(act(ml), number, woken=woken)
            assert ml.quota.requests.waiting == ml.quota.imports.waiting == 0
            await act(ml)
            await asyncio.sleep(100)
            assert (ml.quota.requests.held, ml.quota.imports.held) == (0, 0)
            assert 429 not in {request.status for request in emulator.requests}
            return cancelled

    assert everywhere(lambda number: (clock := VirtualClock()).run(trial(number, clock))) >= fewest


@pytest.mark.system
@pytest.mark.parametrize("woken", [False, True], ids=["while waiting", "when woken"])
def test_call_over_the_network(*, woken: bool) -> None:
    emulator = Emulator(requests=1000)
    emulator.fault("latency", seconds=0.002, times=1000)

    async def trial(number: int) -> bool:
        emulator.reset()
        async with AsyncMailerLite("key", base_url=base_url) as ml:
            cancelled = await attempt(ml.groups.create("Readers"), number, woken=woken)
            await asyncio.sleep(0.02)
            held = ml.quota.requests.held
            assert held >= len(emulator.requests)  # a request that was written may yet be lost
            assert ml.quota.requests.waiting == 0
            assert await ml.subscribers.count() == 0
            assert ml.quota.requests.held == held + 1
            return cancelled

    with emulator.serve() as base_url:
        assert everywhere(lambda number: asyncio.run(trial(number))) >= 3
