"""Import chunks: every row gets its outcome, whatever the API answers, and with as few calls as that takes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mailerlite_async import (
    AuthenticationError,
    DecodeError,
    PermissionDeniedError,
    RateLimits,
    ServerError,
    TransportError,
    WaitTimeoutError,
)
from mailerlite_async.bulk._chunk import ChunkOutcome, Outcome
from mailerlite_async.bulk._imports import ANEW, ChunkSizes, import_flow
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade
from tests.support.import_chunks import (
    GROUP,
    IMPORT,
    REPORT,
    Bench,
    chunk_of,
    emulator_of,
    people,
    reasons,
    sent,
    sizes_of_imports,
)
from tests.support.scripted import ScriptedTransport, reply


@pytest.fixture(autouse=True)
def _group(emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": GROUP, "name": "Romance"}])


# -- sending -----------------------------------------------------------------------------------------------------------


async def test_rows_go_into_the_group_with_one_import(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    outcome = await bench.run(chunk_of({"email": email, "fields": {"city": "Oslo"}} for email in people(300)))
    assert outcome.items == [Outcome(report=0)] * 300
    assert [(report.total, report.imported, report.done) for report in outcome.reports] == [(300, 300, True)]
    assert bench.noted == [outcome.reports[0].id]
    # One call makes the import, two read its report: at once, and when it is done.
    assert (outcome.requests, outcome.imports, outcome.stop) == (3, 1, None)
    assert await bench.members() == set(people(300))
    person = await facade.call(bench.client.subscribers.get("reader7@example.com"))
    assert person.fields["city"] == "Oslo"


async def test_import_is_noted_before_it_is_waited_for(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    read_before: list[int] = []
    flow = import_flow(
        chunk_of(people(3)), timeout=60, sizes=bench.sizes, note=lambda _: read_before.append(sent(emulator, REPORT))
    )
    await facade.call(bench.client._caller.run(flow))
    assert read_before == [0]


async def test_too_large_import_is_sent_in_parts_and_later_chunks_too(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    emulator.fault("error", route=IMPORT, status=413, times=2)
    outcome = await bench.run(chunk_of(people(80, "long-name")))
    first, second, *rest = sizes_of_imports(emulator)
    assert (first, sum(rest)) == (80, 80)
    assert 80 > second > max(rest)
    assert (outcome.imports, len(outcome.reports)) == (2 + len(rest), len(rest))
    assert bench.noted == [report.id for report in outcome.reports]
    assert reasons(outcome) == [None] * 80
    # Each row belongs to the report of its own import, in order, and the parts of the first half were sent thrice.
    order = [item.report for item in outcome.items if isinstance(item, Outcome)]
    assert [order.count(index) for index in range(len(rest))] == rest
    assert order == sorted(order, key=lambda index: index or 0)
    assert {item.attempts for item in outcome.items if isinstance(item, Outcome)} == {2, 3}
    before = len(sizes_of_imports(emulator))
    await bench.run(chunk_of(people(80, "next-name")))
    again = sizes_of_imports(emulator)[before:]
    assert sum(again) == 80
    assert max(again) <= max(rest)


async def test_single_row_that_is_too_large_is_refused_and_the_rest_is_not(facade: Facade) -> None:
    giant = f"{'x' * 3000}@example.com"

    def answer(request: httpx.Request) -> httpx.Response:
        if len(request.content) > 2500:
            return reply({"message": "Payload Too Large"}, 413)
        return emulator_of(facade)(request)

    bench = Bench(facade, transport=ScriptedTransport(answer))
    outcome = await bench.run(chunk_of([*people(20), giant, *people(20, "other")]))
    assert reasons(outcome) == [None] * 20 + ["too_large"] + [None] * 20
    # One giant does not make all others travel alone.
    assert bench.sizes.bytes > 1000
    assert outcome.imports < 8


async def test_rows_that_a_refusal_names_are_left_out(facade: Facade, emulator: Emulator) -> None:
    texts = {
        "subscribers.1.email": ["The subscribers.1.email must be a valid email address."],
        "subscribers.4.email": ["The subscribers.4.email must be a valid email address."],
        "subscribers.4.fields.city": ["The subscribers.4.fields.city must be a string."],
        "subscribers.6.email": ["There is no such row."],
    }
    bench = Bench(facade, transport=ScriptedTransport(reply(refusal(texts), 422), emulator_of(facade)))
    outcome = await bench.run(chunk_of(people(6)))
    assert reasons(outcome) == [None, "validation", None, None, "validation", None]
    assert outcome.items[4] == Outcome(
        refused="validation", detail="The email must be a valid email address. The fields.city must be a string."
    )
    assert (sizes_of_imports(emulator), outcome.imports) == ([4], 2)
    assert [item.attempts for item in outcome.items if isinstance(item, Outcome)] == [2, 1, 2, 2, 1, 2]
    assert await bench.members() == {f"reader{number}@example.com" for number in (0, 2, 3, 5)}


async def test_chunk_whose_rows_are_all_refused_makes_no_import(facade: Facade) -> None:
    bench = Bench(facade, transport=ScriptedTransport(reply(refusal({"subscribers.0.email": ["No."]}), 422)))
    outcome = await bench.run(chunk_of(["one"]))
    assert outcome.items == [Outcome(refused="validation", detail="No.")]
    assert (outcome.reports, bench.noted, outcome.requests) == ([], [], 1)


def refusal(errors: dict[str, list[str]]) -> dict[str, Any]:
    return {"message": "The given data was invalid.", "errors": errors}


@pytest.mark.parametrize("status", [400, 422])
async def test_guilty_row_that_is_not_named_is_found(facade: Facade, status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b"reader5@" in request.content:
            return reply(refusal({"fields": ["Something is wrong."]}), status)
        return emulator_of(facade)(request)

    bench = Bench(facade, transport=ScriptedTransport(answer))
    outcome = await bench.run(chunk_of(people(16)))
    assert reasons(outcome) == [None] * 16
    guilty = outcome.items[5]
    assert isinstance(guilty, Outcome)
    assert (guilty.status, guilty.report) == (status, None)
    assert json.loads(guilty.body) == refusal({"fields": ["Something is wrong."]})
    assert [row for row, item in enumerate(outcome.items) if isinstance(item, Outcome) and item.report is None] == [5]
    # Sixteen, eight, four, two and the one are refused; what is left of each is taken.
    assert outcome.imports == 5 + 4
    assert await bench.members() == {email for email in people(16) if email != "reader5@example.com"}


async def test_many_guilty_rows_beside_good_ones_are_all_found(facade: Facade) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b"guilty" in request.content:
            return reply({"message": "Something is wrong."}, 422)
        return emulator_of(facade)(request)

    bench = Bench(facade, transport=ScriptedTransport(answer))
    outcome = await bench.run(chunk_of([*people(8), *people(7, "guilty"), "last@example.com"]))
    found = [item.status for item in outcome.items if isinstance(item, Outcome)]
    assert found == [None] * 8 + [422] * 7 + [None]
    assert await bench.members() == {*people(8), "last@example.com"}


async def test_refusal_of_everything_is_not_asked_for_row_by_row(facade: Facade) -> None:
    transport = ScriptedTransport(reply({"message": "No imports today."}, 422))
    outcome = await Bench(facade, transport=transport).run(chunk_of(people(1000)))
    assert {item.status for item in outcome.items if isinstance(item, Outcome)} == {422}
    assert outcome.imports == len(transport.requests) < 30


async def test_limit_of_the_plan_is_the_answer_for_every_row(facade: Facade) -> None:
    transport = ScriptedTransport(reply({"message": "Imports are not available on your plan."}, 422))
    outcome = await Bench(facade, transport=transport).run(chunk_of(people(1000)))
    assert {item.status for item in outcome.items if isinstance(item, Outcome)} == {422}
    assert len(transport.requests) == 1


# -- faults ------------------------------------------------------------------------------------------------------------


async def test_import_whose_answer_is_lost_is_made_again(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("reset_after_commit", route=IMPORT)
    bench = Bench(facade)
    outcome = await bench.run(chunk_of(people(5)))
    assert outcome.items == [Outcome(report=0)] * 5
    assert sizes_of_imports(emulator) == [5, 5]
    assert outcome.imports == len(bench.noted) == 1
    assert await bench.members() == set(people(5))


async def test_server_fault_is_survived(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("error", route=IMPORT, status=503, times=2)
    outcome = await Bench(facade).run(chunk_of(people(5)))
    assert outcome.items == [Outcome(report=0)] * 5
    assert sent(emulator, IMPORT) == 3


@pytest.mark.parametrize(
    ("fault", "expected"), [("error", ServerError), ("reset", TransportError), ("html", ServerError)]
)
async def test_fault_that_lasts_is_the_error_of_the_rows(
    facade: Facade, emulator: Emulator, fault: str, expected: type[Exception]
) -> None:
    emulator.fault(fault, route=IMPORT, times=None)
    bench = Bench(facade, max_retries=1)
    outcome = await bench.run(chunk_of(people(5)))
    assert all(isinstance(item, expected) for item in outcome.items)
    assert (outcome.stop, outcome.reports, bench.noted) == (None, [], [])


async def test_answer_without_an_import_is_the_error_of_the_rows(facade: Facade) -> None:
    outcome = await Bench(facade, transport=ScriptedTransport(reply({"ok": True}))).run(chunk_of(people(2)))
    assert all(isinstance(item, DecodeError) for item in outcome.items)


async def test_fault_of_one_part_leaves_the_others_alone(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade, max_retries=0)
    chunk = chunk_of(people(40))
    bench.sizes.bytes = sum(item.size for item in chunk.items) // 4
    emulator.fault("error", route=IMPORT)
    outcome = await bench.run(chunk)
    failed = [row for row, item in enumerate(outcome.items) if isinstance(item, ServerError)]
    assert failed == list(range(sizes_of_imports(emulator)[0]))
    taken = outcome.items[len(failed) :]
    assert all(isinstance(item, Outcome) and item.refused is None for item in taken)
    assert await bench.members() == set(people(40)[len(failed) :])


@pytest.mark.parametrize(("status", "expected"), [(401, AuthenticationError), (403, PermissionDeniedError)])
async def test_denial_in_the_middle_stops_the_job_and_what_was_taken_is_settled(
    facade: Facade, status: int, expected: type[Exception]
) -> None:
    imports: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            imports.append(1)
            if len(imports) == 2:
                return reply({"message": "Unauthenticated."}, status)
        return emulator_of(facade)(request)

    bench = Bench(facade, transport=ScriptedTransport(answer))
    chunk = chunk_of(people(40))
    bench.sizes.bytes = sum(item.size for item in chunk.items) // 4
    outcome = await bench.run(chunk)
    assert isinstance(outcome.stop, expected)
    assert len(imports) == 2
    taken = outcome.reports[0].imported
    assert outcome.items[:taken] == [Outcome(report=0)] * taken
    assert {type(item) for item in outcome.items[taken:]} == {expected}


async def test_key_that_is_revoked_while_waiting_stops_the_job(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    chunk = chunk_of(people(40))
    bench.sizes.bytes = sum(item.size for item in chunk.items) // 4
    emulator.fault("revoked_key", route=REPORT, times=None)
    outcome = await bench.run(chunk)
    assert isinstance(outcome.stop, AuthenticationError)
    assert {type(item) for item in outcome.items} == {AuthenticationError}
    # The other reports are not asked for any more; their imports are noted.
    assert sent(emulator, REPORT) == 1
    assert len(bench.noted) == outcome.imports > 2


async def test_report_that_cannot_be_read_is_the_error_of_its_rows_alone(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade, max_retries=0)
    chunk = chunk_of(people(40))
    bench.sizes.bytes = sum(item.size for item in chunk.items) // 2
    emulator.fault("error", route=REPORT)
    outcome = await bench.run(chunk)
    first, *others = sizes_of_imports(emulator)
    assert {type(item) for item in outcome.items[:first]} == {ServerError}
    assert reasons(ChunkOutcome(outcome.items[first:])) == [None] * sum(others)
    assert outcome.requests == len(emulator.requests)


async def test_group_that_is_gone_is_the_answer_for_every_row(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    await facade.call(bench.client.groups.delete(GROUP))
    outcome = await bench.run(chunk_of(people(5)))
    assert {(item.status, item.attempts) for item in outcome.items if isinstance(item, Outcome)} == {(404, 1)}
    assert all(isinstance(item, Outcome) and "message" in json.loads(item.body) for item in outcome.items)
    assert (outcome.requests, outcome.stop) == (1, None)


async def test_import_that_takes_too_long_leaves_its_rows_with_the_last_report(facade: Facade) -> None:
    bench = Bench(facade)
    outcome = await bench.run(chunk_of(people(12_000)), timeout=3)  # which takes the emulator six seconds
    late = outcome.items[0]
    assert isinstance(late, WaitTimeoutError)
    assert 0 < late.report.processed < 12_000
    assert all(item is late for item in outcome.items)
    assert bench.noted == [late.report.id]


async def test_calls_keep_to_the_limits(facade: Facade) -> None:
    emulator = Emulator(requests=100, imports=2, clock=facade.clock)
    emulator.seed(groups=[{"id": GROUP, "name": "Romance"}])
    client = facade.open(transport=emulator.transport(), limits=RateLimits(requests=100, imports=2))
    chunk = chunk_of(people(50))
    sizes = ChunkSizes(sum(item.size for item in chunk.items) // 5)
    flow = import_flow(chunk, timeout=60, sizes=sizes, note=lambda _: None)
    outcome: ChunkOutcome = await facade.call(client._caller.run(flow))
    assert reasons(outcome) == [None] * 50
    assert outcome.imports >= 5
    assert facade.clock.monotonic() >= 120
    assert all(request.status != 429 for request in emulator.requests)


# -- an earlier run ----------------------------------------------------------------------------------------------------


async def test_imports_of_an_earlier_run_are_waited_for(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    chunk = chunk_of([*people(10), "info@example.com", *people(9, "other")])
    bench.sizes.bytes = sum(item.size for item in chunk.items) // 2
    first = await bench.run(chunk)
    made = sent(emulator, IMPORT)
    chunk.jobs, bench.noted = tuple(bench.noted), []
    again = await bench.run(chunk)
    assert sent(emulator, IMPORT) == made > 1
    assert (again.imports, bench.noted) == (0, [])
    assert reasons(again) == reasons(first)
    assert [item.report for item in again.items if isinstance(item, Outcome)] == [
        item.report for item in first.items if isinstance(item, Outcome)
    ]
    assert {item.attempts for item in again.items if isinstance(item, Outcome)} == {0}


async def test_import_nobody_knows_any_more_is_made_again(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    outcome = await bench.run(chunk_of(people(5), jobs=("123",)))
    assert outcome.items == [Outcome(report=0)] * 5
    assert bench.noted == [ANEW, outcome.reports[0].id]
    assert outcome.imports == 1


async def test_chunk_that_was_only_begun_is_begun_anew(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    begun = await facade.call(bench.client.groups.import_subscribers(GROUP, [{"email": email} for email in people(4)]))
    chunk = chunk_of(people(8), jobs=(begun.id,))
    outcome = await bench.run(chunk)
    assert outcome.items == [Outcome(report=0)] * 8
    assert sizes_of_imports(emulator) == [4, 8]
    assert await bench.members() == set(people(8))


async def test_beginnings_of_two_runs_do_not_make_a_whole(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    jobs: list[str] = []
    for _ in range(2):
        rows = [{"email": email} for email in people(4)]
        jobs.append((await facade.call(bench.client.groups.import_subscribers(GROUP, rows))).id)
    outcome = await bench.run(chunk_of(people(8), jobs=(jobs[0], ANEW, jobs[1])))
    assert outcome.imports == 1
    assert await bench.members() == set(people(8))


async def test_earlier_import_that_still_runs_is_late_for_its_own_rows(facade: Facade) -> None:
    bench = Bench(facade)
    jobs = []
    for rows in (people(100), people(12_000, "other")):
        job = await facade.call(bench.client.groups.import_subscribers(GROUP, [{"email": email} for email in rows]))
        jobs.append(job.id)
    outcome = await bench.run(chunk_of([*people(100), *people(12_000, "other")], jobs=tuple(jobs)), timeout=2)
    assert outcome.items[:100] == [Outcome(report=0, attempts=0)] * 100
    assert {type(item) for item in outcome.items[100:]} == {WaitTimeoutError}


async def test_report_of_an_earlier_import_that_cannot_be_read_is_no_reason_to_import(
    facade: Facade, emulator: Emulator
) -> None:
    emulator.fault("error", route=REPORT, times=None)
    outcome = await Bench(facade, max_retries=0).run(chunk_of(people(5), jobs=("123",)))
    assert {type(item) for item in outcome.items} == {ServerError}
    assert sent(emulator, IMPORT) == 0


async def test_key_that_is_refused_to_the_next_run_stops_it(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("revoked_key", route=REPORT)
    outcome = await Bench(facade).run(chunk_of(people(5), jobs=("123",)))
    assert isinstance(outcome.stop, AuthenticationError)
    assert {type(item) for item in outcome.items} == {AuthenticationError}
    assert len(emulator.requests) == 1
