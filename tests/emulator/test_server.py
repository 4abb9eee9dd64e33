"""The real server: HTTP as clients of any language speak it, over real connections."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._server import _Connection

from .conftest import HEADERS

PERSON = {"email": "ann@example.com"}


@pytest.fixture
def emulator() -> Emulator:
    """An emulator on the machine's clock, as the server needs it."""
    return Emulator(requests=1_000_000)


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    """The base URL of a running server."""
    with emulator.serve() as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client with real connections."""
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        yield client


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    received = bytearray()
    while part := connection.recv(65536):
        received += part
    return bytes(received)


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    received = bytearray()
    while mark not in received:
        part = connection.recv(65536)
        assert part, bytes(received)
        received += part
    return bytes(received)


def head(line: str, *headers: str) -> bytes:
    lines = (f"{line} HTTP/1.1", "Host: emulator.example.com", "Authorization: Bearer key", *headers, "", "")
    return "\r\n".join(lines).encode()


def test_requests_over_one_kept_connection(url: str, client: httpx.Client) -> None:
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/api")
    created = client.post("/subscribers", json=PERSON)
    assert created.status_code == 201
    key = created.json()["data"]["id"]
    gone = client.delete(f"/subscribers/{key}")
    assert (gone.status_code, gone.content, "content-type" in gone.headers) == (204, b"", False)
    assert client.get("/subscribers?limit=0").json() == {"total": 0}
    streams = {response.extensions["network_stream"].get_extra_info("client_addr") for response in (created, gone)}
    assert len(streams) == 1


def test_links_lead_back_to_the_server(emulator: Emulator, url: str, client: httpx.Client) -> None:
    emulator.seed(subscribers=["a@example.com", "b@example.com"])
    link = client.get("/subscribers?limit=1").json()["links"]["next"]
    assert link.startswith(f"{url}/subscribers?cursor=")
    assert client.get(link).status_code == 200
    started = client.post("/subscribers/import", json={"subscribers": [PERSON]}).json()["import_progress_url"]
    assert client.get(started).json()["data"]["total"] == 1


def test_chunked_bodies_and_unusual_paths(emulator: Emulator, client: httpx.Client) -> None:
    body = json.dumps({"email": "x/y+z@example.com"}).encode()
    parts = iter([body[:5], body[5:]])
    assert client.post("/subscribers", content=parts).status_code == 201
    assert emulator.requests[0].headers["transfer-encoding"] == "chunked"
    assert client.get("/subscribers/x%2Fy%2Bz%40example.com").status_code == 200


def test_large_bodies(client: httpx.Client) -> None:
    rows = [{"email": f"user{number}@example.com", "fields": {"name": "x" * 50}} for number in range(20_000)]
    answer = client.post("/subscribers/import", json={"subscribers": rows})
    assert answer.status_code == 200


def test_client_that_expects_100_continue(url: str) -> None:
    body = json.dumps(PERSON).encode()
    with connected(url) as connection:
        connection.sendall(
            head("POST /api/subscribers", "Expect: 100-continue", f"Content-Length: {len(body)}", "Connection: close")
        )
        assert read_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(body)
        assert read_all(connection).startswith(b"HTTP/1.1 201")


@pytest.mark.parametrize("delayed", [None, 3])
def test_pipelined_requests_are_answered_in_order(emulator: Emulator, url: str, delayed: int | None) -> None:
    if delayed is not None:
        emulator.fault("latency", seconds=0.002, times=delayed)
    with connected(url) as connection:
        paths = [f"/api/nowhere{number}" for number in range(50)]
        requests = [head(f"GET {path}") for path in paths[:-1]] + [head(f"GET {paths[-1]}", "Connection: close")]
        connection.sendall(b"".join(requests))
        answers = read_all(connection)
    assert [int(number) for number in re.findall(rb"nowhere([0-9]+) ", answers)] == list(range(50))
    assert answers.count(b"HTTP/1.1 404") == 50


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/groups\r\n\r\n",
        b"GET /api/groups HTTP/1.1\r\n\r\n",
        head("POST /api/groups", "Content-Length: x"),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1_000_000,
    ],
)
def test_malformed_requests_are_answered_400_and_closed(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    with emulator.serve() as url, connected(url) as connection:
        connection.sendall(sent)
        answer = read_all(connection)
        connection.sendall(sent)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1
    assert caplog.records == []


def test_noise_after_the_last_request_is_not_heard(emulator: Emulator, url: str) -> None:
    emulator.fault("latency", seconds=0.02)
    with connected(url) as connection:
        connection.sendall(head("GET /api/groups", "Connection: close") + b"\r\nnoise")
        answer = read_all(connection)
    assert answer.count(b"HTTP/1.1") == answer.count(b"HTTP/1.1 200") == 1


def test_client_that_stops_sending_still_gets_its_reply(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(head("GET /api/groups"))
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).startswith(b"HTTP/1.1 200")


def test_client_that_leaves_in_the_middle_of_a_body(emulator: Emulator, url: str, client: httpx.Client) -> None:
    with connected(url) as connection:
        connection.sendall(head("POST /api/groups", "Content-Length: 100") + b"{")
    assert client.get("/groups").json()["data"] == []
    assert [request.method for request in emulator.requests] == ["GET"]


def test_absolute_target_of_a_proxy(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(head("GET http://emulator.example.com/api/subscribers?limit=0", "Connection: close"))
        assert read_all(connection).endswith(b'{"total":0}')


def test_head_has_no_body(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(head("HEAD /api/groups", "Connection: close"))
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 405")
    assert answer.endswith(b"\r\n\r\n")


def test_resets_are_real(emulator: Emulator, url: str, client: httpx.Client) -> None:
    emulator.fault("reset")
    emulator.fault("reset_after_commit", method="POST")
    with connected(url) as connection:
        connection.sendall(head("GET /api/groups"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(httpx.ReadError):
        client.post("/subscribers", json=PERSON)
    assert client.get("/subscribers?limit=0").json() == {"total": 1}


def test_read_timeout_of_a_real_client(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("stall_after_commit", seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/subscribers", json=PERSON, timeout=0.05)
    assert client.get("/subscribers?limit=0").json() == {"total": 1}


class DeafTransport(asyncio.Transport):
    """The transport of a connection whose client listens no more."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Lose the data."""

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize(("left_at", "arrived"), [(1.0, False), (3.0, True)])
def test_request_whose_client_leaves_on_its_way_never_arrives(left_at: float, arrived: bool) -> None:
    clock = VirtualClock()
    emulator = Emulator(clock=clock)
    emulator.fault("latency", seconds=4)

    async def main() -> None:
        connection = _Connection(emulator.open, set())
        connection.connection_made(DeafTransport())
        connection.data_received(head("GET /api/groups"))
        await asyncio.sleep(left_at)
        connection.connection_lost(None)
        await asyncio.sleep(10)

    clock.run(main())
    assert len(emulator.requests) == arrived


