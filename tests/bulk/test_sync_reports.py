"""What a sync refuses to do, what becomes of failures, and what its report tells."""

from __future__ import annotations

import gc
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from mailerlite_async._async import bulk_sync as async_sync
from mailerlite_async._sync import bulk_sync as sync_sync
from mailerlite_async.errors import (
    AuthenticationError,
    ImportRefusedError,
    NotSentError,
    TooManyRemovalsError,
)
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade
from tests.support.syncing import GROUP, members, person, row, seed, sent, told


async def sync(facade: Facade, ml: Any, rows: Any, **options: Any) -> Any:
    return await facade.call(ml.bulk.sync(rows, **{"group": GROUP, "max_removals": 1.0, **options}))


# -- removals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [0.2, 2])
async def test_more_removals_than_allowed_change_nothing(facade: Facade, emulator: Emulator, most: float) -> None:
    seed(emulator, [f"p{number}@example.com" for number in range(10)])
    ml = facade.patient()
    rows = [row(f"p{number}@example.com", name="N") for number in range(7)]
    with pytest.raises(TooManyRemovalsError) as caught:
        await sync(facade, ml, rows, max_removals=most)
    assert (caught.value.removals, caught.value.members, caught.value.allowed) == (3, 10, 2)
    assert sent(emulator) == []
    report = await sync(facade, ml, rows, max_removals=most, dry_run=True)
    assert report.too_many_removals is not None
    assert (report.removed, report.too_many_removals.allowed) == (3, 2)
    report = await sync(facade, ml, [*rows, row("p7@example.com")], max_removals=most)
    assert (report.removed, report.too_many_removals) == (2, None)


async def test_an_empty_source_is_refused_by_default(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [f"p{number}@example.com" for number in range(30)])
    ml = facade.patient()
    with pytest.raises(TooManyRemovalsError):
        await facade.call(ml.bulk.sync([], group=GROUP))
    report = await facade.call(ml.bulk.sync([], group=GROUP, max_removals=1.0))
    assert report.removed == 30


async def test_a_part_is_taken_of_the_members_considered(facade: Facade, emulator: Emulator) -> None:
    seed(
        emulator, [*(f"p{n}@example.com" for n in range(10)), *(person(f"j{n}@example.com", "junk") for n in range(90))]
    )
    report = await sync(facade, facade.patient(), [], statuses=["active"], max_removals=0.29, dry_run=True)
    assert (report.too_many_removals.members, report.too_many_removals.allowed) == (10, 2)
    report = await sync(facade, facade.patient(), [], max_removals=0.29, dry_run=True)
    assert (report.too_many_removals.members, report.too_many_removals.allowed) == (100, 29)


# -- what goes wrong ---------------------------------------------------------------------------------------------------


async def test_one_failure_costs_no_other_row(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "eve@example.com"])
    ml = facade.patient()
    report = await sync(facade, ml, [row("info@example.com"), row("ann@example.com", name="A"), row("new@example.com")])
    assert (report.added, report.updated, report.removed) == (1, 1, 1)
    (failed,) = report.failed
    assert (failed.kind, failed.row) == ("add", 0)
    assert isinstance(failed.error, ImportRefusedError)
    assert failed.error.reason == "role_based"
    assert [change.row for change in report.changes if change.error is not None] == [0]
    assert set(await members(facade, ml)) == {"ann@example.com", "new@example.com"}


async def test_a_refused_key_stops_the_run(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "eve@example.com"])
    ml = facade.patient()
    emulator.fault("revoked_key", method="POST", route="/groups/{id}/import-subscribers")
    report = await sync(facade, ml, [row("ann@example.com", name="A"), row("new@example.com")])
    assert isinstance(report.stopped_by, AuthenticationError)
    assert (report.added, report.updated, report.removed) == (0, 0, 0)
    errors = {change.kind: change.error for change in report.failed}
    assert isinstance(errors["add"], AuthenticationError)
    assert isinstance(errors["update"], NotSentError)
    assert isinstance(errors["remove"], NotSentError)
    assert set(await members(facade, ml)) == {"ann@example.com", "eve@example.com"}
    report = await sync(facade, ml, [row("ann@example.com", name="A"), row("new@example.com")])
    assert (report.added, report.updated, report.removed, report.stopped_by) == (1, 1, 1, None)


