"""HTTP/1.1 on the loopback interface, in a thread of its own: connections are real, and so are their resets."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import h11

from ._courier import Courier
from ._wire import BASE_SEGMENT, EmulatedRequest, EmulatedResponse, reason_phrase

if TYPE_CHECKING:
    from ._emulator import Emulator
    from ._exchange import Exchange

T = TypeVar("T")

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 1024
_LARGEST_PORT: Final = 65535
# Keys of about a thousand characters and long cursors must fit.
_LARGEST_HEAD: Final = 64 * 1024
# A socket that lingers for zero seconds sends a reset when it is closed.
_NO_LINGER: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@contextmanager
def serve(emulator: Emulator, port: int) -> Iterator[str]:
    """Serve an emulator over HTTP.

    Args:
        emulator: what answers.
        port: the TCP port, a free one for 0.

    Yields:
        The base URL.

    Raises:
        OSError: if the port cannot be had.
        ValueError: if there is no such port.
    """
    if not 0 <= port <= _LARGEST_PORT:
        raise ValueError(f"port must be 0 to {_LARGEST_PORT}")
    server, courier = Server(emulator.open, port), Courier(emulator)
    server.start()
    courier.start()
    try:
        yield server.base_url
    finally:
        courier.stop()
        server.stop()


class Server:
    """The thread, its event loop and all open connections.

    Args:
        open: sends off each request.
        port: the TCP port, a free one for 0.

    Attributes:
        base_url: of the API.

    Raises:
        OSError: if the port cannot be had.
    """

    def __init__(self, open: Callable[[EmulatedRequest], Exchange], port: int) -> None:
        self._open = open
        self._listener = socket.create_server((HOST, port), backlog=_BACKLOG)
        self.base_url: str = f"http://{HOST}:{self._listener.getsockname()[1]}/{BASE_SEGMENT}"
        self._connections: set[_Connection] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mailerlite-emulator", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event

    def start(self) -> None:
        """Return as soon as connections are accepted."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Close the listener and all connections, and wait for the thread to end."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await self._loop.create_server(
            lambda: _Connection(self._open, self._connections), sock=self._listener, backlog=_BACKLOG
        )
        self._started.set()
        await self._stopping.wait()
        server.close()
        # Connections that were accepted but not made yet appear while the others go.
        await asyncio.sleep(0)
        while self._connections:
            for connection in self._connections:
                connection.abort()
            await asyncio.sleep(0)
        await server.wait_closed()


class _Connection(asyncio.Protocol):
    """One connection: reads requests, lets the time of their exchanges pass, writes the responses."""

    def __init__(self, open: Callable[[EmulatedRequest], Exchange], connections: set[_Connection]) -> None:
        self._open = open
        self._connections = connections
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        self._refused = False
        self._head: h11.Request | None = None
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio gives it)
        """Forget what is on its way.

        A client that ends its side of the connection has left, as most servers take it. If that is in the arrival half
        of a delay, the request never arrives.
        """
        if self._timer is not None:
            self._timer.cancel()
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            self._parser.receive_data(data)
            self._read_events()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _read_events(self) -> None:
        while not self._busy and not self._transport.is_closing():
            try:
                event = self._parser.next_event()
            except h11.RemoteProtocolError:
                self._refuse()
                return
            if isinstance(event, h11.Request):
                self._head = event
                self._body.clear()
                if self._parser.they_are_waiting_for_100_continue:
                    self._write(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._send_off()
            else:
                return

    def _send_off(self) -> None:
        self._busy = True
        head = cast("h11.Request", self._head)
        request = EmulatedRequest.from_target(
            head.method.decode("ascii"),
            head.target.decode("latin-1"),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers},
            bytes(self._body),
            "http",
        )
        exchange = self._open(request)
        self._after(exchange.arrival_delay, self._arrive, exchange)

    def _arrive(self, exchange: Exchange) -> None:
        response = exchange.arrive()
        self._after(exchange.reply_delay, self._reply, response)

    def _after(self, delay: float, step: Callable[[T], None], argument: T) -> None:
        if delay > 0:
            self._timer = self._loop.call_later(delay, step, argument)
        else:
            self._timer = None
            step(argument)

    def _reply(self, response: EmulatedResponse) -> None:
        head, self._busy = cast("h11.Request", self._head), False
        if response.abort:
            self._reset()
            return
        headers = [*response.headers.items()]
        if response.status != 204:
            headers.append(("content-length", str(len(response.body))))
        body = b"" if head.method == b"HEAD" else response.body
        self._write_response(response.status, headers, body)
        if self._parser.our_state is h11.MUST_CLOSE:
            self._transport.close()
            return
        self._parser.start_next_cycle()
        if self._parser.trailing_data[0]:
            self._loop.call_soon(self._read_events)

    def _refuse(self) -> None:
        """Answer something that is not HTTP, and hear no more: nothing after it can be understood.

        Closing now would send a reset if the client is still writing, and the answer could be lost with it.
        """
        self._refused = True
        self._write_response(400, [("content-length", "0"), ("connection", "close")], b"")
        self._transport.write_eof()

    def _reset(self) -> None:
        connected: socket.socket = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def _write_response(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._write(
            h11.Response(
                status_code=status, headers=cast("Any", headers), reason=reason_phrase(status).encode("ascii")
            ),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )

    def _write(self, *events: h11.Event) -> None:
        self._transport.write(b"".join(self._parser.send(event) or b"" for event in events))
