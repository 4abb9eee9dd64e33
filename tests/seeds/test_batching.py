"""What the document on batching promises: the form of requests, the order of answers, and what fails how."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async import NotFoundError, RateLimitError, ValidationError, calls
from mailerlite_async.models import Field, Group, Subscriber
from mailerlite_async.testing import Emulator, VirtualClock
from tests.seeds.documents import EMAIL, GROUP_ID, SUBSCRIBER_ID
from tests.seeds.samples import SAMPLES
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

UPSERTS = [calls.subscribers.upsert(EMAIL), calls.subscribers.upsert("other@example.com")]


@pytest.fixture
def ml(facade: Facade, emulator: Emulator) -> Any:
    """A client of an account with a group and a subscriber."""
    emulator.seed(
        groups=[{"id": GROUP_ID, "name": "Romance"}], subscribers=[{"id": SUBSCRIBER_ID, "email": EMAIL, "groups": []}]
    )
    return facade.patient()


# -- requests ----------------------------------------------------------------------------------------------------------


async def test_several_calls_are_one_request_of_the_documented_form(
    facade: Facade, emulator: Emulator, ml: Any
) -> None:
    await facade.call(
        ml.batch(
            [
                calls.subscribers.upsert(EMAIL, fields={"name": "Dummy"}),
                calls.groups.update(GROUP_ID, "True crime"),
                calls.groups.list(name="Romance", limit=5),
                calls.groups.unassign(SUBSCRIBER_ID, GROUP_ID),
            ]
        )
    )
    (request,) = emulator.requests
    assert (request.method, request.path, request.status) == ("POST", "/api/batch", 200)
    assert request.body == {
        "requests": [
            {"method": "POST", "path": "api/subscribers", "body": {"email": EMAIL, "fields": {"name": "Dummy"}}},
            {"method": "PUT", "path": f"api/groups/{GROUP_ID}", "body": {"name": "True crime"}},
            {"method": "GET", "path": "api/groups", "body": {"filter": {"name": "Romance"}, "limit": "5"}},
            {"method": "DELETE", "path": f"api/subscribers/{SUBSCRIBER_ID}/groups/{GROUP_ID}"},
        ]
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_every_method_is_taken(http: httpx.Client, method: str) -> None:
    answer = http.post("/batch", json={"requests": [{"method": method, "path": "api/groups", "body": {"name": "x"}}]})
    assert answer.status_code == 200
    expected = {"GET": 200, "POST": 201}.get(method, 405)  # what the endpoint itself says of it
    assert [item["code"] for item in answer.json()["responses"]] == [expected]


@pytest.mark.parametrize("path", ["groups", "/groups", "https://connect.mailerlite.com/api/groups"])
def test_path_must_start_with_api(http: httpx.Client, path: str) -> None:
    answer = http.post("/batch", json={"requests": [{"method": "GET", "path": path}]})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["requests.0.path"])


def test_body_may_be_left_out(http: httpx.Client) -> None:
    requests = [{"method": "GET", "path": "api/groups"}, {"method": "GET", "path": "api/groups", "body": {"limit": 1}}]
    answer = http.post("/batch", json={"requests": requests})
    assert [item["code"] for item in answer.json()["responses"]] == [200, 200]


# -- restrictions ------------------------------------------------------------------------------------------------------


async def test_fifty_calls_are_taken_and_fifty_one_are_not_even_sent(
    facade: Facade, emulator: Emulator, ml: Any
) -> None:
    result = await facade.call(ml.batch([calls.subscribers.count()] * 50))
    assert [item.value for item in result.items] == [1] * 50
    with pytest.raises(ValueError, match="51 items: the API takes at most 50"):
        await facade.call(ml.batch([calls.subscribers.count()] * 51))
    assert len(emulator.requests) == 1


def test_emulator_refuses_fifty_one(http: httpx.Client) -> None:
    requests = [{"method": "GET", "path": "api/groups"}] * 51
    answer = http.post("/batch", json={"requests": requests})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["requests"])
    assert http.post("/batch", json={"requests": requests[:50]}).json()["total"] == 50


async def test_answers_are_in_the_order_of_the_calls(facade: Facade, ml: Any) -> None:
    result = await facade.call(
        ml.batch(
            [calls.subscribers.get(EMAIL), calls.groups.get(GROUP_ID), calls.subscribers.count(), calls.groups.list()]
        )
    )
    person, group, count, page = (item.value for item in result.items)
    assert (type(person), person.id) == (Subscriber, SUBSCRIBER_ID)
    assert (type(group), group.id) == (Group, GROUP_ID)
    assert (count, page.items) == (1, (group,))


# -- limits ------------------------------------------------------------------------------------------------------------


async def test_batch_of_upserts_is_limited_as_an_import_and_others_are_not(facade: Facade, clock: VirtualClock) -> None:
    emulator = Emulator(clock=clock)
    ml = facade.open(transport=emulator.transport())
    mixed = [*UPSERTS, calls.subscribers.count()]
    for batch in [UPSERTS] * 5 + [mixed] * 5:
        await facade.call(ml.batch(batch))
    assert [request.lane for request in emulator.requests] == ["import"] * 5 + ["global"] * 5
    assert clock.monotonic() < 5
    await facade.call(ml.batch(UPSERTS))
    assert {request.status for request in emulator.requests} == {200}
    assert 60 <= clock.monotonic() < 65


async def test_batch_of_upserts_that_is_refused_is_understood(facade: Facade) -> None:
    transport = ScriptedTransport(reply(SAMPLES["error-429-imports"], 429, retry_after="60"))
    with pytest.raises(RateLimitError) as caught:
        await facade.call(facade.open(transport=transport, max_retries=0).batch(UPSERTS))
    assert {"message": caught.value.message} == SAMPLES["error-429-imports"]
    assert (caught.value.status, caught.value.lane, caught.value.retry_after) == (429, "imports", 60)


# -- answers -----------------------------------------------------------------------------------------------------------


async def test_sample_answer_is_a_page_of_fields(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(reply(SAMPLES["batch"])))
    (item,) = (await facade.call(ml.batch([calls.fields.list()]))).items
    assert (item.status, item.error) == (200, None)
    assert item.value.items == (
        Field("1", "test field", "test_field", "text"),
        Field("2", "new field", "new_field", "text"),
    )


async def test_emulator_counts_what_succeeded_and_what_failed(facade: Facade, ml: Any) -> None:
    result = await facade.call(ml.batch([calls.groups.list(), calls.subscribers.get("1"), calls.groups.delete("1")]))
    assert {key: result.raw[key] for key in ("total", "successful", "failed")} == {
        "total": 3,
        "successful": 1,
        "failed": 2,
    }
    assert [sorted(item) for item in result.raw["responses"]] == [["body", "code"]] * 3


async def test_invalid_batch_is_a_validation_error(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(reply(SAMPLES["batch-error"], 422)))
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.batch([calls.subscribers.count()]))
    assert {"message": caught.value.message, "errors": caught.value.errors} == SAMPLES["batch-error"]


def test_emulator_names_method_and_path_of_an_invalid_item(http: httpx.Client) -> None:
    answer = http.post("/batch", json={"requests": [{}]})
    assert answer.status_code == 422
    # The index inside the first text of the sample is not that of its key: the slip is not copied.
    assert answer.json()["message"] == SAMPLES["batch-error"]["message"]
    assert answer.json()["errors"] == {
        "requests.0.method": ["The requests.0.method field is required."],
        "requests.0.path": ["The requests.0.path field is required."],
    }


async def test_failed_item_of_the_sample_has_its_error(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(reply(SAMPLES["batch-failed-item"])))
    result = await facade.call(ml.batch([calls.groups.create("Readers")]))
    (item,) = result.items
    assert (item.status, item.value, type(item.error)) == (422, None, ValidationError)
    assert {"message": item.error.message, "errors": item.error.errors} == item.raw
    assert item.raw == SAMPLES["batch-failed-item"]["responses"][0]["body"]
    assert result.failed == (item,)


async def test_one_that_fails_stops_none_of_the_others(facade: Facade, ml: Any) -> None:
    result = await facade.call(
        ml.batch(
            [
                calls.subscribers.upsert("no address"),
                calls.groups.assign(SUBSCRIBER_ID, GROUP_ID),
                calls.subscribers.get("nobody@example.com"),
                calls.subscribers.get(SUBSCRIBER_ID),
            ]
        )
    )
    assert [item.status for item in result.items] == [422, 200, 404, 200]
    assert [type(item.error) for item in result.failed] == [ValidationError, NotFoundError]
    assert [group.id for group in result.items[3].value.groups] == [GROUP_ID]
