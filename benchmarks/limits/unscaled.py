"""Clients against 120 calls a minute, on a clock that lets the minutes pass at once."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from typing import Any
from unittest import mock

import httpx

from benchmarks.limits.clients import Client, Place
from benchmarks.limits.counting import BODY, Counter, Run, Scale
from mailerlite_async.testing import VirtualClock

URL = "http://127.0.0.1:9/api"  # nobody answers there, should a call get past the transport


def run(client: Client, server: str, scale: Scale) -> Run:
    """Let all copies of a client make their calls."""
    clock, counter = VirtualClock(), Counter(scale, server)
    place = Place(
        scale=scale,
        calls=scale.calls // client.copies,
        at_once=scale.at_once // client.copies,
        url=URL,
        transport=_Transport(clock, counter, scale.latency),
        clock=clock,
        run_threads=clock.run_threads,
    )
    if inspect.iscoroutinefunction(client.work):

        async def together() -> None:
            await asyncio.gather(*(client.work(place) for _ in range(client.copies)))  # type: ignore[arg-type]

        clock.run(together())
    else:
        with _requests_on(clock, counter, scale.latency):
            client.work(place)
    return Run.of(client.title, "unscaled", server, scale, counter.accepted, counter.refused)


class _Transport(httpx.AsyncBaseTransport):
    """Lets half of the latency pass before a call arrives, and half after."""

    def __init__(self, clock: VirtualClock, counter: Counter, latency: float) -> None:
        self._clock, self._counter, self._half = clock, counter, latency / 2

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self._half)
        status, headers = self._counter.arrive(self._clock.monotonic())
        await asyncio.sleep(self._half)
        return httpx.Response(status, headers=headers, content=BODY, request=request)


def _requests_on(clock: VirtualClock, counter: Counter, latency: float) -> Any:
    """The same for whoever uses requests, which has no other place for it than its adapter."""
    requests = importlib.import_module("requests")

    def send(_: Any, request: Any, **__: Any) -> Any:
        clock.sleep(latency / 2)
        status, headers = counter.arrive(clock.monotonic())
        clock.sleep(latency / 2)
        response = requests.Response()
        response.status_code, response.request, response.url = status, request, request.url
        response.headers.update(headers)
        response._content = BODY
        return response

    return mock.patch.object(requests.adapters.HTTPAdapter, "send", send)
