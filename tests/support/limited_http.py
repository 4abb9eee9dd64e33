"""A server on loopback that only counts, in real time, for tests with processes of their own."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import NamedTuple, Self

from tests.support.servers import Window
from tests.support.stalls import Stalls


class Arrival(NamedTuple):
    """A call as the server saw it.

    Attributes:
        time: on `time.monotonic`, of all processes of the machine.
        who: the first word of the caller's user agent.
        taken: False if it was refused.
        path: what was asked for, after the method.
    """

    time: float
    who: str
    taken: bool
    path: str


class LimitedServer:
    """Answers every call after `latency`, with the headers of the limit; refuses what is over it.

    Args:
        window: the limit on all calls.
        latency: seconds.
        imports: the limit on imports.
    """

    def __init__(self, window: Window, *, latency: float = 0.05, imports: Window | None = None) -> None:
        self.arrivals: list[Arrival] = []
        self.stalls = Stalls()
        self._window, self._latency, self._imports = window, latency, imports
        self._loop = asyncio.new_event_loop()
        self._port = 0
        self._ready = threading.Event()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api"

    @property
    def refused(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if not arrival.taken]

    def taken(self, start: float, end: float) -> int:
        """Calls of ours that were answered, of those that arrived in between, as if the machine had never stood still."""
        end += self.stalls.seconds(start, end)
        return sum(call.taken and call.who != "foreign" and start <= call.time < end for call in self.arrivals)

    def foreign_call(self) -> None:
        """A call of somebody else's."""
        self._loop.call_soon_threadsafe(self._arrive, "foreign", "")

    def __enter__(self) -> Self:
        self.stalls.__enter__()
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self.stalls.__exit__()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self._port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._ended.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                await reader.readexactly(int(headers.get("content-length", 0)))
                answer = self._arrive(headers["user-agent"].split()[0], lines[0])
                await asyncio.sleep(self._latency)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _arrive(self, who: str, path: str) -> bytes:
        now = time.monotonic()
        taken, remaining, wait = self._window.hit(now)
        limit: list[str] = [f"x-ratelimit-limit: {self._window.limit}", f"x-ratelimit-remaining: {remaining}"]
        if taken and self._imports is not None and path.startswith("POST") and "import" in path:
            taken, _, wait = self._imports.hit(now)
            limit = limit if taken else []
        self.arrivals.append(Arrival(now, who, taken, path))
        if taken:
            body, status = '{"total": 1, "import_progress_url": "https://example.com/import/1"}', "200 OK"
        else:
            body, status = '{"message": "Too Many Attempts."}', "429 Too Many Requests"
            # Rounded down to a sixtieth of a period of six seconds, as the service's framework does to a second.
            limit.append(f"retry-after: {int(wait * 10) / 10}")
        head = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *limit]
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode()
