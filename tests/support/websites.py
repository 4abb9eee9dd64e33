"""Applications of web frameworks, each served over HTTP on loopback by its own kind of server, in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web


@contextmanager
def serve_asgi(app: Any) -> Iterator[str]:
    """Serve an ASGI application with uvicorn.

    Yields:
        The base URL.
    """
    import uvicorn

    listener = _listener()
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", ws="none", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    give_up = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the application did not start"
        assert time.monotonic() < give_up
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def serve_aiohttp(create_app: Callable[[], web.Application]) -> Iterator[str]:
    """Serve an application of aiohttp.

    Yields:
        The base URL.
    """
    from aiohttp import web

    listener = _listener()
    loop, started = asyncio.new_event_loop(), threading.Event()
    stopping = asyncio.Event()

    async def main() -> None:
        runner = web.AppRunner(create_app(), access_log=None, shutdown_timeout=5)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            started.set()
            await stopping.wait()
        finally:
            await runner.cleanup()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    give_up = time.monotonic() + 30
    while not started.wait(0.01):
        assert thread.is_alive(), "the application did not start"
        assert time.monotonic() < give_up
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def serve_wsgi(app: Any) -> Iterator[str]:
    """Serve a WSGI application with the server of Werkzeug, a thread for each request.

    Yields:
        The base URL.
    """
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


def _listener() -> socket.socket:
    """A free port. asyncio sends without delay only from sockets that say that they are TCP."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener
