"""What the document on groups promises, endpoint by endpoint: parameters, their limits, answers and errors."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async import NotFoundError, ValidationError, calls
from mailerlite_async.models import Group, ImportReport
from mailerlite_async.testing import Emulator
from tests.seeds.documents import CALLS, EMAIL, GROUP_ID, SUBSCRIBER_ID
from tests.seeds.samples import SAMPLES
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
LONGEST = "x" * 255
# By each word of `sort`, ascending; see `ml`.
SORTED = {
    "name": ["Crime", "Poetry", "Romance"],
    "total": ["Poetry", "Crime", "Romance"],
    "open_rate": ["Romance", "Poetry", "Crime"],
    "click_rate": ["Crime", "Romance", "Poetry"],
    "created_at": ["Poetry", "Romance", "Crime"],
}


@pytest.fixture
def ml(facade: Facade, emulator: Emulator) -> Any:
    """A client of an account with three groups and three subscribers."""
    emulator.seed(
        groups=[
            {"id": GROUP_ID, "name": "Romance", "created_at": "2022-01-01 00:00:00", **mailed(10, 1, 5)},
            {"id": "22133878422767533", "name": "Crime", "created_at": "2023-01-01 00:00:00", **mailed(10, 9, 1)},
            {"id": "33133878422767533", "name": "Poetry", "created_at": "2021-01-01 00:00:00", **mailed(10, 5, 9)},
        ],
        subscribers=[
            {"id": SUBSCRIBER_ID, "email": EMAIL, "groups": ["Romance"]},
            {"id": "41986843064993537", "email": "two@example.com", "groups": ["Romance", "Crime"]},
            {"id": "51986843064993537", "email": "gone@example.com", "groups": ["Romance"], "status": "unsubscribed"},
        ],
    )
    return facade.patient()


def mailed(sent: int, opens: int, clicks: int) -> dict[str, int]:
    return {"sent_count": sent, "opens_count": opens, "clicks_count": clicks}


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any]:
    """The last request: method, path, query and body."""
    last = emulator.requests[-1]
    return last.method, last.path, dict(last.query), last.body


# -- GET /groups -------------------------------------------------------------------------------------------------------


async def test_list_answers_200_with_all_groups(facade: Facade, emulator: Emulator, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.groups.list()))
    assert (response.status, sent(emulator)) == (200, ("GET", "/api/groups", {}, None))
    assert [group.name for group in response.value.items] == ["Romance", "Crime", "Poetry"]
    assert {type(group) for group in response.value.items} == {Group}


@pytest.mark.parametrize("word", SORTED)
async def test_list_is_sorted_by_each_word_in_both_directions(
    facade: Facade, emulator: Emulator, ml: Any, word: str
) -> None:
    for sign, expected in (("", SORTED[word]), ("-", SORTED[word][::-1])):
        page = await facade.call(ml.groups.list(sort=sign + word))
        assert sent(emulator)[2] == {"sort": sign + word}
        assert [group.name for group in page.items] == expected


def test_list_is_sorted_by_no_other_word(http: httpx.Client) -> None:
    answer = http.get("/groups?sort=active_count")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["sort"])


@pytest.mark.parametrize(("part", "found"), [("Rom", ["Romance"]), ("ri", ["Crime"]), ("e", 3), ("Western", [])])
async def test_list_is_filtered_by_a_part_of_the_name(
    facade: Facade, emulator: Emulator, ml: Any, part: str, found: list[str] | int
) -> None:
    page = await facade.call(ml.groups.list(name=part))
    assert sent(emulator)[2] == {"filter[name]": part}
    names = [group.name for group in page.items]
    assert (names if isinstance(found, list) else len(names)) == found


async def test_pages_are_counted_from_1(facade: Facade, emulator: Emulator, ml: Any) -> None:
    pages = [await facade.call(ml.groups.list(limit=2, page=page)) for page in (1, 2)]
    assert sent(emulator)[2] == {"limit": "2", "page": "2"}
    assert [[group.name for group in page.items] for page in pages] == [["Romance", "Crime"], ["Poetry"]]
    assert [page.meta["current_page"] for page in pages] == [1, 2]
    assert (pages[0].total, pages[1].next) == (3, None)


async def test_account_has_at_most_a_thousand_groups(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[f"group {number}" for number in range(1000)])
    ml = facade.patient()
    page = await facade.call(ml.groups.list(limit=1000))
    assert (len(page.items), page.next) == (1000, None)
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.groups.create("one more"))
    assert list(caught.value.errors) == ["name"]


# -- POST, PUT and DELETE /groups --------------------------------------------------------------------------------------


async def test_group_is_created_with_201(facade: Facade, emulator: Emulator) -> None:
    response = await facade.call(facade.patient().execute(calls.groups.create("dummy group")))
    assert (response.status, sent(emulator)) == (201, ("POST", "/api/groups", {}, {"name": "dummy group"}))
    sample = SAMPLES["groups-create"]["data"]
    counts = [key for key in sample if key.endswith("_count")]
    assert [getattr(response.value, key) for key in counts] == [sample[key] for key in counts]
    assert (response.value.name, response.value.open_rate.string) == (sample["name"], "0%")


async def test_group_is_renamed_with_200(facade: Facade, emulator: Emulator, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.groups.update(GROUP_ID, "Love")))
    assert sent(emulator) == ("PUT", f"/api/groups/{GROUP_ID}", {}, {"name": "Love"})
    assert (response.status, response.value.id, response.value.name) == (200, GROUP_ID, "Love")


@pytest.mark.parametrize("method", ["create", "update"])
async def test_name_has_at_most_255_characters(facade: Facade, ml: Any, method: str) -> None:
    act, *arguments = (ml.groups.create,) if method == "create" else (ml.groups.update, GROUP_ID)
    assert (await facade.call(act(*arguments, LONGEST))).name == LONGEST
    with pytest.raises(ValidationError) as caught:
        await facade.call(act(*arguments, LONGEST + "x"))
    assert caught.value.errors == SAMPLES[f"groups-{method}-error"]["errors"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_emulator_refuses_a_name_as_documented(emulator: Emulator, http: httpx.Client, method: str) -> None:
    emulator.seed(groups=[{"id": GROUP_ID, "name": "Romance"}])
    path = "/groups" if method == "POST" else f"/groups/{GROUP_ID}"
    answer = http.request(method, path, json={"name": LONGEST + "x"})
    assert (answer.status_code, answer.json()) == (422, SAMPLES["groups-create-error"])
    assert http.request(method, path, json={}).json()["errors"] == {"name": ["The name field is required."]}


async def test_group_is_deleted_with_204(facade: Facade, emulator: Emulator, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.groups.delete(GROUP_ID)))
    assert sent(emulator) == ("DELETE", f"/api/groups/{GROUP_ID}", {}, None)
    assert (response.status, response.value) == (204, None)
    assert [group.name for group in (await facade.call(ml.groups.list())).items] == ["Crime", "Poetry"]


@pytest.mark.parametrize("name", ["DELETE /groups/{id}", "GET /groups/{id}/subscribers"])
async def test_group_that_does_not_exist_is_404(facade: Facade, emulator: Emulator, name: str) -> None:
    for transport in (emulator.transport(), ScriptedTransport(httpx.Response(404))):  # with and without a body
        with pytest.raises(NotFoundError) as caught:
            await facade.call(facade.patient(transport=transport).execute(CALLS[name]))
        assert caught.value.status == 404


# -- GET /groups/{id}/subscribers --------------------------------------------------------------------------------------


async def test_members_are_active_ones_unless_a_status_is_given(facade: Facade, emulator: Emulator, ml: Any) -> None:
    page = await facade.call(ml.groups.subscribers(GROUP_ID))
    assert sent(emulator) == ("GET", f"/api/groups/{GROUP_ID}/subscribers", {}, None)
    assert [person.email for person in page.items] == ["two@example.com", EMAIL]
    for status in STATUSES:
        members = (await facade.call(ml.groups.subscribers(GROUP_ID, status=status))).items
        assert sent(emulator)[2] == {"filter[status]": status}
        assert len(members) == {"active": 2, "unsubscribed": 1}.get(status, 0)
        assert {person.status for person in members} <= {status}


async def test_members_come_in_pages_that_go_on_at_the_cursor(facade: Facade, emulator: Emulator, ml: Any) -> None:
    first = await facade.call(ml.groups.subscribers(GROUP_ID, limit=1))
    second = await facade.call(ml.groups.subscribers(GROUP_ID, limit=1, cursor=first.next_cursor))
    assert sent(emulator)[2] == {"limit": "1", "cursor": first.next_cursor}
    assert [page.items[0].email for page in (first, second)] == ["two@example.com", EMAIL]
    assert (first.meta["per_page"], first.next_cursor, second.next) == (1, first.meta["next_cursor"], None)


async def test_members_include_their_groups_if_asked(facade: Facade, emulator: Emulator, ml: Any) -> None:
    plain = (await facade.call(ml.groups.subscribers(GROUP_ID))).items
    full = (await facade.call(ml.groups.subscribers(GROUP_ID, include_groups=True))).items
    assert sent(emulator)[2] == {"include": "groups"}
    assert [person.groups for person in plain] == [None, None]
    assert [[group.name for group in person.groups] for person in full] == [["Romance", "Crime"], ["Romance"]]


# -- POST and DELETE /subscribers/{id}/groups/{gid} --------------------------------------------------------------------


async def test_assigning_answers_with_the_group(facade: Facade, emulator: Emulator, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.groups.assign(SUBSCRIBER_ID, "22133878422767533")))
    assert sent(emulator) == ("POST", f"/api/subscribers/{SUBSCRIBER_ID}/groups/22133878422767533", {}, None)
    assert (response.status, type(response.value), response.value.name) == (200, Group, "Crime")


@pytest.mark.parametrize("status", [200, 201])
async def test_assigning_may_be_answered_200_or_201(facade: Facade, status: int) -> None:
    ml = facade.patient(transport=ScriptedTransport(reply(SAMPLES["groups-assign"], status)))
    assert (await facade.call(ml.groups.assign(SUBSCRIBER_ID, GROUP_ID))).name == "dummy group"


@pytest.mark.parametrize(("subscriber", "group"), [("1", GROUP_ID), (SUBSCRIBER_ID, "1")])
async def test_assigning_an_id_that_does_not_exist_is_refused_as_documented(
    facade: Facade, ml: Any, subscriber: str, group: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.groups.assign(subscriber, group))
    assert caught.value.status == 422
    assert {"message": caught.value.message, "errors": caught.value.errors} == SAMPLES["groups-assign-error"]


@pytest.mark.parametrize("method", ["assign", "unassign"])
def test_ids_are_numbers_as_documented(method: str) -> None:
    build: Any = getattr(calls.groups, method)
    assert build(int(SUBSCRIBER_ID), int(GROUP_ID)).path == build(SUBSCRIBER_ID, GROUP_ID).path
    for wrong in (("x", GROUP_ID), (SUBSCRIBER_ID, "x"), ("", GROUP_ID), (SUBSCRIBER_ID, "1/2")):
        with pytest.raises(ValueError, match="must be an id"):
            build(*wrong)


async def test_unassigning_answers_204(facade: Facade, emulator: Emulator, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.groups.unassign(SUBSCRIBER_ID, GROUP_ID)))
    assert sent(emulator) == ("DELETE", f"/api/subscribers/{SUBSCRIBER_ID}/groups/{GROUP_ID}", {}, None)
    assert (response.status, response.value) == (204, None)
    assert (await facade.call(ml.subscribers.get(SUBSCRIBER_ID))).groups == ()


@pytest.mark.parametrize(("subscriber", "group"), [("1", GROUP_ID), (SUBSCRIBER_ID, "1")])
async def test_unassigning_an_id_that_does_not_exist_is_404_with_an_empty_message(
    facade: Facade, ml: Any, subscriber: str, group: str
) -> None:
    with pytest.raises(NotFoundError) as caught:
        await facade.call(ml.groups.unassign(subscriber, group))
    assert (caught.value.status, {"message": caught.value.message}) == (404, SAMPLES["groups-unassign-error"])
    assert str(caught.value) == "DELETE /subscribers/{id}/groups/{gid}: 404 Not Found"


# -- POST /groups/{id}/import-subscribers ------------------------------------------------------------------------------


async def test_import_answers_with_the_address_of_its_report(facade: Facade, emulator: Emulator, ml: Any) -> None:
    rows: list[dict[str, Any]] = [{"email": EMAIL}, {"email": "new@example.com", "fields": {"name": "New"}}]
    response = await facade.call(ml.execute(calls.groups.import_subscribers("22133878422767533", rows)))
    path = "/api/groups/22133878422767533/import-subscribers"
    assert (response.status, sent(emulator)) == (200, ("POST", path, {}, {"subscribers": rows}))
    assert response.value.url == f"https://connect.mailerlite.com/api/subscribers/import/{response.value.id}"
    facade.clock.advance(60)
    report = await facade.call(ml.imports.get(response.value))
    assert (report.done, report.total, report.imported, report.updated) == (True, 2, 1, 1)
    members = (await facade.call(ml.groups.subscribers("22133878422767533"))).items
    assert {person.email for person in members} == {EMAIL, "two@example.com", "new@example.com"}


async def test_import_removes_nothing_by_omission(facade: Facade, ml: Any) -> None:
    await facade.call(ml.subscribers.update(SUBSCRIBER_ID, fields={"name": "Dummy", "city": "Vilnius"}))
    rows = [{"email": EMAIL, "fields": {"name": "New"}}]
    await facade.call(ml.imports.wait(await facade.call(ml.groups.import_subscribers(GROUP_ID, rows))))
    person = await facade.call(ml.subscribers.get(SUBSCRIBER_ID))
    assert (person.fields["name"], person.fields["city"]) == ("New", "Vilnius")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "subscribers"),
        ({"subscribers": "x"}, "subscribers"),
        ({"subscribers": [{"fields": {}}]}, "subscribers.0.email"),
        ({"subscribers": [{"email": EMAIL}, {"email": 5}]}, "subscribers.1.email"),
        ({"subscribers": [{"email": EMAIL, "fields": "x"}]}, "subscribers.0.fields"),
    ],
)
def test_rows_of_another_form_are_refused(
    emulator: Emulator, http: httpx.Client, body: dict[str, object], key: str
) -> None:
    emulator.seed(groups=[{"id": GROUP_ID, "name": "Romance"}])
    answer = http.post(f"/groups/{GROUP_ID}/import-subscribers", json=body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [key])


async def test_row_with_an_invalid_address_is_named_in_the_report(facade: Facade, ml: Any) -> None:
    job = await facade.call(ml.groups.import_subscribers(GROUP_ID, [{"email": "no address"}, {"email": EMAIL}]))
    report = await facade.call(ml.imports.wait(job))
    assert (report.errored, report.invalid_count) == (1, 1)
    assert [sample.email for sample in report.invalid] == ["no address"]


async def test_report_names_at_most_five_of_each_kind_and_counts_all(facade: Facade, ml: Any) -> None:
    job = await facade.call(
        ml.groups.import_subscribers(GROUP_ID, [{"email": f"no address {number}"} for number in range(8)])
    )
    report = await facade.call(ml.imports.wait(job))
    assert type(report) is ImportReport
    assert (len(report.invalid), report.invalid_count) == (5, 8)
