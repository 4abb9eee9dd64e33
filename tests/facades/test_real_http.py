"""The same clients over real sockets: connections that break, are refused or are reset, and limits in real time."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self

import pytest

from mailerlite_async import (
    AsyncMailerLite,
    ConnectionFailedError,
    MailerLite,
    RateLimits,
    RequestTimeoutError,
    ServerError,
    _flow,
    calls,
)
from mailerlite_async.testing import Emulator
from tests.support.ports import refusing_port

ROWS = [{"email": "ann@example.com"}]
Body = Callable[[Any, Callable[[Any], Coroutine[Any, Any, Any]]], Coroutine[Any, Any, None]]
Run = Callable[..., None]


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once, since time is real here."""
    monkeypatch.setattr(_flow, "_FIRST_BACKOFF", 0.0)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(requests=1000)


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as base_url:
        yield base_url


@pytest.fixture(params=["async", "sync"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a body with a client and with what awaits its results."""

    async def call(result: Any) -> Any:
        return await result if inspect.isawaitable(result) else result

    async def with_async_client(body: Body, options: dict[str, Any]) -> None:
        async with AsyncMailerLite("key", **options) as ml:
            await body(ml, call)

    async def with_sync_client(body: Body, options: dict[str, Any]) -> None:
        with MailerLite("key", **options) as ml:
            await body(ml, call)

    def run(body: Body, **options: Any) -> None:
        asyncio.run((with_async_client if request.param == "async" else with_sync_client)(body, options))

    return run


def test_whole_story(run: Run, emulator: Emulator, base_url: str) -> None:
    async def body(ml: Any, call: Any) -> None:
        group = await call(ml.groups.create("Readers"))
        person = await call(ml.subscribers.upsert("Ann+tag@example.com", groups=[group.id], fields={"name": "Änne"}))
        assert (await call(ml.subscribers.get("ann+tag@example.com"))) == person
        assert person.fields["name"] == "Änne"
        assert await call(ml.subscribers.count()) == 1
        job = await call(ml.groups.import_subscribers(group.id, ROWS))
        assert job.url.startswith(base_url)
        await call(ml.groups.unassign(person.id, group.id))
        response = await call(ml.execute(calls.groups.delete(group.id)))
        assert (response.status, response.value, response.rate_limit.limit) == (204, None, 1000)

    run(body, base_url=base_url)
    assert {request.status for request in emulator.requests} == {200, 201, 204}


def test_connection_is_kept(run: Run, emulator: Emulator, base_url: str) -> None:
    async def body(ml: Any, call: Any) -> None:
        for _ in range(5):
            await call(ml.subscribers.count())
        pool = ml._caller.engine._client._transport._pool
        assert len(pool.connections) == 1

    run(body, base_url=base_url)


@pytest.mark.parametrize("kind", ["reset", "reset_after_commit", "html", "error"])
def test_safe_call_gets_through(run: Run, emulator: Emulator, base_url: str, kind: str) -> None:
    async def body(ml: Any, call: Any) -> None:
        emulator.fault(kind)
        assert (await call(ml.execute(calls.subscribers.upsert("ann@example.com")))).attempts == 2
        emulator.fault(kind)  # this time on a connection that was used before
        assert (await call(ml.execute(calls.subscribers.count()))).value == 1

    run(body, base_url=base_url)


@pytest.mark.parametrize(("kind", "made"), [("reset", []), ("reset_after_commit", ["Readers"])])
def test_unsafe_call_is_left_alone(run: Run, emulator: Emulator, base_url: str, kind: str, made: list[str]) -> None:
    async def body(ml: Any, call: Any) -> None:
        emulator.fault(kind)
        with pytest.raises(ConnectionFailedError, match="the API may have received the call"):
            await call(ml.groups.create("Readers"))
        assert [group.name for group in (await call(ml.groups.list())).items] == made
        assert ml.quota.requests.held == 2

    run(body, base_url=base_url)


def test_answer_that_never_comes(run: Run, emulator: Emulator, base_url: str) -> None:
    async def body(ml: Any, call: Any) -> None:
        emulator.fault("stall_after_commit", seconds=60)
        with pytest.raises(RequestTimeoutError) as caught:
            await call(ml.with_options(timeout=0.05).groups.create("Readers"))
        assert caught.value.maybe_received
        assert len((await call(ml.groups.list())).items) == 1

    run(body, base_url=base_url)


def test_server_that_does_not_listen(run: Run) -> None:
    async def body(ml: Any, call: Any) -> None:
        with pytest.raises(ConnectionFailedError) as caught:
            await call(ml.groups.create("Readers"))
        assert str(caught.value) == "POST /groups: ConnectError; nothing was sent (after 3 attempts)"
        assert (ml.quota.requests.held, ml.quota.requests.available) == (0, 120)

    with refusing_port() as port:
        run(body, base_url=f"http://127.0.0.1:{port}/api", max_retries=2)


class Listener:
    """Accepts connections, reads what comes, and answers with the same bytes each time before it closes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/api"
        self.accepted = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.accepted += 1
                connection.recv(65536)
                connection.sendall(self._answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["nothing", "cut short", "bad chunk", "nonsense", "bad gzip"],
)
def test_broken_answer_counts_as_received(run: Run, answer: bytes) -> None:
    with Listener(answer) as server:

        async def body(ml: Any, call: Any) -> None:
            with pytest.raises(ConnectionFailedError) as caught:
                await call(ml.groups.create("Readers"))
            assert (caught.value.maybe_received, caught.value.attempts) == (True, 1)
            with pytest.raises(ConnectionFailedError) as caught:
                await call(ml.subscribers.count())
            assert (caught.value.maybe_received, caught.value.attempts) == (True, 3)

        run(body, base_url=server.base_url, max_retries=2)
        assert server.accepted == 4


def test_redirect_is_not_followed(run: Run) -> None:
    with Listener(b"HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n") as server:

        async def body(ml: Any, call: Any) -> None:
            with pytest.raises(Exception, match=r"^GET /subscribers: 302 Found$"):
                await call(ml.subscribers.count())

        run(body, base_url=server.base_url)
        assert server.accepted == 1


def test_limit_is_kept_in_real_time(run: Run) -> None:
    emulator = Emulator(requests=10, imports=2, period=0.2)

    async def body(ml: Any, call: Any) -> None:
        results = [ml.subscribers.count() for _ in range(25)]
        if inspect.isawaitable(results[0]):
            await asyncio.gather(*results)
        for _ in range(3):
            await call(ml.imports.create(ROWS))

    with emulator.serve() as base_url:
        run(body, base_url=base_url, limits=RateLimits(requests=10, imports=2, period=0.2))
    assert [request.status for request in emulator.requests] == [200] * 28


def test_many_calls_at_once_share_the_pool(emulator: Emulator, base_url: str) -> None:
    async def main() -> None:
        async with AsyncMailerLite("key", base_url=base_url, limits=RateLimits(requests=1000)) as ml:
            people = [ml.subscribers.upsert(f"person{number}@example.com") for number in range(60)]
            assert len({person.id for person in await asyncio.gather(*people)}) == 60

    asyncio.run(main())
    assert {request.status for request in emulator.requests} == {201}


def test_server_fault_without_retries(run: Run, emulator: Emulator, base_url: str) -> None:
    async def body(ml: Any, call: Any) -> None:
        emulator.fault("html")
        with pytest.raises(ServerError, match=r"^GET /subscribers: 502 Bad Gateway$"):
            await call(ml.subscribers.count())

    run(body, base_url=base_url, max_retries=0)
