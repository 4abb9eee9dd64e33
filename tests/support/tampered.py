"""An httpx transport, for both kinds of client, whose requests somebody may answer before they reach the emulator."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from mailerlite_async.testing import Emulator


class TamperedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Lets a function answer a request, or leave it to the emulator by giving None.

    Args:
        emulator: answers all others.
        answer: the function; it is given the request, which has been read.
    """

    def __init__(self, emulator: Emulator, answer: Callable[[httpx.Request], httpx.Response | None]) -> None:
        self._inner = emulator.transport()
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a sync client."""
        request.read()
        return self._answer(request) or self._inner.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer an async client."""
        await request.aread()
        return self._answer(request) or await self._inner.handle_async_request(request)
