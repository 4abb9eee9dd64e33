"""A call over real HTTP on loopback, against the bare httpx client in the same run.

The limits are set out of the way; what remains is request building, the limiter's bookkeeping, the call flow and
decoding.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time

import httpx

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from mailerlite_async.testing import Emulator

MANY = RateLimits(requests=1_000_000, imports=1_000_000)
HEADERS = {"Authorization": "Bearer key", "Accept": "application/json", "Content-Type": "application/json"}


def report(name: str, ours: list[float], bare: list[float]) -> None:
    ratios = [mine / other for mine, other in zip(ours, bare, strict=True)]
    print(f"| {name} | {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |")


def sync_rounds(url: str, rounds: int, calls: int) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    with MailerLite("key", base_url=url, limits=MANY) as ml, httpx.Client(headers=HEADERS) as client:
        for _ in range(rounds):
            started = time.perf_counter()
            for _ in range(calls):
                ml.subscribers.get("ann@example.com")
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            for _ in range(calls):
                json.loads(client.get(f"{url}/subscribers/ann@example.com").content)
            bare.append(time.perf_counter() - started)
    return ours, bare


async def async_rounds(url: str, rounds: int, calls: int, at_once: int) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    async with AsyncMailerLite("key", base_url=url, limits=MANY) as ml, httpx.AsyncClient(headers=HEADERS) as client:

        async def with_ours() -> None:
            await ml.subscribers.get("ann@example.com")

        async def with_bare() -> None:
            json.loads((await client.get(f"{url}/subscribers/ann@example.com")).content)

        async def run(one: object) -> float:
            work = iter(range(calls))

            async def worker() -> None:
                for _ in work:
                    await one()  # type: ignore[operator]

            started = time.perf_counter()
            await asyncio.gather(*(worker() for _ in range(at_once)))
            return time.perf_counter() - started

        for _ in range(rounds):
            ours.append(await run(with_ours))
            bare.append(await run(with_bare))
    return ours, bare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it works")
    rounds, calls = (2, 20) if parser.parse_args().short else (15, 200)
    emulator = Emulator(requests=1_000_000, imports=1_000_000)
    emulator.seed(subscribers=["ann@example.com"])
    with emulator.serve() as url:
        print("| call | ratio to the bare httpx call and json.loads (median, min-max) |\n|---|---|")
        report("sync, one after another", *sync_rounds(url, rounds, calls))
        for at_once in (1, 50):
            report(f"async, {at_once} in flight", *asyncio.run(async_rounds(url, rounds, calls, at_once)))


if __name__ == "__main__":
    main()
