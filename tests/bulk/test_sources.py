"""What the source of a bulk job may do: hand out one object again and again, or raise."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.errors import CheckpointError, NotSentError
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


# -- a source that raises ----------------------------------------------------------------------------------------------


async def results_before(facade: Facade, job: Any, words: str) -> list[Any]:
    """The results of a job whose source raises."""
    found: list[Any] = []
    with pytest.raises(OSError, match=words):
        if facade.is_async:
            async for result in job:
                found.append(result)
        else:
            for result in job:
                found.append(result)
    return found


def broken(rows: list[Any]) -> Iterator[Any]:
    yield from rows
    raise OSError("the disk is gone")


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("operation", ["update", "upsert", "import_into"])
async def test_the_rows_before_it_are_sent_first(facade: Facade, operation: str, asynchronous: bool) -> None:
    seed(facade, people=70)
    ml = facade.patient()
    known = await ids(facade, ml)
    rows: list[Any] = [
        {"id": id_, "fields": {"name": "Ann"}}
        if operation == "update"
        else {"email": f"reader{number}@example.com", "fields": {"name": "Ann"}}
        for number, id_ in enumerate(known)
    ]
    source = sources(facade, broken(rows)) if asynchronous else broken(rows)
    job = ml.bulk.import_into(CLUB, source) if operation == "import_into" else getattr(ml.bulk, operation)(source)
    results = await results_before(facade, job, "disk")
    assert [(result.row, result.input, result.ok) for result in results] == [
        (number, row, True) for number, row in enumerate(rows)
    ]
    assert (job.summary.read, job.summary.done, job.summary.failed) == (70, 70, 0)
    assert {person.fields["name"] for person in await facade.collect(ml.subscribers.iter())} == {"Ann"}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_with_a_checkpoint_the_next_run_sends_the_last_of_them(
    facade: Facade, tmp_path: Path, asynchronous: bool
) -> None:
    seed(facade, people=150)
    ml = facade.patient()
    known = await ids(facade, ml)
    # An unsafe operation, so that none may be sent twice.
    source = sources(facade, broken(known[:70])) if asynchronous else broken(known[:70])
    job = ml.bulk.forget(source, checkpoint=tmp_path / "job")
    results = await results_before(facade, job, "disk")
    assert [(result.row, result.input, result.ok) for result in results] == [
        (number, id_, number < 50) for number, id_ in enumerate(known[:70])
    ]
    assert (job.summary.read, job.summary.done, job.summary.failed, job.summary.not_sent) == (70, 50, 20, 20)
    error = results[-1].error
    assert isinstance(error, NotSentError)
    assert error.cause is None
    assert "the next run" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    second = ml.bulk.forget(known, checkpoint=tmp_path / "job")
    results = await facade.collect(second)
    assert [(result.ok, result.recovered, result.doubt) for result in results] == [
        (True, number < 50, None) for number in range(150)
    ]


async def test_a_source_that_raises_at_once(facade: Facade) -> None:
    job = facade.patient().bulk.get(broken([]))
    assert await results_before(facade, job, "disk") == []
    assert job.summary.read == 0


def test_other_rows_are_noticed_while_a_result_is_looked_at(
    clock: VirtualClock, emulator: Emulator, tmp_path: Path
) -> None:
    facade = Facade("async", clock, emulator)
    seed(facade, people=150)

    async def body() -> None:
        ml = facade.patient()
        known = await ids(facade, ml)
        await ml.bulk.get(known, checkpoint=tmp_path / "job").run()

        async def fewer() -> AsyncIterator[str]:
            for number, id_ in enumerate(known[:-1]):
                if number == 100:
                    await asyncio.sleep(5)  # the first result is being looked at
                yield id_

        with pytest.raises(CheckpointError, match="between row 100 and row 148"):
            async for result in ml.bulk.get(fewer(), checkpoint=tmp_path / "job"):
                if result.row == 0:
                    await asyncio.sleep(10)

    facade.run(body())
