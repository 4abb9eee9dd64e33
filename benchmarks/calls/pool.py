"""A burst of 120 calls through httpx's own pool, for several of its sizes and latencies of the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from benchmarks.measuring import Figure, Table

CALLS = 120
THREADS = 32
SIZES = (10, 20, 50, 100)


@dataclass
class Bursts:
    """The bursts through one pool.

    Attributes:
        kind: `async`, a task for each call, or `sync`, with threads.
        latency: seconds the server takes over each answer.
        size: of the pool, both `max_connections` and `max_keepalive_connections`; None for no bound.
        cold: seconds of each first burst, with all connections yet to be made.
        warm: seconds of the second one.
        failed: calls that failed, of all.
    """

    kind: str
    latency: float
    size: int | None
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    failed: int = 0


async def _async_burst(url: str, bursts: Bursts) -> None:
    limits = httpx.Limits(max_connections=bursts.size, max_keepalive_connections=bursts.size)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        for times in (bursts.cold, bursts.warm):
            started = time.perf_counter()
            results = await asyncio.gather(*(client.get(url) for _ in range(CALLS)), return_exceptions=True)
            times.append(time.perf_counter() - started)
            bursts.failed += sum(isinstance(each, BaseException) for each in results)


def _sync_burst(url: str, bursts: Bursts) -> None:
    limits = httpx.Limits(max_connections=bursts.size, max_keepalive_connections=bursts.size)

    def get(_: int) -> bool:
        try:
            client.get(url)
        except httpx.HTTPError:
            return True
        return False

    with httpx.Client(limits=limits, timeout=2) as client, ThreadPoolExecutor(THREADS) as threads:
        for times in (bursts.cold, bursts.warm):
            started = time.perf_counter()
            bursts.failed += sum(threads.map(get, range(CALLS)))
            times.append(time.perf_counter() - started)


def run(url: str, latency: float, rounds: int, sizes: Sequence[int] = SIZES) -> list[Bursts]:
    """All pools, in turn."""
    every = [Bursts("async", latency, size) for size in sizes]
    every += [Bursts("sync", latency, size) for size in (*sizes, None)]
    for _ in range(rounds):
        for each in every:
            if each.kind == "async":
                asyncio.run(_async_burst(url, each))
            else:
                _sync_burst(url, each)
    return every


def tables(every: list[Bursts]) -> list[Table]:
    """A table for each latency."""
    made = []
    for latency in sorted({each.latency for each in every}):
        wait = f", server takes {latency:g} s" if latency else ""
        table = Table(f"pool-{latency:g}", f"a burst of {CALLS} calls through httpx's own pool{wait}", "seconds")
        for each in every:
            if each.latency == latency:
                failed = f", {each.failed} calls failed" if each.failed else ""
                size = "no bound" if each.size is None else f"pool of {each.size}"
                table.figures.append(Figure.of(f"{each.kind}, {size}: cold{failed}", each.cold))
                table.figures.append(Figure.of(f"{each.kind}, {size}: warm", each.warm))
        made.append(table)
    return made
