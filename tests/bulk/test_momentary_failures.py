"""Rows that fail for the moment within a batch that succeeds: no checkpoint keeps that, and many of them are an outage."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async import RateLimitError, RateLimits, ServerError
from mailerlite_async.errors import NotSentError
from tests.support.facade import Facade
from tests.support.scripted import reply
from tests.support.tampered import TamperedTransport


class Trouble:
    """Answers batches with a status for some of their items, while it is on.

    Args:
        status: of the items that fail.
        strikes: tells by its place in the batch whether an item fails; the others are answered with `good`.
        good: the answer to an item that does not fail.
    """

    def __init__(self, status: int, strikes: Callable[[int], bool] = lambda _: True, good: Any = None) -> None:
        self.on = True
        self.calls = 0
        self._status = status
        self._strikes = strikes
        self._good = good

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        """The answer; None if it leaves the request alone."""
        if not (self.on and request.url.path.endswith("/batch")):
            return None
        self.calls += 1
        bad = {"code": self._status, "body": {"message": "Not now"}}
        items = [bad if self._strikes(place) else self._good for place in range(len(_calls(request)))]
        return reply({"total": len(items), "responses": items})


def _calls(request: httpx.Request) -> list[Any]:
    calls: list[Any] = json.loads(request.content)["requests"]
    return calls


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "job.checkpoint"


def troubled(facade: Facade, trouble: Trouble, **limits: Any) -> Any:
    limits = {"requests": 100_000, "imports": 1_000, **limits}
    return facade.open(transport=TamperedTransport(facade.emulator, trouble), limits=RateLimits(**limits))


async def people(facade: Facade, ml: Any, number: int) -> list[str]:
    facade.emulator.seed(subscribers=[f"reader{index}@example.com" for index in range(number)])
    return sorted([person.id for person in await facade.collect(ml.subscribers.iter())], key=int)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_the_next_run_tries_them_again(facade: Facade, path: Path, status: int) -> None:
    trouble = Trouble(status)
    ml = troubled(facade, trouble)
    rows = [{"id": id_, "fields": {"name": "Ann"}} for id_ in await people(facade, ml, 60)]
    first = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert (first.done, first.failed) == (0, 60)
    trouble.on = False
    second = ml.bulk.update(rows, checkpoint=path)
    assert [result.ok for result in await facade.collect(second)] == [True] * 60
    third = await facade.call(ml.bulk.update(rows, checkpoint=path).run())
    assert (third.done, third.recovered, third.requests) == (60, 60, 0)


async def test_rows_that_were_taken_are_deleted_once_though_they_are_sent_again(facade: Facade, path: Path) -> None:
    ml = facade.patient()
    ids = await people(facade, ml, 50)
    await facade.call(ml.bulk.delete(ids[25:]).run())
    trouble = Trouble(503, lambda place: place < 25, {"code": 204, "body": None})
    ml = troubled(facade, trouble)
    first = await facade.call(ml.bulk.delete(ids, checkpoint=path).run())
    assert (first.done, first.failed, first.in_doubt) == (25, 25, 25)
    trouble.on = False
    results = await facade.collect(ml.bulk.delete(ids, checkpoint=path))
    assert {(result.ok, result.status, result.doubt) for result in results} == {(True, 204, "repeated")}


async def test_what_must_not_be_sent_twice_keeps_its_answers(facade: Facade, path: Path) -> None:
    trouble = Trouble(503, lambda place: place < 25, {"code": 404, "body": {"message": "Resource not found."}})
    ml = troubled(facade, trouble)
    ids = await people(facade, ml, 50)
    first = await facade.collect(ml.bulk.forget(ids, checkpoint=path))
    trouble.on = False
    again = await facade.collect(ml.bulk.forget(ids, checkpoint=path))
    assert [(type(result.error), result.status) for result in again] == [
        (type(result.error), result.status) for result in first
    ]
    assert all(result.recovered for result in again)
    assert trouble.calls == 1


async def test_what_must_not_be_sent_twice_is_sent_if_all_of_it_was_refused(facade: Facade, path: Path) -> None:
    trouble = Trouble(429)
    ml = troubled(facade, trouble)
    ids = await people(facade, ml, 50)
    first = await facade.collect(ml.bulk.forget(ids, checkpoint=path))
    assert all(isinstance(result.error, RateLimitError) for result in first)
    trouble.on = False
    results = await facade.collect(ml.bulk.forget(ids, checkpoint=path))
    assert {(result.ok, result.doubt) for result in results} == {(True, None)}


async def test_batches_in_which_everything_fails_are_an_outage(facade: Facade) -> None:
    trouble = Trouble(503)
    ml = troubled(facade, trouble, burst=1)
    job = ml.bulk.get(str(number) for number in range(1, 5_001))
    results = await facade.collect(job)
    assert isinstance(job.summary.stopped_by, ServerError)
    assert job.summary.stopped_by.status == 503
    assert isinstance(results[-1].error, NotSentError)
    assert job.summary.not_sent > 3_000


async def test_batches_in_which_something_fails_are_none(facade: Facade) -> None:
    trouble = Trouble(503, lambda place: place > 0, {"code": 404, "body": {"message": "Resource not found."}})
    ml = troubled(facade, trouble)
    job = ml.bulk.get(str(number) for number in range(1, 501))
    results = await facade.collect(job)
    assert (job.summary.stopped_by, job.summary.not_sent) == (None, 0)
    # In each of the six rounds one row of each batch has its answer.
    assert sum(isinstance(result.error, ServerError) for result in results) == 500 - 10 * 6
