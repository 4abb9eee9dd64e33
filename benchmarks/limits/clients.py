"""The clients that are compared: each makes its calls as fast as it can and does not stop before all are answered.

The loops of the peers are fair to them: they honour `Retry-After`, and where nothing else spreads their attempts they
add a random part of a second, without which those that wait for the same moment would come back together.
"""

from __future__ import annotations

import asyncio
import importlib
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import attrs
import httpx
from aiolimiter import AsyncLimiter

from benchmarks.limits.counting import Scale
from mailerlite_async import AsyncMailerLite, RateLimits
from mailerlite_async._clock import Clock

HEADERS = {"Authorization": "Bearer key", "Accept": "application/json", "Content-Type": "application/json"}
COPIES = 4
# Far more than are ever needed: what is measured is how often a client is refused, not when it gives up.
RETRIES = 1000


@attrs.frozen(kw_only=True)
class Place:
    """Where one process of a client works.

    Attributes:
        scale: of the experiment.
        calls: how many this process makes.
        at_once: how many tasks or threads of it make them.
        url: the base URL of the API.
        transport: instead of the network.
        clock: instead of the machine's.
        run_threads: runs functions in threads of their own until all have returned.
        store: the URL of a common store.
    """

    scale: Scale
    calls: int
    at_once: int
    url: str
    transport: httpx.AsyncBaseTransport | None = None
    clock: Clock | None = None
    run_threads: Callable[..., object]
    store: str | None = None


def in_threads(*functions: Callable[[], object]) -> None:
    """Run each function in a thread of its own until all have returned."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def _in_tasks(place: Place, call: Callable[[], Awaitable[object]]) -> None:
    work = iter(range(place.calls))

    async def worker(work: Iterator[int]) -> None:
        for _ in work:
            await call()

    await asyncio.gather(*(worker(work) for _ in range(place.at_once)))


# -- ours --------------------------------------------------------------------------------------------------------------


async def ours(place: Place, **limits: Any) -> None:
    """This package."""
    scale = place.scale
    async with AsyncMailerLite(
        "key",
        base_url=place.url,
        transport=place.transport,
        clock=place.clock,
        max_retries=RETRIES,
        limits=RateLimits(requests=scale.limit, period=scale.period, **limits),
    ) as ml:
        await _in_tasks(place, ml.subscribers.count)


async def ours_with_share(place: Place) -> None:
    """This package, told that it is one of so many."""
    await ours(place, share=1 / COPIES)


async def ours_with_store(place: Place) -> None:
    """This package with a ledger in Redis."""
    await ours(place, store=place.store)


# -- peers -------------------------------------------------------------------------------------------------------------


async def behind_a_limiter(place: Place) -> None:
    """httpx behind aiolimiter; what is refused waits as it is told and passes the limiter again."""
    limiter = AsyncLimiter(place.scale.limit, place.scale.period)
    async with httpx.AsyncClient(headers=HEADERS, transport=place.transport) as client:

        async def call() -> None:
            while True:
                async with limiter:
                    response = await client.get(f"{place.url}/subscribers?limit=0")
                if response.status_code != 429:
                    response.raise_for_status()
                    return
                await asyncio.sleep(_told(response) + _jitter(place))

        await _in_tasks(place, call)


async def in_a_tenacity_loop(place: Place) -> None:
    """httpx repeated by tenacity after as long as it is told."""
    tenacity = importlib.import_module("tenacity")

    def refused(error: BaseException) -> bool:
        return isinstance(error, httpx.HTTPStatusError) and error.response.status_code == 429

    def pause(state: Any) -> float:
        return _told(state.outcome.exception().response) + _jitter(place)

    async with httpx.AsyncClient(headers=HEADERS, transport=place.transport) as client:

        @tenacity.retry(  # type: ignore[untyped-decorator]
            retry=tenacity.retry_if_exception(refused),
            wait=pause,
            stop=tenacity.stop_after_attempt(RETRIES),
            reraise=True,
        )
        async def call() -> None:
            (await client.get(f"{place.url}/subscribers?limit=0")).raise_for_status()

        await _in_tasks(place, call)


def official_in_a_loop(place: Place) -> None:
    """The official SDK, repeated after as long as it is told."""
    mailerlite, api_client = importlib.import_module("mailerlite"), importlib.import_module("mailerlite.api_client")
    requests = importlib.import_module("requests")
    # The only way to point it somewhere else.
    api_client.ApiClient.HOST = place.url.removesuffix("api")
    sleep = time.sleep if place.clock is None else place.clock.sleep
    client = mailerlite.Client({"api_key": "key"})
    work = iter(range(place.calls))

    def call() -> None:
        for _ in range(RETRIES):
            try:
                client.subscribers.list(limit=0)
            except requests.HTTPError as error:
                if error.response.status_code != 429:
                    raise
                sleep(_told(error.response) + _jitter(place))
            else:
                return
        raise RuntimeError("refused too often")

    def worker() -> None:
        for _ in work:
            call()

    place.run_threads(*[worker] * place.at_once)


def _told(response: Any) -> float:
    return float(response.headers["retry-after"])


def _jitter(place: Place) -> float:
    return random.uniform(0, place.scale.second)


# -- all of them -------------------------------------------------------------------------------------------------------


@attrs.frozen
class Client:
    """One of those compared.

    Attributes:
        name: for the command line.
        title: for people.
        work: makes the calls of one process.
        module: what it loads when it is first used, which should not count.
        copies: how many processes use the account.
    """

    name: str
    title: str
    work: Callable[[Place], Awaitable[None]] | Callable[[Place], None]
    module: str
    copies: int = 1

    @property
    def needs_store(self) -> bool:
        """Whether it has to be given a server of Redis, which keeps a time of its own."""
        return self.work is ours_with_store


OURS = "mailerlite_async._async.client"
CLIENTS = [
    Client("ours", "mailerlite_async", ours, OURS),
    Client("store", f"mailerlite_async x {COPIES}, store in Redis", ours_with_store, OURS, COPIES),
    Client("copies", f"mailerlite_async x {COPIES}, nothing shared", ours, OURS, COPIES),
    Client("share", f"mailerlite_async x {COPIES}, share=1/{COPIES}", ours_with_share, OURS, COPIES),
    Client("limiter", "httpx behind AsyncLimiter", behind_a_limiter, "httpx"),
    Client("tenacity", "httpx in a tenacity loop", in_a_tenacity_loop, "tenacity"),
    Client("official", "official SDK in a loop", official_in_a_loop, "mailerlite"),
]
