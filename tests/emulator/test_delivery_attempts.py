"""Attempts to deliver to webhooks: tried again on the clock, given up, and over real sockets."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.emulator.conftest import HEADERS
from tests.emulator.webhooks import Receiver, hook, is_signed, read, upsert
from tests.support.ports import refusing_port

# -- attempts ----------------------------------------------------------------------------------------------------------


def test_attempts_after_10_100_and_1000_seconds(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver(500, 404, 302, 500)
    upsert(client)
    for delay in (0.0, 10.0, 100.0, 1000.0):
        if delay:
            clock.advance(delay - 0.5)
            assert emulator.deliver(receiver) == []
            clock.advance(0.5)
        (made,) = emulator.deliver(receiver)
        assert not made.delivered
        assert read(client, webhook)["response_code"] == made.status
    seen = read(client, webhook)
    assert seen["last_fired_at"] == seen["updated_at"] == "2026-01-01 00:18:30"
    clock.advance(1_000_000)
    assert emulator.deliver(receiver) == []
    log = emulator.deliveries
    assert [(each.attempt, each.at, each.status) for each in log] == [
        (1, 0.0, 500),
        (2, 10.0, 404),
        (3, 110.0, 302),
        (4, 1110.0, 500),
    ]
    assert len({(each.body, each.signature) for each in log}) == 1
    assert not read(client, webhook)["is_blocked"]


def test_success_ends_the_attempts(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver(503, 204)
    upsert(client)
    for _ in range(5):
        emulator.deliver(receiver)
        clock.advance(2000)
    assert [each.status for each in emulator.deliveries] == [503, 204]
    assert read(client, webhook)["response_code"] == 204


def test_the_same_envelope_is_tried_again(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    hook(client, "subscriber.created", batchable=True)
    receiver = Receiver(500)
    upsert(client)
    emulator.deliver(receiver)
    upsert(client, "bob@example.com")
    clock.advance(10)
    assert [(each.attempt, len(each.events)) for each in emulator.deliver(receiver)] == [(1, 1), (2, 1)]
    bodies = [body for _, _, body in receiver.got]
    assert bodies[0] == bodies[2] != bodies[1]


@pytest.mark.parametrize("seconds", [3.0, 3.5])
def test_an_answer_must_come_within_three_seconds(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock, seconds: float
) -> None:
    webhook = hook(client, "subscriber.created")
    upsert(client)

    def slow(url: str, headers: Mapping[str, str], body: bytes) -> int:
        clock.advance(seconds)
        return 200

    (made,) = emulator.deliver(slow)
    late = seconds > 3
    assert (made.status, made.fault) == ((None, "timeout") if late else (200, None))
    assert made.delivered is not late
    seen = read(client, webhook)
    assert (seen["last_fired_at"], seen["response_code"]) == ("2026-01-01 00:00:00", None if late else 200)
    clock.advance(9.5)
    assert emulator.deliver(Receiver()) == []
    clock.advance(0.5)
    assert len(emulator.deliver(Receiver())) == late


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx.ReadTimeout("slow"), "timeout"),
        (TimeoutError(), "timeout"),
        (httpx.ConnectError("refused"), "ConnectError: refused"),
        (ConnectionResetError("gone"), "ConnectionResetError: gone"),
        (httpx.UnsupportedProtocol("no host"), "UnsupportedProtocol: no host"),
    ],
)
def test_network_errors_are_failures(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock, error: Exception, fault: str
) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver(200, error)
    upsert(client)
    upsert(client, "bob@example.com")
    first, second = emulator.deliver(receiver)
    assert (first.status, second.status, second.fault) == (200, None, fault)
    assert read(client, webhook)["response_code"] == 200
    clock.advance(10)
    assert [each.attempt for each in emulator.deliver(receiver)] == [2]


def test_other_errors_of_a_sender_are_raised_and_nothing_is_lost(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.created")
    upsert(client)
    with pytest.raises(AssertionError, match="mine"):
        emulator.deliver(Receiver(AssertionError("mine")))
    assert emulator.deliveries == []
    assert [each.attempt for each in emulator.deliver(Receiver())] == [1]


# -- real sockets ------------------------------------------------------------------------------------------------------

Arrived = queue.Queue[tuple[dict[str, str], bytes]]


@contextmanager
def listening(*statuses: int) -> Iterator[tuple[str, Arrived]]:
    """A receiver on the loopback interface: its address, and what arrives there."""
    arrived: Arrived = queue.Queue()
    pending = [*statuses]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(pending.pop(0) if pending else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            arrived.put(({name.lower(): value for name, value in self.headers.items()}, body))

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # closing it waits for them

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", arrived
        finally:
            server.shutdown()
            thread.join()


def test_real_post_on_demand(emulator: Emulator, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with listening(201) as (url, arrived):
        webhook = hook(client, "subscriber.created", url=url)
        upsert(client)
        (made,) = emulator.deliver()
    headers, body = arrived.get_nowait()
    assert (made.status, made.body) == (201, body)
    assert is_signed(body, webhook["secret"], headers["signature"])
    assert headers["content-type"] == "application/json"


def test_nobody_listens(emulator: Emulator, client: httpx.Client) -> None:
    with refusing_port() as port:
        hook(client, "subscriber.created", url=f"http://127.0.0.1:{port}/hook")
        upsert(client)
        (made,) = emulator.deliver()
    assert made.status is None
    assert (made.fault or "").startswith("ConnectError: ")


def test_nobody_answers(emulator: Emulator, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailerlite_async.testing._courier.DEADLINE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hook(client, "subscriber.created", url=f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
        upsert(client)
        (made,) = emulator.deliver()
    assert (made.status, made.fault) == (None, "timeout")


@pytest.mark.parametrize("url", ["http://", "http://[", "https://example.com:x/", f"http://{'a' * 70}.example"])
def test_addresses_that_are_none(emulator: Emulator, client: httpx.Client, url: str) -> None:
    hook(client, "subscriber.created", url=url)
    upsert(client)
    (made,) = emulator.deliver()
    assert made.status is None
    assert made.fault


def test_serving_delivers_by_itself(emulator: Emulator, clock: VirtualClock) -> None:
    before = {*threading.enumerate()}
    with listening(500) as (url, arrived):
        with emulator.serve() as base, httpx.Client(base_url=base, headers=HEADERS) as client:
            webhook = hook(client, "subscriber.created", url=url)
            upsert(client)
            headers, body = arrived.get(timeout=30)
            assert is_signed(body, webhook["secret"], headers["signature"])
            while not emulator.deliveries:
                client.get("/groups")
            clock.advance(10)
            assert arrived.get(timeout=30) == (headers, body)
            while len(emulator.deliveries) < 2:
                client.get("/groups")
            assert read(client, webhook)["response_code"] == 200
        assert [each.status for each in emulator.deliveries] == [500, 200]
        with httpx.Client(transport=emulator.transport(), base_url=base, headers=HEADERS) as client:
            upsert(client, "bob@example.com")
        assert arrived.empty()
    assert {*threading.enumerate()} <= before
