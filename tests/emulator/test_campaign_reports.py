"""The report of a campaign: who got it and what they did, in parts, in order and page by page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.emulator.test_campaigns import draft, get, report, schedule


@pytest.fixture
def sent(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> dict[str, Any]:
    """A campaign sent to twelve, of whom one opened it twice, one clicked too, and one unsubscribed."""
    emulator.seed(groups=[{"id": "11", "name": "A"}])
    emulator.seed(subscribers=[{"email": f"user{number}@example.com", "groups": ["11"]} for number in range(12)])
    campaign = draft(client)
    schedule(client, campaign)
    clock.advance(1)
    client.get("/fields")
    state = emulator._account.campaigns.get(int(campaign["id"]))
    assert state is not None
    one, two, three = state.deliveries[:3]
    one.opens_count, two.opens_count, two.clicks_count = 2, 1, 1
    three.outcomes = frozenset({"unsubscribed"})
    return campaign


def test_report_is_filtered_sorted_and_paged(client: httpx.Client, sent: dict[str, Any]) -> None:
    whole = report(client, sent)
    assert (len(whole["data"]), whole["meta"]["per_page"]) == (12, 50)
    assert whole["meta"]["aggregations"] == {
        "all": 12,
        "opened": 2,
        "unopened": 10,
        "clicked": 1,
        "unsubscribed": 1,
        "forwarded": 0,
        "hardbounced": 0,
        "softbounced": 0,
        "junk": 0,
        "social_interaction": 0,
    }
    assert whole["data"][0].keys() == {"id", "opens_count", "clicks_count"}
    assert [each["opens_count"] for each in report(client, sent, filter={"type": "opened"})["data"]] == [2, 1]
    assert report(client, sent, sort="-clicks_count")["data"][0]["clicks_count"] == 1
    assert report(client, sent, filter=[])["meta"]["total"] == 12
    page = report(client, sent, limit=10, page=2)
    assert (len(page["data"]), page["meta"]["current_page"], page["meta"]["last_page"]) == (2, 2, 2)
    (found,) = report(client, sent, filter={"search": "user7@example.com"}, include="subscriber")["data"]
    assert found["subscriber"]["email"] == "user7@example.com"
    assert "groups" not in found["subscriber"]
    assert found["id"] != found["subscriber"]["id"]
    (found,) = report(client, sent, filter={"search": "USER7@"}, include="subscriber.groups")["data"]
    assert [group["name"] for group in found["subscriber"]["groups"]] == ["A"]


def test_report_is_also_read_with_get_and_without_a_body(client: httpx.Client, sent: dict[str, Any]) -> None:
    path = f"/campaigns/{sent['id']}/reports/subscriber-activity"
    assert client.post(path).json() == client.get(path).json() == report(client, sent)
    assert client.get(f"{path}?filter[type]=clicked&limit=10").json()["meta"]["total"] == 1


@pytest.mark.parametrize("body", [{"limit": 20}, {"sort": "email"}, {"include": "x"}, {"filter": {"type": "x"}}])
def test_report_is_validated(client: httpx.Client, sent: dict[str, Any], body: dict[str, Any]) -> None:
    answer = client.post(f"/campaigns/{sent['id']}/reports/subscriber-activity", json=body)
    assert answer.status_code == 422
    if "limit" in body:
        assert answer.json()["errors"] == {"limit": ["The limit must be one of following: 10, 25, 50, 100"]}


def test_stats_are_counts_and_fractions(client: httpx.Client, sent: dict[str, Any]) -> None:
    stats = get(client, sent)["stats"]
    assert (stats["sent"], stats["opens_count"], stats["unique_opens_count"], stats["clicks_count"]) == (12, 3, 2, 1)
    assert stats["open_rate"] == {"float": 0.16666666666667, "string": "16.67%"}
    assert stats["click_to_open_rate"] == {"float": 0.5, "string": "50%"}
    assert stats["unsubscribes_count"] == 1
    assert get(client, sent)["emails"][0]["stats"] == stats


def test_draft_has_nobody_in_its_report(client: httpx.Client) -> None:
    campaign = draft(client)
    assert report(client, campaign)["data"] == []
    assert client.post("/campaigns/5/reports/subscriber-activity").status_code == 404
