"""Servers that only count: the kinds of rate limit an API can have, as an httpx transport on a virtual clock."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from typing import Protocol

import httpx

from mailerlite_async.testing import VirtualClock


class Window(Protocol):
    """Counts calls; answers with what is left, or with the seconds to wait."""

    limit: int

    def hit(self, now: float) -> tuple[bool, int, float]: ...


class FixedFromFirst:
    """A window that starts with the first call after the one before has ended; refused calls are not counted."""

    def __init__(self, limit: int = 120, period: float = 60.0) -> None:
        self.limit, self.period = limit, period
        self.start, self.count = -math.inf, 0

    def _begin(self, now: float) -> float:
        return now

    def hit(self, now: float) -> tuple[bool, int, float]:
        if now >= self.start + self.period:
            self.start, self.count = self._begin(now), 0
        if self.count >= self.limit:
            return False, 0, self.start + self.period - now
        self.count += 1
        return True, self.limit - self.count, 0.0


class FixedAligned(FixedFromFirst):
    """A window that starts at a multiple of the period."""

    def _begin(self, now: float) -> float:
        return math.floor(now / self.period) * self.period


class SlidingLog:
    """Exactly so many calls in any stretch of one period."""

    def __init__(self, limit: int = 120, period: float = 60.0) -> None:
        self.limit, self.period = limit, period
        self.times: deque[float] = deque()

    def hit(self, now: float) -> tuple[bool, int, float]:
        while self.times and self.times[0] <= now - self.period:
            self.times.popleft()
        if len(self.times) >= self.limit:
            return False, 0, self.times[0] + self.period - now
        self.times.append(now)
        return True, self.limit - len(self.times), 0.0


class LeakyBucket:
    """A bucket that holds the whole limit and empties evenly."""

    def __init__(self, limit: int = 120, period: float = 60.0) -> None:
        self.limit, self.period = limit, period
        self.level, self.checked = 0.0, 0.0

    def hit(self, now: float) -> tuple[bool, int, float]:
        self.level = max(0.0, self.level - (now - self.checked) * self.limit / self.period)
        self.checked = now
        if self.level + 1 > self.limit + 1e-9:
            return False, 0, (self.level + 1 - self.limit) * self.period / self.limit
        self.level += 1
        return True, int(self.limit - self.level), 0.0


class CountingServer(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Counts on arrival, between the two halves of the latency.

    Args:
        clock: the time.
        window: the limit on all calls.
        latency: seconds for one call, in all.
        imports: the limit on imports, counted after the other.
        faults: called for each call; a status to answer with, once the call was counted, or None.
    """

    def __init__(
        self,
        clock: VirtualClock,
        window: Window,
        latency: Callable[[], float],
        imports: Window | None = None,
        faults: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.clock, self.window, self.latency, self.imports, self.faults = clock, window, latency, imports, faults
        self.arrivals: list[float] = []
        self.import_arrivals: list[float] = []
        self.refused: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        half = self.latency() / 2
        await asyncio.sleep(half)
        response = self.arrive(request)
        timeout = request.extensions["timeout"]["read"]
        if half > timeout:
            await asyncio.sleep(timeout)
            raise httpx.ReadTimeout("slow", request=request)
        await asyncio.sleep(half)
        return response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        half = self.latency() / 2
        self.clock.sleep(half)
        response = self.arrive(request)
        timeout = request.extensions["timeout"]["read"]
        if half > timeout:
            self.clock.sleep(timeout)
            raise httpx.ReadTimeout("slow", request=request)
        self.clock.sleep(half)
        return response

    def foreign_call(self) -> bool:
        """A call of somebody else's; whether it was taken."""
        return self.window.hit(self.clock.monotonic())[0]

    def arrive(self, request: httpx.Request) -> httpx.Response:
        now = self.clock.monotonic()
        self.arrivals.append(now)
        allowed, remaining, wait = self.window.hit(now)
        headers = {"x-ratelimit-limit": str(self.window.limit), "x-ratelimit-remaining": str(remaining)}
        if not allowed:
            self.refused.append(now)
            # Rounded down, as the service's framework does.
            return httpx.Response(
                429, headers={**headers, "retry-after": str(int(wait))}, json={"message": "Too Many Attempts."}
            )
        if "import" in request.url.path and request.method == "POST" and self.imports is not None:
            self.import_arrivals.append(now)
            allowed, _, wait = self.imports.hit(now)
            if not allowed:
                self.refused.append(now)
                body = {"message": "You're being rate limited on import creation."}
                return httpx.Response(429, headers={"retry-after": str(int(wait))}, json=body)
            return httpx.Response(200, headers=headers, json={"import_progress_url": "https://example.com/import/1"})
        status = self.faults()
        if status is not None:
            return httpx.Response(status, headers=headers, json={"message": "a fault"})
        return httpx.Response(200, headers=headers, json={"total": 1})


def busiest(times: list[float], period: float = 60.0) -> int:
    """The largest number of calls in any stretch of one period."""
    times = sorted(times)
    start = most = 0
    for end, time in enumerate(times):
        while times[start] <= time - period + 1e-9:
            start += 1
        most = max(most, end - start + 1)
    return most
