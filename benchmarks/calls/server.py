"""A server that costs next to nothing: the same subscriber to every call, in a process of its own.

It parses just enough of HTTP to keep connections open, so that what is measured is the client.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 1_000_000
SUBSCRIBER = {
    "id": "31986843064993537",
    "email": "ann@example.com",
    "status": "active",
    "source": "api",
    "sent": 12,
    "opens_count": 5,
    "clicks_count": 2,
    "open_rate": 41.67,
    "click_rate": 16.67,
    "ip_address": None,
    "subscribed_at": "2021-08-26 09:50:22",
    "unsubscribed_at": None,
    "created_at": "2021-08-26 09:50:22",
    "updated_at": "2021-08-26 09:50:22",
    "deleted_at": None,
    "forget_at": None,
    "fields": {"name": "Ann", "last_name": "Smith", "city": "Vilnius", "company": None, "country": None},
    "groups": [],
    "opted_in_at": None,
    "optin_ip": None,
}
FAILURE = {"message": "The given data was invalid.", "errors": {"email": ["The email must be a valid email address."]}}


def _answer(status: str, value: object) -> bytes:
    body = json.dumps(value).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Cache-Control: no-cache, private\r\nDate: Thu, 01 Jan 2026 12:00:00 GMT\r\nServer: cloudflare\r\n"
        f"X-RateLimit-Limit: {LIMIT}\r\nX-RateLimit-Remaining: {LIMIT - 1}\r\n\r\n"
    )
    return head.encode() + body


_FOUND = _answer("200 OK", {"data": SUBSCRIBER})
_INVALID = _answer("422 Unprocessable Entity", FAILURE)


class _Connection(asyncio.Protocol):
    """Answers each request as soon as it is whole, or so many seconds later."""

    def __init__(self, latency: float) -> None:
        self._latency = latency

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        while (end := received.find(b"\r\n\r\n")) >= 0:
            head = received[:end].lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            whole = end + 4 + int(length or 0)
            if len(received) < whole:
                break
            received = received[whole:]
            answer = _INVALID if b"/invalid" in head.partition(b"\r\n")[0] else _FOUND
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
            else:
                self._transport.write(answer)
        self._received = received


async def _serve(latency: float) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(latency), sock=listener, backlog=1024)
    print(listener.getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def running(latency: float = 0.0) -> Iterator[str]:
    """Start the server.

    Args:
        latency: seconds it takes over each answer.

    Yields:
        The base URL.
    """
    command = [sys.executable, str(Path(__file__).resolve()), str(latency)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/api"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
