"""What holds of every sync, for any group and any source."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade
from tests.support.syncing import GROUP, STATUSES, members, person, seed, sent

ADDRESSES = [f"{name}@example.com" for name in ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "info")]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["Ann", "ann", " Ann", "", None, 7, 7.0, "7", True, "é"]),
    "points": st.sampled_from([0, 1, 1.5, "1", "1.0", "", None, -3, 10**20]),
    "born": st.sampled_from(["2026-03-01", "2026-03-01 00:00:00", "", None]),
}
fields = st.fixed_dictionaries({}, optional=VALUES)
people = st.lists(
    st.tuples(st.sampled_from(ADDRESSES[:-1]), st.sampled_from(STATUSES), st.booleans(), fields),
    unique_by=lambda each: each[0],
    max_size=7,
)
letters = st.sampled_from([str.lower, str.upper, str.title])
sources = st.lists(st.tuples(st.sampled_from(ADDRESSES), letters, fields), max_size=9)
wishes = st.fixed_dictionaries(
    {"resubscribe": st.booleans()},
    optional={"statuses": st.lists(st.sampled_from(STATUSES), min_size=1, unique=True)},
)
flavours = pytest.mark.parametrize("flavour", ["async", "sync"])
examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Flavour = Literal["async", "sync"]


def account(flavour: Flavour, population: Any) -> Facade:
    clock = VirtualClock()
    emulator = Emulator(requests=100_000, imports=1_000, clock=clock)
    seed(emulator, [person(email, status, outside=outside, **values) for email, status, outside, values in population])
    return Facade(flavour, clock, emulator)


def rows_of(source: Any) -> list[dict[str, Any]]:
    return [{"email": write(email), "fields": values} for email, write, values in source]


@flavours
@examples
@given(population=people, source=sources, options=wishes)
def test_a_sync_after_a_sync_has_nothing_to_do(flavour: Flavour, population: Any, source: Any, options: Any) -> None:
    facade = account(flavour, population)
    rows = rows_of(source)

    async def body() -> None:
        ml = facade.patient()
        first = await facade.call(ml.bulk.sync(rows, group=GROUP, max_removals=1.0, **options))
        # An import refuses addresses of functions, now and again.
        assert {change.email.lower() for change in first.failed} <= {"info@example.com"}
        before = await members(facade, ml)
        second = await facade.call(ml.bulk.sync(rows, group=GROUP, max_removals=1.0, **options))
        assert {(change.kind, change.email.lower()) for change in second.changes} <= {("add", "info@example.com")}
        assert await members(facade, ml) == before

    facade.run(body())


@flavours
@examples
@given(population=people, source=sources, options=wishes)
def test_the_group_has_whom_the_source_has_and_nobody_is_lost(
    flavour: Flavour, population: Any, source: Any, options: Any
) -> None:
    facade = account(flavour, population)
    rows = rows_of(source)
    wanted = {row["email"].lower() for row in rows}
    statuses = options.get("statuses", STATUSES)
    status_before = {email: status for email, status, _, _ in population}
    members_before = {email for email, _, outside, _ in population if not outside}

    async def body() -> None:
        ml = facade.patient()
        report = await facade.call(ml.bulk.sync(rows, group=GROUP, max_removals=1.0, **options))
        found = await members(facade, ml)
        untouched = {email for email in members_before if status_before[email] not in statuses}
        assert set(found) - {"info@example.com"} == (wanted | untouched) - {"info@example.com"}
        for email, status in status_before.items():
            person = await facade.call(ml.subscribers.get(email))
            may_return = options["resubscribe"] and status == "unsubscribed" and email in wanted - untouched
            assert person.status == ("active" if may_return else status)
        assert len(report.refused) == len(rows) - len(wanted)

    facade.run(body())


@flavours
@examples
@given(population=people, source=sources, options=wishes)
def test_a_dry_run_sends_nothing_and_tells_what_the_real_run_sends(
    flavour: Flavour, population: Any, source: Any, options: Any
) -> None:
    facade = account(flavour, population)
    rows = rows_of(source)

    async def body() -> None:
        ml = facade.patient()
        dry = await facade.call(ml.bulk.sync(rows, group=GROUP, max_removals=1.0, dry_run=True, **options))
        assert sent(facade.emulator) == []
        before = {email: status for email, (status, _) in (await members(facade, ml)).items()}
        group = dry.group_id
        await facade.call(ml.bulk.sync(rows, group=GROUP, max_removals=1.0, **options))
        calls = sent(facade.emulator)
        imported = [
            one for _, path, body in calls if path.endswith("/import-subscribers") for one in body["subscribers"]
        ]
        changes = list(dry.changes)
        assert imported == [
            {"email": change.email, **({"fields": change.fields} if change.fields else {})}
            for change in changes
            if change.kind == "add"
        ]
        removed = {
            f"/api/subscribers/{change.subscriber_id}/groups/{group}" for change in changes if change.kind == "remove"
        }
        assert {path for method, path, _ in calls if method == "DELETE"} == removed
        puts = {path: body for method, path, body in calls if method == "PUT"}
        for change in changes:
            if change.kind == "update":
                assert puts.pop(f"/api/subscribers/{change.subscriber_id}") == {"fields": change.fields}
            elif change.kind == "resubscribe":
                assert before[change.email.lower()] == "unsubscribed"
        # What is left are values of people who were added, or of those who came back, that only an update can clear.
        assert all(set(body) == {"fields"} for body in puts.values())

    facade.run(body())
