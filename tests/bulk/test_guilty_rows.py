"""Rows on which the API itself fails, time and again, cost the others of their batch nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mailerlite_async import RateLimits, ServerError
from tests.support.facade import Facade
from tests.support.scripted import reply
from tests.support.tampered import TamperedTransport

POISON = "poison"


class Poisoned:
    """Answers every request that holds one of the poisoned rows with an error of the server."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        """The answer; None if it leaves the request alone."""
        if POISON.encode() not in request.content:
            return None
        self.calls += 1
        return reply({"message": "Server Error"}, 500)


def poisoned(facade: Facade, poison: Poisoned) -> Any:
    return facade.open(
        transport=TamperedTransport(facade.emulator, poison), limits=RateLimits(requests=100_000, imports=1_000)
    )


async def rows_of(facade: Facade, ml: Any, number: int, guilty: set[int]) -> list[Any]:
    facade.emulator.seed(subscribers=[f"reader{index}@example.com" for index in range(number)])
    ids = sorted([person.id for person in await facade.collect(ml.subscribers.iter())], key=int)
    return [{"id": id_, "fields": {"name": POISON if row in guilty else "Ann"}} for row, id_ in enumerate(ids)]


@pytest.mark.parametrize("number", [30, 50, 300])
@pytest.mark.parametrize("guilty", [{7}, {3, 7, 29}])
async def test_only_the_guilty_rows_fail(facade: Facade, number: int, guilty: set[int]) -> None:
    poison = Poisoned()
    ml = poisoned(facade, poison)
    job = ml.bulk.update(await rows_of(facade, ml, number, guilty))
    results = await facade.collect(job)
    assert {result.row for result in results if not result.ok} == guilty
    assert all(isinstance(results[row].error, ServerError) for row in guilty)
    assert (job.summary.done, job.summary.in_doubt) == (number - len(guilty), len(guilty))
    # The batch with all its retries, then two tries of each half with a guilty row in it.
    assert poison.calls <= 13 + len(guilty) * 6 * 2


async def test_a_guilty_row_says_how_often_it_was_sent(facade: Facade) -> None:
    poison = Poisoned()
    ml = poisoned(facade, poison)
    results = await facade.collect(ml.bulk.update(await rows_of(facade, ml, 30, {7})))
    assert results[7].attempts == poison.calls
    assert results[8].attempts < poison.calls


async def test_too_many_guilty_rows_are_not_searched_for(facade: Facade) -> None:
    poison = Poisoned()
    ml = poisoned(facade, poison)
    rows = await rows_of(facade, ml, 300, set(range(0, 50, 2)))
    job = ml.bulk.update(rows)
    results = await facade.collect(job)
    assert [result.ok for result in results[50:]] == [True] * 250
    assert not any(result.ok for result in results[0:50:2])
    assert job.summary.stopped_by is None
    # The batch, its halves and quarters: that every one of them fails may be an outage.
    assert poison.calls == 13 + 2 * 2 + 4 * 2


async def test_a_service_that_goes_down_is_not_searched_for_long(facade: Facade) -> None:
    answered, failed = 40, 0

    def fail(request: httpx.Request) -> httpx.Response | None:
        nonlocal answered, failed
        if answered > 0:
            answered -= 1
            return None
        failed += 1
        return reply({"message": "Service Unavailable"}, 503)

    ml = facade.open(transport=TamperedTransport(facade.emulator, fail), limits=RateLimits(requests=100_000, burst=1))
    job = ml.bulk.get(str(number) for number in range(1, 10_001))
    results = await facade.collect(job)
    assert isinstance(job.summary.stopped_by, ServerError)
    assert sum(isinstance(result.error, ServerError) for result in results) <= (16 + 2) * 50
    # All of those under way, and the two that were started before the third had failed.
    assert failed <= (16 + 2) * (13 + 2 * 2 + 4 * 2)


async def test_what_must_not_be_sent_twice_is_not_halved(facade: Facade) -> None:
    calls: list[int] = []

    def fail(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/batch"):
            return None
        calls.append(len(json.loads(request.content)["requests"]))
        return reply({"message": "Server Error"}, 500) if len(calls) == 1 else None

    ml = facade.open(transport=TamperedTransport(facade.emulator, fail), limits=RateLimits(requests=100_000))
    ids = [row["id"] for row in await rows_of(facade, ml, 100, set())]
    job = ml.bulk.forget(ids)
    await facade.collect(job)
    assert calls == [50, 50]
    assert (job.summary.done, job.summary.in_doubt) == (50, 50)


async def test_rows_deleted_by_a_call_that_failed_are_deleted(facade: Facade) -> None:
    facade.emulator.seed(subscribers=[f"reader{index}@example.com" for index in range(100)])
    ml = facade.patient()
    ids = sorted([person.id for person in await facade.collect(ml.subscribers.iter())], key=int)
    inner = facade.emulator.transport()

    def fail_after_commit(request: httpx.Request) -> httpx.Response | None:
        if f'/subscribers/{ids[7]}"'.encode() not in request.content:
            return None
        inner.handle_request(request)
        return reply({"message": "Server Error"}, 500)

    ml = facade.open(
        transport=TamperedTransport(facade.emulator, fail_after_commit), limits=RateLimits(requests=100_000)
    )
    results = await facade.collect(ml.bulk.delete(ids))
    # That one is gone too, and its own call says so; nobody calls it refused.
    assert [result.ok for result in results] == [True] * 100
    assert {result.status for result in results} == {204}
