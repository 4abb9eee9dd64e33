"""Reading ahead: the async client fetches the next page early and leaves nothing behind, the sync one cannot."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits, ServerError
from mailerlite_async.testing import Emulator, VirtualClock

PEOPLE = 6


# One call a minute, though the account may make many more.
ONE_CALL = RateLimits(requests=1000, share=1 / 1000)


@pytest.fixture
def emulator(clock: VirtualClock) -> Emulator:
    """An account with some people."""
    emulator = Emulator(requests=1000, clock=clock)
    emulator.seed(subscribers=[f"person{number}@example.com" for number in range(PEOPLE)])
    return emulator


@asynccontextmanager
async def opened(emulator: Emulator, **options: Any) -> AsyncIterator[AsyncMailerLite]:
    options = {"limits": RateLimits(requests=1000), **options}
    async with AsyncMailerLite("key", transport=emulator.transport(), clock=emulator.clock, **options) as ml:
        yield ml


def on_the_clock(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[[VirtualClock, Emulator], None]:
    """Run the test as a task on the virtual clock."""

    def run(clock: VirtualClock, emulator: Emulator) -> None:
        clock.run(test(emulator, clock))

    run.__name__ = test.__name__
    return run


def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


@on_the_clock
async def test_next_page_is_asked_for_while_this_one_is_worked_on(emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("latency", seconds=2, times=None)
    async with opened(emulator) as ml:
        async for _ in ml.subscribers.iter(page_size=2, prefetch=True):
            await asyncio.sleep(1)
    # Three pages of two seconds of work each, during which the next one travels.
    assert clock.monotonic() == pytest.approx(2 + 3 * 2, abs=0.01)
    assert [request.at for request in emulator.requests] == pytest.approx([1, 3, 5], abs=0.01)


@on_the_clock
async def test_without_it_pages_come_one_after_the_other(emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("latency", seconds=2, times=None)
    async with opened(emulator) as ml:
        async for _ in ml.subscribers.iter(page_size=2):
            await asyncio.sleep(1)
    assert clock.monotonic() == pytest.approx(3 * (2 + 2), abs=0.01)


@on_the_clock
async def test_all_items_come_in_order(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator) as ml:
        plain = [person async for person in ml.subscribers.iter(page_size=2)]
        ahead = [person async for person in ml.subscribers.iter(page_size=2, prefetch=True)]
    assert ahead == plain
    assert len(emulator.requests) == 6


@on_the_clock
async def test_only_one_page_is_read_ahead(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator) as ml:
        async for _ in ml.subscribers.iter(page_size=1, prefetch=True):
            await asyncio.sleep(10)
            assert len(emulator.requests) == 2
            break


@on_the_clock
async def test_abandoned_walk_leaves_no_task_and_no_ticket(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator, limits=ONE_CALL) as ml:
        async for _ in ml.subscribers.iter(page_size=2, prefetch=True):
            await asyncio.sleep(1)
            assert ml.quota.requests.waiting == 1  # the next page waits for a token
            break
        await asyncio.sleep(1)
        assert others() == set()
        assert (ml.quota.requests.waiting, ml.quota.requests.held) == (0, 1)
    assert len(emulator.requests) == 1


@on_the_clock
async def test_abandoned_walk_cancels_what_is_on_its_way(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator) as ml:
        pages = ml.subscribers.iter(page_size=2, prefetch=True).pages()
        await anext(pages)
        emulator.fault("latency", seconds=100)
        await asyncio.sleep(1)
        await pages.aclose()
        assert others() == set()
        assert clock.monotonic() < 2
        assert await ml.subscribers.count() == PEOPLE


@on_the_clock
async def test_closed_walk_over_items_has_given_up_the_next_page(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator, limits=ONE_CALL) as ml:
        items: Any = aiter(ml.subscribers.iter(page_size=2, prefetch=True))
        await anext(items)
        await asyncio.sleep(1)
        assert ml.quota.requests.waiting == 1
        await items.aclose()
        assert others() == set()
        assert ml.quota.requests.waiting == 0


@on_the_clock
async def test_error_in_the_loop_body_leaves_nothing_behind(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator, limits=ONE_CALL) as ml:
        with pytest.raises(LookupError):
            async for _ in ml.subscribers.iter(page_size=2, prefetch=True):
                await asyncio.sleep(1)
                raise LookupError
        await asyncio.sleep(1)
        assert others() == set()
        assert ml.quota.requests.waiting == 0


@on_the_clock
async def test_cancelled_walk_leaves_nothing_behind(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator, limits=ONE_CALL) as ml:

        async def walk() -> None:
            async for _ in ml.subscribers.iter(page_size=2, prefetch=True):
                pass

        task = asyncio.create_task(walk())
        await asyncio.sleep(1)
        assert ml.quota.requests.waiting == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert others() == set()
        assert ml.quota.requests.waiting == 0


@on_the_clock
async def test_cancelling_a_walk_that_is_being_closed_is_not_swallowed(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator) as ml:
        pages = ml.subscribers.iter(page_size=2, prefetch=True).pages()
        await anext(pages)
        await asyncio.sleep(0)

        async def close_and_go_on() -> str:
            await pages.aclose()
            await asyncio.sleep(3600)
            return "went on"

        task = asyncio.create_task(close_and_go_on())
        await asyncio.sleep(0)  # it now waits for the page that was read ahead to be given up
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@on_the_clock
async def test_error_of_the_page_read_ahead_comes_when_it_is_due(emulator: Emulator, clock: VirtualClock) -> None:
    async with opened(emulator, max_retries=0) as ml:
        seen: list[Any] = []
        with pytest.raises(ServerError):
            async for person in ml.subscribers.iter(page_size=2, prefetch=True):
                if not seen:
                    emulator.fault("error", route="/subscribers")
                    await asyncio.sleep(1)
                seen.append(person)
        assert len(seen) == 2
        assert others() == set()


@on_the_clock
async def test_error_of_a_page_nobody_wants_is_dropped(emulator: Emulator, clock: VirtualClock) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with opened(emulator, max_retries=0) as ml:
        async for _ in ml.subscribers.iter(page_size=2, prefetch=True):
            emulator.fault("error", route="/subscribers")
            await asyncio.sleep(1)
            break
        await asyncio.sleep(1)
        assert others() == set()
    gc.collect()
    assert complaints == []  # such as that the error of a task was never looked at
    assert [request.status for request in emulator.requests] == [200, 500]


def test_sync_client_does_not_read_ahead(emulator: Emulator, clock: VirtualClock) -> None:
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        walk = iter(ml.subscribers.iter(page_size=2, prefetch=True))
        next(walk)
        assert len(emulator.requests) == 1
        assert len(list(walk)) == PEOPLE - 1
    assert len(emulator.requests) == 3
