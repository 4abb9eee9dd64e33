"""Many threads on one client, over the network."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mailerlite_async import MailerLite, RateLimits
from mailerlite_async.testing import Emulator

pytestmark = pytest.mark.system

THREADS = 64
WINDOWS = 10
LIMIT = 128
PERIOD = 1.2


def test_threads_keep_to_the_limit_and_lose_nothing() -> None:
    emulator = Emulator(requests=LIMIT, period=PERIOD)
    connections: list[int] = []
    limits = RateLimits(requests=LIMIT, period=PERIOD)

    def pool() -> httpx.Client:
        return httpx.Client(limits=httpx.Limits(max_connections=16))

    def note(_: object) -> None:
        connections.append(len(ml._caller.engine._client._transport._pool.connections))  # type: ignore[union-attr]

    calls = LIMIT * WINDOWS
    with (
        emulator.serve() as base_url,
        MailerLite("key", base_url=base_url, limits=limits, http_client=pool, on_attempt=note) as ml,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        ready = threading.Barrier(THREADS)

        def work(first: int) -> list[str]:
            ready.wait()
            numbers = range(first, calls, THREADS)
            return [ml.subscribers.upsert(f"reader{number}@example.com").email for number in numbers]

        started = time.monotonic()
        emails = [email for found in threads.map(work, range(THREADS)) for email in found]
        took = time.monotonic() - started
    assert sorted(emails) == sorted(f"reader{number}@example.com" for number in range(calls))
    # Each call arrived once, and none was refused.
    assert Counter(request.status for request in emulator.requests) == {201: calls}
    assert 1 < max(connections) <= 16
    # The last of ten windows begins after nine periods; the rest is what two shared processors need.
    assert (WINDOWS - 1) * PERIOD <= took < 2 * WINDOWS * PERIOD


def test_default_pool_has_no_more_connections_than_there_are_threads() -> None:
    emulator = Emulator(requests=10_000)
    emulator.fault("latency", seconds=0.3, times=1000)
    connections: list[int] = []

    def note(_: object) -> None:
        connections.append(len(ml._caller.engine._client._transport._pool.connections))  # type: ignore[union-attr]

    with (
        emulator.serve() as base_url,
        MailerLite("key", base_url=base_url, limits=RateLimits(requests=10_000), on_attempt=note) as ml,
        ThreadPoolExecutor(150) as threads,
    ):
        for _ in range(2):  # the first calls go a few at a time
            assert list(threads.map(lambda _: ml.subscribers.count(), range(300))) == [0] * 300
    assert 20 < max(connections) <= 150
    assert {request.status for request in emulator.requests} == {200}
