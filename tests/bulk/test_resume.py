"""Bulk jobs with a checkpoint: left early, stopped or finished, and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async import AuthenticationError, RateLimits, ServerError, TransportError
from mailerlite_async.bulk import _job
from mailerlite_async.bulk._checkpoint import Checkpoint
from mailerlite_async.errors import CheckpointError, InDoubtError, InvalidRowError, NotSentError
from mailerlite_async.models import Subscriber
from tests.support.facade import Facade

URL = "https://connect.mailerlite.com/api"
# One call after another, so that a job has a middle.
SLOW = RateLimits(requests=100_000, imports=1_000, burst=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "job.checkpoint"


async def people(facade: Facade, ml: Any, number: int) -> list[Subscriber]:
    facade.emulator.seed(subscribers=[f"reader{index}@example.com" for index in range(number)])
    found = await facade.collect(ml.subscribers.iter())
    return sorted(found, key=lambda person: int(person.id))


async def updates(facade: Facade, ml: Any, number: int) -> list[Any]:
    known = await people(facade, ml, number)
    return [{"id": person.id, "fields": {"name": f"Name {index}"}} for index, person in enumerate(known)]


async def take(facade: Facade, job: Any, number: int) -> list[Any]:
    """The first results of a job, which is then left."""
    found: list[Any] = []
    if facade.is_async:
        stream = aiter(job)
        while len(found) < number:
            found.append(await anext(stream))
        await stream.aclose()
    else:
        stream = iter(job)
        while len(found) < number:
            found.append(next(stream))
        stream.close()
    return found


def batches(facade: Facade) -> list[list[str]]:
    """The paths of each batch."""
    bodies: list[Any] = [request.body for request in facade.emulator.requests if request.route == "/batch"]
    return [[call["path"] for call in body["requests"]] for body in bodies]


def essence(result: Any) -> tuple[Any, ...]:
    """What a result is about, without how it came about."""
    return result.row, result.input, result.value, type(result.error), str(result.error), result.status, result.way


def assert_closed(path: Path, job: str) -> None:
    """Nobody holds the file any more."""
    with Checkpoint.open(path, job):
        pass


# -- left and resumed --------------------------------------------------------------------------------------------------


async def test_a_job_left_early_goes_on_where_it_was(facade: Facade, path: Path) -> None:
    ml = facade.open(limits=SLOW)
    rows = await updates(facade, ml, 1_000)
    first = await take(facade, ml.bulk.update(rows, checkpoint=path), 120)
    assert_closed(path, f"update {URL}")
    job = ml.bulk.update(rows, checkpoint=path)
    results = await facade.collect(job)
    assert [(result.row, result.input, result.ok) for result in results] == [
        (number, row, True) for number, row in enumerate(rows)
    ]
    assert [essence(result) for result in results[:120]] == [essence(result) for result in first]
    assert all(result.recovered and result.attempts == 0 for result in results[:120])
    assert job.summary.recovered + job.summary.requests * 50 == 1_000
    assert job.summary.recovered >= 120
    assert {result.doubt for result in results} <= {None, "repeated"}
    assert job.summary.repeated == sum(result.doubt == "repeated" for result in results)


async def test_unsafe_rows_in_doubt_are_left(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = [person.id for person in await people(facade, ml, 150)]
    facade.emulator.fault("reset_after_commit", route="/batch", times=1)
    await facade.call(ml.bulk.forget(known, checkpoint=path).run())
    sent = batches(facade)
    job = ml.bulk.forget(known, checkpoint=path)
    results = await facade.collect(job)
    assert batches(facade) == sent
    doubtful = [result for result in results if result.doubt == "left"]
    assert len(doubtful) == job.summary.in_doubt == 50
    assert all(isinstance(result.error, InDoubtError) and result.attempts == 0 for result in doubtful)
    assert sum(result.ok and result.recovered for result in results) == 100


async def test_unsafe_rows_that_were_certainly_refused_are_sent_again(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = [person.id for person in await people(facade, ml, 150)]
    facade.emulator.fault("rate_limit", route="/batch", seconds=1, times=5)
    facade.emulator.fault("revoked_key", route="/batch", times=None)
    await facade.call(ml.bulk.forget(known, checkpoint=path).run())
    facade.emulator.clear_faults()
    results = await facade.collect(ml.bulk.forget(known, checkpoint=path))
    assert [(result.ok, result.doubt, result.recovered) for result in results] == [(True, None, False)] * 150


async def test_imports_made_before_are_waited_for(facade: Facade, path: Path) -> None:
    facade.emulator.seed(groups=[{"name": "Book club", "id": "7001"}])
    ml = facade.patient()
    rows = [{"email": f"reader{number}@example.com"} for number in range(60)]
    facade.emulator.fault("revoked_key", method="GET", times=None)
    first = await facade.collect(ml.bulk.import_into("7001", rows, checkpoint=path))
    assert all(isinstance(result.error, AuthenticationError) for result in first)
    facade.emulator.clear_faults()
    results = await facade.collect(ml.bulk.import_into("7001", rows, checkpoint=path))
    assert [(result.ok, result.doubt, result.value.imported) for result in results] == [(True, "repeated", 60)] * 60
    assert [request.method for request in facade.emulator.requests].count("POST") == 1


async def test_a_finished_job_only_reports(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    rows = await updates(facade, ml, 120)
    rows[7]["id"] = "1"
    rows[8] = {"id": rows[8]["id"], "email": "reader3@example.com"}
    rows[9] = {"email": "nobody@example.com"}
    first = await facade.collect(ml.bulk.update(rows, checkpoint=path))
    assert isinstance(first[9].error, InvalidRowError)
    sent = len(facade.emulator.requests)
    job = ml.bulk.update(rows, checkpoint=path)
    again = await facade.collect(job)
    assert len(facade.emulator.requests) == sent
    assert [essence(result) for result in again] == [essence(result) for result in first]
    assert [result.row for result in again if not result.ok] == [7, 8, 9]
    assert [result.row for result in again if not result.recovered] == [9]
    assert (job.summary.recovered, job.summary.requests) == (119, 0)


async def test_a_finished_import_only_reports(facade: Facade, path: Path) -> None:
    facade.emulator.seed(groups=[{"name": "Book club", "id": "7001"}])
    facade.emulator.seed(subscribers=[{"email": "gone@example.com", "status": "unsubscribed"}])
    ml = facade.patient()
    rows = [{"email": f"reader{number}@example.com"} for number in range(60)] + [{"email": "gone@example.com"}]
    first = await facade.collect(ml.bulk.import_into("7001", rows, checkpoint=path))
    sent = len(facade.emulator.requests)
    again = await facade.collect(ml.bulk.import_into("7001", rows, checkpoint=path))
    assert len(facade.emulator.requests) == sent
    assert [essence(result) for result in again] == [essence(result) for result in first]
    assert all(result.recovered for result in again)
    assert getattr(again[60].error, "reason", None) == "unsubscribed"


# -- something else ----------------------------------------------------------------------------------------------------


async def test_other_rows_are_refused_by_their_place(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    rows = await updates(facade, ml, 150)
    await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    sent = len(facade.emulator.requests)
    changed = [*rows[:70], {**rows[70], "fields": {"name": "Eve"}}, *rows[71:]]
    with pytest.raises(CheckpointError, match="between row 50 and row 99"):
        await facade.call(ml.bulk.update(changed, checkpoint=path).run())
    with pytest.raises(CheckpointError, match="between row 100 and row 148"):
        await facade.call(ml.bulk.update(rows[:-1], checkpoint=path).run())
    assert len(facade.emulator.requests) == sent
    summary = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert summary.recovered == 150


async def test_the_checkpoint_of_another_job_is_refused(facade: Facade, path: Path) -> None:
    facade.emulator.seed(groups=[{"name": "Book club", "id": "7001"}, {"name": "Quiet club", "id": "7002"}])
    ml = facade.patient()
    known = [person.id for person in await people(facade, ml, 3)]
    await facade.call(ml.bulk.assign(known, "7001", checkpoint=path).run())
    elsewhere = facade.open(
        transport=facade.emulator.transport(), clock=facade.clock, base_url="https://proxy.example.com/api"
    )
    sent = len(facade.emulator.requests)
    for job in (
        ml.bulk.unassign(known, "7001", checkpoint=path),
        ml.bulk.assign(known, "7002", checkpoint=path),
        ml.bulk.delete(known, checkpoint=path),
        elsewhere.bulk.assign(known, "7001", checkpoint=path),
    ):
        with pytest.raises(CheckpointError, match="another job"):
            await facade.call(job.run())
    assert len(facade.emulator.requests) == sent


# -- what an end leaves ------------------------------------------------------------------------------------------------


async def test_failed_chunks_are_tried_again(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    rows = await updates(facade, ml, 500)
    facade.emulator.fault("error", route="/batch", status=503, times=None)
    first = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert (first.done, first.failed) == (0, 500)
    assert isinstance(first.stopped_by, ServerError)
    facade.emulator.clear_faults()
    second = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert (second.done, second.recovered, second.stopped_by) == (500, 0, None)


async def test_what_was_never_received_is_in_no_doubt(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    rows = await updates(facade, ml, 100)
    facade.emulator.fault("rate_limit", route="/batch", seconds=1, times=None)
    first = await facade.collect(ml.bulk.update(rows, checkpoint=path))
    assert not any(isinstance(result.error, TransportError | ServerError) for result in first)
    assert not any(result.ok for result in first)
    facade.emulator.clear_faults()
    facade.emulator.fault("reset_after_commit", route="/batch", times=1)
    summary = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert summary.done == 100


async def test_a_refused_key_in_the_middle_and_a_good_one_later(facade: Facade, path: Path) -> None:
    ml = facade.open(limits=SLOW)
    rows = await updates(facade, ml, 1_500)

    def revoked() -> Iterator[Any]:
        for number, row in enumerate(rows):
            if number == 400:
                facade.emulator.fault("revoked_key", times=None)
            yield row

    first = ml.bulk.update(revoked(), checkpoint=path)
    results = await facade.collect(first)
    assert [result.row for result in results] == list(range(1_500))
    assert isinstance(first.summary.stopped_by, AuthenticationError)
    assert any(isinstance(result.error, NotSentError) for result in results)
    assert_closed(path, f"update {URL}")
    facade.emulator.clear_faults()
    job = facade.open("a-good-key", limits=SLOW).bulk.update(rows, checkpoint=path)
    again = await facade.collect(job)
    assert [result.ok for result in again] == [True] * 1_500
    assert job.summary.recovered == first.summary.done
    assert job.summary.repeated == 0


async def test_a_stopped_job_still_reports_what_was_finished_before(
    facade: Facade, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_job, "_FEWEST_RETRIES", 0)
    ml = facade.open(limits=SLOW, max_retries=0)
    rows = await updates(facade, ml, 1_500)
    facade.emulator.fault("error", route="/batch", times=1)
    first = await facade.collect(ml.bulk.update(rows, checkpoint=path))
    # Those of one call, and with threads not always of the first one.
    failed = [result.row for result in first if not result.ok]
    assert failed == list(range(failed[0], failed[0] + 50))
    facade.emulator.fault("revoked_key", times=None)
    job = ml.bulk.update(rows, checkpoint=path)
    results = await facade.collect(job)
    assert [result.ok and result.recovered for result in results] == [row not in failed for row in range(1_500)]
    assert job.summary.recovered == 1_450


async def test_the_file_is_let_go_when_the_source_fails(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    rows = await updates(facade, ml, 120)

    def broken() -> Iterator[Any]:
        yield from rows
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        await facade.call(ml.bulk.update(broken(), checkpoint=path).run())
    assert_closed(path, f"update {URL}")
    summary = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert (summary.done, summary.recovered) == (120, 100)
