"""Automations: filters, drafts as documented, and the activity."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator

TRIGGER = {
    "id": "1",
    "type": "subscriber_joins_group",
    "group_ids": ["11"],
    "groups": [{"id": "11", "name": "Readers"}],
}


@pytest.fixture(autouse=True)
def _seeded(emulator: Emulator) -> None:
    emulator.seed(
        subscribers=[{"id": "5", "email": "ann@example.com"}],
        automations=[
            {
                "id": "91",
                "name": "Welcome",
                "enabled": True,
                "triggers": [TRIGGER],
                "steps": [{"id": "2", "type": "email", "from": "bob@example.com"}, {"id": "3", "type": "delay"}],
                "stats": {"sent": 4},
                "activity": [
                    {"status": "completed", "date": "2025-01-10 08:00:00", "subscriber": "ann@example.com"},
                    {
                        "status": "Completed",
                        "date": "2025-01-20 08:00:00",
                        "subscriber": {"id": "6", "email": "bob@example.com"},
                    },
                    {"id": "44", "status": "active", "scheduled_for": "2025-02-01 08:00:00", "subscriber": 5},
                ],
            },
            "Empty",
            {"name": "Half done", "complete": False},
        ],
    )


def names(client: httpx.Client, query: str = "") -> list[str]:
    return [each["name"] for each in client.get(f"/automations?{query}").json()["data"]]


def activity(client: httpx.Client, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/automations/91/activity?{query}").json()["data"]
    return found


def test_filters_and_counts(client: httpx.Client) -> None:
    assert names(client) == ["Welcome", "Empty", "Half done"]
    assert names(client, "filter[enabled]=true") == ["Welcome"]
    assert names(client, "filter[enabled]=false") == ["Empty", "Half done"]
    assert names(client, "filter[name]=HALF") == ["Half done"]
    assert names(client, "filter[group]=11") == ["Welcome"]
    assert names(client, "filter[group]=12") == []
    assert names(client, "limit=2&page=2") == ["Half done"]
    assert client.get("/automations?filter[enabled]=maybe").status_code == 422
    meta = client.get("/automations?filter[name]=half").json()["meta"]
    assert meta["aggregations"] == {"workflows": 2, "drafts": 1, "unsync": 0, "all": 3}
    assert meta["per_page"] == 10


def test_seeded_values_are_answered_and_the_rest_follows(client: httpx.Client) -> None:
    found = client.get("/automations/91").json()["data"]
    assert (found["enabled"], found["emails_count"], found["stats"]["sent"]) == (True, 1, 4)
    assert (found["stats"]["opens_count"], found["stats"]["unique_opens_count"]) == (0, None)
    assert found["triggers"] == [TRIGGER]
    assert "first_email_screenshot_url" not in found
    assert client.get("/automations").json()["data"][0]["first_email_screenshot_url"] is None


def test_new_draft_lacks_what_the_documents_lack(client: httpx.Client) -> None:
    made = client.post("/automations", json={"name": "Draft"})
    assert made.status_code == 201
    draft = made.json()["data"]
    assert draft.keys() == {
        *("id", "name", "enabled", "trigger_data", "warnings", "stats", "created_at", "has_banned_content", "steps"),
    }
    assert (draft["trigger_data"], draft["stats"]["sent"], draft["steps"]) == ({"track_ecommerce": False}, None, [])
    assert client.get("/automations").json()["meta"]["aggregations"]["drafts"] == 2
    refused = client.post("/automations", json={"name": ""})
    assert (refused.status_code, refused.json()["errors"]) == (422, {"name": ["The name field is required."]})


def test_delete(client: httpx.Client) -> None:
    assert client.delete("/automations/91").status_code == 204
    for answer in (
        client.get("/automations/91"),
        client.get("/automations/91/activity"),
        client.delete("/automations/x"),
    ):
        assert answer.status_code == 404
        assert "No query results for model [App\\Models\\Automation]" in answer.json()["message"]


def test_activity_is_of_one_status(client: httpx.Client) -> None:
    done = activity(client, "filter[status]=completed")
    assert [run["status"] for run in done] == ["Completed", "Completed"]
    assert done[0]["subscriber"] == {"id": "5", "email": "ann@example.com"}
    assert [run["id"] for run in activity(client, "filter[status]=active")] == ["44"]
    for query in ("", "filter[status]=Completed"):
        answer = client.get(f"/automations/91/activity?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["filter.status"])


def test_activity_by_day_and_person(client: httpx.Client) -> None:
    def found(query: str) -> list[str]:
        return [run["subscriber"]["email"] for run in activity(client, f"filter[status]=completed&{query}")]

    assert found("filter[date_from]=2025-01-11") == ["bob@example.com"]
    assert found("filter[date_to]=2025-01-10") == ["ann@example.com"]
    assert found("filter[search]=ANN@example.com") == ["ann@example.com"]
    assert found("filter[keyword]=nobody") == []
    assert activity(client, "filter[status]=active&filter[scheduled_from]=2025-02-02") == []
    assert len(activity(client, "filter[status]=active&filter[scheduled_to]=2025-02-01")) == 1
    assert client.get("/automations/91/activity?filter[status]=failed&filter[date_to]=soon").status_code == 422
    assert client.get("/automations/91/activity?filter[status]=failed").json()["meta"]["per_page"] == 50
