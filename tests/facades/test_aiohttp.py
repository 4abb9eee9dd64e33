"""The asyncio client over aiohttp, through httpx-aiohttp: the same values, errors and honesty about what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from mailerlite_async import (
    AsyncMailerLite,
    ConnectionFailedError,
    NotFoundError,
    RateLimits,
    RequestTimeoutError,
    ValidationError,
    _flow,
    calls,
)
from mailerlite_async.testing import Emulator
from tests.support.ports import refusing_port

httpx_aiohttp = pytest.importorskip("httpx_aiohttp", reason="httpx-aiohttp is not installed")


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


def client(base_url: str, max_retries: int = 2) -> AsyncMailerLite:
    return AsyncMailerLite(
        "key",
        base_url=base_url,
        http_client=httpx_aiohttp.HttpxAiohttpClient,
        limits=RateLimits(requests=1000),
        max_retries=max_retries,
    )


def test_values_and_errors(emulator: Emulator, base_url: str) -> None:
    async def main() -> None:
        async with client(base_url) as ml:
            group = await ml.groups.create("Readers")
            person = await ml.subscribers.upsert("Ann+tag@example.com", groups=[group.id], fields={"name": "Änne"})
            assert await ml.subscribers.get("ann+tag@example.com") == person
            assert person.fields["name"] == "Änne"
            response = await ml.execute(calls.groups.delete(group.id))
            assert (response.status, response.value) == (204, None)
            assert response.rate_limit is not None
            assert response.rate_limit.limit == 1000
            with pytest.raises(NotFoundError):
                await ml.subscribers.get("bob@example.com")
            with pytest.raises(ValidationError):
                await ml.subscribers.upsert("ann@example")

    asyncio.run(main())


def test_many_calls_at_once(emulator: Emulator, base_url: str) -> None:
    async def main() -> None:
        async with client(base_url) as ml:
            people = [ml.subscribers.upsert(f"person{number}@example.com") for number in range(120)]
            assert len({person.id for person in await asyncio.gather(*people)}) == 120

    asyncio.run(main())
    assert {request.status for request in emulator.requests} == {201}


@pytest.mark.parametrize("kind", ["reset", "reset_after_commit", "html"])
def test_safe_call_gets_through(emulator: Emulator, base_url: str, kind: str) -> None:
    async def main() -> None:
        async with client(base_url) as ml:
            await ml.subscribers.count()
            emulator.fault(kind)
            assert (await ml.execute(calls.subscribers.upsert("ann@example.com"))).attempts == 2

    asyncio.run(main())


@pytest.mark.parametrize(("kind", "made"), [("reset", []), ("reset_after_commit", ["Readers"])])
@pytest.mark.parametrize("warm", [False, True])
def test_unsafe_call_is_left_alone(emulator: Emulator, base_url: str, kind: str, made: list[str], warm: bool) -> None:
    async def main() -> None:
        async with client(base_url) as ml:
            if warm:
                await ml.subscribers.count()
            emulator.fault(kind)
            with pytest.raises(ConnectionFailedError) as caught:
                await ml.groups.create("Readers")
            assert (caught.value.maybe_received, caught.value.attempts) == (True, 1)
            assert [group.name for group in (await ml.groups.list()).items] == made

    asyncio.run(main())


def test_answer_that_never_comes(emulator: Emulator, base_url: str) -> None:
    async def main() -> None:
        async with client(base_url) as ml:
            await ml.groups.list()  # connects with more time
            emulator.fault("stall_after_commit", seconds=60)
            with pytest.raises(RequestTimeoutError) as caught:
                await ml.with_options(timeout=0.05).groups.create("Readers")
            assert (caught.value.maybe_received, caught.value.attempts) == (True, 1)
            assert len((await ml.groups.list()).items) == 1

    asyncio.run(main())


def test_server_that_does_not_listen() -> None:
    async def main(port: int) -> None:
        async with client(f"http://127.0.0.1:{port}/api") as ml:
            with pytest.raises(ConnectionFailedError) as caught:
                await ml.groups.create("Readers")
            assert (caught.value.maybe_received, caught.value.attempts) == (False, 3)
            assert ml.quota.requests.held == 0

    with refusing_port() as port:
        asyncio.run(main(port))


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"], ids=["none", "bad", "cut"]
)
def test_broken_answer_counts_as_received(answer: bytes) -> None:
    accepted = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api") as ml:
            with pytest.raises(ConnectionFailedError) as caught:
                await ml.groups.create("Readers")
            assert (caught.value.maybe_received, caught.value.attempts) == (True, 1)

    asyncio.run(main())
    assert accepted == 1


def test_each_loop_has_a_client_of_its_own(base_url: str) -> None:
    made: list[httpx.AsyncClient] = []

    def http_client() -> httpx.AsyncClient:
        made.append(httpx_aiohttp.HttpxAiohttpClient())
        return made[-1]

    ml = AsyncMailerLite("key", base_url=base_url, http_client=http_client)
    assert [asyncio.run(ml.subscribers.count()) for _ in range(2)] == [0, 0]
    assert len(made) == 2
    assert all(each.is_closed for each in made)
