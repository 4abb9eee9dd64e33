"""Imports, through both clients: reading a report, and waiting with growing pauses until one is done."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import NotFoundError, ServerError, WaitTimeoutError
from mailerlite_async.models import ImportJob, ImportReport
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support import samples
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

PAUSES = [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30, 30]
JOB = ImportJob("139791107607233967", "https://example.com/api/subscribers/import/139791107607233967")


class Reports:
    """A server that reports progress, and notes when it was asked.

    Args:
        clock: the time.
        done_after: how many reports say that the import still runs.
    """

    def __init__(self, clock: VirtualClock, done_after: float) -> None:
        self.times: list[float] = []
        self.transport = ScriptedTransport(lambda _: self._report(clock, done_after))

    def _report(self, clock: VirtualClock, done_after: float) -> Any:
        self.times.append(clock.monotonic())
        number = len(self.times) - 1
        running = {"done": False, "percent": number, "finished_at": None}
        return reply({"data": samples.report(**({} if number >= done_after else running))})


async def test_create_and_get(facade: Facade, emulator: Emulator, clock: VirtualClock) -> None:
    ml = facade.patient()
    job = await facade.call(ml.imports.create([{"email": "ann@example.com"}, {"email": "not an address"}]))
    last = emulator.requests[-1]
    assert (last.method, last.path, last.lane) == ("POST", "/api/subscribers/import", "import")
    assert last.body == {"subscribers": [{"email": "ann@example.com"}, {"email": "not an address"}]}
    report = await facade.call(ml.imports.get(job))
    assert (report.id, report.done, report.processed, report.finished_at) == (job.id, False, 0, None)
    clock.advance(1)
    for reference in (job, job.id, int(job.id)):
        report = await facade.call(ml.imports.get(reference))
        assert emulator.requests[-1].path == f"/api/subscribers/import/{job.id}"
        assert (report.done, report.percent, report.total, report.imported) == (True, 100, 2, 1)
    assert [sample.email for sample in report.invalid] == ["not an address"]
    with pytest.raises(NotFoundError):
        await facade.call(ml.imports.get("1"))


async def test_wait_reads_the_report_until_it_is_done(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    rows = [{"email": f"person{number}@example.com"} for number in range(8000)]
    job = await facade.call(ml.imports.create(rows))  # which takes the emulator four seconds
    report = await facade.call(ml.imports.wait(job))
    assert type(report) is ImportReport
    assert (report.done, report.imported) == (True, 8000)
    times = [request.at for request in emulator.requests]
    assert times[1:] == pytest.approx([times[0], times[0] + 2, times[0] + 5], abs=1e-3)


async def test_pauses_grow_to_thirty_seconds(facade: Facade, clock: VirtualClock) -> None:
    server = Reports(clock, done_after=len(PAUSES))
    ml = facade.patient(transport=server.transport)
    report = await facade.call(ml.imports.wait(JOB))
    assert report.done
    expected = [sum(PAUSES[:count]) for count in range(len(PAUSES) + 1)]
    assert server.times == pytest.approx(expected, abs=1e-3)


async def test_progress_is_told(facade: Facade, clock: VirtualClock) -> None:
    ml = facade.patient(transport=Reports(clock, done_after=3).transport)
    told: list[ImportReport] = []
    report = await facade.call(ml.imports.wait(JOB.id, on_progress=told.append))
    assert [each.percent for each in told] == [0, 1, 2, 100]
    assert told[-1] is report


async def test_error_in_the_callback_ends_the_wait(facade: Facade, clock: VirtualClock) -> None:
    server = Reports(clock, done_after=3)
    ml = facade.patient(transport=server.transport)

    def fail(_: ImportReport) -> None:
        raise LookupError("from the application")

    with pytest.raises(LookupError, match="from the application"):
        await facade.call(ml.imports.wait(JOB, on_progress=fail))
    assert len(server.times) == 1
    assert (await facade.call(ml.imports.get(JOB))).done is False


async def test_wait_gives_up_with_the_last_report(facade: Facade, clock: VirtualClock) -> None:
    server = Reports(clock, done_after=float("inf"))
    ml = facade.patient(transport=server.transport)
    with pytest.raises(WaitTimeoutError, match=r"^import 139791107607233967 is not done") as caught:
        await facade.call(ml.imports.wait(JOB, timeout=60))
    assert caught.value.report.percent == len(server.times) - 1
    # The last look is at the end of the time, not before and not after it.
    assert server.times == pytest.approx([0, 2, 5, 9.5, 16.25, 26.375, 41.5625, 60], abs=1e-3)


async def test_wait_of_ten_minutes_is_the_default(facade: Facade, clock: VirtualClock) -> None:
    server = Reports(clock, done_after=float("inf"))
    ml = facade.patient(transport=server.transport)
    with pytest.raises(WaitTimeoutError):
        await facade.call(ml.imports.wait(JOB))
    assert server.times[-1] == pytest.approx(600, abs=1e-3)


async def test_wait_of_no_time_looks_once(facade: Facade, clock: VirtualClock) -> None:
    server = Reports(clock, done_after=1)
    ml = facade.patient(transport=server.transport)
    with pytest.raises(WaitTimeoutError):
        await facade.call(ml.imports.wait(JOB, timeout=0))
    assert (await facade.call(ml.imports.wait(JOB, timeout=0))).done


@pytest.mark.parametrize("timeout", [-1, float("nan")])
async def test_senseless_timeout_is_refused(facade: Facade, emulator: Emulator, timeout: float) -> None:
    ml = facade.patient()
    with pytest.raises(ValueError, match=r"^timeout must be a number of seconds"):
        await facade.call(ml.imports.wait(JOB, timeout=timeout))
    assert emulator.requests == []


async def test_stopped_import_is_not_waited_for(facade: Facade) -> None:
    stopped = samples.report(done=False, stopped_at="2026-01-01T00:00:00.000000Z", finished_at=None)
    transport = ScriptedTransport(reply({"data": stopped}))
    ml = facade.patient(transport=transport)
    report = await facade.call(ml.imports.wait(JOB))
    assert (report.done, report.stopped_at is None, len(transport.requests)) == (False, False, 1)


async def test_failing_report_ends_the_wait(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient(max_retries=1)
    job = await facade.call(ml.imports.create([{"email": "ann@example.com"}]))
    emulator.fault("error", times=2)
    with pytest.raises(ServerError) as caught:
        await facade.call(ml.imports.wait(job))
    assert caught.value.attempts == 2
    emulator.fault("error", times=1)
    assert (await facade.call(ml.imports.wait(job))).done
