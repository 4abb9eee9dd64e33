"""A call over real HTTP on loopback against the bare clients, and bursts through pools of several sizes.

The limits are set out of the way; what remains is request building, the limiter's bookkeeping, the call flow and
decoding.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calls import overhead, pool, server
from benchmarks.measuring import Table
from benchmarks.running import main

LATENCIES = (0.0, 0.3)


def measure(short: bool) -> list[Table]:
    rounds, calls, bursts = (1, 20, 1) if short else (15, 200, 3)
    series: list[overhead.Series] = []
    with server.running() as url:
        for threads in (1, 32):
            series += overhead.run_sync(url, threads, rounds, calls)
        for at_once in (1, 50):
            series += asyncio.run(overhead.run_async(url, at_once, rounds, calls))
    every: list[pool.Bursts] = []
    for latency in (0.0,) if short else LATENCIES:
        with server.running(latency) as url:
            every += pool.run(f"{url}/subscribers", latency, bursts, (50,) if short else pool.SIZES)
    return [*overhead.tables(series), *pool.tables(every)]


if __name__ == "__main__":
    main(measure, __doc__)