async def test_removing_somebody_who_is_gone_is_success(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "eve@example.com"])
    ml = facade.patient()
    # The API carries the removal out, but its answer is lost: the repetition finds nobody.
    emulator.fault("error_after_commit", method="POST", route="/batch")
    emulator.fault("error_after_commit", method="DELETE", route="/subscribers/{id}/groups/{gid}")
    report = await sync(facade, ml, [row("ann@example.com")])
    assert (report.removed, len(report.failed)) == (1, 0)
    assert set(await members(facade, ml)) == {"ann@example.com"}


async def test_a_source_that_fails_changes_nothing(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])

    def rows() -> Iterator[Any]:
        yield row("bob@example.com")
        raise LookupError("the source is gone")

    with pytest.raises(LookupError):
        await sync(facade, facade.patient(), rows())
    assert sent(emulator) == []


# -- dry runs, reports and arguments -----------------------------------------------------------------------------------


async def test_a_dry_run_tells_what_it_costs_and_changes_nothing(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [f"p{number}@example.com" for number in range(120)])
    ml = facade.patient()
    rows = [*(row(f"p{n}@example.com", name="N") for n in range(60)), *(row(f"n{n}@example.com") for n in range(7))]
    report = await sync(facade, ml, rows, dry_run=True)
    assert (report.dry_run, report.added, report.updated, report.removed) == (True, 7, 60, 60)
    assert (report.plan.requests, report.plan.imports) == (1 + 2 + 2, 1)
    assert [(step.way, step.rows) for step in report.plan.steps] == [("import", 7), ("batch", 60), ("batch", 60)]
    assert len(report.changes) == 127
    assert list(report.changes) == list(report.changes)
    assert sent(emulator) == []


async def test_a_closed_report_keeps_its_numbers(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    report = await sync(facade, facade.patient(), [row("bob@example.com")], dry_run=True)
    changes = report.changes
    report.close()
    report.close()
    assert (report.added, report.removed, len(changes)) == (1, 1, 2)
    with pytest.raises(ValueError, match="closed"):
        list(changes)


async def test_a_dropped_report_leaves_its_changes_readable_as_long_as_they_are_held(
    facade: Facade, emulator: Emulator
) -> None:
    seed(emulator)
    changes = (await sync(facade, facade.patient(), [row("bob@example.com")], dry_run=True)).changes
    gc.collect()
    assert told(changes) == [("add", 0, "bob@example.com")]


async def test_progress_ends_with_everything_done(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "eve@example.com"])
    told: list[Any] = []
    await sync(
        facade, facade.patient(), [row("ann@example.com", name="A"), row("b@example.com")], on_progress=told.append
    )
    last = {progress.stage: (progress.done, progress.total) for progress in told}
    assert last == {"rows": (2, 2), "members": (2, None), "import": (1, 1), "update": (1, 1), "remove": (1, 1)}


async def test_an_async_source_is_read_by_the_async_client(facade: Facade, emulator: Emulator) -> None:
    async def rows() -> AsyncIterator[Any]:
        yield row("ann@example.com")

    seed(emulator)
    if facade.is_async:
        assert (await sync(facade, facade.patient(), rows())).added == 1
    else:
        with pytest.raises(TypeError):
            await sync(facade, facade.patient(), rows())


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"max_removals": 1.5}, ValueError),
        ({"max_removals": -1}, ValueError),
        ({"max_removals": float("nan")}, ValueError),
        ({"max_removals": True}, TypeError),
        ({"max_removals": "all"}, TypeError),
        ({"statuses": "active"}, TypeError),
        ({"statuses": []}, ValueError),
        ({"statuses": ["sleeping"]}, ValueError),
        ({"group": ""}, ValueError),
        ({"by": ""}, ValueError),
        ({"by": "nick"}, ValueError),
        ({"rows": row("ann@example.com")}, TypeError),
        ({"rows": "ann@example.com"}, TypeError),
    ],
)
async def test_arguments_that_make_no_sense_are_refused(
    facade: Facade, emulator: Emulator, options: dict[str, Any], error: type[Exception]
) -> None:
    seed(emulator, ["ann@example.com"])
    rows = options.get("rows", [])
    options = {name: value for name, value in options.items() if name != "rows"}
    with pytest.raises(error):
        await sync(facade, facade.patient(), rows, **options)
    assert sent(emulator) == []


def test_both_flavours_take_the_same_arguments_and_say_the_same() -> None:
    first, second = inspect.signature(async_sync.sync), inspect.signature(sync_sync.sync)
    assert list(first.parameters) == list(second.parameters)
    for name, parameter in first.parameters.items():
        if name not in ("caller", "rows"):
            assert parameter == second.parameters[name]
    assert first.return_annotation == second.return_annotation
    assert inspect.getdoc(async_sync.sync) == inspect.getdoc(sync_sync.sync)
