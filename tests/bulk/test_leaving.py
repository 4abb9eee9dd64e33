"""Leaving a bulk job before its end: it stops, and lets go of its checkpoint."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.errors import CheckpointError
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "job.checkpoint"


async def people(facade: Facade, ml: Any, number: int) -> list[str]:
    facade.emulator.seed(subscribers=[f"reader{index}@example.com" for index in range(number)])
    found = await facade.collect(ml.subscribers.iter())
    return sorted((person.id for person in found), key=int)


# -- the next job with the same file -----------------------------------------------------------------------------------


async def test_a_job_whose_loop_was_left_can_be_started_again_at_once(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 200)
    job = ml.bulk.get(known, checkpoint=path)
    assert len(await facade.collect(job, most=50)) == 50
    summary = await facade.call(ml.bulk.get(known, checkpoint=path).run())
    assert summary.done == 200
    assert summary.recovered >= 50


async def test_so_can_one_whose_loop_raised(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 200)

    async def fail() -> None:
        if facade.is_async:
            async for _ in ml.bulk.get(known, checkpoint=path):
                raise ValueError("not this one")
        for _ in ml.bulk.get(known, checkpoint=path):
            raise ValueError("not this one")

    try:
        await fail()
    except ValueError:
        summary = await facade.call(ml.bulk.get(known, checkpoint=path).run())
        assert summary.done == 200
        assert summary.recovered >= 50


@pytest.mark.parametrize("held", [False, True])
async def test_a_block_ends_with_the_job(facade: Facade, path: Path, held: bool) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 200)
    job = ml.bulk.get(known, checkpoint=path)
    if facade.is_async:
        async with job as same:
            stream = aiter(same)
            await anext(stream)
            if not held:
                del stream
    else:
        with job as same:
            stream = iter(same)
            next(stream)
            if not held:
                del stream
    assert same is job
    assert_free(path)
    assert (await facade.call(ml.bulk.get(known, checkpoint=path).run())).done == 200


def assert_free(path: Path) -> None:
    """No job has the file open: SQLite has taken its journal away."""
    assert path.exists()
    assert not path.with_name(f"{path.name}-journal").exists()


async def test_closing_twice_before_and_after_does_nothing(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 60)
    job = ml.bulk.get(known, checkpoint=path)
    for _ in range(2):
        await facade.call(job.aclose() if facade.is_async else job.close())
    assert (await facade.call(job.run())).done == 60
    for _ in range(2):
        await facade.call(job.aclose() if facade.is_async else job.close())
    assert job.summary.done == 60
    with pytest.raises(RuntimeError, match="another"):
        await facade.call(job.run())


async def test_a_job_that_runs_keeps_its_file(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 200)
    first = ml.bulk.get(known, checkpoint=path)
    stream: Any = aiter(first) if facade.is_async else iter(first)
    await facade.call(anext(stream) if facade.is_async else next(stream))
    with pytest.raises(CheckpointError, match="in use") as caught:
        await facade.call(ml.bulk.get(known, checkpoint=path).run())
    assert caught.value.in_use
    await facade.call(stream.aclose() if facade.is_async else stream.close())
    assert (await facade.call(ml.bulk.get(known, checkpoint=path).run())).done == 200


def test_others_have_their_turn_while_a_file_is_in_use(clock: VirtualClock, emulator: Emulator, path: Path) -> None:
    facade = Facade("async", clock, emulator)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.02)
            turns += 1

    async def body() -> None:
        ml = facade.patient()
        known = await people(facade, ml, 100)
        async with ml.bulk.get(known, checkpoint=path) as job:
            stream = aiter(job)
            await anext(stream)
            second = ml.bulk.get(known, checkpoint=path)
            counting = asyncio.create_task(count())
            await asyncio.sleep(0)
            with pytest.raises(CheckpointError, match="in use"):
                await second.run()
            counting.cancel()

    facade.run(body())
    assert turns >= 5


# -- answers that have come, or are about to ---------------------------------------------------------------------------


async def first_of(facade: Facade, job: Any) -> Any:
    """The iterator of a job that has given one result."""
    stream: Any = aiter(job) if facade.is_async else iter(job)
    await facade.call(anext(stream) if facade.is_async else next(stream))
    return stream


async def leave(facade: Facade, stream: Any) -> float:
    """Leave a job; tells how many seconds that took."""
    started = facade.clock.monotonic()
    await facade.call(stream.aclose() if facade.is_async else stream.close())
    return facade.clock.monotonic() - started


async def pause(facade: Facade, seconds: float) -> None:
    if facade.is_async:
        await asyncio.sleep(seconds)
    else:
        facade.clock.sleep(seconds)


def times_sent(facade: Facade) -> set[int]:
    """How often those who were sent to the API were."""
    bodies: list[Any] = [request.body for request in facade.emulator.requests if request.route == "/batch"]
    return set(Counter(call["path"] for body in bodies for call in body["requests"]).values())


async def test_answers_that_came_while_a_result_was_looked_at_are_kept(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 500)
    facade.emulator.fault("latency", route="/batch", seconds=2, times=None)
    stream = await first_of(facade, ml.bulk.forget(known, checkpoint=path))
    await pause(facade, 5)
    assert len([request for request in facade.emulator.requests if request.route == "/batch"]) == 10
    assert await leave(facade, stream) == 0
    summary = await facade.call(ml.bulk.forget(known, checkpoint=path).run())
    assert (summary.done, summary.recovered, summary.in_doubt) == (500, 500, 0)


# The first row is refused before anything is sent, so that a job has a result while its calls are under way.
REFUSED: dict[str, Any] = {}


async def test_answers_that_cannot_be_had_again_are_waited_for(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    rows = [REFUSED, *await people(facade, ml, 150)]
    facade.emulator.fault("latency", route="/batch", seconds=6, times=None)
    stream = await first_of(facade, ml.bulk.forget(rows, checkpoint=path))
    await pause(facade, 1)
    assert await leave(facade, stream) == pytest.approx(5)
    facade.emulator.clear_faults()
    summary = await facade.call(ml.bulk.forget(rows, checkpoint=path).run())
    assert (summary.done, summary.recovered, summary.in_doubt) == (150, 150, 0)
    assert times_sent(facade) == {1}


async def test_they_are_not_waited_for_long(facade: Facade, path: Path) -> None:
    ml = facade.patient(timeout=300)
    rows = [REFUSED, *await people(facade, ml, 150)]
    facade.emulator.fault("latency", route="/batch", seconds=200, times=None)
    stream = await first_of(facade, ml.bulk.forget(rows, checkpoint=path))
    await pause(facade, 1)
    assert await leave(facade, stream) == pytest.approx(10)
    summary = await facade.call(ml.bulk.forget(rows, checkpoint=path).run())
    assert (summary.done, summary.in_doubt) == (0, 150)


@pytest.mark.parametrize("operation", ["update", "unkept"])
async def test_answers_that_can_be_had_again_are_not_waited_for(facade: Facade, path: Path, operation: str) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 150)
    facade.emulator.fault("latency", route="/batch", seconds=6, times=None)
    if operation == "update":
        rows = [REFUSED, *({"id": each, "fields": {"name": "Ann"}} for each in known)]
        job = ml.bulk.update(rows, checkpoint=path)
    else:
        job = ml.bulk.forget([REFUSED, *known])  # nobody would keep the answers
    stream = await first_of(facade, job)
    await pause(facade, 1)
    assert await leave(facade, stream) == 0


async def test_calls_that_wait_for_their_turn_are_not_made_any_more(
    clock: VirtualClock, facade: Facade, path: Path
) -> None:
    slow = Facade("async" if facade.is_async else "sync", clock, Emulator(requests=20, imports=5, clock=clock))
    ml = facade.open(transport=slow.emulator.transport())
    rows = [REFUSED, *await people(slow, ml, 500)]
    stream = await first_of(slow, ml.bulk.forget(rows, checkpoint=path))
    await pause(slow, 1)
    assert await leave(slow, stream) == 0
    sent = [request.route for request in slow.emulator.requests].count("/batch")
    assert sent < 10
    await pause(slow, 120)
    assert [request.route for request in slow.emulator.requests].count("/batch") == sent
    summary = await facade.call(ml.bulk.forget(rows, checkpoint=path).run())
    assert (summary.done, summary.recovered, summary.in_doubt) == (500, sent * 50, 0)
    assert times_sent(slow) == {1}


async def test_answers_are_kept_before_anybody_is_told(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 500)
    facade.emulator.fault("latency", route="/batch", seconds=2, times=None)

    def fail(_: Any) -> None:
        raise KeyError("a mistake of the caller")

    with pytest.raises(KeyError, match="mistake"):
        await facade.call(ml.bulk.forget(known, checkpoint=path, on_progress=fail).run())
    assert len([request for request in facade.emulator.requests if request.route == "/batch"]) == 10
    summary = await facade.call(ml.bulk.forget(known, checkpoint=path).run())
    assert (summary.done, summary.recovered, summary.in_doubt) == (500, 500, 0)


def test_the_next_job_waits_for_one_that_waits_for_answers(clock: VirtualClock, emulator: Emulator, path: Path) -> None:
    facade = Facade("async", clock, emulator)

    async def body() -> None:
        ml = facade.patient()
        rows = [REFUSED, *await people(facade, ml, 150)]
        emulator.fault("latency", route="/batch", seconds=6, times=None)
        async for _ in ml.bulk.forget(rows, checkpoint=path):
            await asyncio.sleep(1)
            break
        summary = await ml.bulk.forget(rows, checkpoint=path).run()
        assert (summary.done, summary.recovered, summary.in_doubt) == (150, 150, 0)

    facade.run(body())


def test_a_job_that_is_cancelled_twice_lets_go_of_its_file(clock: VirtualClock, emulator: Emulator, path: Path) -> None:
    facade = Facade("async", clock, emulator)

    async def body() -> None:
        ml = facade.patient()
        known = await people(facade, ml, 150)
        emulator.fault("latency", route="/batch", seconds=6, times=None)
        running = asyncio.create_task(ml.bulk.forget(known, checkpoint=path).run())
        for _ in range(2):
            await asyncio.sleep(1)
            running.cancel()
        started = clock.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert clock.monotonic() == started
        assert_free(path)

    facade.run(body())
