"""A call over real HTTP on loopback against the bare clients, and bursts through pools of several sizes.

The limits are set out of the way; what remains is request building, the limiter's bookkeeping, the call flow and
decoding.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "benchmarks"
PACKAGES = ("mailerlite-async", "httpx", "httpcore", "httpx-aiohttp", "aiohttp", "requests", "mailerlite")
LATENCIES = (0.0, 0.3)


def measure(*, short: bool) -> dict[str, Any]:
    """All figures as data, and the tables made of them."""
    from benchmarks.calls import overhead, pool, server

    rounds, calls, bursts = (1, 20, 1) if short else (9, 200, 2)
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
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": {name: version(name) for name in PACKAGES},
        "calls": [asdict(each) for each in series],
        "pools": [asdict(each) for each in every],
        "tables": {"calls": overhead.table(series), "pools": pool.table(every)},
    }


def write(figures: dict[str, Any]) -> None:
    """Put the results where the documents are."""
    tables = figures.pop("tables")
    packages = ", ".join(f"{name} {number}" for name, number in figures["packages"].items())
    lines = [
        "# A call, and a burst of calls",
        "",
        "Written by `python benchmarks/bench_calls.py --write`; [speed.md](../speed.md) says what follows from it.",
        f"Measured {figures['measured']}, Python {figures['python']}, {figures['processors']} processors: {packages}.",
        "",
        "## One call, as a ratio to the bare client of the same transport and pool",
        "",
        *tables["calls"],
        "",
        "## 120 calls at once through httpx's own pool",
        "",
        *tables["pools"],
        "",
    ]
    (PLACE / "calls.md").write_text("\n".join(lines), encoding="utf-8")
    (PLACE / "calls.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it works")
    parser.add_argument("--write", action="store_true", help="keep the results in docs/benchmarks")
    arguments = parser.parse_args()
    figures = measure(short=arguments.short)
    print("\n".join([*figures["tables"]["calls"], "", *figures["tables"]["pools"]]))
    if arguments.write:
        write(figures)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
