"""Upserts that an import refuses for their address are made by calls of their own, as they are among fewer rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailerlite_async import AuthenticationError, ImportRefusedError, ServerError, ValidationError
from mailerlite_async.errors import NotSentError
from mailerlite_async.models import ImportReport, Subscriber
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade
from tests.support.import_chunks import IMPORT, emulator_of, people, sent
from tests.support.scripted import ScriptedTransport, reply

UPSERT = "/subscribers"
ODD = ["info@example.com", "ann@gmial.com", "123456789012@example.com"]


async def club(facade: Facade, ml: Any) -> str:
    return str((await facade.call(ml.groups.create("Book club"))).id)


def rows_of(addresses: list[str], group: str) -> list[dict[str, Any]]:
    return [{"email": email, "fields": {"city": "Riga"}, "groups": [group]} for email in addresses]


@pytest.mark.parametrize("readers", [21, 47, 48, 200])
async def test_how_many_rows_there_are_changes_nothing(facade: Facade, emulator: Emulator, readers: int) -> None:
    ml = facade.patient()
    group = await club(facade, ml)
    rows = rows_of([*ODD, *people(readers)], group)
    job = ml.bulk.upsert(rows)
    results = await facade.collect(job)
    assert [result.error for result in results] == [None] * len(rows)
    found = await facade.collect(ml.groups.iter_subscribers(group))
    assert {person.email: person.fields["city"] for person in found} == {row["email"]: "Riga" for row in rows}
    assert (sent(emulator, IMPORT) == 1) is (readers >= 48)


async def test_row_sent_by_itself_has_the_result_of_its_call(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    group = await club(facade, ml)
    job = ml.bulk.upsert(rows_of([*people(60), *ODD], group))
    before = len(emulator.requests)
    results = await facade.collect(job)
    assert [(result.way, result.status, result.attempts) for result in results] == (
        [("import", None, 1)] * 60 + [("single", 201, 2)] * 3
    )
    assert all(isinstance(result.value, ImportReport) for result in results[:60])
    assert [result.value.email for result in results[60:] if isinstance(result.value, Subscriber)] == ODD
    assert job.summary.requests == len(emulator.requests) - before
    assert (job.summary.done, job.summary.failed, job.summary.imports) == (63, 0, 1)


async def test_rows_the_report_does_not_name_are_upserted_too(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    group = await club(facade, ml)
    odd = [email for number in range(12) for email in (f"info@shop{number}.example", f"ann{number}@gmial.com")]
    summary = await facade.call(ml.bulk.upsert(rows_of([*people(60), *odd], group)).run())
    assert (summary.done, summary.failed, summary.imports) == (84, 0, 1)
    assert len(await facade.collect(ml.groups.iter_subscribers(group))) == 84
    assert sent(emulator, UPSERT) == 24


async def test_other_refusals_stay(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[{"email": "gone@example.com", "status": "unsubscribed"}])
    ml = facade.patient()
    group = await club(facade, ml)
    results = await facade.collect(ml.bulk.upsert(rows_of([*people(60), "gone@example.com"], group)))
    assert isinstance(results[60].error, ImportRefusedError)
    assert (results[60].error.reason, sent(emulator, UPSERT)) == ("unsubscribed", 0)


async def test_import_into_reports_them(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    group = await club(facade, ml)
    rows = [{"email": email} for email in [*people(60), *ODD]]
    results = await facade.collect(ml.bulk.import_into(group, rows))
    errors = [result.error.reason for result in results[60:] if isinstance(result.error, ImportRefusedError)]
    assert errors == ["role_based", "mistyped", "suspicious_format"]
    assert sent(emulator, UPSERT) == 0


async def test_row_the_call_refuses_as_well_has_the_error_of_the_call(facade: Facade, emulator: Emulator) -> None:
    inner = emulator_of(facade)

    def answer(request: Any) -> Any:
        if request.url.path.endswith("/subscribers") and b"info@" in request.content:
            return reply({"message": "The given data was invalid.", "errors": {"email": ["Not this one."]}}, 422)
        return inner(request)

    ml = facade.patient(transport=ScriptedTransport(answer))
    group = await club(facade, ml)
    results = await facade.collect(ml.bulk.upsert(rows_of([*people(60), *ODD], group)))
    error = results[60].error
    assert isinstance(error, ValidationError)
    assert (error.errors, error.method, error.route) == ({"email": ["Not this one."]}, "POST", UPSERT)
    assert [result.ok for result in results[61:]] == [True, True]


async def test_results_come_back_from_a_checkpoint(facade: Facade, emulator: Emulator, tmp_path: Path) -> None:
    ml = facade.patient()
    rows = rows_of([*people(60), *ODD], await club(facade, ml))
    first = await facade.collect(ml.bulk.upsert(rows, checkpoint=tmp_path / "upserts.job"))
    before = len(emulator.requests)
    job = ml.bulk.upsert(rows, checkpoint=tmp_path / "upserts.job")
    again = await facade.collect(job)
    assert len(emulator.requests) == before
    assert [result.value for result in again] == [result.value for result in first]
    assert [result.way for result in again] == [result.way for result in first]
    assert job.summary.recovered == 63


async def test_run_that_ends_between_the_import_and_the_calls_goes_on(
    facade: Facade, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fault("error", route=UPSERT, method="POST", times=None)
    ml = facade.patient(max_retries=0)
    rows = rows_of([*people(60), *ODD], await club(facade, ml))
    results = await facade.collect(ml.bulk.upsert(rows, checkpoint=tmp_path / "upserts.job"))
    assert [type(result.error) for result in results] == [type(None)] * 60 + [ServerError] * 3
    emulator.clear_faults()
    again = await facade.collect(ml.bulk.upsert(rows, checkpoint=tmp_path / "upserts.job"))
    assert [result.error for result in again] == [None] * 63
    # The import was not made a second time.
    assert sent(emulator, IMPORT) == 1


async def test_key_that_is_revoked_meanwhile_stops_the_job(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    rows = rows_of([*people(60), *ODD], await club(facade, ml))
    emulator.fault("revoked_key", route=UPSERT, times=None)
    job = ml.bulk.upsert(rows)
    results = await facade.collect(job)
    assert [type(result.error) for result in results[60:]] == [AuthenticationError, NotSentError, NotSentError]
    assert isinstance(job.summary.stopped_by, AuthenticationError)


async def test_rows_of_an_import_that_was_stopped_stay_refused(facade: Facade, emulator: Emulator) -> None:
    inner = emulator_of(facade)

    def answer(request: Any) -> Any:
        response = inner(request)
        if "/subscribers/import/" not in request.url.path:
            return response
        body = response.json()
        body["data"] |= {"imported": 0, "processed": 0, "done": False, "stopped_at": "2026-01-01T00:00:01.000000Z"}
        return reply(body)

    ml = facade.patient(transport=ScriptedTransport(answer))
    group = await club(facade, ml)
    results = await facade.collect(ml.bulk.upsert(rows_of(people(60), group)))
    assert [type(result.error) for result in results] == [ImportRefusedError] * 60
    assert sent(emulator, UPSERT) == 0


async def test_plan_says_so(facade: Facade) -> None:
    plan = await facade.call(facade.patient().bulk.plan("upsert", rows_of(people(60), "7")))
    assert "form of their address" in plan.steps[0].why
