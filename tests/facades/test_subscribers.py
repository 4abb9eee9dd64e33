"""Subscribers, through both clients: what reaches the wire, what comes back, and what the account holds then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from mailerlite_async import UNSET, NotFoundError, ValidationError
from mailerlite_async.models import Activity, ForgottenSubscriber, Subscriber
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade

ANN = "ann@example.com"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any]:
    """The last request: method, path, query and body."""
    last = emulator.requests[-1]
    return last.method, last.path, dict(last.query), last.body


# -- list and iterate --------------------------------------------------------------------------------------------------


async def test_list_sends_its_parameters(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(ml.subscribers.list())
    assert sent(emulator) == ("GET", "/api/subscribers", {}, None)
    assert (page.items, page.next, page.total) == ((), None, None)
    await facade.call(ml.subscribers.list(status="unsubscribed", email=ANN, include_groups=True, limit=7, cursor="abc"))
    assert sent(emulator)[2] == {
        "filter[status]": "unsubscribed",
        "filter[email]": ANN,
        "limit": "7",
        "cursor": "abc",
        "include": "groups",
    }


async def test_list_gives_subscribers_newest_first(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=["Readers"], subscribers=[{"email": "old@example.com", "groups": ["Readers"]}, ANN])
    ml = facade.patient()
    plain = await facade.call(ml.subscribers.list())
    assert [person.email for person in plain.items] == [ANN, "old@example.com"]
    assert [type(person) for person in plain.items] == [Subscriber] * 2
    assert [person.groups for person in plain.items] == [None, None]
    full = await facade.call(ml.subscribers.list(include_groups=True))
    assert [[group.name for group in person.groups] for person in full.items] == [[], ["Readers"]]


async def test_filters_choose_subscribers(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[ANN, {"email": "gone@example.com", "status": "unsubscribed"}])
    ml = facade.patient()
    gone = await facade.call(ml.subscribers.list(status="unsubscribed"))
    assert [person.email for person in gone.items] == ["gone@example.com"]
    found = await facade.collect(ml.subscribers.iter(email=ANN))
    assert [person.email for person in found] == [ANN]
    assert [person.email for person in await facade.collect(ml.subscribers.iter())] == ["gone@example.com", ANN]


async def test_iter_asks_for_large_pages(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    await facade.collect(ml.subscribers.iter())
    assert sent(emulator)[2] == {"limit": "100"}
    await facade.collect(
        ml.subscribers.iter(status="active", email=ANN, include_groups=True, page_size=3, cursor="abc", prefetch=True)
    )
    assert sent(emulator)[2] == {
        "filter[status]": "active",
        "filter[email]": ANN,
        "limit": "3",
        "cursor": "abc",
        "include": "groups",
    }


async def test_count(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[ANN, {"email": "gone@example.com", "status": "unsubscribed"}])
    ml = facade.patient()
    assert await facade.call(ml.subscribers.count()) == 2
    assert sent(emulator)[2] == {"limit": "0"}
    assert await facade.call(ml.subscribers.count(status="unsubscribed")) == 1
    assert sent(emulator)[2] == {"filter[status]": "unsubscribed", "limit": "0"}


# -- get ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email", [ANN, "ann+tag@example.com", "o'hara@example.com", "50%25@example.com", "a#b?c@example.com"]
)
async def test_get_by_id_and_by_address(facade: Facade, emulator: Emulator, email: str) -> None:
    emulator.seed(groups=["Readers"], subscribers=[{"id": "77", "email": email, "groups": ["Readers"]}])
    ml = facade.patient()
    for reference in (email, "77", 77):
        person = await facade.call(ml.subscribers.get(reference))
        assert (person.id, person.email, person.groups[0].name) == ("77", email, "Readers")
        assert emulator.requests[-1].route == "/subscribers/{id}"


async def test_get_of_somebody_unknown(facade: Facade) -> None:
    ml = facade.patient()
    with pytest.raises(NotFoundError, match=r"^GET /subscribers/\{id\}: 404 Not Found: No query results") as caught:
        await facade.call(ml.subscribers.get("nobody@example.com"))
    assert "nobody" not in str(caught.value)
    assert caught.value.path == "/subscribers/nobody@example.com"


# -- upsert ------------------------------------------------------------------------------------------------------------


async def test_upsert_creates_and_then_updates(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    created = await facade.call(ml.subscribers.upsert(ANN, fields={"name": "Ann"}))
    assert sent(emulator) == ("POST", "/api/subscribers", {}, {"email": ANN, "fields": {"name": "Ann"}})
    assert emulator.requests[-1].status == 201
    updated = await facade.call(ml.subscribers.upsert(ANN, fields={"last_name": "Lee"}))
    assert emulator.requests[-1].status == 200
    assert updated.id == created.id
    assert (updated.fields["name"], updated.fields["last_name"]) == ("Ann", "Lee")


async def test_upsert_sends_every_parameter(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    ml = facade.patient()
    person = await facade.call(
        ml.subscribers.upsert(
            ANN,
            fields={"name": "Ann", "city": None},
            groups=["11", 11],
            status="unsubscribed",
            subscribed_at=NOON,
            ip_address="192.0.2.1",
            opted_in_at=NOON + timedelta(hours=1),
            optin_ip="2001:db8::1",
            unsubscribed_at=NOON + timedelta(hours=2),
            resubscribe=True,
        )
    )
    assert sent(emulator)[3] == {
        "email": ANN,
        "fields": {"name": "Ann", "city": None},
        "groups": ["11", "11"],
        "status": "unsubscribed",
        "subscribed_at": "2026-01-01 12:00:00",
        "ip_address": "192.0.2.1",
        "opted_in_at": "2026-01-01 13:00:00",
        "optin_ip": "2001:db8::1",
        "unsubscribed_at": "2026-01-01 14:00:00",
        "resubscribe": True,
    }
    assert (person.subscribed_at, person.opted_in_at, person.unsubscribed_at) == (
        NOON,
        NOON + timedelta(hours=1),
        NOON + timedelta(hours=2),
    )


async def test_unset_is_left_out_and_none_is_null(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    await facade.call(ml.subscribers.upsert(ANN, fields=UNSET, status=UNSET, ip_address=UNSET, resubscribe=UNSET))
    assert sent(emulator)[3] == {"email": ANN}
    nulls = {"subscribed_at": None, "ip_address": None, "opted_in_at": None, "optin_ip": None, "unsubscribed_at": None}
    await facade.call(ml.subscribers.upsert(ANN, **nulls))
    assert sent(emulator)[3] == {"email": ANN, **nulls}
    await facade.call(ml.subscribers.upsert(ANN, fields={}, groups=[]))
    assert sent(emulator)[3] == {"email": ANN, "fields": {}, "groups": []}


async def test_null_clears_a_field(facade: Facade) -> None:
    ml = facade.patient()
    await facade.call(ml.subscribers.upsert(ANN, fields={"name": "Ann", "city": "Bath"}))
    person = await facade.call(ml.subscribers.upsert(ANN, fields={"city": None}))
    assert (person.fields["name"], person.fields["city"]) == ("Ann", None)


async def test_dates_are_sent_as_utc(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    eastern = datetime(2026, 1, 1, 1, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    person = await facade.call(ml.subscribers.upsert(ANN, subscribed_at=eastern))
    assert sent(emulator)[3]["subscribed_at"] == "2025-12-31 20:00:15"
    assert person.subscribed_at == datetime(2025, 12, 31, 20, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize("name", ["subscribed_at", "opted_in_at", "unsubscribed_at"])
@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_naive_dates_are_refused(facade: Facade, emulator: Emulator, method: str, name: str) -> None:
    ml = facade.patient()
    act, first = getattr(ml.subscribers, method), ANN if method == "upsert" else "1"
    with pytest.raises(ValueError, match=rf"^{name} must be an aware datetime"):
        await facade.call(act(first, **{name: datetime(2026, 1, 1)}))  # noqa: DTZ001  (that is the point)
    assert emulator.requests == []


@pytest.mark.parametrize("wrong", [date(2026, 1, 1), "2026-01-01 12:00:00", 1767268800], ids=repr)
@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_dates_of_other_types_are_refused(facade: Facade, emulator: Emulator, method: str, wrong: object) -> None:
    ml = facade.patient()
    act, first = getattr(ml.subscribers, method), ANN if method == "upsert" else "1"
    for name in ("subscribed_at", "opted_in_at", "unsubscribed_at"):
        with pytest.raises(TypeError, match=rf"^{name} must be an aware datetime, not {type(wrong).__name__}"):
            await facade.call(act(first, **{name: wrong}))
    assert emulator.requests == []


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
async def test_number_that_json_lacks_clears_no_field(facade: Facade, emulator: Emulator, number: float) -> None:
    ml = facade.patient()
    with pytest.raises(ValueError, match="fields"):
        await facade.call(ml.subscribers.upsert(ANN, fields={"city": number}))
    assert emulator.requests == []


async def test_upsert_adds_groups_and_removes_none(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "a"}, {"id": "12", "name": "b"}])
    ml = facade.patient()
    await facade.call(ml.subscribers.upsert(ANN, groups=["11"]))
    for groups in (["12"], []):
        person = await facade.call(ml.subscribers.upsert(ANN, groups=groups))
        assert {group.id for group in person.groups} == {"11", "12"}


async def test_upsert_of_somebody_unsubscribed_names_the_subscriber(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[{"id": "77", "email": ANN, "status": "unsubscribed"}])
    ml = facade.patient()
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.subscribers.upsert(ANN))
    assert caught.value.subscriber_id == "77"
    assert caught.value.errors == {"email": ["This subscriber is unsubscribed and cannot be imported"]}
    person = await facade.call(ml.subscribers.upsert(ANN, resubscribe=True))
    assert (person.id, person.status) == ("77", "active")


async def test_refused_address_tells_why(facade: Facade) -> None:
    ml = facade.patient()
    with pytest.raises(ValidationError, match=r"^POST /subscribers: 422 .*invalid\. \(email\)$") as caught:
        await facade.call(ml.subscribers.upsert("ann@"))
    assert caught.value.errors == {"email": ["The email must be a valid email address."]}
    with pytest.raises(TypeError, match="email must be str, not int"):
        await facade.call(ml.subscribers.upsert(1))


# -- update ------------------------------------------------------------------------------------------------------------


async def test_update_sends_every_parameter(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "a"}], subscribers=[{"id": "77", "email": ANN}])
    ml = facade.patient()
    person = await facade.call(
        ml.subscribers.update(
            "77",
            email="new@example.com",
            fields={"name": None},
            groups=["11"],
            status="unsubscribed",
            subscribed_at=NOON,
            ip_address="192.0.2.1",
            opted_in_at=NOON,
            optin_ip=None,
            unsubscribed_at=NOON,
        )
    )
    assert sent(emulator) == (
        "PUT",
        "/api/subscribers/77",
        {},
        {
            "email": "new@example.com",
            "fields": {"name": None},
            "groups": ["11"],
            "status": "unsubscribed",
            "subscribed_at": "2026-01-01 12:00:00",
            "ip_address": "192.0.2.1",
            "opted_in_at": "2026-01-01 12:00:00",
            "optin_ip": None,
            "unsubscribed_at": "2026-01-01 12:00:00",
        },
    )
    assert (person.id, person.email, person.status) == ("77", "new@example.com", "unsubscribed")
    await facade.call(ml.subscribers.update(77))
    assert sent(emulator)[3] == {}


async def test_update_replaces_groups(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(
        groups=[{"id": "11", "name": "a"}, {"id": "12", "name": "b"}],
        subscribers=[{"id": "77", "email": ANN, "groups": ["11"]}],
    )
    ml = facade.patient()
    for groups, left in ((["12"], {"12"}), (UNSET, {"12"}), ([], set())):
        person = await facade.call(ml.subscribers.update("77", groups=groups))
        assert {group.id for group in person.groups} == left


async def test_update_of_somebody_unknown(facade: Facade) -> None:
    ml = facade.patient()
    with pytest.raises(NotFoundError):
        await facade.call(ml.subscribers.update("1", fields={"name": "Ann"}))


# -- delete, forget, activity ------------------------------------------------------------------------------------------


async def test_deleted_subscriber_is_gone_and_comes_back(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[{"id": "77", "email": ANN, "fields": {"name": "Ann"}}])
    ml = facade.patient()
    assert await facade.call(ml.subscribers.delete("77")) is None
    assert sent(emulator) == ("DELETE", "/api/subscribers/77", {}, None)
    with pytest.raises(NotFoundError):
        await facade.call(ml.subscribers.delete("77"))
    assert (await facade.call(ml.subscribers.upsert(ANN))).id == "77"


async def test_forgotten_subscriber_has_a_last_day(facade: Facade, emulator: Emulator, clock: VirtualClock) -> None:
    emulator.seed(subscribers=[{"id": "77", "email": ANN}])
    ml = facade.patient()
    gone = await facade.call(ml.subscribers.forget("77"))
    assert sent(emulator) == ("POST", "/api/subscribers/77/forget", {}, None)
    assert type(gone) is ForgottenSubscriber
    assert (gone.email, gone.deleted_at) == (ANN, datetime.fromtimestamp(int(clock.time()), UTC))
    assert gone.forget_at - gone.deleted_at == timedelta(days=30)
    assert await facade.call(ml.subscribers.count()) == 0


async def test_activity_sends_its_parameters_and_gives_entries(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    ml = facade.patient()
    person = await facade.call(ml.subscribers.upsert(ANN, groups=["11"]))
    page = await facade.call(ml.subscribers.activity(person.id))
    assert sent(emulator) == ("GET", f"/api/subscribers/{person.id}/activity-log", {}, None)
    assert {type(entry) for entry in page.items} == {Activity}
    assert "added_to_group" in {entry.log_name for entry in page.items}
    await facade.call(ml.subscribers.activity(person.id, log_name="email_open", limit=5, page=2))
    assert sent(emulator)[2] == {"filter[log_name]": "email_open", "limit": "5", "page": "2"}
    entries = await facade.collect(ml.subscribers.iter_activity(person.id))
    assert sent(emulator)[2]["limit"] == "100"
    assert entries == list(page.items)
