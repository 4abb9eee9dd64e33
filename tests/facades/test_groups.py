"""Groups, through both clients: what reaches the wire, what comes back, and who is a member then."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import NotFoundError, ValidationError
from mailerlite_async.models import Group, ImportJob, Rate, Subscriber, SubscriberRow
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

ANN = "ann@example.com"


@pytest.fixture
def ml(facade: Facade, emulator: Emulator) -> Any:
    """A client of an account with two groups and three subscribers."""
    emulator.seed(
        groups=[
            {"id": "11", "name": "Romance", "sent_count": 8, "opens_count": 7, "clicks_count": 2},
            {"id": "12", "name": "Crime"},
        ],
        subscribers=[
            {"id": "71", "email": ANN, "groups": ["11"]},
            {"id": "72", "email": "bob@example.com", "groups": ["11", "12"]},
            {"id": "73", "email": "gone@example.com", "status": "unsubscribed", "groups": ["11"]},
        ],
    )
    return facade.patient()


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any]:
    """The last request: method, path, query and body."""
    last = emulator.requests[-1]
    return last.method, last.path, dict(last.query), last.body


async def test_list_sends_its_parameters_and_gives_groups(facade: Facade, emulator: Emulator, ml: Any) -> None:
    page = await facade.call(ml.groups.list())
    assert sent(emulator) == ("GET", "/api/groups", {}, None)
    assert [type(group) for group in page.items] == [Group] * 2
    assert (page.total, page.next) == (2, None)
    romance = page.items[0]
    assert (romance.id, romance.name, romance.active_count, romance.unsubscribed_count) == ("11", "Romance", 2, 1)
    assert (romance.open_rate, romance.click_rate) == (Rate(0.875, "87.5%"), Rate(0.25, "25%"))
    await facade.call(ml.groups.list(name="Rom", sort="-total", limit=1, page=2))
    assert sent(emulator)[2] == {"filter[name]": "Rom", "sort": "-total", "limit": "1", "page": "2"}


async def test_iter_sends_its_parameters(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert [group.name for group in await facade.collect(ml.groups.iter(sort="name"))] == ["Crime", "Romance"]
    assert sent(emulator)[2] == {"sort": "name", "limit": "250"}
    found = await facade.collect(ml.groups.iter(name="crime", sort="-name", page_size=5, prefetch=True))
    assert [group.name for group in found] == ["Crime"]
    assert sent(emulator)[2] == {"filter[name]": "crime", "sort": "-name", "limit": "5"}


async def test_get(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert (await facade.call(ml.groups.get(11))).name == "Romance"
    assert sent(emulator) == ("GET", "/api/groups/11", {}, None)
    with pytest.raises(NotFoundError, match=r"^GET /groups/\{id\}: 404 Not Found"):
        await facade.call(ml.groups.get("1"))


async def test_create(facade: Facade, emulator: Emulator, ml: Any) -> None:
    group = await facade.call(ml.groups.create("Poetry"))
    assert sent(emulator) == ("POST", "/api/groups", {}, {"name": "Poetry"})
    assert (group.name, group.active_count, emulator.requests[-1].status) == ("Poetry", 0, 201)
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.groups.create("x" * 256))
    assert caught.value.errors == {"name": ["The name may not be greater than 255 characters."]}


async def test_update(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert (await facade.call(ml.groups.update("11", "Novels"))).name == "Novels"
    assert sent(emulator) == ("PUT", "/api/groups/11", {}, {"name": "Novels"})
    with pytest.raises(ValidationError):
        await facade.call(ml.groups.update("11", ""))


async def test_delete_keeps_the_members(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert await facade.call(ml.groups.delete("11")) is None
    assert sent(emulator) == ("DELETE", "/api/groups/11", {}, None)
    assert (await facade.call(ml.subscribers.get("71"))).groups == ()
    with pytest.raises(NotFoundError):
        await facade.call(ml.groups.delete("11"))


async def test_members_are_the_active_ones_unless_asked_otherwise(facade: Facade, emulator: Emulator, ml: Any) -> None:
    page = await facade.call(ml.groups.subscribers("11"))
    assert sent(emulator) == ("GET", "/api/groups/11/subscribers", {}, None)
    assert [type(person) for person in page.items] == [Subscriber] * 2
    assert [(person.id, person.groups) for person in page.items] == [("72", None), ("71", None)]
    gone = await facade.call(
        ml.groups.subscribers("11", status="unsubscribed", include_groups=True, limit=5, cursor="abc")
    )
    assert sent(emulator)[2] == {
        "filter[status]": "unsubscribed",
        "limit": "5",
        "cursor": "abc",
        "include": "groups",
    }
    assert [(person.id, person.groups[0].id) for person in gone.items] == [("73", "11")]


async def test_members_can_be_walked(facade: Facade, emulator: Emulator, ml: Any) -> None:
    members = await facade.collect(ml.groups.iter_subscribers("11"))
    assert [person.id for person in members] == ["72", "71"]
    assert sent(emulator)[2] == {"limit": "1000"}
    members = await facade.collect(
        ml.groups.iter_subscribers("11", status="active", include_groups=True, page_size=1, cursor="", prefetch=False)
    )
    assert [len(person.groups) for person in members] == [2, 1]
    with pytest.raises(NotFoundError):
        await facade.collect(ml.groups.iter_subscribers("1"))


@pytest.mark.parametrize("reference", ["71", 71, ANN])
async def test_assign_and_unassign(facade: Facade, emulator: Emulator, ml: Any, reference: str | int) -> None:
    group = await facade.call(ml.groups.assign(reference, 12))
    assert sent(emulator) == ("POST", f"/api/subscribers/{reference}/groups/12", {}, None)
    assert (type(group), group.id) == (Group, "12")
    assert {group.id for group in (await facade.call(ml.subscribers.get("71"))).groups} == {"11", "12"}
    assert await facade.call(ml.groups.unassign(reference, "12")) is None
    assert sent(emulator) == ("DELETE", f"/api/subscribers/{reference}/groups/12", {}, None)
    assert {group.id for group in (await facade.call(ml.subscribers.get("71"))).groups} == {"11"}


async def test_assigning_somebody_unknown_is_a_validation_error(facade: Facade, ml: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.groups.assign("nobody@example.com", "11"))
    assert caught.value.errors == {"id": ["The selected id is invalid."]}
    with pytest.raises(NotFoundError, match=r"^DELETE /subscribers/\{id\}/groups/\{gid\}: 404 Not Found$"):
        await facade.call(ml.groups.unassign("71", "12"))


async def test_import_into_a_group(facade: Facade, emulator: Emulator, ml: Any) -> None:
    rows = [
        SubscriberRow("new@example.com", {"name": "New", "city": None}),
        {"email": ANN, "fields": {"name": "Ann"}},
        {"email": "third@example.com"},
        SubscriberRow("fourth@example.com"),
        {"email": "fifth@example.com", "fields": None},
    ]
    job = await facade.call(ml.groups.import_subscribers("12", iter(rows)))
    assert sent(emulator) == (
        "POST",
        "/api/groups/12/import-subscribers",
        {},
        {
            "subscribers": [
                {"email": "new@example.com", "fields": {"name": "New", "city": None}},
                {"email": ANN, "fields": {"name": "Ann"}},
                {"email": "third@example.com"},
                {"email": "fourth@example.com"},
                {"email": "fifth@example.com"},
            ]
        },
    )
    assert type(job) is ImportJob
    assert job.url.endswith(f"/api/subscribers/import/{job.id}")
    report = await facade.call(ml.imports.wait(job))
    assert (report.done, report.imported, report.updated) == (True, 4, 1)
    members = await facade.collect(ml.groups.iter_subscribers("12"))
    assert {person.email for person in members} >= {"new@example.com", ANN, "fifth@example.com"}


@pytest.mark.parametrize(
    ("rows", "error", "text"),
    [
        ([], ValueError, "rows is empty"),
        pytest.param(iter(()), ValueError, "rows is empty", id="no rows"),
        ([{"email": ANN}, {"fields": {}}], ValueError, r"rows\[1\] has no email"),
        ([{"email": ""}], ValueError, r"rows\[0\] has no email"),
        ([{"email": 5}], ValueError, r"rows\[0\] has no email"),
        ([SubscriberRow("")], ValueError, r"rows\[0\] has no email"),
        ([{"email": ANN, "groups": ["1"], "status": "active"}], ValueError, r"rows\[0\] has groups, status"),
        ([{"email": ANN}, ANN], TypeError, r"rows\[1\] must be a SubscriberRow or a mapping, not str"),
        ([{"email": ANN, "fields": ["name"]}], TypeError, r"rows\[0\].fields must be a mapping, not list"),
        ({"email": ANN}, TypeError, "rows must be an iterable of rows, not one row"),
        (ANN, TypeError, "rows must be an iterable of rows, not one row"),
        ([{"email": ANN, "fields": {"city": float("nan")}}], ValueError, r"rows\[0\]"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["groups", "imports"])
async def test_wrong_rows_are_refused_by_number(
    facade: Facade, emulator: Emulator, method: str, rows: Any, error: type[Exception], text: str
) -> None:
    ml = facade.patient()
    with pytest.raises(error, match=f"^{text}"):
        await facade.call(ml.groups.import_subscribers("1", rows) if method == "groups" else ml.imports.create(rows))
    assert emulator.requests == []


async def test_import_into_an_unknown_group(facade: Facade, ml: Any) -> None:
    with pytest.raises(NotFoundError):
        await facade.call(ml.groups.import_subscribers("1", [{"email": ANN}]))
