"""The recorded story of campaigns, replayed in the order in which it happened: same status, same shape, same values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.emulator.test_recorded import RECORDED, load

STORY = ("create", "update", "get", "list", "schedule", "cancel", "delete", "activity")
# Values that are the account's own, or made up by the service some seconds later; their types are compared all the same.
OWN = {
    *("id", "account_id", "emailable_id", "default_email_id", "reply_to", "preview_url", "content", "plain_text"),
    *("generate_screenshot_timestamp", "updated_at", "scheduled_for", "stopped_at"),
}


def differences(recorded: Any, given: Any, path: str = "data") -> Iterator[str]:
    """The places where two JSON values differ: in type anywhere, in value unless the account's own."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        for key in recorded.keys() ^ given.keys():
            yield f"{path}.{key}"
        for key in recorded.keys() & given.keys():
            yield from differences(recorded[key], given[key], f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(given, list) and len(recorded) == len(given):
        for pair in zip(recorded, given, strict=True):
            yield from differences(*pair, f"{path}[]")
    elif type(recorded) is not type(given) or (path.rpartition(".")[2] not in OWN and recorded != given):
        yield path


@pytest.fixture
def replayed() -> dict[str, list[tuple[httpx.Response, Any]]]:
    """The answers of the emulator to the whole story, each with the recorded one."""
    clock = VirtualClock(datetime(2025, 9, 19, 11, 15, 41, tzinfo=UTC))
    emulator = Emulator(clock=clock)
    emulator.seed(subscribers=[f"user{number}@example.com" for number in range(1004)], groups=["Grupa 1"])
    answers: dict[str, list[tuple[httpx.Response, Any]]] = {}
    headers = {"Authorization": "Bearer key"}
    with httpx.Client(
        transport=emulator.transport(), base_url="https://connect.mailerlite.com", headers=headers
    ) as client:
        earlier = client.post("/api/campaigns", json=load("campaign-create.json")[0]["request"]["body"]).json()["data"]
        client.post(f"/api/campaigns/{earlier['id']}/schedule", json={"delivery": "instant"})
        clock.advance(47)
        known = ""
        for name in STORY:
            answers[name] = []
            for exchange in load(f"campaign-{name}.json"):
                path = exchange["request"]["path"].replace("165969226036676056", known)
                path = path.replace("139788917762163910", earlier["id"])
                clock.advance(2 if name in ("update", "schedule") else 0)
                given = client.request(exchange["request"]["method"], path, json=exchange["request"]["body"])
                answers[name].append((given, exchange["response"]))
                if name == "create":
                    known = given.json()["data"]["id"]
    return answers


def test_whole_story_is_recorded() -> None:
    assert {f"campaign-{name}.json" for name in STORY} | {"campaign-languages.json"} == {
        path.name for path in RECORDED.glob("campaign-*.json")
    }


def test_statuses_and_headers(replayed: dict[str, list[tuple[httpx.Response, Any]]]) -> None:
    for given, recorded in (pair for pairs in replayed.values() for pair in pairs):
        assert given.status_code == recorded["status"]
        assert given.headers.get("content-type") == recorded["headers"].get("content-type")


@pytest.mark.parametrize("name", ["create", "update", "get", "schedule", "cancel"])
def test_campaign_has_the_recorded_shape(replayed: dict[str, list[tuple[httpx.Response, Any]]], name: str) -> None:
    ((given, recorded),) = replayed[name]
    assert list(differences(recorded["body"]["data"], given.json()["data"])) == []


def test_listed_campaign_has_the_recorded_shape(replayed: dict[str, list[tuple[httpx.Response, Any]]]) -> None:
    ((given, recorded),) = replayed["list"]
    body = given.json()
    assert list(differences(recorded["body"]["data"][0], body["data"][0])) == []
    assert body["links"] == recorded["body"]["links"]
    assert body["meta"].keys() == recorded["body"]["meta"].keys()
    assert body["meta"]["aggregations"] == {"all": 2, "draft": 1, "ready": 0, "sent": 1}
    assert body["meta"]["aggregations"].keys() == recorded["body"]["meta"]["aggregations"].keys()


def test_audience_of_a_group_has_the_recorded_shape() -> None:
    recorded = load("campaign-list.json")[0]["response"]["body"]["data"][1]
    emulator = Emulator()
    group = recorded["basic_filter_for_humans"]["included_groups"][0]
    counts = {"sent_count": 4, "opens_count": 4, "clicks_count": 2, "created_at": "2023-09-23 08:12:28"}
    emulator.seed(groups=[{"id": group["id"], "name": group["name"], **counts}])
    emulator.seed(subscribers=[{"email": "ann@example.com", "groups": [group["id"]]}])
    email = {"subject": "Test", "from_name": "Sender", "from": "person3@example.com"}
    body: dict[str, Any] = {"name": "Test", "type": "regular", "groups": [str(group["id"])], "emails": [email]}
    with httpx.Client(
        transport=emulator.transport(),
        base_url="https://connect.mailerlite.com/api",
        headers={"Authorization": "Bearer key"},
    ) as client:
        client.post("/campaigns", json=body)
        (given,) = client.get("/campaigns?filter[status]=draft").json()["data"]
    for key in ("filter", "filter_for_humans", "missing_data", "can_be_scheduled"):
        assert given[key] == recorded[key]
    shown = given["basic_filter_for_humans"]["included_groups"][0]
    assert sorted(differences(group, shown)) == ["data.serial_no"]
    assert list(differences(recorded["emails"], given["emails"])) == ["data[].created_at"]


def test_missing_campaign_is_named(replayed: dict[str, list[tuple[httpx.Response, Any]]]) -> None:
    given, recorded = replayed["delete"][1]
    assert given.json() == recorded["body"]


def test_report_has_the_recorded_shape(replayed: dict[str, list[tuple[httpx.Response, Any]]]) -> None:
    ((given, recorded),) = replayed["activity"]
    body, expected = given.json(), recorded["body"]
    assert body.keys() == expected.keys()
    assert body["meta"].keys() == expected["meta"].keys()
    assert body["meta"]["per_page"] == expected["meta"]["per_page"]
    assert body["meta"]["aggregations"].keys() == expected["meta"]["aggregations"].keys()
    assert {key: type(value) for key, value in body["data"][0].items()} == {
        key: type(value) for key, value in expected["data"][0].items()
    }
    assert json.dumps(body["links"]).count("reports/subscriber-activity?page=") == 3  # 1,004 recipients: a next page
