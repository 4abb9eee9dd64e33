"""Faces that need no network: an ASGI application, and a transport for both kinds of httpx client."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ._wire import EmulatedRequest, EmulatedResponse

if TYPE_CHECKING:
    from ._emulator import Emulator

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Carries requests of httpx to an emulator in the same process.

    It keeps the read timeout of a request: a reply that takes longer is lost, and what the request did stays done if it
    had arrived by then.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client; delays pass on the clock of the emulator."""
        request.read()
        exchange = self._emulator.open(_read(request))
        patience = _read_timeout(request)
        self._sleep(min(exchange.arrival_delay, patience))
        if exchange.arrival_delay > patience:
            raise _timed_out(request)
        response = exchange.arrive()
        patience -= exchange.arrival_delay
        self._sleep(min(exchange.reply_delay, patience))
        if exchange.reply_delay > patience:
            raise _timed_out(request)
        return _write(response, request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client; delays pass on the event loop."""
        await request.aread()
        exchange = self._emulator.open(_read(request))
        patience = _read_timeout(request)
        # Even without a delay other tasks get their turn, as they do while a real request is on its way.
        await asyncio.sleep(min(exchange.arrival_delay, patience))
        if exchange.arrival_delay > patience:
            raise _timed_out(request)
        response = exchange.arrive()
        patience -= exchange.arrival_delay
        await asyncio.sleep(min(exchange.reply_delay, patience))
        if exchange.reply_delay > patience:
            raise _timed_out(request)
        return _write(response, request)

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._emulator.clock.sleep(seconds)


class AsgiApp:
    """An emulator as an ASGI 3 application, for test clients and servers of that kind."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope.

        Raises:
            ConnectionResetError: for a connection that a fault drops.
            ValueError: for scopes other than `http` and `lifespan`.
        """
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"scope type {scope['type']!r} is not served")
        body = await _receive_body(receive)
        if body is None:
            return
        exchange = self._emulator.open(_read_scope(scope, body))
        await asyncio.sleep(exchange.arrival_delay)
        response = exchange.arrive()
        await asyncio.sleep(exchange.reply_delay)
        if response.abort:
            raise ConnectionResetError("the emulator drops this connection")
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in response.headers.items()]
        if response.status != 204:
            headers.append((b"content-length", str(len(response.body)).encode("ascii")))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def _read(request: httpx.Request) -> EmulatedRequest:
    return EmulatedRequest.from_target(
        request.method,
        request.url.raw_path.decode("ascii"),
        request.headers,
        request.content,
        request.url.scheme,
    )


def _read_timeout(request: httpx.Request) -> float:
    timeout: object = request.extensions.get("timeout", {}).get("read")
    return timeout if isinstance(timeout, int | float) else math.inf


def _timed_out(request: httpx.Request) -> httpx.ReadTimeout:
    return httpx.ReadTimeout("the reply takes longer than the read timeout", request=request)


def _write(response: EmulatedResponse, request: httpx.Request) -> httpx.Response:
    if response.abort:
        raise httpx.ReadError("the connection was reset", request=request)
    return httpx.Response(
        response.status,
        headers=response.headers,
        content=None if response.status == 204 else response.body,
        request=request,
    )


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _receive_body(receive: Receive) -> bytes | None:
    """The whole body; None if the client went away before it was sent."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _read_scope(scope: Scope, body: bytes) -> EmulatedRequest:
    raw_path: bytes = scope.get("raw_path") or quote(scope["path"], safe="/:@+,;=!$&'()*~").encode("ascii")
    query: bytes = scope.get("query_string", b"")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    target = raw_path.split(b"?")[0] + (b"?" + query if query else b"")
    return EmulatedRequest.from_target(
        scope["method"], target.decode("latin-1"), headers, body, scope.get("scheme", "http")
    )
