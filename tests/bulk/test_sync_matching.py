"""Members found by something else than their address: by id, or by the value of a field."""

from __future__ import annotations

from typing import Any

from mailerlite_async.testing import Emulator
from tests.support.facade import Facade
from tests.support.syncing import GROUP, members, person, row, seed, sent, told


async def sync(facade: Facade, ml: Any, rows: Any, by: str, **options: Any) -> Any:
    return await facade.call(ml.bulk.sync(rows, **{"group": GROUP, "by": by, "max_removals": 1.0, **options}))


async def ids(facade: Facade, ml: Any, *emails: str) -> list[str]:
    return [(await facade.call(ml.subscribers.get(email))).id for email in emails]


def reasons(report: Any) -> dict[int, str]:
    return {refusal.row: refusal.error.reason for refusal in report.refused}


# -- by id -------------------------------------------------------------------------------------------------------------


async def test_a_changed_address_is_an_update_of_the_member_with_the_id(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", name="Ann"), "bob@example.com", "eve@example.com"])
    ml = facade.patient()
    ann, bob, eve = await ids(facade, ml, "ann@example.com", "bob@example.com", "eve@example.com")
    rows = [
        {"id": ann, "email": "Ann@example.org", "fields": {"name": "Ann", "city": "Vilnius"}},
        {"id": int(bob), "email": "bob@example.com"},
    ]
    report = await sync(facade, ml, rows, "id")
    assert (report.updated, report.removed, report.added, report.unchanged) == (1, 1, 0, 1)
    update, removal = report.changes
    assert (update.subscriber_id, update.email, update.email_before) == (ann, "Ann@example.org", "ann@example.com")
    assert (update.fields, update.before) == ({"city": "Vilnius"}, {"city": None})
    assert (removal.subscriber_id, removal.row) == (eve, None)
    assert await members(facade, ml) == {
        "ann@example.org": ("active", {"name": "Ann", "city": "Vilnius"}),
        "bob@example.com": ("active", {}),
    }
    assert list((await sync(facade, ml, rows, "id")).changes) == []


async def test_rows_without_an_id_are_found_by_the_address(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    rows = [row("ann@example.com", name="Ann"), {"email": "new@example.com", "id": None}]
    report = await sync(facade, ml, rows, "id")
    assert told(report.changes) == [("update", 0, "ann@example.com"), ("add", 1, "new@example.com")]
    assert (await sync(facade, ml, rows, "id")).unchanged == 2


async def test_an_id_nobody_has_is_added_by_address_unless_that_is_a_member(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    (ann,) = await ids(facade, ml, "ann@example.com")
    rows = [{"id": "7", "email": "ann@example.com"}, {"id": "8", "email": "new@example.com"}]
    report = await sync(facade, ml, rows, "id")
    assert told(report.changes) == [("add", 1, "new@example.com")]
    (refusal,) = report.refused
    assert (refusal.row, refusal.kept) == (0, ann)
    assert "another id" in refusal.error.reason


async def test_an_address_that_belongs_to_another_member_is_refused(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com", "bob@example.com"])
    ml = facade.patient()
    (ann,) = await ids(facade, ml, "ann@example.com")
    report = await sync(facade, ml, [{"id": ann, "email": "bob@example.com"}], "id")
    assert reasons(report) == {0: "its email is that of another member"}
    assert (report.kept, len(report.changes)) == (2, 0)
    assert sent(emulator) == []


async def test_two_rows_of_one_id_are_not_both_used(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    (ann,) = await ids(facade, ml, "ann@example.com")
    rows = [{"id": ann, "email": "ann@example.com"}, {"id": int(ann), "email": "other@example.com"}]
    report = await sync(facade, ml, rows, "id")
    assert reasons(report) == {1: "its id is that of rows[0]"}
    assert (report.unchanged, len(report.changes)) == (1, 0)


async def test_a_refused_row_keeps_the_member_with_its_id(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    (ann,) = await ids(facade, ml, "ann@example.com")
    report = await sync(facade, ml, [{"id": ann, "email": "no address"}], "id")
    assert [refusal.kept for refusal in report.refused] == [ann]
    assert (report.kept, len(report.changes)) == (1, 0)


async def test_resubscribing_somebody_whose_address_changes(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", "unsubscribed", name="Ann", city="Vilnius")])
    ml = facade.patient()
    (ann,) = await ids(facade, ml, "ann@example.com")
    rows = [{"id": ann, "email": "ann@example.org", "fields": {"name": "Anna", "city": None}}]
    report = await sync(facade, ml, rows, "id", resubscribe=True)
    assert (report.resubscribed, len(report.failed)) == (1, 0)
    assert await members(facade, ml) == {"ann@example.org": ("active", {"name": "Anna"})}
    assert await ids(facade, ml, "ann@example.org") == [ann]


# -- by a field --------------------------------------------------------------------------------------------------------


async def test_the_value_of_a_field_finds_the_member(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", number="A1"), person("eve@example.com", number="E5")])
    ml = facade.patient()
    rows = [row("ann@example.org", number=" A1 "), row("new@example.com", number="N9")]
    report = await sync(facade, ml, rows, "number")
    assert told(report.changes) == [
        ("update", 0, "ann@example.org"),
        ("add", 1, "new@example.com"),
        ("remove", None, "eve@example.com"),
    ]
    assert await members(facade, ml) == {
        "ann@example.org": ("active", {"number": "A1"}),
        "new@example.com": ("active", {"number": "N9"}),
    }
    assert list((await sync(facade, ml, rows, "number")).changes) == []


async def test_numbers_are_one_value_in_every_form(facade: Facade, emulator: Emulator) -> None:
    seed(emulator, [person("ann@example.com", points="7.0")])
    ml = facade.patient()
    report = await sync(facade, ml, [row("ann@example.org", points=7)], "points", dry_run=True)
    assert told(report.changes) == [("update", 0, "ann@example.org")]


async def test_a_member_without_a_value_is_found_by_the_address_and_gets_one(
    facade: Facade, emulator: Emulator
) -> None:
    seed(emulator, ["ann@example.com"])
    ml = facade.patient()
    report = await sync(facade, ml, [row("ann@example.com", number="A1")], "number")
    assert (report.updated, report.added, report.removed) == (1, 0, 0)
    assert await members(facade, ml) == {"ann@example.com": ("active", {"number": "A1"})}


async def test_values_that_do_not_tell_people_apart_are_refused(facade: Facade, emulator: Emulator) -> None:
    seed(
        emulator,
        [
            person("a@example.com", number="1"),
            person("b@example.com", number="1"),
            person("c@example.com", number="3"),
            person("d@example.com", number="4"),
        ],
    )
    ml = facade.patient()
    rows = [
        row("a@example.com", number="1"),
        row("c@example.com"),
        row("d@example.com", number="44"),
        row("new@example.com", number="5"),
        row("newer@example.com", number="5"),
    ]
    report = await sync(facade, ml, rows, "number")
    assert reasons(report) == {
        0: "several members have its fields.number",
        1: "it has no fields.number, by which members are found",
        2: "its email is that of a member with another fields.number",
        4: "its fields.number is that of rows[3]",
    }
    assert report.kept == 4
    assert told(report.changes) == [("add", 3, "new@example.com")]
