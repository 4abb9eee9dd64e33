"""Background work and foreground calls on one client: who waits for whom, and what it costs."""

from __future__ import annotations

import asyncio

from mailerlite_async import AsyncMailerLite, MailerLite, MemoryStore, RateLimits
from mailerlite_async.testing import VirtualClock
from tests.support.servers import CountingServer, FixedFromFirst, busiest


def test_background_takes_nearly_the_whole_quota_and_foreground_does_not_wait() -> None:
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(), lambda: 0.3)
    waits: list[float] = []
    seconds = 0.0

    async def main() -> None:
        nonlocal seconds
        async with AsyncMailerLite("key", transport=server, clock=clock) as ml:
            bulk = ml.with_options(background=True)
            work = iter(range(1000))

            async def worker() -> None:
                for _ in work:
                    await bulk.subscribers.count()

            async def foreground() -> None:
                while True:
                    await asyncio.sleep(5)
                    started = clock.monotonic()
                    await ml.subscribers.count()
                    waits.append(clock.monotonic() - started - 0.3)

            person = asyncio.create_task(foreground())
            await asyncio.gather(*(worker() for _ in range(20)))
            seconds = clock.monotonic()
            person.cancel()

    clock.run(main())
    assert not server.refused
    assert sorted(waits)[int(0.95 * len(waits))] < 0.1
    # Twelve calls a minute are the foreground's. The limit lets a first period's calls go at once.
    assert seconds <= 1.05 * (1000 / (120 - 12) * 60)


def test_an_async_and_a_sync_client_share_one_quota_through_a_memory_store() -> None:
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(12, 6.0), lambda: 0.0)
    limits = RateLimits(requests=12, imports=3, period=6.0, store=MemoryStore())
    with MailerLite("key", transport=server, clock=clock, limits=limits) as sync_client:
        for _ in range(8):
            sync_client.subscribers.count()

        async def main() -> None:
            async with AsyncMailerLite("key", transport=server, clock=clock, limits=limits) as async_client:
                assert async_client.quota.requests.held == 8
                for _ in range(8):
                    await async_client.subscribers.count()

        clock.run(main())
        assert sync_client.quota.requests.held == 12
    assert 6.0 <= clock.monotonic() < 6.1  # the last four waited for the first four of the sync client
    assert not server.refused
    assert busiest(server.arrivals, 6.0) == 12


def test_a_smaller_burst_spreads_the_calls() -> None:
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(), lambda: 0.0)
    with MailerLite("key", transport=server, clock=clock, limits=RateLimits(burst=10)) as ml:
        for _ in range(60):
            ml.subscribers.count()
    assert busiest(server.arrivals, 1.0) <= 10 + 3
    assert clock.monotonic() > 24
