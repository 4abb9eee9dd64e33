"""The faces in process: timeouts and delays of the transport, and the ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock

from .conftest import BASE_URL, HEADERS

PERSON = {"email": "ann@example.com"}


def async_client(emulator: Emulator, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS, **options)


def total(emulator: Emulator) -> int:
    with httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS) as client:
        found: int = client.get("/subscribers?limit=0").json()["total"]
        return found


def test_one_transport_serves_both_clients(emulator: Emulator) -> None:
    transport = emulator.transport()
    with httpx.Client(transport=transport, base_url=BASE_URL, headers=HEADERS) as client:
        assert client.post("/subscribers", json=PERSON).status_code == 201

    async def main() -> int:
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=HEADERS) as client:
            return (await client.post("/subscribers", json=PERSON)).status_code

    assert asyncio.run(main()) == 200


def test_latency_passes_half_before_and_half_after(emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("latency", seconds=3, times=None)

    async def main() -> None:
        async with async_client(emulator) as client:
            await asyncio.gather(*(client.get("/groups") for _ in range(10)))

    clock.run(main())
    assert [request.at for request in emulator.requests] == [1.5] * 10
    assert clock.monotonic() == pytest.approx(3, abs=1e-3)


@pytest.mark.parametrize(("patience", "arrived"), [(1.0, False), (2.0, True), (3.0, True)])
def test_read_timeout_loses_the_reply(emulator: Emulator, clock: VirtualClock, patience: float, arrived: bool) -> None:
    emulator.fault("latency", seconds=4)
    timeout = httpx.Timeout(None, read=patience)
    with httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS, timeout=timeout) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/subscribers", json=PERSON)
    assert clock.monotonic() == patience
    assert total(emulator) == arrived


@pytest.mark.parametrize(("patience", "arrived"), [(1.0, False), (3.0, True)])
def test_read_timeout_loses_the_reply_async(
    emulator: Emulator, clock: VirtualClock, patience: float, arrived: bool
) -> None:
    emulator.fault("latency", seconds=4)

    async def main() -> None:
        async with async_client(emulator, timeout=httpx.Timeout(None, read=patience)) as client:
            with pytest.raises(httpx.ReadTimeout) as caught:
                await client.post("/subscribers", json=PERSON)
            assert caught.value.request.url.path == "/api/subscribers"

    clock.run(main())
    assert clock.monotonic() == pytest.approx(patience, abs=1e-3)
    assert total(emulator) == arrived


def test_timeout_longer_than_the_delay_does_not_matter(emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("latency", seconds=4)
    with httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS, timeout=5) as client:
        assert client.get("/groups").status_code == 200
    assert clock.monotonic() == 4


def test_stall_commits_and_never_replies(emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("stall_after_commit", seconds=100, times=2)
    with httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS, timeout=30) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/subscribers", json=PERSON)
        assert clock.monotonic() == 30
        with pytest.raises(httpx.ReadError):
            client.post("/subscribers", json={"email": "bob@example.com"}, timeout=None)
    assert clock.monotonic() == 130
    assert total(emulator) == 2


@pytest.mark.parametrize(("cancelled_at", "arrived"), [(1.0, False), (3.0, True)])
def test_cancelled_request_arrives_only_after_its_half(
    emulator: Emulator, clock: VirtualClock, cancelled_at: float, arrived: bool
) -> None:
    emulator.fault("latency", seconds=4)

    async def main() -> None:
        async with async_client(emulator) as client:
            task = asyncio.create_task(client.post("/subscribers", json=PERSON))
            await asyncio.sleep(cancelled_at)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    clock.run(main())
    assert len(emulator.requests) == arrived
    assert total(emulator) == arrived


def test_other_tasks_run_while_a_request_is_on_its_way(emulator: Emulator, clock: VirtualClock) -> None:
    order: list[str] = []

    async def call(client: httpx.AsyncClient) -> None:
        await client.get("/groups")
        order.append("answered")

    async def main() -> None:
        async with async_client(emulator) as client:
            task = asyncio.create_task(call(client))
            await asyncio.sleep(0)
            order.append("other task")
            await task

    clock.run(main())
    assert order == ["other task", "answered"]


def test_streamed_request_bodies_are_read(emulator: Emulator) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for part in (b'{"email": ', b'"ann@example.com"}'):
            yield part

    async def main() -> int:
        async with async_client(emulator) as client:
            return (await client.post("/subscribers", content=chunks())).status_code

    assert asyncio.run(main()) == 201
    with httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS) as client:
        assert client.post("/subscribers", content=iter([b'{"email": ', b'"bob@example.com"}'])).status_code == 201


def asgi_client(emulator: Emulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(emulator.app), base_url=BASE_URL, headers=HEADERS)


def test_asgi_application_answers_as_the_transport_does(emulator: Emulator) -> None:
    emulator.seed(groups=["a/b", "c"], subscribers=["x/y@example.com"])
    paths = ("/groups?limit=1&filter[name]=/", "/subscribers/x%2Fy@example.com", "/nowhere", "/subscribers/?limit=0")

    async def main() -> None:
        async with asgi_client(emulator) as face, async_client(emulator) as transport:
            for path in paths:
                left, right = await face.get(path), await transport.get(path)
                assert (left.status_code, left.json()) == (right.status_code, right.json())
            created = await face.post("/subscribers", json=PERSON)
            assert created.status_code == 201
            assert created.headers["content-length"] == str(len(created.content))
            gone = await face.delete(f"/subscribers/{created.json()['data']['id']}")
            assert (gone.status_code, gone.content, "content-length" in gone.headers) == (204, b"", False)

    asyncio.run(main())


def test_asgi_application_takes_its_time_and_drops_connections(emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("latency", seconds=2)
    emulator.fault("reset_after_commit", method="POST")

    async def main() -> None:
        async with asgi_client(emulator) as client:
            await client.get("/groups")
            assert clock.monotonic() == pytest.approx(2, abs=1e-3)
            with pytest.raises(ConnectionResetError):
                await client.post("/subscribers", json=PERSON)

    clock.run(main())
    assert emulator.requests[0].at == pytest.approx(1, abs=1e-3)
    assert total(emulator) == 1


def run_scope(emulator: Emulator, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(emulator.app(scope, receive, send))
    return sent


def test_asgi_lifespan(emulator: Emulator) -> None:
    sent = run_scope(emulator, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_asgi_without_a_raw_path_and_with_a_body_in_parts(emulator: Emulator) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/subscribers",
        "headers": [(b"authorization", b"Bearer key"), (b"host", b"example.com")],
    }
    parts = ({"type": "http.request", "body": b'{"email": ', "more_body": True}, {"body": b'"100%@example.com"}'})
    sent = run_scope(emulator, scope, parts[0], {"type": "http.request", **parts[1]})
    assert sent[0]["status"] == 201
    scope = {**scope, "method": "GET", "path": "/api/subscribers/100%@example.com"}
    assert run_scope(emulator, scope, {"type": "http.request"})[0]["status"] == 200


def test_asgi_client_that_leaves_early_and_unknown_scope(emulator: Emulator) -> None:
    scope = {"type": "http", "method": "POST", "path": "/api/subscribers", "headers": []}
    assert run_scope(emulator, scope, {"type": "http.disconnect"}) == []
    assert emulator.requests == []
    with pytest.raises(ValueError, match="websocket"):
        run_scope(emulator, {"type": "websocket"})
