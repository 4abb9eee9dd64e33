"""Leaving a bulk job before its end: it stops, and lets go of its checkpoint."""

from __future__ import annotations

import asyncio
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
