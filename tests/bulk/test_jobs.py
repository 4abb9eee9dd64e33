"""Bulk jobs of either client: every row has its result, in order, whatever becomes of the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async import (
    UNSET,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimits,
    ServerError,
    ValidationError,
)
from mailerlite_async.bulk import BulkImport, _kernel
from mailerlite_async.errors import InvalidRowError, NotSentError
from mailerlite_async.models import ForgottenSubscriber, Group, ImportReport, Subscriber, SubscriberRow
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade
from tests.support.recorded import recordings
from tests.support.scripted import THE_END, ScriptedTransport, reply

ASSIGNED = next(each.body for each in recordings() if each.name == "subscribers-assign-subscriber-to-group-2")
FORGOTTEN = next(each.body["data"] for each in recordings() if each.path.endswith("/forget"))


async def people(facade: Facade, ml: Any, number: int) -> list[Subscriber]:
    facade.emulator.seed(subscribers=[f"reader{index}@example.com" for index in range(number)])
    found = await facade.collect(ml.subscribers.iter())
    return sorted(found, key=lambda person: int(person.id))


async def group(facade: Facade, ml: Any, name: str = "Book club") -> str:
    made = await facade.call(ml.groups.create(name))
    return str(made.id)


def calls_made(emulator: Emulator, method: str) -> list[str]:
    return [request.path for request in emulator.requests if request.method == method]


# -- what each operation gives -----------------------------------------------------------------------------------------


async def test_updates_go_fifty_in_a_call_and_come_back_in_order(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 120)
    rows = [{"id": person.id, "fields": {"name": f"Reader {index}"}} for index, person in enumerate(known)]
    job = ml.bulk.update(rows)
    results = await facade.collect(job)
    assert [result.row for result in results] == list(range(120))
    assert [result.input for result in results] == rows
    assert [result.value.fields["name"] for result in results] == [f"Reader {index}" for index in range(120)]
    assert {(result.status, result.attempts, result.way, result.ok) for result in results} == {(200, 1, "batch", True)}
    assert calls_made(facade.emulator, "POST") == ["/api/batch"] * 3
    assert (job.summary.read, job.summary.done, job.summary.requests, job.summary.total) == (120, 120, 3, 120)


async def test_reading_deleting_and_forgetting(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 4)
    read = await facade.collect(ml.bulk.get([known[0].id, known[1], "READER2@example.com"]))
    assert [result.value.id for result in read] == [person.id for person in known[:3]]
    gone = await facade.collect(ml.bulk.delete([known[0].id, "1"]))
    assert (gone[0].ok, gone[0].value, gone[0].status) == (True, None, 204)
    assert isinstance(gone[1].error, NotFoundError)
    (forgotten,) = await facade.collect(ml.bulk.forget([known[1].id]))
    assert isinstance(forgotten.value, ForgottenSubscriber)
    assert forgotten.way == "single"


async def test_assigning_and_unassigning(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 60)
    club = await group(facade, ml)
    results = await facade.collect(ml.bulk.assign([person.id for person in known], club))
    assert all(isinstance(result.value, Group) and result.value.id == club for result in results)
    assert len(await facade.collect(ml.groups.iter_subscribers(club))) == 60
    summary = await facade.call(ml.bulk.unassign([person.email for person in known], club).run())
    assert (summary.done, summary.failed) == (60, 0)
    assert await facade.collect(ml.groups.iter_subscribers(club)) == []


async def test_few_upserts_are_single_calls_and_many_are_batches(facade: Facade) -> None:
    ml = facade.patient()
    rows = [{"email": f"reader{index}@example.com", "status": "active"} for index in range(24)]
    results = await facade.collect(ml.bulk.upsert(rows))
    assert {(result.way, result.status) for result in results} == {("single", 201)}
    assert isinstance(results[0].value, Subscriber)
    more = [{"email": f"writer{index}@example.com", "status": "active"} for index in range(51)]
    job = ml.bulk.upsert(more)
    results = await facade.collect(job)
    assert [result.way for result in results] == ["batch"] * 50 + ["single"]
    assert (job.summary.requests, job.summary.imports) == (2, 1)


async def test_plain_rows_of_one_group_become_one_import(facade: Facade) -> None:
    ml = facade.patient()
    club, other = await group(facade, ml), await group(facade, ml, "Quiet club")
    plain = [
        {"email": f"reader{index}@example.com", "fields": {"name": "Ann"}, "groups": [club]} for index in range(60)
    ]
    special = [
        {"email": "two@example.com", "groups": [club, other]},
        {"email": "clearing@example.com", "groups": [club], "fields": {"name": None}},
        {"email": "dated@example.com", "groups": [club], "subscribed_at": "2025-03-01 10:00:00"},
    ]
    rows = [plain[0], *special, *plain[1:]]
    results = await facade.collect(ml.bulk.upsert(rows))
    assert [result.way for result in results] == ["import", "single", "single", "single", *["import"] * 59]
    assert all(result.ok for result in results)
    assert isinstance(results[0].value, ImportReport)
    assert results[0].value.imported == 60
    assert results[3].value.subscribed_at == datetime(2025, 3, 1, 10, tzinfo=UTC)
    assert len(await facade.collect(ml.groups.iter_subscribers(club))) == 63


async def test_rows_of_many_small_groups_share_batches(facade: Facade) -> None:
    ml = facade.patient()
    clubs = [await group(facade, ml, f"Club {number}") for number in range(10)]
    rows = [{"email": f"reader{index}@example.com", "groups": [clubs[index % 10]]} for index in range(100)]
    job = ml.bulk.upsert(rows)
    results = await facade.collect(job)
    assert all(result.ok for result in results)
    assert job.summary.requests == 2


async def test_rows_about_the_same_person_keep_their_order(facade: Facade) -> None:
    ml = facade.patient()
    (ann,) = await people(facade, ml, 1)
    rows = [{"id": ann.id, "fields": {"name": f"Name {number}"}} for number in range(130)]
    results = await facade.collect(ml.bulk.update(rows))
    assert [result.value.fields["name"] for result in results] == [f"Name {number}" for number in range(130)]


async def test_imported_rows_name_what_was_not_taken(facade: Facade) -> None:
    ml = facade.patient()
    club = await group(facade, ml)
    facade.emulator.seed(subscribers=[{"email": "gone@example.com", "status": "unsubscribed"}])
    rows = [SubscriberRow("ann@example.com", {"name": "Ann"}), {"email": "gone@example.com"}, {"email": "no address"}]
    results = await facade.collect(ml.bulk.import_into(club, rows))
    assert [result.ok for result in results] == [True, False, False]
    assert getattr(results[1].error, "reason", None) == "unsubscribed"
    assert isinstance(results[2].error, InvalidRowError)


async def test_imports_tell_their_steps(facade: Facade) -> None:
    ml = facade.patient()
    club = await group(facade, ml)
    rows = [{"email": f"reader{number}@example.com"} for number in range(25)]
    steps: list[BulkImport] = []
    results = await facade.collect(ml.bulk.import_into(club, rows, chunk_rows=10, on_import=steps.append))
    for start, size in ((0, 10), (10, 10), (20, 5)):
        mine = [step for step in steps if step.first == rows[start]]
        assert {(step.last["email"], step.rows) for step in mine} == {(rows[start + size - 1]["email"], size)}
        assert [step.state for step in mine] == ["sending", *["taken"] * (len(mine) - 1)]
        assert (mine[0].id, mine[1].report, mine[-1].report) == (None, None, results[start].value)
        assert {step.id for step in mine[1:]} == {results[start].value.id}


async def test_imports_that_an_earlier_run_finished_are_told_too(facade: Facade, tmp_path: Path) -> None:
    ml = facade.patient()
    club = await group(facade, ml)
    rows = [{"email": f"reader{number}@example.com"} for number in range(10)]
    steps: list[BulkImport] = []
    first = await facade.collect(ml.bulk.import_into(club, rows, checkpoint=tmp_path / "job"))
    second = await facade.collect(ml.bulk.import_into(club, rows, checkpoint=tmp_path / "job", on_import=steps.append))
    assert [result.recovered for result in (*first, *second)] == [False] * 10 + [True] * 10
    assert steps == [BulkImport("taken", rows[0], rows[-1], 10, first[0].value.id, first[0].value)]


async def test_an_import_that_was_not_taken_is_told(facade: Facade) -> None:
    ml = facade.patient()
    club = await group(facade, ml)
    facade.emulator.fault("revoked_key", route="/groups/{id}/import-subscribers")
    steps: list[BulkImport] = []
    await facade.collect(ml.bulk.import_into(club, [{"email": "ann@example.com"}], on_import=steps.append))
    assert [step.state for step in steps] == ["sending", "not_taken"]


# -- rows that cannot be sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"email": "ann@example.com", "colour": "red"}, "colour"),
        ({"fields": {}}, "no email"),
        ({"email": "ann@example.com", "subscribed_at": datetime(2025, 1, 1)}, "subscribed_at"),  # noqa: DTZ001
        ({"email": "ann@example.com", "subscribed_at": "1 May"}, "subscribed_at"),
        ({"email": "ann@example.com", "fields": {"name": ["Ann"]}}, "fields"),
        ({"email": "ann@example.com", "groups": "123"}, "groups"),
        ({"email": "ann@example.com", "fields": {"name": "half \ud83d"}}, "fields['name'] is not valid Unicode"),
        ({"email": "ann@example.com", "fields": {"name": "\ud83d"}, "groups": ["1"]}, "fields['name'] is not valid"),
        ({"email": "ann@example.com", "fields": {"age": 10**5000}}, "fields['age'] is too large a number"),
        ({"email": "ann.example.com"}, "no @"),
        ("ann@example.com", "mapping"),
        (None, "mapping"),
    ],
)
async def test_a_bad_row_is_named_and_costs_no_other(facade: Facade, row: Any, words: str) -> None:
    ml = facade.patient()
    first, bad, last = await facade.collect(
        ml.bulk.upsert([{"email": "eve@example.com"}, row, {"email": "bob@example.com", "fields": None}])
    )
    assert first.ok
    assert last.ok
    assert isinstance(bad.error, InvalidRowError)
    assert str(bad.error).startswith("rows[1]: ")
    assert words in str(bad.error)
    assert "ann" not in str(bad.error)
    assert (bad.attempts, bad.way, bad.input) == (0, None, row)


async def test_updates_need_an_id_and_something_to_change(facade: Facade) -> None:
    ml = facade.patient()
    rows: list[Any] = [{"email": "ann@example.com"}, {"id": "5"}, {"id": "../groups/1", "email": "a@example.com"}]
    rows.append({"id": "5", "fields": {"name": "half \ud83d"}})
    results = await facade.collect(ml.bulk.update([*rows, SubscriberRow("ann@example.com")]))
    assert all(isinstance(result.error, InvalidRowError) for result in results)
    assert facade.emulator.requests == []


async def test_arguments_that_make_no_sense_are_refused_at_once(facade: Facade) -> None:
    ml = facade.patient()
    with pytest.raises(TypeError, match="rows"):
        ml.bulk.upsert({"email": "ann@example.com"})
    with pytest.raises(TypeError, match="subscribers"):
        ml.bulk.get("123")
    with pytest.raises(ValueError, match="group_id"):
        ml.bulk.assign([], "the club")
    with pytest.raises(TypeError, match="on_progress"):
        ml.bulk.get([], on_progress=UNSET)
    with pytest.raises(ValueError, match="timeout"):
        ml.bulk.import_into("1", [], timeout=-1)
    for number in (0, 20_001, "10"):
        with pytest.raises(ValueError, match="chunk_rows"):
            ml.bulk.import_into("1", [], chunk_rows=number)
    with pytest.raises(TypeError, match="on_import"):
        ml.bulk.import_into("1", [], on_import=UNSET)


async def test_no_rows_are_no_job(facade: Facade) -> None:
    ml = facade.patient()
    summary = await facade.call(ml.bulk.upsert([]).run())
    assert (summary.read, summary.finished, summary.requests, summary.total) == (0, 0, 0, 0)


async def test_a_job_is_carried_out_once(facade: Facade) -> None:
    job = facade.patient().bulk.get(["1"])
    await facade.call(job.run())
    with pytest.raises(RuntimeError, match="another"):
        await facade.call(job.run())


# -- what the API refuses ----------------------------------------------------------------------------------------------


async def test_one_refused_row_costs_no_other(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 50)
    rows = [{"id": person.id, "fields": {"name": "Ann"}} for person in known]
    rows[17] = {"id": known[17].id, "email": known[3].email}
    rows[30]["id"] = "1"
    results = await facade.collect(ml.bulk.update(rows))
    assert [result.row for result in results if not result.ok] == [17, 30]
    assert isinstance(results[17].error, ValidationError)
    assert isinstance(results[30].error, NotFoundError)
    assert results[30].error.route == "/subscribers/{id}"


async def test_a_batch_refused_as_a_whole_is_halved_until_the_guilty_row_is_alone(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 8)
    facade.emulator.fault("error", method="POST", route="/batch", status=422, times=1)
    facade.emulator.fault("error", method="POST", route="/batch", status=413, times=1)
    results = await facade.collect(ml.bulk.get([person.id for person in known]))
    assert all(result.ok for result in results)


async def test_items_that_fail_for_the_moment_are_sent_again(facade: Facade) -> None:
    busy = {"message": "Server Error"}
    codes = [200, 503, 200, 429, 503, 200]
    transport = ScriptedTransport(
        reply({"responses": [{"code": code, "body": ASSIGNED if code == 200 else busy} for code in codes]}),
        reply({"responses": [{"code": 200, "body": ASSIGNED}, {"code": 500, "body": busy}, {"code": 404, "body": {}}]}),
        reply(ASSIGNED),
    )
    results = await facade.collect(facade.open(transport=transport).bulk.assign(range(1, 7), "7"))
    sent = [json.loads(request.content) for request in transport.requests if request.content]
    assert [len(body["requests"]) for body in sent] == [6, 3]
    assert [(result.ok, result.attempts) for result in results] == [
        *((True, 1), (True, 2), (True, 1), (True, 3), (False, 2), (True, 1))
    ]
    assert isinstance(results[4].error, NotFoundError)
    assert results[3].value.id == ASSIGNED["data"]["id"]


async def test_unsafe_items_that_failed_are_not_sent_again(facade: Facade) -> None:
    answer = {"responses": [{"code": 500, "body": {}}, {"code": 200, "body": {"data": FORGOTTEN}}]}
    transport = ScriptedTransport(reply(answer), THE_END)
    job = facade.open(transport=transport).bulk.forget(["1", "2"])
    results = await facade.collect(job)
    assert isinstance(results[0].error, ServerError)
    assert results[1].ok
    assert job.summary.in_doubt == 1


@pytest.mark.parametrize(("status", "cls"), [(401, AuthenticationError), (403, PermissionDeniedError)])
async def test_a_refused_key_stops_the_job_and_says_what_was_not_sent(
    facade: Facade, status: int, cls: type[Exception]
) -> None:
    ml = facade.open(limits=RateLimits(requests=100_000, imports=1_000, burst=1))
    known = await people(facade, ml, 10)
    refused_from = 3

    def rows() -> Iterator[str]:
        for turn in range(3_000):
            if turn == refused_from * 50:
                facade.emulator.fault("error", route="/batch", status=status, times=None)
            yield known[turn % 10].id if turn < 10 else str(turn)

    job = ml.bulk.get(rows())
    results = await facade.collect(job)
    assert len(results) == 3_000
    refused = [result for result in results if isinstance(result.error, cls)]
    unsent = [result for result in results if isinstance(result.error, NotSentError)]
    assert refused
    assert isinstance(job.summary.stopped_by, cls)
    assert job.summary.not_sent == len(unsent) > 0
    assert all(result.attempts == 0 for result in unsent)
    assert isinstance(unsent[0].error, NotSentError)
    assert unsent[0].error.cause is job.summary.stopped_by


async def test_a_service_that_is_down_stops_the_job(facade: Facade) -> None:
    ml = facade.patient()
    facade.emulator.fault("error", status=503, times=None)
    job = ml.bulk.get(str(number) for number in range(5000))
    results = await facade.collect(job)
    assert len(results) == 5000
    assert isinstance(job.summary.stopped_by, ServerError)
    assert job.summary.not_sent > 3000
    assert len(facade.emulator.requests) <= (16 + 2) * 13


async def test_an_unsafe_call_that_may_have_been_received_is_never_sent_twice(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 3)
    facade.emulator.fault("reset_after_commit", route="/batch", times=1)
    job = ml.bulk.forget([person.id for person in known])
    results = await facade.collect(job)
    assert all(getattr(result.error, "maybe_received", False) for result in results)
    assert job.summary.in_doubt == 3
    assert calls_made(facade.emulator, "POST") == ["/api/batch"]


async def test_a_deletion_answered_by_a_broken_connection_is_done(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 3)
    facade.emulator.fault("reset_after_commit", route="/batch", times=1)
    results = await facade.collect(ml.bulk.delete([person.id for person in known]))
    assert [(result.ok, result.status) for result in results] == [(True, 204)] * 3


# -- sources, progress and the end -------------------------------------------------------------------------------------


async def test_what_the_source_raises_comes_after_the_rows_before_it(facade: Facade) -> None:
    ml = facade.patient()
    known = await people(facade, ml, 50)

    def rows() -> Iterator[str]:
        yield from (person.id for person in known)
        raise OSError("the disk is gone")

    results: list[Any] = []
    job = ml.bulk.get(rows())
    with pytest.raises(OSError, match="disk"):
        await _into(facade, job, results)
    assert len(results) == 50


async def _into(facade: Facade, job: Any, results: list[Any]) -> None:
    if facade.is_async:
        async for result in job:
            results.append(result)
    else:
        for result in job:
            results.append(result)


async def test_progress_is_told_after_each_chunk(facade: Facade) -> None:
    ml = facade.patient()
    told: list[Any] = []
    await facade.call(ml.bulk.get([str(number) for number in range(1, 101)], on_progress=told.append).run())
    assert len(told) == 2
    assert told[-1].requests == 2
    assert told[-1].finished == told[-1].total == 100


async def test_leaving_early_stops_the_job(facade: Facade) -> None:
    ml = facade.open()
    rows = ({"email": f"reader{index}@example.com", "status": "active"} for index in range(100_000))
    job = ml.bulk.upsert(rows)
    if facade.is_async:
        stream = aiter(job)
        await anext(stream)
        await stream.aclose()
    else:
        stream = iter(job)
        next(stream)
        stream.close()
    sent = len(facade.emulator.requests)
    await facade.call(ml.subscribers.count())
    assert len(facade.emulator.requests) <= sent + 17  # this call, and what was on the wire
    assert next(rows)["email"] != "reader99999@example.com"


@pytest.mark.system
async def test_memory_holds_a_bounded_number_of_rows(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    # More than the chunks that are under way and next. A thread that is long in coming holds up the results of the others.
    monkeypatch.setattr(_kernel, "_MOST_HELD", 2_000)
    ml = facade.patient()
    alive = most = 0

    class Row(dict[str, Any]):
        def __init__(self, number: int) -> None:
            nonlocal alive, most
            super().__init__(email=f"reader{number}@example.com", status="active")
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    job = ml.bulk.upsert(Row(number) for number in range(10_000))
    if facade.is_async:
        async for _ in job:
            pass
    else:
        for _ in job:
            pass
    assert most < 2_500


async def test_memory_holds_fewer_rows_when_they_are_large(facade: Facade) -> None:
    ml = facade.patient()
    clubs = [await group(facade, ml, f"Club {number}") for number in range(4)]
    read = most = given = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal read, most
        for number in range(3_000):
            read += 1
            most = max(most, read - given)
            story = {"name": "x" * 20_000}
            yield {"email": f"reader{number}@example.com", "fields": story, "groups": [clubs[number % 4]]}

    job = ml.bulk.upsert(rows())
    if facade.is_async:
        async for result in job:
            given += result.ok
    else:
        for result in job:
            given += result.ok
    assert given == 3_000
    assert most < 1_000


# -- plans -------------------------------------------------------------------------------------------------------------


async def test_a_plan_is_what_the_job_then_does(facade: Facade) -> None:
    ml = facade.patient()
    club = await group(facade, ml)
    rows: list[Any] = [{"email": f"reader{index}@example.com", "groups": [club]} for index in range(300)]
    rows += [{"email": f"writer{index}@example.com", "status": "active"} for index in range(130)]
    rows += [{"email": "nobody"}]
    plan = await facade.call(ml.bulk.plan("upsert", rows))
    assert calls_made(facade.emulator, "POST") == ["/api/groups"]
    assert [(step.way, step.rows, step.requests, step.imports) for step in plan.steps] == [
        ("import", 300, 1, 1),
        ("batch", 130, 3, 3),
    ]
    assert (plan.rows, plan.invalid_count, list(plan.invalid)) == (431, 1, [430])
    job = ml.bulk.upsert(rows)
    results = await facade.collect(job)
    assert job.summary.imports == plan.imports == 4
    assert [sum(result.way == step.way for result in results) for step in plan.steps] == [300, 130]


async def test_a_plan_of_imports_has_the_size_of_each(facade: Facade) -> None:
    ml = facade.open()
    rows = [{"email": f"reader{number}@example.com"} for number in range(25)]
    plan = await facade.call(ml.bulk.plan("import_into", rows, group_id=1, chunk_rows=10))
    assert [step.sizes for step in plan.steps] == [(10, 10, 5)]


async def test_a_plan_says_how_long_it_takes_by_the_slower_limit(facade: Facade) -> None:
    ml = facade.open()
    updates = await facade.call(ml.bulk.plan("update", ({"id": n, "status": "active"} for n in range(1, 100_001))))
    assert (updates.requests, updates.imports) == (2_000, 0)
    assert updates.seconds == pytest.approx(2_000 / 120 * 60, rel=0.01)
    upserts = await facade.call(
        ml.bulk.plan("upsert", ({"email": f"r{n}@example.com", "status": "active"} for n in range(5_000)))
    )
    assert (upserts.requests, upserts.imports, upserts.seconds) == (100, 100, 19 * 60)


async def test_plans_name_operations_and_groups_that_make_no_sense(facade: Facade) -> None:
    ml = facade.open()
    for arguments, words in [(("send",), "operation"), (("assign",), "group_id")]:
        with pytest.raises(ValueError, match=words):
            await facade.call(ml.bulk.plan(*arguments, []))
    with pytest.raises(ValueError, match="chunk_rows makes no sense for upsert"):
        await facade.call(ml.bulk.plan("upsert", [], chunk_rows=10))
