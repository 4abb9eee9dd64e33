"""What a sync refuses to do, what becomes of failures, and what its report tells."""

from __future__ import annotations

import gc
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from mailerlite_async import NotFoundError
from mailerlite_async._async import bulk_sync as async_sync
from mailerlite_async._async.bulk import AsyncBulk
from mailerlite_async._sync import bulk_sync as sync_sync
from mailerlite_async._sync.bulk import Bulk
from mailerlite_async.errors import (
    AuthenticationError,
    ImportRefusedError,
    NotSentError,
    PermissionDeniedError,
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


async def test_a_run_that_broke_off_is_resumed_by_running_it_again(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "eve@example.com"])
    ml = facade.patient()
    rows = [row("ann@example.com", name="A"), row("new@example.com", name="N", city=None)]

    def break_off(progress: Any) -> None:
        if progress.stage == "import":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await sync(facade, ml, rows, on_progress=break_off)
    assert set(await members(facade, ml)) == {"ann@example.com", "eve@example.com", "new@example.com"}
    report = await sync(facade, ml, rows)
    assert (report.added, report.updated, report.removed, report.unchanged) == (0, 1, 1, 1)
    assert list((await sync(facade, ml, rows)).changes) == []


async def test_a_group_that_cannot_be_read_changes_nothing(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", person("un@example.com", "unsubscribed")])
    ml = facade.patient()
    emulator.fault("error", status=403, method="GET", route="/groups/{id}/subscribers", times=1)
    with pytest.raises(PermissionDeniedError):
        await sync(facade, ml, [row("bob@example.com")])
    assert sent(emulator) == []


async def test_people_added_who_cannot_be_looked_at_are_told(facade: Facade, emulator: Emulator) -> None:
    seed(emulator)
    ml = facade.patient()
    emulator.fault("error", status=404, method="GET", route="/subscribers/{id}", times=None)
    emulator.fault("error", status=422, method="POST", route="/batch", times=None)
    report = await sync(facade, ml, [row("new@example.com", name=None), row("other@example.com", name="O")])
    assert [(change.email, type(change.error)) for change in report.failed] == [("new@example.com", NotFoundError)]
    assert report.added == 1


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


@pytest.mark.parametrize("removals", [1, 49, 51, 102])
@pytest.mark.parametrize("returning", [0, 1, 24, 25, 50, 74, 75])
async def test_the_plan_counts_the_calls_that_are_made(
    facade: Facade, emulator: Emulator, removals: int, returning: int
) -> None:
    seed(
        emulator,
        [
            *(f"gone{n}@example.com" for n in range(removals)),
            *(person(f"back{n}@example.com", "unsubscribed") for n in range(returning)),
        ],
    )
    rows = [row("new@example.com"), *(row(f"back{n}@example.com") for n in range(returning))]
    report = await sync(facade, facade.patient(), rows, resubscribe=True)
    calls = [request for request in emulator.requests if request.method != "GET"]
    assert len(calls) == report.plan.requests
    assert len([call for call in calls if call.lane == "import"]) == report.plan.imports
    assert sum(step.rows for step in report.plan.steps) == removals + returning + 1
    assert len(report.failed) == 0


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


@pytest.mark.parametrize(("first", "second"), [(async_sync.sync, sync_sync.sync), (AsyncBulk.sync, Bulk.sync)])
def test_both_flavours_take_the_same_arguments(first: Any, second: Any) -> None:
    one, other = inspect.signature(first), inspect.signature(second)
    assert list(one.parameters) == list(other.parameters)
    for name, parameter in one.parameters.items():
        if name not in ("caller", "rows"):
            assert parameter == other.parameters[name]
    assert one.return_annotation == other.return_annotation


def test_the_documentation_is_the_same_and_names_every_argument() -> None:
    text = inspect.getdoc(Bulk.sync) or ""
    assert inspect.getdoc(AsyncBulk.sync) == text
    for name in list(inspect.signature(Bulk.sync).parameters)[1:]:
        assert f"\n    {name}: " in text
