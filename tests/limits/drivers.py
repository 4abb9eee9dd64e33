"""Loads for the limiter on the virtual clock: tasks or threads that call as fast as the client lets them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from tests.support.servers import CountingServer


def run_tasks(
    server: CountingServer,
    calls: int,
    *,
    workers: int = 50,
    copies: int = 1,
    foreign_per_minute: float = 0.0,
    limits: RateLimits | None = None,
    seed: int = 1,
) -> float:
    """So many calls of each of `copies` clients that know nothing of each other; returns the seconds it took."""
    rng = random.Random(seed)

    async def main() -> None:
        clients = [
            AsyncMailerLite("key", transport=server, clock=server.clock, max_retries=50, limits=limits)
            for _ in range(copies)
        ]

        async def foreigner() -> None:
            while True:
                await asyncio.sleep(rng.expovariate(foreign_per_minute / 60))
                server.foreign_call()

        async def worker(client: AsyncMailerLite, work: Iterator[int]) -> None:
            for _ in work:
                await client.subscribers.count()

        others = asyncio.create_task(foreigner()) if foreign_per_minute else None
        queues = [iter(range(calls)) for _ in clients]
        await asyncio.gather(*(worker(*pair) for pair in zip(clients, queues, strict=True) for _ in range(workers)))
        if others is not None:
            others.cancel()

    server.clock.run(main())
    return server.clock.monotonic()


def run_threads(server: CountingServer, calls: int, *, workers: int = 50, limits: RateLimits | None = None) -> float:
    """So many calls through one client from `workers` threads; returns the seconds it took."""
    client = MailerLite("key", transport=server, clock=server.clock, limits=limits)
    queue = iter(range(calls))

    def work() -> None:
        for _ in queue:
            client.subscribers.count()

    server.clock.run_threads(*[work] * workers)
    client.close()
    return server.clock.monotonic()


def spread(seconds: float, seed: int) -> Callable[[], float]:
    """Latencies around `seconds`."""
    rng = random.Random(seed)
    return lambda: seconds * rng.uniform(0.7, 1.3)


def minutes_after_the_first(server: CountingServer) -> float:
    """Refusals a minute, the first minute left out: nobody can know of the others before it."""
    late = [time for time in server.refused if time >= 60]
    return len(late) / max(1.0, server.clock.monotonic() / 60 - 1)
