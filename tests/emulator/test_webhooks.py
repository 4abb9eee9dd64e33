"""Webhooks: made, read, changed and deleted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import VirtualClock

URL = "https://example.com/hook"


def create(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/webhooks", json={"url": URL, "events": ["subscriber.created"], **body})


def test_secrets_are_ten_letters_and_digits_of_their_own(client: httpx.Client) -> None:
    secrets = [create(client).json()["data"]["secret"] for _ in range(3)]
    assert len(set(secrets)) == 3
    assert all(len(secret) == 10 and secret.isalnum() for secret in secrets)
    assert [each["secret"] for each in client.get("/webhooks").json()["data"]] == secrets[::-1]


def test_defaults(client: httpx.Client) -> None:
    made = create(client)
    webhook = made.json()["data"]
    assert (made.status_code, webhook["name"], webhook["enabled"], webhook["batchable"]) == (201, None, True, False)
    assert client.get(f"/webhooks/{webhook['id']}").json() == made.json()


def test_update_keeps_what_is_left_out(client: httpx.Client, clock: VirtualClock) -> None:
    webhook = create(client, name="First").json()["data"]
    clock.advance(60)
    changed = client.put(f"/webhooks/{webhook['id']}", json={"enabled": False}).json()["data"]
    assert changed.pop("updated_at") > webhook["updated_at"]
    assert changed == {key: value for key, value in webhook.items() if key != "updated_at"} | {"enabled": False}
    body = {"name": "Second", "url": "http://example.com", "events": ["campaign.open"], "batchable": True}
    changed = client.put(f"/webhooks/{webhook['id']}", json=body).json()["data"]
    assert {key: changed[key] for key in body} == body


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"events": []}, {"events": ["The events field is required."]}),
        ({"events": "subscriber.created"}, {"events": ["The events must be an array."]}),
        ({"events": ["subscriber.created", "x"]}, {"events.1": ["The selected events.1 is invalid."]}),
        ({"url": None}, {"url": ["The url field is required."]}),
        ({"url": "example.com"}, {"url": ["The url format is invalid."]}),
        ({"name": 5}, {"name": ["The name must be a string."]}),
        ({"enabled": "maybe"}, {"enabled": ["The enabled field must be true or false."]}),
        ({"events": ["campaign.click"]}, {"batchable": ["The batchable must be true for the selected events."]}),
    ],
)
def test_input_is_validated(client: httpx.Client, body: dict[str, Any], errors: dict[str, list[str]]) -> None:
    known = create(client).json()["data"]["id"]
    for answer in (create(client, **body), client.put(f"/webhooks/{known}", json=body)):
        assert (answer.status_code, answer.json()["errors"]) == (422, errors)
    assert client.get("/webhooks").json()["meta"]["total"] == 1


@pytest.mark.parametrize("event", ["subscriber.deleted", "campaign.open", "campaign.click"])
def test_some_events_come_in_batches_only(client: httpx.Client, event: str) -> None:
    assert create(client, events=[event]).status_code == 422
    webhook = create(client, events=[event], batchable=True).json()["data"]
    assert client.put(f"/webhooks/{webhook['id']}", json={"name": "x"}).status_code == 200
    assert client.put(f"/webhooks/{webhook['id']}", json={"batchable": False}).status_code == 422


def test_unknown_webhook(client: httpx.Client) -> None:
    for answer in (client.get("/webhooks/5"), client.put("/webhooks/5", json={}), client.delete("/webhooks/5")):
        assert (answer.status_code, answer.json()) == (
            404,
            {"message": "No query results for model [App\\Models\\Webhook] 5"},
        )


def test_webhooks_are_refused_in_a_batch(client: httpx.Client) -> None:
    item = {"method": "POST", "path": "api/webhooks", "body": {"url": URL, "events": ["subscriber.created"]}}
    assert client.post("/batch", json={"requests": [item]}).json()["responses"][0]["code"] == 422
    assert client.get("/webhooks").json()["data"] == []
