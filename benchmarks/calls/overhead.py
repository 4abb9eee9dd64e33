"""What a call costs above the bare call of the same transport and pool, and what others take, in turn in one run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx
import httpx_aiohttp
import mailerlite  # type: ignore[import-untyped]
import requests

from benchmarks.measuring import Figure, Table, ratios
from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits, ValidationError
from mailerlite_async._http import POOL_LIMITS, THREAD_POOL_LIMITS

MANY = RateLimits(requests=1_000_000, imports=1_000_000)
HEADERS = {
    "Authorization": "Bearer key",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Content-Type": "application/json",
}
# What a call may cost at most, as a multiple of the bare one.
TARGET = 1.15
FOUND, INVALID = "ann@example.com", "invalid@example.com"


@dataclass
class Series:
    """The rounds of one client in one setting.

    Attributes:
        setting: such as `async, 50 in flight`.
        client: who makes the calls.
        peer: the bare client it is compared with.
        wall: seconds for each call, one figure a round.
        cpu: the same in seconds of this process.
    """

    setting: str
    client: str
    peer: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def run_sync(url: str, threads: int, rounds: int, calls: int) -> list[Series]:
    """All sync clients."""
    found, invalid = f"{url}/subscribers/{FOUND}", f"{url}/subscribers/{INVALID}"
    setting = f"sync, {threads} thread{'s' if threads > 1 else ''}"
    mailerlite.ApiClient.HOST = url.removesuffix("api")
    sdk = mailerlite.Client({"api_key": "key"})
    with (
        MailerLite("key", base_url=url, limits=MANY) as ml,
        httpx.Client(headers=HEADERS, limits=THREAD_POOL_LIMITS) as bare,
        requests.Session() as session,
        ThreadPoolExecutor(threads) as pool,
    ):
        session.headers.update(HEADERS)
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=max(10, threads)))

        def refused() -> None:
            try:
                ml.subscribers.get(INVALID)
            except ValidationError:
                return
            raise AssertionError

        clients: dict[str, tuple[str, Callable[[], Any]]] = {
            "mailerlite_async": ("httpx", lambda: ml.subscribers.get(FOUND)),
            "httpx": ("httpx", lambda: bare.get(found).raise_for_status().json()),
            "mailerlite_async, 422": ("httpx, 422", refused),
            "httpx, 422": ("httpx, 422", lambda: bare.get(invalid).json()),
            "requests.Session": ("httpx", lambda: session.get(found).json()),
            "official SDK": ("httpx", lambda: sdk.subscribers.get(FOUND)),
        }
        series = [Series(setting, name, peer) for name, (peer, _) in clients.items()]
        for number in range(rounds + 1):
            for each in series:
                one = clients[each.client][1]
                wall, cpu = time.perf_counter(), time.process_time()
                if threads == 1:
                    for _ in range(calls):
                        one()
                else:
                    list(pool.map(lambda _, one=one: one(), range(calls)))
                if number:  # the first round makes the connections
                    each.wall.append((time.perf_counter() - wall) / calls)
                    each.cpu.append((time.process_time() - cpu) / calls)
    return series


async def run_async(url: str, at_once: int, rounds: int, calls: int) -> list[Series]:
    """All asyncio clients."""
    found, invalid = f"{url}/subscribers/{FOUND}", f"{url}/subscribers/{INVALID}"
    fast = httpx_aiohttp.HttpxAiohttpClient
    async with (
        AsyncMailerLite("key", base_url=url, limits=MANY) as ml,
        AsyncMailerLite("key", base_url=url, limits=MANY, http_client=fast) as ml_fast,
        httpx.AsyncClient(headers=HEADERS, limits=POOL_LIMITS) as bare,
        fast(headers=HEADERS) as bare_fast,
        aiohttp.ClientSession(headers=HEADERS) as session,
    ):

        async def with_httpx(client: httpx.AsyncClient) -> None:
            (await client.get(found)).raise_for_status().json()

        async def with_aiohttp() -> None:
            async with session.get(found) as response:
                response.raise_for_status()
                await response.json()

        async def refused() -> None:
            try:
                await ml.subscribers.get(INVALID)
            except ValidationError:
                return
            raise AssertionError

        async def refused_bare() -> None:
            (await bare.get(invalid)).json()

        clients: dict[str, tuple[str, Callable[[], Awaitable[Any]]]] = {
            "mailerlite_async": ("httpx", lambda: ml.subscribers.get(FOUND)),
            "httpx": ("httpx", lambda: with_httpx(bare)),
            "mailerlite_async, 422": ("httpx, 422", refused),
            "httpx, 422": ("httpx, 422", refused_bare),
            "mailerlite_async over aiohttp": ("httpx over aiohttp", lambda: ml_fast.subscribers.get(FOUND)),
            "httpx over aiohttp": ("httpx over aiohttp", lambda: with_httpx(bare_fast)),
            "aiohttp": ("httpx", with_aiohttp),
        }
        series = [Series(f"async, {at_once} in flight", name, peer) for name, (peer, _) in clients.items()]
        for number in range(rounds + 1):
            for each in series:
                work = iter(range(calls))
                one = clients[each.client][1]

                async def worker(work: Any = work, one: Callable[[], Awaitable[Any]] = one) -> None:
                    for _ in work:
                        await one()

                wall, cpu = time.perf_counter(), time.process_time()
                await asyncio.gather(*(worker() for _ in range(at_once)))
                if number:
                    each.wall.append((time.perf_counter() - wall) / calls)
                    each.cpu.append((time.process_time() - cpu) / calls)
    return series


def tables(series: list[Series]) -> list[Table]:
    """Ratios to the bare client of the same transport, and what a call takes in itself."""
    wall = Table("calls-wall", "a call, by the clock", "multiple of the bare client")
    cpu = Table("calls-cpu", "a call, processor time of the client", "multiple of the bare client")
    took = Table("calls-ms", "a call, in itself", "milliseconds by the clock")
    for each in series:
        name = f"{each.setting}: {each.client}"
        took.figures.append(Figure.of(name, [1e3 * seconds for seconds in each.wall]))
        peer = next(other for other in series if (other.setting, other.client) == (each.setting, each.peer))
        if each is not peer:
            target = TARGET if each.client.startswith("mailerlite_async") else None
            to = f"{name} / {each.peer}"
            wall.figures.append(Figure.of(to, ratios(each.wall, peer.wall), target))
            cpu.figures.append(Figure.of(to, ratios(each.cpu, peer.cpu), target))
    return [wall, cpu, took]
