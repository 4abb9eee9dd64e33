"""The asyncio client under whatever runs the test, and the virtual clock in loops that others have made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from mailerlite_async import AsyncMailerLite
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._adoption import AdoptingClock

from .conftest import Run

pytest_plugins = ["pytester"]

# Three minutes of limits and two retries; in real time the whole suite would take less.
CALLS = """
    mailerlite_emulator.fault("error", status=503, times=2)
    for _ in range(400):
        await async_mailerlite.groups.list()
    assert [request.status for request in mailerlite_emulator.requests] == [503, 503, *[200] * 400]
    assert mailerlite_clock.monotonic() >= 180
"""


@pytest.mark.parametrize("scope", ["function", "session"])
def test_under_pytest_asyncio(run: Run, pytester: pytest.Pytester, scope: str) -> None:
    pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = {scope}\n")
    run(
        f"""
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="{scope}")

@pytest.mark.parametrize("number", [1, 2])
async def test_calls(async_mailerlite, mailerlite_emulator, mailerlite_clock, number):
    assert mailerlite_clock.monotonic() < 1
{CALLS}
        """,
        plugins=["pytest_asyncio.plugin"],
        passed=2,
    )


def test_under_the_plugin_of_anyio(run: Run) -> None:
    run(
        f"""
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
@pytest.mark.parametrize("number", [1, 2])
async def test_calls(async_mailerlite, mailerlite_emulator, mailerlite_clock, number):
{CALLS}
        """,
        plugins=["anyio.pytest_plugin"],
        passed=2,
    )


@pytest.mark.parametrize("by_clock", [True, False])
def test_without_a_plugin(
    async_mailerlite: AsyncMailerLite, mailerlite_emulator: Emulator, mailerlite_clock: VirtualClock, by_clock: bool
) -> None:
    async def main() -> None:
        for _ in range(250):
            await async_mailerlite.groups.list()

    runner = cast("Callable[[Any], None]", mailerlite_clock.run if by_clock else asyncio.run)
    runner(main())
    runner(main())
    assert len(mailerlite_emulator.requests) == 500
    assert 240 <= mailerlite_clock.monotonic() < 241


def test_bulk_work_and_many_tasks_take_no_time(
    async_mailerlite: AsyncMailerLite, mailerlite_emulator: Emulator, mailerlite_clock: VirtualClock
) -> None:
    mailerlite_emulator.seed(subscribers=[f"reader{number}@example.com" for number in range(2000)])

    async def main() -> None:
        ids = [str(subscriber.id) async for subscriber in async_mailerlite.subscribers.iter()]
        rows = ({"id": number, "fields": {"name": "Ann"}} for number in ids)
        assert all([result.ok async for result in async_mailerlite.bulk.update(rows)])
        counts = await asyncio.gather(*(async_mailerlite.subscribers.count() for _ in range(300)))
        assert counts == [2000] * 300

    asyncio.run(main())
    assert mailerlite_clock.monotonic() > 120


# -- loops that are adopted --------------------------------------------------------------------------------------------


def test_real_work_is_waited_for_in_real_time(
    async_mailerlite: AsyncMailerLite, mailerlite_clock: VirtualClock
) -> None:
    """A database with a time-out of a minute, say, is given the time it takes."""

    async def main() -> None:
        await async_mailerlite.subscribers.count()
        await asyncio.wait_for(asyncio.to_thread(time.sleep, 0.05), timeout=60)
        assert mailerlite_clock.monotonic() < 60
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(0.05)
        assert loop.time() - before >= 0.0499

    asyncio.run(main())


def test_time_out_of_the_app_strikes_a_call_that_waits(
    async_mailerlite: AsyncMailerLite, mailerlite_emulator: Emulator, mailerlite_clock: VirtualClock
) -> None:
    mailerlite_emulator.fault("latency", seconds=20)

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(async_mailerlite.subscribers.count(), timeout=5)

    asyncio.run(main())
    assert mailerlite_clock.monotonic() == pytest.approx(5, abs=0.01)
    assert mailerlite_emulator.requests == []


def test_released_loop_goes_on_in_real_time_and_never_back(mailerlite_emulator: Emulator) -> None:
    clock = AdoptingClock()
    emulator = Emulator(clock=clock)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        clock.monotonic()  # from here on it drives the loop, however long it takes to make a client
        start = loop.time()
        async with AsyncMailerLite("key", transport=emulator.transport(), clock=clock) as ml:
            emulator.fault("latency", seconds=20)
            await ml.subscribers.count()
            moved = loop.time()
            assert moved - start == pytest.approx(20, abs=0.01)
            clock.release()
        assert loop.time() >= moved
        await asyncio.sleep(0.01)
        assert loop.time() - moved >= 0.01
        now = clock.monotonic()
        await asyncio.sleep(0.01)
        assert clock.monotonic() == now

    asyncio.run(main())


def test_loop_of_another_kind_is_refused() -> None:
    clock = AdoptingClock()
    asyncio._set_running_loop(cast("asyncio.AbstractEventLoop", object()))
    try:
        with pytest.raises(RuntimeError, match=r"cannot drive a loop of .*clock=\"real\""):
            clock.monotonic()
    finally:
        asyncio._set_running_loop(None)
