"""The activity log: what happened to a subscriber, the latest first."""

from __future__ import annotations

import httpx

from mailerlite_async.testing import Emulator


def activity(client: httpx.Client, subscriber_id: str, **params: object) -> list[dict[str, object]]:
    response = client.get(f"/subscribers/{subscriber_id}/activity-log", params=params)  # type: ignore[arg-type]
    assert response.status_code == 200
    assert response.json().keys() == {"data"}
    entries: list[dict[str, object]] = response.json()["data"]
    return entries


def test_log_tells_of_creation_groups_and_unsubscribing_the_latest_first(
    client: httpx.Client, emulator: Emulator
) -> None:
    emulator.seed(groups=[{"id": "77", "name": "Book club"}])
    ann = client.post("/subscribers", json={"email": "ann@example.com"}).json()["data"]["id"]
    client.post(f"/subscribers/{ann}/groups/77")
    client.post(f"/subscribers/{ann}/groups/77")
    client.put(f"/subscribers/{ann}", json={"status": "unsubscribed"})
    entries = activity(client, ann)
    assert [entry["log_name"] for entry in entries] == ["unsubscribed", "added_to_group", "activated"]
    assert entries[0]["properties"] == []
    assert entries[1]["properties"] == {"group_name": "Book club", "group_id": "77"}
    assert all(entry["subject_id"] == ann for entry in entries)
    assert [entry["log_name"] for entry in activity(client, ann, **{"filter[log_name]": "unsubscribed"})] == [
        "unsubscribed"
    ]


def test_log_is_paged(client: httpx.Client, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": str(number), "name": f"Group {number}"} for number in range(1, 6)])
    groups = [str(number) for number in range(1, 6)]
    ann = client.post("/subscribers", json={"email": "ann@example.com", "groups": groups}).json()["data"]["id"]
    pages = [activity(client, ann, limit=4, page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [4, 2, 0]
    assert len({entry["id"] for page in pages for entry in page}) == 6


def test_unknown_subscriber_kind_and_size_are_refused(client: httpx.Client) -> None:
    ann = client.post("/subscribers", json={"email": "ann@example.com"}).json()["data"]["id"]
    assert client.get("/subscribers/1/activity-log").status_code == 404
    url = f"/subscribers/{ann}/activity-log"
    assert client.get(url, params={"limit": 101}).status_code == 422
    assert client.get(url, params={"filter[log_name]": "added_to_group"}).status_code == 422
