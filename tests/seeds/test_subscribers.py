"""What the document on subscribers promises, endpoint by endpoint: parameters, their limits, answers and errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from mailerlite_async import Call, NotFoundError, ValidationError, calls
from mailerlite_async.models import ForgottenSubscriber, ImportReport
from mailerlite_async.testing import Emulator
from tests.seeds.documents import CALLS, EMAIL
from tests.seeds.documents import SUBSCRIBER_ID as ID
from tests.seeds.samples import SAMPLES
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
GROUPS = ["4243829086487936", "14133878422767533", "31985378335392975"]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FOUND_BY_ID = ["GET /subscribers/{id}", "DELETE /subscribers/{id}", "POST /subscribers/{id}/forget"]


@pytest.fixture
def ml(facade: Facade, emulator: Emulator) -> Any:
    """A client of an account with three groups and a subscriber in the first."""
    emulator.seed(
        groups=[{"id": each, "name": f"group {each}"} for each in GROUPS],
        subscribers=[
            {"id": ID, "email": EMAIL, "groups": GROUPS[:1], "fields": {"name": "Dummy", "last_name": "Testerson"}}
        ],
    )
    return facade.patient()


def of_every_status(emulator: Emulator) -> None:
    """Seed two subscribers of each status."""
    emulator.seed(
        subscribers=[{"email": f"{each}{number}@example.com", "status": each} for each in STATUSES for number in (1, 2)]
    )


# -- GET /subscribers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
async def test_list_is_filtered_by_each_status(facade: Facade, emulator: Emulator, status: str) -> None:
    of_every_status(emulator)
    page = await facade.call(facade.patient().subscribers.list(status=status))
    assert dict(emulator.requests[-1].query) == {"filter[status]": status}
    assert [(person.email, person.status) for person in page.items] == [
        (f"{status}2@example.com", status),
        (f"{status}1@example.com", status),
    ]


def test_list_takes_no_other_status_and_includes_nothing_but_groups(http: httpx.Client) -> None:
    for query, key in [("filter[status]=asleep", "filter.status"), ("include=fields", "include")]:
        answer = http.get(f"/subscribers?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [key])


async def test_list_has_25_on_a_page_unless_told_otherwise(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[f"u{number}@example.com" for number in range(30)])
    ml = facade.patient()
    assert [len((await facade.call(ml.subscribers.list(limit=limit))).items) for limit in (None, 7, 30)] == [25, 7, 30]


async def test_list_starts_at_the_first_page_and_goes_on_at_the_cursor(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[f"u{number}@example.com" for number in range(5)])
    ml = facade.patient()
    first = await facade.call(ml.subscribers.list(limit=3))
    assert first.next_cursor == first.meta["next_cursor"]
    rest = await facade.call(ml.subscribers.list(limit=3, cursor=first.next_cursor))
    emails = [person.email for page in (first, rest) for person in page.items]
    assert emails == [f"u{number}@example.com" for number in (4, 3, 2, 1, 0)]
    assert (rest.next, rest.next_cursor) == (None, None)


async def test_list_includes_groups_if_asked(facade: Facade, ml: Any) -> None:
    for asked, ids in ((True, GROUPS[:1]), (False, None)):
        (person,) = (await facade.call(ml.subscribers.list(include_groups=asked))).items
        assert (person.groups and [group.id for group in person.groups]) == ids


# -- POST /subscribers -------------------------------------------------------------------------------------------------


async def test_upsert_answers_201_for_somebody_new_and_200_for_the_rest(facade: Facade, ml: Any) -> None:
    for email, status in (("new@example.com", 201), ("new@example.com", 200), (EMAIL, 200)):
        response = await facade.call(ml.execute(calls.subscribers.upsert(email)))
        assert (response.status, response.value.email) == (status, email)


async def test_upsert_removes_nothing_by_omission(facade: Facade, emulator: Emulator, ml: Any) -> None:
    await facade.call(ml.subscribers.upsert(EMAIL, fields={"city": "Vilnius"}, groups=GROUPS[1:2]))
    person = await facade.call(ml.subscribers.upsert(EMAIL))
    assert emulator.requests[-1].body == {"email": EMAIL}
    assert {key: person.fields[key] for key in ("name", "last_name", "city")} == {
        "name": "Dummy",
        "last_name": "Testerson",
        "city": "Vilnius",
    }
    assert [group.id for group in person.groups] == sorted(GROUPS[:2], key=int)


async def test_upsert_sends_the_body_of_the_document(facade: Facade, emulator: Emulator, ml: Any) -> None:
    fields = {"name": "Dummy", "last_name": "Testerson"}
    person = await facade.call(ml.subscribers.upsert(EMAIL, fields=fields, groups=GROUPS))
    assert emulator.requests[-1].body == {"email": EMAIL, "fields": fields, "groups": GROUPS}
    assert {group.id for group in person.groups} == set(GROUPS)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_status_is_set(facade: Facade, emulator: Emulator, ml: Any, method: str, status: str) -> None:
    call = (
        ml.subscribers.upsert(EMAIL, status=status) if method == "upsert" else ml.subscribers.update(ID, status=status)
    )
    person = await facade.call(call)
    assert emulator.requests[-1].body == ({"email": EMAIL} if method == "upsert" else {}) | {"status": status}
    assert person.status == status


@pytest.mark.parametrize("name", ["subscribed_at", "opted_in_at", "unsubscribed_at"])
@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_date_is_written_as_documented(
    facade: Facade, emulator: Emulator, ml: Any, method: str, name: str
) -> None:
    date = NOON - timedelta(days=365)
    act, reference = (ml.subscribers.upsert, EMAIL) if method == "upsert" else (ml.subscribers.update, ID)
    person = await facade.call(act(reference, **{name: date}))
    body = emulator.requests[-1].body
    assert isinstance(body, dict)
    assert body[name] == "2025-01-01 12:00:00"  # yyyy-MM-dd HH:mm:ss
    assert getattr(person, name) == date


@pytest.mark.parametrize("name", ["ip_address", "optin_ip"])
@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_ip_address_must_be_one(facade: Facade, emulator: Emulator, ml: Any, method: str, name: str) -> None:
    act, reference = (ml.subscribers.upsert, EMAIL) if method == "upsert" else (ml.subscribers.update, ID)
    for address in ("192.0.2.1", "2001:db8::1"):
        assert getattr(await facade.call(act(reference, **{name: address})), name) == address
    with pytest.raises(ValidationError) as caught:
        await facade.call(act(reference, **{name: "192.0.2"}))
    assert list(caught.value.errors) == [name]


@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_groups_must_exist(facade: Facade, ml: Any, method: str) -> None:
    act, reference = (ml.subscribers.upsert, EMAIL) if method == "upsert" else (ml.subscribers.update, ID)
    with pytest.raises(ValidationError) as caught:
        await facade.call(act(reference, groups=[GROUPS[0], "99"]))
    assert list(caught.value.errors) == ["groups.1"]


@pytest.mark.parametrize("method", ["upsert", "update"])
async def test_keys_of_fields_are_default_or_custom_ones(
    facade: Facade, emulator: Emulator, ml: Any, method: str
) -> None:
    emulator.seed(fields=["Shoe size"])
    act, reference = (ml.subscribers.upsert, EMAIL) if method == "upsert" else (ml.subscribers.update, ID)
    person = await facade.call(act(reference, fields={"shoe_size": "43", "z_i_p": "01001", "unheard_of": "x"}))
    assert (person.fields["shoe_size"], person.fields["z_i_p"]) == ("43", "01001")
    assert "unheard_of" not in person.fields


@pytest.mark.parametrize("email", ["dummy", "dummy@", "@example.com", "dummy@example", "dum my@example.com"])
async def test_invalid_address_is_refused_as_documented(facade: Facade, ml: Any, email: str) -> None:
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.subscribers.upsert(email))
    assert {"message": caught.value.message, "errors": caught.value.errors} == SAMPLES["error-422"]
    assert await facade.call(ml.subscribers.count()) == 1


# -- PUT /subscribers/{id} ---------------------------------------------------------------------------------------------


async def test_update_sends_the_body_of_the_document_and_replaces_groups(
    facade: Facade, emulator: Emulator, ml: Any
) -> None:
    fields = {"name": "Dummy", "last_name": None}
    response = await facade.call(ml.execute(calls.subscribers.update(ID, fields=fields, groups=GROUPS[1:])))
    last = emulator.requests[-1]
    assert (last.method, last.path, last.body) == (
        "PUT",
        f"/api/subscribers/{ID}",
        {"fields": fields, "groups": GROUPS[1:]},
    )
    assert response.status == 200
    assert (response.value.fields["name"], response.value.fields["last_name"]) == ("Dummy", None)
    assert {group.id for group in response.value.groups} == set(GROUPS[1:]), "the unlisted group is left"


async def test_update_clears_no_field_by_omission(facade: Facade, ml: Any) -> None:
    person = await facade.call(ml.subscribers.update(ID, fields={"city": "Vilnius"}))
    assert (person.fields["name"], person.fields["last_name"], person.fields["city"]) == (
        "Dummy",
        "Testerson",
        "Vilnius",
    )
    assert [group.id for group in person.groups] == GROUPS[:1]


async def test_update_with_an_invalid_address_is_refused_as_documented(facade: Facade, ml: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.subscribers.update(ID, email="dummy"))
    assert {"message": caught.value.message, "errors": caught.value.errors} == SAMPLES["error-422"]


# -- GET /subscribers/{id or email} ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", [ID, EMAIL])
async def test_subscriber_is_fetched_by_id_and_by_address(
    facade: Facade, emulator: Emulator, ml: Any, reference: str
) -> None:
    response = await facade.call(ml.execute(calls.subscribers.get(reference)))
    assert (emulator.requests[-1].method, emulator.requests[-1].path) == ("GET", f"/api/subscribers/{reference}")
    assert (response.status, response.value.id, response.value.email) == (200, ID, EMAIL)


@pytest.mark.parametrize("reference", ["", "dummy", "..", "12a"])
def test_neither_id_nor_address_is_refused_before_sending(reference: str) -> None:
    with pytest.raises(ValueError, match="subscriber must be an id of decimal digits or an address"):
        calls.subscribers.get(reference)


@pytest.mark.parametrize("name", FOUND_BY_ID)
async def test_subscriber_that_does_not_exist_is_404(facade: Facade, emulator: Emulator, name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        await facade.call(facade.patient().execute(CALLS[name]))
    assert (caught.value.status, emulator.requests[-1].status) == (404, 404)


@pytest.mark.parametrize("name", FOUND_BY_ID)
async def test_404_without_a_body_as_the_document_shows_it(facade: Facade, name: str) -> None:
    call: Call[Any] = CALLS[name]
    ml = facade.patient(transport=ScriptedTransport(httpx.Response(404)))
    with pytest.raises(NotFoundError) as caught:
        await facade.call(ml.execute(call))
    assert (caught.value.message, str(caught.value)) == ("", f"{call.method} {call.route}: 404 Not Found")


# -- GET /subscribers?limit=0 ------------------------------------------------------------------------------------------


async def test_total_is_asked_for_with_limit_0(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[f"u{number}@example.com" for number in range(100)])
    response = await facade.call(facade.patient().execute(calls.subscribers.count()))
    assert (emulator.requests[-1].path, emulator.requests[-1].query) == ("/api/subscribers", (("limit", "0"),))
    assert (response.status, {"total": response.value}) == (200, SAMPLES["subscribers-count"])


def test_emulator_answers_a_total_and_nothing_else(http: httpx.Client) -> None:
    assert http.get("/subscribers?limit=0").json() == {"total": 0}


# -- DELETE and forget -------------------------------------------------------------------------------------------------


async def test_deleted_subscriber_is_kept_for_a_return(facade: Facade, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.subscribers.delete(ID)))
    assert (response.status, response.value) == (204, None)
    with pytest.raises(NotFoundError):
        await facade.call(ml.subscribers.get(ID))
    back = await facade.call(ml.subscribers.upsert(EMAIL))
    assert (back.id, back.fields["name"]) == (ID, "Dummy")


async def test_forgotten_subscriber_is_gone_for_good(facade: Facade, emulator: Emulator, ml: Any) -> None:
    response = await facade.call(ml.execute(calls.subscribers.forget(ID)))
    assert (emulator.requests[-1].method, emulator.requests[-1].path) == ("POST", f"/api/subscribers/{ID}/forget")
    assert (response.status, type(response.value)) == (200, ForgottenSubscriber)
    assert response.value.forget_at - response.value.deleted_at == timedelta(days=30)
    back = await facade.call(ml.subscribers.upsert(EMAIL))
    assert back.id != ID
    assert back.fields["name"] is None


def test_emulator_says_when_everything_will_be_forgotten(emulator: Emulator, http: httpx.Client) -> None:
    emulator.seed(subscribers=[{"id": ID, "email": EMAIL}])
    assert http.post(f"/subscribers/{ID}/forget").json()["message"] == SAMPLES["subscribers-forget"]["message"]


# -- GET /subscribers/import/{id} --------------------------------------------------------------------------------------


async def test_report_of_an_import_is_read_by_its_id(facade: Facade, emulator: Emulator, ml: Any) -> None:
    job = await facade.call(ml.imports.create([{"email": EMAIL}, {"email": "new@example.com"}]))
    facade.clock.advance(60)
    response = await facade.call(ml.execute(calls.imports.get(job.id)))
    assert (emulator.requests[-1].method, emulator.requests[-1].path) == ("GET", f"/api/subscribers/import/{job.id}")
    report = response.value
    assert (response.status, type(report), report.id) == (200, ImportReport, job.id)
    assert (report.total, report.processed, report.imported, report.percent, report.done) == (2, 2, 1, 100, True)
    assert [(sample.id, sample.email) for sample in report.unchanged] == [(ID, EMAIL)]
    assert report.finished_at is not None


async def test_report_of_the_document_counts_its_unchanged_rows(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(reply(SAMPLES["imports-get"])))
    report = await facade.call(ml.imports.get("47366063630845932"))
    assert (report.total, report.errored, report.unchanged_count, len(report.unchanged)) == (3, 3, 3, 3)
    assert report.finished_at == datetime(2022, 2, 18, 8, 9, 58, tzinfo=UTC)
