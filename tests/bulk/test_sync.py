"""A group is made equal to a source: who is added, updated, removed, and who is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import NotFoundError
from mailerlite_async.errors import (
    InvalidRowError,
)
from mailerlite_async.models import SubscriberRow
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade
from tests.support.syncing import GROUP, STATUSES, members, person, row, seed, sent, told


async def sync(facade: Facade, ml: Any, rows: Any, **options: Any) -> Any:
    return await facade.call(ml.bulk.sync(rows, **{"group": GROUP, "max_removals": 1.0, **options}))


# -- the three kinds ---------------------------------------------------------------------------------------------------


async def test_group_has_afterwards_what_the_source_has(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", name="Ann"), "bob@example.com", "eve@example.com"])
    ml = facade.patient()
    rows = [row("ann@example.com", name="Anna"), SubscriberRow("bob@example.com"), row("new@example.com", name="New")]
    with await sync(facade, ml, rows) as report:
        assert (report.added, report.updated, report.removed, report.unchanged) == (1, 1, 1, 1)
        assert (report.rows, report.members, report.kept, len(report.failed), len(report.refused)) == (3, 3, 0, 0, 0)
        assert told(report.changes) == [
            ("update", 0, "ann@example.com"),
            ("add", 2, "new@example.com"),
            ("remove", None, "eve@example.com"),
        ]
    assert await members(facade, ml) == {
        "ann@example.com": ("active", {"name": "Anna"}),
        "bob@example.com": ("active", {}),
        "new@example.com": ("active", {"name": "New"}),
    }


async def test_a_second_run_has_nothing_to_do(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", name="Ann"), "eve@example.com"])
    ml = facade.patient()
    rows = [row("ANN@example.com", name="Anna", points=3), row("new@example.com", name="", points="4")]
    await sync(facade, ml, rows)
    before = sent(emulator)
    report = await sync(facade, ml, rows)
    assert list(report.changes) == []
    assert report.unchanged == 2
    assert sent(emulator) == before


async def test_removing_takes_out_of_the_group_and_deletes_nobody(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", person("eve@example.com", name="Eve")])
    ml = facade.patient()
    await sync(facade, ml, [row("ann@example.com")])
    eve = await facade.call(ml.subscribers.get("eve@example.com"))
    assert (eve.status, eve.groups, eve.fields["name"]) == ("active", (), "Eve")


async def test_values_the_row_does_not_name_stay(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", name="Ann", city="Vilnius", points=1)])
    ml = facade.patient()
    await sync(facade, ml, [row("ann@example.com", name=None, points=2)])
    assert await members(facade, ml) == {"ann@example.com": ("active", {"city": "Vilnius", "points": 2})}


async def test_a_change_tells_what_is_sent_and_what_was_there(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", name="Ann", city="Vilnius")])
    ml = facade.patient()
    report = await sync(facade, ml, [row("ann@example.com", name="Anna", city="", country=None)], dry_run=True)
    (change,) = report.changes
    assert change.fields == {"name": "Anna", "city": None}
    assert change.before == {"name": "Ann", "city": "Vilnius"}
    assert change.subscriber_id is not None
    assert "ann@example.com" not in repr(report) + repr(change)


async def test_values_an_import_cannot_clear_are_cleared(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("old@example.com", outside=True, name="Old", city="Vilnius")])
    ml = facade.patient()
    rows = [row("old@example.com", name="", country="LT"), row("new@example.com", name=None)]
    report = await sync(facade, ml, rows)
    assert (report.added, len(report.failed)) == (2, 0)
    assert await members(facade, ml) == {
        "old@example.com": ("active", {"city": "Vilnius", "country": "LT"}),
        "new@example.com": ("active", {}),
    }


async def test_many_updates_travel_in_one_import_unless_they_clear(facade: Facade, emulator: Emulator) -> None:
    people = [f"p{number}@example.com" for number in range(1002)]
    seed(emulator, [*people, person("clear@example.com", name="Clear"), person("un@example.com", "unsubscribed")])
    ml = facade.patient()
    rows = [row(email, name="Reader") for email in [*people, "un@example.com"]]
    report = await sync(facade, ml, [*rows, row("clear@example.com", name=None), row("new@example.com")])
    assert (report.updated, report.added, len(report.failed)) == (1004, 1, 0)
    imports = [body for _, path, body in sent(emulator) if path.endswith("/import-subscribers")]
    assert [len(body["subscribers"]) for body in imports] == [1003]
    assert len([call for call in sent(emulator) if call[0] == "PUT"]) == 2
    found = await members(facade, ml)
    assert (found["p1001@example.com"], found["clear@example.com"]) == (("active", {"name": "Reader"}), ("active", {}))
    assert found["un@example.com"] == ("unsubscribed", {"name": "Reader"})


async def test_an_update_the_import_refuses_is_made_by_id(facade: Facade, emulator: Emulator) -> None:
    people = [*(f"p{number}@example.com" for number in range(1000)), "info@example.com"]
    seed(emulator, people)
    ml = facade.patient()
    report = await sync(facade, ml, [row(email, name="Reader") for email in people])
    assert (report.updated, len(report.failed)) == (1001, 0)
    assert [body for method, _, body in sent(emulator) if method == "PUT"] == [{"fields": {"name": "Reader"}}]


async def test_updates_the_import_refuses_without_naming_them_are_made_by_id(
    facade: Facade, emulator: Emulator
) -> None:
    people = [
        *(f"p{number}@example.com" for number in range(1000)),
        *(f"info@p{number}.example" for number in range(20)),
    ]
    seed(emulator, people)
    ml = facade.patient()
    rows = [row(email, name="Reader") for email in people]
    report = await sync(facade, ml, rows)
    assert (report.updated, len(report.failed)) == (1020, 0)
    assert len([call for call in sent(emulator) if call[0] == "PUT"]) == 20
    assert (await sync(facade, ml, rows, dry_run=True)).unchanged == 1020


# -- the group ---------------------------------------------------------------------------------------------------------


async def test_group_may_be_an_id(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    group = await facade.call(ml.groups.find(GROUP))
    for given in (group.id, int(group.id)):
        report = await sync(facade, ml, [row("ann@example.com")], group=given)
        assert (report.group_id, report.unchanged) == (group.id, 1)


async def test_group_of_a_name_is_found_exactly(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    emulator.seed(groups=[GROUP.lower(), f"{GROUP} of books"])
    report = await sync(facade, facade.patient(), [row("ann@example.com")], dry_run=True)
    assert report.unchanged == 1


async def test_a_group_nobody_has_is_made_when_it_is_needed(facade: Facade, emulator: Emulator) -> None:
    seed(emulator)
    ml = facade.patient()
    report = await sync(facade, ml, [row("ann@example.com")], group="Fresh", dry_run=True)
    assert (report.group_id, report.added) == (None, 1)
    report = await sync(facade, ml, [], group="Fresh")
    assert report.group_id is None
    assert sent(emulator) == []
    report = await sync(facade, ml, [row("ann@example.com")], group="Fresh")
    assert report.added == 1
    assert report.group_id is not None
    assert await members(facade, ml, "Fresh") == {"ann@example.com": ("active", {})}


async def test_an_id_nobody_has_is_an_error(facade: Facade, emulator: Emulator) -> None:
    seed(emulator)
    with pytest.raises(NotFoundError):
        await sync(facade, facade.patient(), [row("ann@example.com")], group="123")
    assert sent(emulator) == []


# -- who is left alone -------------------------------------------------------------------------------------------------


async def test_members_of_every_status_are_compared(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person(f"{status}@example.com", status) for status in STATUSES])
    ml = facade.patient()
    report = await sync(facade, ml, [row(f"{status}@example.com", name="N") for status in STATUSES[:3]])
    assert (report.members, report.updated, report.removed, report.added) == (5, 3, 2, 0)
    assert await members(facade, ml) == {f"{status}@example.com": (status, {"name": "N"}) for status in STATUSES[:3]}


async def test_members_of_other_statuses_are_neither_updated_nor_removed(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person(f"{status}@example.com", status) for status in STATUSES])
    ml = facade.patient()
    rows = [row(f"{status}@example.com", name="N") for status in ("bounced", "junk")]
    report = await sync(facade, ml, rows, statuses=["active", "junk"])
    assert (report.members, report.kept) == (2, 3)
    assert told(report.changes) == [("update", 1, "junk@example.com"), ("remove", None, "active@example.com")]
    assert set(await members(facade, ml)) == {f"{status}@example.com" for status in STATUSES[1:]}


async def test_a_refused_row_keeps_its_member(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "eve@example.com"])
    ml = facade.patient()
    ann = await facade.call(ml.subscribers.get("ann@example.com"))
    rows = [row("Ann@example.com", nick="A"), {"email": "not an address"}, {}]
    report = await sync(facade, ml, rows)
    assert (report.removed, report.kept, report.unchanged) == (1, 1, 0)
    for _ in range(2):
        assert [(refusal.row, refusal.kept) for refusal in report.refused] == [(0, ann.id), (1, None), (2, None)]
    assert all(isinstance(refusal.error, InvalidRowError) for refusal in report.refused)
    assert set(await members(facade, ml)) == {"ann@example.com"}


@pytest.mark.parametrize(
    "email", ["\ufeffann@example.com", "ann@example.com;", "<Ann@example.com>", "ann @example.com", "'ann@example.com'"]
)
async def test_a_row_refused_for_its_address_keeps_the_member_it_hints_at(
    facade: Facade, emulator: Emulator, email: str
) -> None:
    seed(emulator, ["ann@example.com", "bob@example.com"])
    ml = facade.patient()
    ann = await facade.call(ml.subscribers.get("ann@example.com"))
    report = await sync(facade, ml, [row(email), row("bob@example.com")])
    assert (report.removed, report.kept, report.unchanged) == (0, 1, 1)
    assert [(refusal.row, refusal.email, refusal.kept) for refusal in report.refused] == [(0, email, ann.id)]
    assert set(await members(facade, ml)) == {"ann@example.com", "bob@example.com"}


async def test_everybody_is_kept_whom_one_row_hints_at(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "bob@example.com", "eve@example.com"])
    ml = facade.patient()
    report = await sync(facade, ml, [row("eve@example.com; ann@example.com"), row("bob@example.com", name="Bob")])
    assert (report.removed, report.updated, report.kept, len(report.refused)) == (0, 1, 2, 1)


@pytest.mark.parametrize("around", ["{} ", " {}", "\t{}\r\n", "{}\xa0"])
async def test_white_space_around_an_address_is_taken_off(facade: Facade, emulator: Emulator, around: str) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    rows = [row(around.format(email), name="Reader") for email in ("ann@example.com", "new@example.com")]
    report = await sync(facade, ml, rows)
    assert (report.updated, report.added, report.removed, len(report.refused)) == (1, 1, 0, 0)
    reader = ("active", {"name": "Reader"})
    assert await members(facade, ml) == {"ann@example.com": reader, "new@example.com": reader}
    assert (await sync(facade, ml, rows, dry_run=True)).unchanged == 2


async def test_the_second_row_about_somebody_is_refused_and_names_the_first(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    rows = [row("ann@example.com", name="A"), row("bob@example.com"), row("ANN@Example.com", name="B")]
    report = await sync(facade, facade.patient(), rows, dry_run=True)
    (refusal,) = report.refused
    assert refusal.row == 2
    assert "rows[0]" in str(refusal.error)
    assert refusal.kept is None
    assert told(report.changes) == [("update", 0, "ann@example.com"), ("add", 1, "bob@example.com")]


# -- consent -----------------------------------------------------------------------------------------------------------


async def test_nobody_is_resubscribed_unasked(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("in@example.com", "unsubscribed"), person("out@example.com", "unsubscribed", outside=True)])
    ml = facade.patient()
    report = await sync(facade, ml, [row("in@example.com", name="I"), row("out@example.com", name="O", city=None)])
    assert (report.added, report.updated, report.resubscribed, len(report.failed)) == (1, 1, 0, 0)
    assert await members(facade, ml) == {
        "in@example.com": ("unsubscribed", {"name": "I"}),
        "out@example.com": ("unsubscribed", {"name": "O"}),
    }


async def test_whoever_has_unsubscribed_stays_as_is_if_that_status_is_not_considered(
    facade: Facade, emulator: Emulator
) -> None:
    seed(emulator, [person("out@example.com", "unsubscribed", outside=True, name="Out")])
    ml = facade.patient()
    await sync(facade, ml, [row("out@example.com", name="O")], statuses=["active"])
    assert await members(facade, ml) == {"out@example.com": ("unsubscribed", {"name": "Out"})}


async def test_resubscribing_is_asked_for(facade: Facade, emulator: Emulator) -> None:
    seed(
        emulator,
        [
            person("in@example.com", "unsubscribed", name="In", city="Vilnius"),
            person("out@example.com", "unsubscribed", outside=True, city="Vilnius"),
            person("not@example.com", "unsubscribed"),
            person("bounced@example.com", "bounced"),
        ],
    )
    ml = facade.patient()
    rows = [
        row("in@example.com", name="I", city=""),
        row("out@example.com", name="O", city=""),
        row("bounced@example.com"),
    ]
    report = await sync(facade, ml, rows, resubscribe=True)
    assert (report.added, report.updated, report.resubscribed, report.removed) == (0, 0, 2, 1)
    assert len(report.failed) == 0
    assert await members(facade, ml) == {
        "in@example.com": ("active", {"name": "I"}),
        "out@example.com": ("active", {"name": "O"}),
        "bounced@example.com": ("bounced", {}),
    }
    assert len((await sync(facade, ml, rows, resubscribe=True)).changes) == 0
