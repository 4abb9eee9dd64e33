"""What the source of a bulk job may do: hand out one object again and again, or raise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from mailerlite_async.models import SubscriberRow
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade

CLUB, OTHER = "7001", "7002"


def seed(facade: Facade, people: int = 0) -> None:
    facade.emulator.seed(groups=[{"name": "Book club", "id": CLUB}, {"name": "Quiet club", "id": OTHER}])
    facade.emulator.seed(subscribers=[f"reader{number}@example.com" for number in range(people)])


async def ids(facade: Facade, ml: Any) -> list[str]:
    found = await facade.collect(ml.subscribers.iter(include_groups=True))
    return sorted((person.id for person in found), key=int)


async def later(rows: Iterator[Any]) -> AsyncIterator[Any]:
    """The same rows, asynchronously."""
    for row in rows:
        yield row


def sources(facade: Facade, rows: Iterator[Any]) -> Any:
    """The rows as the client of this flavour takes them at its most."""
    return later(rows) if facade.is_async else rows


# -- one object again and again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", ["mapping", "fields", "model"])
async def test_a_source_may_fill_one_row_again_and_again(facade: Facade, kind: str, asynchronous: bool) -> None:
    seed(facade)
    ml = facade.patient()

    def rows() -> Iterator[Any]:
        row: dict[str, Any] = {"fields": {}}
        fields: dict[str, Any] = {}
        for number in range(230):
            if kind == "mapping":
                row["email"], row["fields"] = f"reader{number}@example.com", {"name": f"Name {number}"}
                yield row
            else:
                fields["name"] = f"Name {number}"
                email = f"reader{number}@example.com"
                yield SubscriberRow(email, fields) if kind == "model" else {"email": email, "fields": fields}

    source = sources(facade, rows()) if asynchronous else rows()
    job = ml.bulk.import_into(CLUB, source)
    summary = await facade.call(job.run())
    assert (summary.done, summary.failed, summary.imports) == (230, 0, 1)
    found = {person.email: person.fields["name"] for person in await facade.collect(ml.groups.iter_subscribers(CLUB))}
    assert found == {f"reader{number}@example.com": f"Name {number}" for number in range(230)}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_source_may_change_the_groups_it_has_given(facade: Facade, asynchronous: bool) -> None:
    seed(facade, people=60)
    ml = facade.patient()
    known = await ids(facade, ml)

    def rows() -> Iterator[Any]:
        groups: list[str] = []
        for number, id_ in enumerate(known):
            groups[:] = [CLUB, OTHER] if number % 2 else [CLUB]
            yield {"id": id_, "groups": groups}

    results = await facade.collect(ml.bulk.update(sources(facade, rows()) if asynchronous else rows()))
    assert all(result.ok for result in results)
    people = await facade.collect(ml.subscribers.iter(include_groups=True))
    found = {person.id: sorted(group.id for group in person.groups) for person in people}
    assert found == {id_: [CLUB, OTHER] if number % 2 else [CLUB] for number, id_ in enumerate(known)}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_source_may_change_what_it_upserts(facade: Facade, asynchronous: bool) -> None:
    seed(facade)
    ml = facade.patient()

    def rows() -> Iterator[Any]:
        row: dict[str, Any] = {"groups": [], "status": "active"}
        for number in range(40):
            row["email"] = f"reader{number}@example.com"
            row["groups"][:] = [CLUB, OTHER] if number % 2 else [CLUB]
            yield row

    results = await facade.collect(ml.bulk.upsert(sources(facade, rows()) if asynchronous else rows()))
    assert all(result.ok for result in results)
    people = await facade.collect(ml.subscribers.iter(include_groups=True))
    found = {person.email: sorted(group.id for group in person.groups) for person in people}
    assert found == {f"reader{number}@example.com": [CLUB, OTHER] if number % 2 else [CLUB] for number in range(40)}


def test_a_source_may_bring_much_while_a_result_is_looked_at(clock: VirtualClock, emulator: Emulator) -> None:
    facade = Facade("async", clock, emulator)

    async def rows() -> AsyncIterator[dict[str, Any]]:
        for number in range(50):
            yield {"email": f"reader{number}@example.com", "status": "active"}
        await asyncio.sleep(5)  # the first result is being looked at
        for number in range(50):
            # Of one person, so that each is a chunk of its own.
            yield {"email": "ann@example.com", "fields": {"name": f"Name {number}"}}

    async def body() -> None:
        done = 0
        async for result in facade.patient().bulk.upsert(rows()):
            assert result.ok
            done += 1
            if result.row == 0:
                await asyncio.sleep(10)
        assert done == 100

    facade.run(body())
