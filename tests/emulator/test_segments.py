"""Segments: counts, members with their cursor oddities, renaming and deleting."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator

PEOPLE = [f"user{number}@example.com" for number in range(5)]


@pytest.fixture(autouse=True)
def _seeded(emulator: Emulator) -> None:
    emulator.seed(
        groups=["Readers"],
        subscribers=[
            *({"email": email, "groups": ["Readers"], "sent": 2, "opens_count": 1} for email in PEOPLE),
            {"email": "gone@example.com", "status": "unsubscribed", "sent": 100},
        ],
        segments=[
            {"id": "77", "name": "Loyal", "subscribers": [*PEOPLE, "gone@example.com"]},
            {"id": "78", "name": "Nobody", "automations_using_segment_count": 3},
        ],
    )


def members(client: httpx.Client, **params: Any) -> dict[str, Any]:
    page: dict[str, Any] = client.get("/segments/77/subscribers", params=params).json()
    return page


def test_counts_are_those_of_active_members(client: httpx.Client) -> None:
    segment = client.get("/segments/77").json()["data"]
    assert (segment["total"], segment["open_rate"]) == (5, {"float": 0.5, "string": "50%"})
    assert "automations_using_segment_count" not in segment
    listed = client.get("/segments").json()["data"]
    assert [(each["name"], each["total"], each["automations_using_segment_count"]) for each in listed] == [
        ("Loyal", 5, 0),
        ("Nobody", 0, 3),
    ]
    client.delete(f"/subscribers/{client.get(f'/subscribers/{PEOPLE[0]}').json()['data']['id']}")
    assert client.get("/segments/77").json()["data"]["total"] == 4


def test_last_page_of_members_has_a_cursor_that_leads_to_an_empty_one(client: httpx.Client) -> None:
    page = members(client)
    assert [each["email"] for each in page["data"]] == PEOPLE[::-1]
    assert [group["name"] for group in page["data"][0]["groups"]] == ["Readers"]
    cursor = page["meta"]["next_cursor"]
    assert json.loads(base64.b64decode(cursor + "==")) == {
        "id": int(page["data"][-1]["id"]),
        "_pointsToNextItems": True,
    }
    assert page["links"]["next"].endswith(f"/segments/77/subscribers?cursor={cursor}")
    after = members(client, cursor=cursor)
    assert (after["data"], after["meta"]["next_cursor"], after["links"]["next"]) == ([], None, None)


def test_page_size_is_text_only_if_it_was_sent(client: httpx.Client) -> None:
    assert members(client)["meta"]["per_page"] == 50
    page = members(client, limit=3)
    assert (page["meta"]["per_page"], len(page["data"])) == ("3", 3)
    rest = members(client, limit=3, cursor=page["meta"]["next_cursor"])
    assert [each["email"] for each in rest["data"]] == [PEOPLE[1], PEOPLE[0]]
    assert [each["email"] for each in members(client, after=page["data"][-1]["id"])["data"]] == [PEOPLE[1], PEOPLE[0]]


def test_members_of_another_status(client: httpx.Client) -> None:
    page = members(client, **{"filter[status]": "unsubscribed"})
    assert [each["email"] for each in page["data"]] == ["gone@example.com"]
    assert client.get("/segments/77/subscribers?filter[status]=asleep").status_code == 422


def test_rename(client: httpx.Client) -> None:
    assert client.put("/segments/77", json={"name": "Faithful"}).json()["data"]["name"] == "Faithful"
    assert client.get("/segments/77").json()["data"]["name"] == "Faithful"
    for body, text in (
        ({}, "The name field is required."),
        ({"name": "x" * 256}, "The name may not be greater than 255 characters."),
    ):
        answer = client.put("/segments/77", json=body)
        assert (answer.status_code, answer.json()["errors"]) == (422, {"name": [text]})


def test_delete_leaves_the_subscribers(client: httpx.Client) -> None:
    assert client.delete("/segments/77").status_code == 204
    answer = client.delete("/segments/77")
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": "No query results for model [App\\Models\\Segment] 77"},
    )
    assert client.get("/segments/77/subscribers").status_code == 404
    assert client.get("/subscribers?limit=0").json() == {"total": 6}


def test_segments_cannot_be_made(client: httpx.Client) -> None:
    assert client.post("/segments", json={"name": "New"}).status_code == 405


def test_segment_calls_work_in_a_batch(client: httpx.Client) -> None:
    items = [{"method": "GET", "path": "api/segments"}, {"method": "DELETE", "path": "api/segments/78"}]
    answer = client.post("/batch", json={"requests": items}).json()
    assert [each["code"] for each in answer["responses"]] == [200, 204]
    assert client.get("/segments").json()["meta"]["total"] == 1
