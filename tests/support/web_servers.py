"""Runs applications of the frameworks on real servers on the loopback interface, in threads."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

START_SECONDS = 30


def listen() -> socket.socket:
    """A socket that has its port before there is an application, which may have to know its own address."""
    # asyncio turns the delays of small packets off only for sockets that say that they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def url_of(listener: socket.socket) -> str:
    """The base URL of what will be served there."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def serve_asgi(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve an ASGI application with uvicorn, its lifespan included."""
    import uvicorn

    config = uvicorn.Config(app, log_level="critical", lifespan="on", ws="none", http="h11", loop="asyncio")

    class Server(uvicorn.Server):
        started_up: Callable[[], None]

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.started_up()

    server = Server(config)

    async def main(started: Callable[[], None]) -> None:
        server.started_up = started
        await server.serve(sockets=[listener])

    def stop() -> None:
        server.should_exit = True

    with _in_thread(main, stop):
        yield


@contextlib.contextmanager
def serve_aiohttp(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve an application of aiohttp.web."""
    from aiohttp import web

    stopped = threading.Event()

    async def main(started: Callable[[], None]) -> None:
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        started()
        await asyncio.to_thread(stopped.wait)
        await runner.cleanup()

    with _in_thread(main, stopped.set):
        yield


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: standard error belongs to the tests."""


@contextlib.contextmanager
def serve_wsgi(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve a WSGI application."""
    server = WSGIServer(listener.getsockname(), _Silent, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = listener.getsockname()
    server.setup_environ()
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def _in_thread(
    main: Callable[[Callable[[], None]], Coroutine[Any, Any, None]], stop: Callable[[], None]
) -> Iterator[None]:
    """Run a coroutine in a thread until it is told to stop; what it fails with is raised here."""
    started, failures = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            asyncio.run(main(started.set))
        except BaseException as error:
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(START_SECONDS)
        if not failures:
            yield
    finally:
        stop()
        thread.join()
    if failures:
        raise failures[0]