def test_hundreds_of_connections_at_once(emulator: Emulator, url: str) -> None:
    emulator.fault("latency", seconds=0.1, times=None)
    parts = urlsplit(url)

    async def call(number: int) -> bytes:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        body = json.dumps({"email": f"u{number}@example.com"}).encode()
        writer.write(head("POST /api/subscribers", f"Content-Length: {len(body)}", "Connection: close") + body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def main() -> list[bytes]:
        return await asyncio.gather(*(call(number) for number in range(400)))

    answers = asyncio.run(main())
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 201 Created"}
    assert len({request.body["email"] for request in emulator.requests if isinstance(request.body, dict)}) == 400


def test_threads_share_the_account(emulator: Emulator, url: str) -> None:
    def work(worker: int) -> list[int]:
        with httpx.Client(base_url=url, headers=HEADERS) as client:
            emails = [f"{worker}-{number}@example.com" for number in range(20)]
            return [client.post("/subscribers", json={"email": email}).status_code for email in emails]

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for found in pool.map(work, range(8)) for status in found]
    assert statuses == [201] * 160
    remaining = {request.at for request in emulator.requests}
    assert len(emulator.requests) == 160
    assert len(remaining) > 1


def test_scaled_windows_on_the_machines_clock() -> None:
    emulator = Emulator(requests=3, period=600.0)
    with emulator.serve() as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        assert [client.get("/groups").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_leaving_closes_everything(emulator: Emulator) -> None:
    before = {*threading.enumerate()}
    emulator.fault("stall_after_commit", seconds=60, times=None)
    with emulator.serve() as url, connected(url) as idle, connected(url) as stalled:
        stalled.sendall(head("GET /api/groups"))
        # The server has read the request once it is in the log; a second connection shows that it goes on.
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer invalid"}) as client:
            while not emulator.requests:
                client.get("/groups")
        port = urlsplit(url).port or 0
        _ = idle
    assert {*threading.enumerate()} <= before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    # An unclosed socket or transport would warn here, and warnings are errors.
    gc.collect()


def test_same_port_can_be_served_again(emulator: Emulator) -> None:
    with emulator.serve() as first, httpx.Client(base_url=first, headers=HEADERS) as client:
        client.post("/subscribers", json=PERSON)
    with emulator.serve(urlsplit(first).port or 0) as second:
        assert second == first
        assert httpx.get(f"{second}/subscribers?limit=0", headers=HEADERS).json() == {"total": 1}


def test_port_in_use(emulator: Emulator, url: str) -> None:
    with pytest.raises(OSError, match="in use"), Emulator().serve(urlsplit(url).port or 0):
        pass
