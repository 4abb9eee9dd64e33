"""Rows that an import refused are told apart from those it took, by the report and by what the account knows."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import AuthenticationError, ServerError
from mailerlite_async.bulk._chunk import ChunkOutcome, Outcome
from mailerlite_async.testing import Emulator
from tests.support import samples
from tests.support.facade import Facade
from tests.support.import_chunks import GROUP, Bench, chunk_of, emulator_of, people, reasons, sent
from tests.support.scripted import ScriptedTransport, reply

MEMBERS = "/groups/{id}/subscribers"
SIZE = "/groups/{id}"
JOB = "139791107607233967"


@pytest.fixture(autouse=True)
def _group(emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": GROUP, "name": "Romance"}])


def invalid(count: int) -> list[str]:
    return [f"not-an-address-{number}" for number in range(count)]


def role_based(count: int) -> list[str]:
    """Addresses that belong to a role, not to a person."""
    return [f"info@example{number}.com" for number in range(count)]


def gone(emulator: Emulator, count: int, *, members: bool = False) -> list[str]:
    """People who have unsubscribed."""
    addresses = people(count, "gone")
    groups = {"groups": [GROUP]} if members else {}
    emulator.seed(subscribers=[{"email": email, "status": "unsubscribed", **groups} for email in addresses])
    return addresses


def settling_calls(emulator: Emulator) -> dict[str, int]:
    return {route: count for route in ("/batch", SIZE, MEMBERS) if (count := sent(emulator, route))}


# -- what the report names ---------------------------------------------------------------------------------------------


async def test_named_rows_need_no_further_call(facade: Facade, emulator: Emulator) -> None:
    rows = [*invalid(2), "ann@gmial.com", *role_based(5), "123456789012@example.com", *gone(emulator, 3), *people(2)]
    outcome = await Bench(facade).run(chunk_of(rows))
    assert reasons(outcome) == (
        ["invalid"] * 2 + ["mistyped"] + ["role_based"] * 5 + ["suspicious_format"] + ["unsubscribed"] * 3 + [None] * 2
    )
    assert {item.report for item in outcome.items if isinstance(item, Outcome)} == {0}
    assert settling_calls(emulator) == {}


async def test_named_rows_are_found_in_any_letter_case(facade: Facade, emulator: Emulator) -> None:
    gone(emulator, 2)
    outcome = await Bench(facade).run(chunk_of(["GONE1@Example.com", "Ann@Example.com"]))
    assert reasons(outcome) == ["unsubscribed", None]


async def test_second_copy_of_a_row_is_the_duplicate(facade: Facade, emulator: Emulator) -> None:
    rows = [email for number in range(7) for email in (f"r{number}@example.com", f"R{number}@example.com")]
    outcome = await Bench(facade).run(chunk_of([*rows, "bad", "bad", *gone(emulator, 1), "Gone0@example.com"]))
    assert reasons(outcome) == [None, "duplicate"] * 7 + ["invalid", "invalid", "unsubscribed", "duplicate"]
    # The copies tell which rows they are, however many.
    assert settling_calls(emulator) == {}


async def test_import_that_took_nothing_for_one_reason_needs_no_further_call(
    facade: Facade, emulator: Emulator
) -> None:
    outcome = await Bench(facade).run(chunk_of(role_based(40)))
    assert reasons(outcome) == ["role_based"] * 40
    assert settling_calls(emulator) == {}


# -- what it only counts -----------------------------------------------------------------------------------------------


async def test_few_rows_are_looked_up_in_batches(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    outcome = await bench.run(chunk_of([*people(60), *role_based(20), *people(60, "other")]))
    assert reasons(outcome) == [None] * 60 + ["role_based"] * 20 + [None] * 60
    # 135 rows are not named: three batches, where the group would take six calls.
    assert settling_calls(emulator) == {"/batch": 3}
    assert outcome.requests == len(emulator.requests)


async def test_many_rows_are_found_by_reading_the_group(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    outcome = await bench.run(chunk_of([*people(1200), *role_based(20), *people(30, "other")]))
    assert reasons(outcome) == [None] * 1200 + ["role_based"] * 20 + [None] * 30
    # 1,230 members: two pages of those that are active, and one look for each other status.
    assert settling_calls(emulator) == {SIZE: 1, MEMBERS: 6}
    assert outcome.requests == len(emulator.requests)


async def test_rows_are_looked_up_where_the_group_is_large(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[{"email": email, "groups": [GROUP]} for email in people(6000, "member")])
    outcome = await Bench(facade).run(chunk_of([*people(400), *role_based(20)]))
    assert reasons(outcome) == [None] * 400 + ["role_based"] * 20
    # 6,400 members take eleven pages, 415 rows nine batches.
    assert settling_calls(emulator) == {SIZE: 1, "/batch": 9}


@pytest.mark.parametrize("readers", [50, 500])
async def test_reason_of_a_row_is_unknown_if_there_are_several(
    facade: Facade, emulator: Emulator, readers: int
) -> None:
    outcome = await Bench(facade).run(chunk_of([*invalid(7), *role_based(8), *people(readers)]))
    assert reasons(outcome) == (
        ["invalid"] * 5 + ["unknown"] * 2 + ["role_based"] * 5 + ["unknown"] * 3 + [None] * readers
    )
    assert ("/batch" in settling_calls(emulator)) is (readers == 50)


@pytest.mark.parametrize("members", [True, False])
@pytest.mark.parametrize("readers", [50, 500])
async def test_people_who_have_unsubscribed_are_found(
    facade: Facade, emulator: Emulator, readers: int, members: bool
) -> None:
    rows = [*people(readers), *gone(emulator, 12, members=members)]
    outcome = await Bench(facade).run(chunk_of(rows))
    assert reasons(outcome) == [None] * readers + ["unsubscribed"] * 12
    assert ("/batch" in settling_calls(emulator)) is (readers == 50)


async def test_somebody_known_outside_the_group_had_unsubscribed(facade: Facade, emulator: Emulator) -> None:
    outcome = await Bench(facade).run(chunk_of([*people(50), *gone(emulator, 9), *role_based(9)]))
    assert reasons(outcome) == [None] * 50 + ["unsubscribed"] * 9 + ["role_based"] * 9


async def test_parts_of_a_chunk_are_settled_together(facade: Facade, emulator: Emulator) -> None:
    bench = Bench(facade)
    chunk = chunk_of([*people(300), *invalid(20), *people(300, "other"), *role_based(20)])
    bench.sizes.bytes = sum(item.size for item in chunk.items) // 2
    outcome = await bench.run(chunk)
    assert len(outcome.reports) > 1
    assert reasons(outcome)[:600] == [None] * 300 + ["invalid"] * 20 + [None] * 280
    assert reasons(outcome)[-20:] == ["role_based"] * 20
    assert settling_calls(emulator) == {SIZE: 1, MEMBERS: 5}


# -- rows about people who were members before -------------------------------------------------------------------------


def living(rows: list[str], city: str = "Riga") -> list[str | dict[str, Any]]:
    """Rows with a value."""
    return [{"email": email, "fields": {"city": city}} for email in rows]


def member_rows(emulator: Emulator, rows: list[str], city: str = "") -> list[str]:
    """Rows of people who are in the group already."""
    fields = {"fields": {"city": city}} if city else {}
    emulator.seed(subscribers=[{"email": email, "groups": [GROUP], **fields} for email in rows])
    return rows


@pytest.mark.parametrize("readers", [50, 500])
async def test_refused_member_has_not_got_the_values_of_the_row(
    facade: Facade, emulator: Emulator, readers: int
) -> None:
    roles = member_rows(emulator, role_based(20), "Vilnius")
    known = member_rows(emulator, people(10, "known"), "Vilnius")
    outcome = await Bench(facade).run(chunk_of(living([*people(readers), *roles, *known])))
    assert reasons(outcome) == [None] * readers + ["role_based"] * 20 + [None] * 10
    assert ("/batch" in settling_calls(emulator)) is (readers == 50)


async def test_refused_members_and_strangers_are_told_apart_from_those_taken(
    facade: Facade, emulator: Emulator
) -> None:
    roles = role_based(20)
    member_rows(emulator, roles[:10])
    rows = [*living(roles), *living(member_rows(emulator, people(30)))]
    outcome = await Bench(facade).run(chunk_of(rows))
    assert reasons(outcome) == ["role_based"] * 20 + [None] * 30


async def test_reason_of_a_refused_member_is_unknown_if_there_are_several(facade: Facade, emulator: Emulator) -> None:
    rows = member_rows(emulator, [*role_based(8), *(f"ann{number}@gmial.com" for number in range(8)), *people(30)])
    outcome = await Bench(facade).run(chunk_of(living(rows)))
    for kind in ("role_based", "mistyped"):
        assert (reasons(outcome)[:16]).count(kind) == 5
    assert reasons(outcome)[:16].count("unknown") == 6
    assert reasons(outcome)[16:] == [None] * 30


async def test_as_many_rows_are_refused_as_counted_if_nothing_tells_which(facade: Facade, emulator: Emulator) -> None:
    # Nothing in these rows was to change, so those refused are as they should be, too.
    rows = member_rows(emulator, [*people(30), *role_based(20), *people(30, "other")], "Riga")
    for body in (rows, living(rows)):
        outcome = await Bench(facade).run(chunk_of(body))
        assert reasons(outcome) == [None] * 30 + ["role_based"] * 5 + ["unknown"] * 15 + [None] * 30


async def test_value_of_a_field_the_account_has_not_got_tells_nothing(facade: Facade, emulator: Emulator) -> None:
    rows = member_rows(emulator, [*people(30), *role_based(20)])
    bodies = [{"email": email, "fields": {"nick": "Reader", "city": "Riga"}} for email in rows]
    outcome = await Bench(facade).run(chunk_of(bodies))
    assert reasons(outcome) == [None] * 30 + ["role_based"] * 20


# -- reports nobody has seen the emulator write ------------------------------------------------------------------------


class Service:
    """An emulator whose imports end with another report than they would.

    Args:
        facade: whose emulator it is.
        members: addresses that are in the group after the import.
        report: what the report says.
    """

    def __init__(self, facade: Facade, members: list[str], **report: Any) -> None:
        facade.emulator.seed(subscribers=[{"email": email, "groups": [GROUP]} for email in members])
        blank = {"invalid": [], "invalid_count": 0, "imported": 0, "done": True}
        body = {"data": samples.report(**{**blank, **report})}
        inner = emulator_of(facade)

        def answer(request: Any) -> Any:
            if request.url.path.endswith("import-subscribers"):
                return reply({"import_progress_url": f"https://example.com/api/subscribers/import/{JOB}"})
            return reply(body) if "/subscribers/import/" in request.url.path else inner(request)

        self.bench = Bench(facade, transport=ScriptedTransport(answer))

    async def run(self, rows: list[Any]) -> ChunkOutcome:
        return await self.bench.run(chunk_of(rows))


async def test_banned_rows_are_never_named(facade: Facade) -> None:
    service = Service(facade, people(8), total=10, processed=10, imported=8, banned_import_emails_count=2)
    outcome = await service.run([*people(8), "spam@example.com", "worm@example.com"])
    assert reasons(outcome) == [None] * 8 + ["banned"] * 2


async def test_no_more_copies_are_refused_than_the_report_counts(facade: Facade) -> None:
    service = Service(facade, people(1), total=3, imported=1, updated=1, duplicate_count=1)
    outcome = await service.run(people(1) * 3)
    assert reasons(outcome) == [None, "duplicate", None]


async def test_duplicate_in_the_eyes_of_the_service_is_the_row_it_names(facade: Facade) -> None:
    named = [{"id": "1", "email": "ann.lee@example.com"}]
    service = Service(facade, ["annlee@example.com"], total=2, imported=1, duplicate=named, duplicate_count=1)
    outcome = await service.run(["annlee@example.com", "Ann.Lee@example.com"])
    assert reasons(outcome) == [None, "duplicate"]
    assert outcome.requests == 2


async def test_person_outside_the_group_is_no_more_unsubscribed_than_the_report_counts(facade: Facade) -> None:
    facade.emulator.seed(subscribers=people(3, "known"))
    service = Service(facade, people(5), total=8, imported=5, unsubscribed_count=1, role_based_count=2)
    outcome = await service.run([*people(5), *people(3, "known")])
    assert reasons(outcome) == [None] * 5 + ["unsubscribed", "role_based", "role_based"]


async def test_rows_that_a_report_leaves_out_are_looked_up(facade: Facade) -> None:
    service = Service(facade, people(8), total=10, processed=10, imported=8)
    outcome = await service.run([*people(8), "lost@example.com", "found@example.com"])
    assert reasons(outcome) == [None] * 8 + ["unknown"] * 2


async def test_member_that_a_report_leaves_out_is_taken_if_it_is_as_the_row_says(
    facade: Facade, emulator: Emulator
) -> None:
    service = Service(facade, people(10), total=10, processed=10, imported=8)
    assert reasons(await service.run(people(10))) == [None] * 10
    differs = [*people(9), {"email": "reader9@example.com", "fields": {"city": "Riga"}}]
    assert reasons(await service.run(differs)) == [None] * 9 + ["unknown"]


async def test_row_that_may_be_the_refused_one_is_not_taken_for_done(facade: Facade) -> None:
    # Both differ, perhaps because the service keeps the value in another form.
    service = Service(facade, people(4), total=4, processed=4, updated=3, role_based_count=1)
    outcome = await service.run([*people(2), *living(["reader2@example.com", "reader3@example.com"])])
    assert reasons(outcome) == [None, None, "unknown", "unknown"]


async def test_values_that_all_rows_miss_do_not_hide_the_one_that_tells(facade: Facade) -> None:
    service = Service(facade, people(4), total=4, processed=4, updated=3, role_based_count=1)
    rows: list[Any] = [{"email": email, "fields": {"city": "RIGA"}} for email in people(4)]
    rows[2]["fields"]["name"] = "Ann"
    outcome = await service.run(rows)
    assert reasons(outcome) == [None, None, "role_based", None]


async def test_row_that_the_report_names_as_changed_was_taken(facade: Facade) -> None:
    changed = [{"id": "1", "email": "Reader0@example.com"}]
    service = Service(
        facade,
        people(2),
        total=2,
        processed=2,
        updated=1,
        changed=changed,
        changed_count=1,
        banned_import_emails_count=1,
    )
    assert reasons(await service.run(living(people(2)))) == [None, "banned"]


async def test_rows_after_the_stop_of_an_import_were_not_taken(facade: Facade, emulator: Emulator) -> None:
    stopped = {"done": False, "finished_at": None, "stopped_at": "2024-12-04T12:26:44.000000Z"}
    service = Service(facade, people(5), total=10, processed=4, imported=2, updated=2, **stopped)
    emulator.seed(subscribers=[{"email": "reader5@example.com", "status": "unsubscribed", "groups": [GROUP]}])
    # The fifth and the sixth row are members from before: the import has not come to them.
    outcome = await service.run(people(10))
    assert reasons(outcome) == [None] * 4 + ["unknown"] * 6


async def test_stop_for_the_limit_of_the_plan_is_told(facade: Facade) -> None:
    stopped = {"done": False, "stopped_at": "2024-12-04T12:26:44.000000Z"}
    service = Service(
        facade,
        people(4),
        total=10,
        processed=4,
        imported=4,
        is_stopped_due_to_free_account_limit_exceeded=True,
        **stopped,
    )
    assert reasons(await service.run(people(10))) == [None] * 4 + ["subscriber_limit"] * 6


async def test_international_domain_is_the_same_in_both_forms(facade: Facade, emulator: Emulator) -> None:
    service = Service(facade, ["ann@xn--bcher-kva.example"], total=2, imported=1, mistyped_count=1)
    outcome = await service.run(["Ann@B\u00fccher.example", "eve@b\u00fccher.example"])
    assert reasons(outcome) == [None, "mistyped"]
    # Nobody has said in which of them the service keeps it.
    body: Any = emulator.requests[-1].body
    assert [item["path"] for item in body["requests"]] == [
        "api/subscribers/ann@b%C3%BCcher.example",
        "api/subscribers/ann@xn--bcher-kva.example",
        "api/subscribers/eve@b%C3%BCcher.example",
        "api/subscribers/eve@xn--bcher-kva.example",
    ]


async def test_address_that_cannot_stand_in_a_path_is_found_by_the_list(facade: Facade) -> None:
    service = Service(facade, ["a/b@example.com"], total=3, processed=3, imported=1, mistyped_count=2)
    outcome = await service.run(["a/b@example.com", "c/d@example.com", "no address"])
    assert reasons(outcome) == [None, "mistyped", "mistyped"]


# -- faults while settling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("readers", [50, 500])
async def test_rows_that_cannot_be_looked_up_have_the_error(facade: Facade, emulator: Emulator, readers: int) -> None:
    for route in ("/batch", MEMBERS):
        emulator.fault("error", route=route, times=None)
    bench = Bench(facade, max_retries=0)
    outcome = await bench.run(chunk_of([*people(readers), *role_based(8)]))
    named = [row for row, item in enumerate(outcome.items) if isinstance(item, Outcome)]
    assert named == list(range(readers, readers + 5))
    assert {type(item) for row, item in enumerate(outcome.items) if row not in named} == {ServerError}
    assert (outcome.stop, len(outcome.reports)) == (None, 1)


async def test_key_that_is_revoked_while_settling_stops_the_job(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("revoked_key", route="/batch", times=None)
    outcome = await Bench(facade).run(chunk_of([*people(50), *role_based(8)]))
    assert isinstance(outcome.stop, AuthenticationError)
    assert {type(item) for item in outcome.items[:50]} == {AuthenticationError}
    assert [item.refused for item in outcome.items[50:55] if isinstance(item, Outcome)] == ["role_based"] * 5


async def test_row_whose_look_up_fails_has_that_error(facade: Facade, emulator: Emulator) -> None:
    inner = emulator_of(facade)

    def answer(request: Any) -> Any:
        response = inner(request)
        if request.url.path.endswith("/batch"):
            body = response.json()
            body["responses"][0] = {"code": 500, "body": {"message": "Server Error"}}
            return reply(body)
        return response

    bench = Bench(facade, transport=ScriptedTransport(answer))
    outcome = await bench.run(chunk_of([*people(10), *role_based(8)]))
    assert isinstance(outcome.items[0], ServerError)
    taken, refused = outcome.items[1:10], outcome.items[10:]
    assert all(isinstance(item, Outcome) and item.refused is None for item in taken)
    assert all(isinstance(item, Outcome) and item.refused == "role_based" for item in refused)


async def test_group_that_goes_while_settling_is_the_answer_for_the_rows(facade: Facade, emulator: Emulator) -> None:
    for route in (SIZE, MEMBERS):
        emulator.fault("error", route=route, status=404)
    outcome = await Bench(facade).run(chunk_of([*people(500), *role_based(8)]))
    assert {item.status for item in outcome.items[:500] if isinstance(item, Outcome)} == {404}
    assert (outcome.stop, len(outcome.items)) == (None, 508)


@pytest.mark.parametrize("status", [404, 405])
async def test_group_whose_size_is_not_told_is_read(facade: Facade, emulator: Emulator, status: int) -> None:
    emulator.fault("error", route=SIZE, status=status)
    outcome = await Bench(facade).run(chunk_of([*people(500), *role_based(8)]))
    assert reasons(outcome) == [None] * 500 + ["role_based"] * 8
    assert settling_calls(emulator) == {SIZE: 1, MEMBERS: 5}
