"""Chunks of imports, and a bench on which their flow runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome, Item, Outcome
from mailerlite_async.bulk._imports import ChunkSizes, import_flow
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

GROUP = "77"
IMPORT = "/groups/{id}/import-subscribers"
REPORT = "/subscribers/import/{id}"


def people(count: int, name: str = "reader") -> list[str]:
    """Addresses that nobody objects to."""
    return [f"{name}{number}@example.com" for number in range(count)]


def chunk_of(rows: Iterable[str | dict[str, Any]], *, jobs: tuple[str, ...] = ()) -> Chunk:
    """A chunk of bodies; an address is a body with nothing else."""
    bodies: list[dict[str, Any]] = [{"email": row} if isinstance(row, str) else row for row in rows]
    items = [
        Item(row, body, body["email"].lower(), body["email"], body, len(json.dumps(body)))
        for row, body in enumerate(bodies)
    ]
    return Chunk(0, "import", items, group_id=GROUP, jobs=jobs)


class Bench:
    """Runs flows with one client, whose limits are out of the way.

    Attributes:
        noted: what the flows wanted to be kept.
        sizes: shared by them.
    """

    def __init__(self, facade: Facade, **options: Any) -> None:
        self.facade = facade
        self.client = facade.patient(**options)
        self.noted: list[str] = []
        self.sizes = ChunkSizes()

    async def run(self, chunk: Chunk, timeout: float = 600.0) -> ChunkOutcome:
        flow = import_flow(chunk, timeout=timeout, sizes=self.sizes, note=self.noted.append)
        outcome = await self.facade.call(self.client._caller.run(flow))
        assert isinstance(outcome, ChunkOutcome)
        assert len(outcome.items) == len(chunk.items)
        return outcome

    async def members(self) -> set[str]:
        found: set[str] = set()
        for status in ("active", "unsubscribed"):
            pager = self.client.groups.iter_subscribers(GROUP, status=status)
            found.update(person.email for person in await self.facade.collect(pager))
        return found


def reasons(outcome: ChunkOutcome) -> list[str | None]:
    """Why each row was refused; None for those that were taken."""
    found: list[str | None] = []
    for item in outcome.items:
        assert isinstance(item, Outcome), item
        found.append(item.refused)
    return found


def sent(emulator: Emulator, route: str) -> int:
    """How many requests of a route arrived."""
    return sum(request.route == route for request in emulator.requests)


def sizes_of_imports(emulator: Emulator) -> list[int]:
    """How many rows each import had."""
    bodies: list[Any] = [request.body for request in emulator.requests if request.route == IMPORT]
    return [len(body["subscribers"]) for body in bodies]


def emulator_of(facade: Facade) -> Callable[[httpx.Request], httpx.Response]:
    """What answers as the emulator does."""
    inner = facade.emulator.transport()

    def answer(request: httpx.Request) -> httpx.Response:
        response = inner.handle_request(request)
        content = b"".join(response.stream) if isinstance(response.stream, httpx.SyncByteStream) else b""
        return httpx.Response(response.status_code, headers=response.headers, content=content)

    return answer
