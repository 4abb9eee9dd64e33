"""The truth test for segments, webhooks, automations, forms, time zones and languages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.emulator.test_recorded import RECORDED, body_of, differences, load, seedable

RESOURCES = ("automations", "campaign-languages", "forms", "segments", "timezones", "webhooks")
FILES = sorted(path.name for path in RECORDED.glob("*.json") if path.name.startswith(RESOURCES))
WEBHOOK_ID, SECRET = "165968867532736034", "Xk29fPq7Lm"

# Places where the emulator differs from the recording: (file, interaction, place) and the reason.
DIFFERENCES = {
    ("automations-get.json", 0, "data.automation_template_name"): "the service names a template here, but not in lists",
}


def seed_groups(emulator: Emulator, recorded: Mapping[str, Mapping[str, Any]]) -> None:
    """Groups with as many members as recorded."""
    emulator.seed(groups=[seedable(group) for group in recorded.values()])
    for group in recorded.values():
        emulator.seed(
            subscribers=[
                {"email": f"member{number}-of-{group['id']}@example.com", "groups": [group["id"]]}
                for number in range(group["active_count"])
            ]
        )


def seed_segment(emulator: Emulator) -> None:
    people = body_of("segments-get-subscribers.json")["data"]
    group = people[0]["groups"][0]
    emulator.seed(groups=[seedable(group)])
    emulator.seed(
        subscribers=[{**seedable(person), "groups": [group["id"]]} for person in people],
    )
    others = group["active_count"] - len(people)
    emulator.seed(
        subscribers=[{"email": f"member{number}@example.com", "groups": [group["id"]]} for number in range(others)]
    )
    segment = body_of("segments-list.json")["data"][0]
    emulator.seed(
        segments=[
            {
                **{key: segment[key] for key in ("id", "name", "created_at", "automations_using_segment_count")},
                "subscribers": [person["id"] for person in people],
            }
        ]
    )


def seed_forms(emulator: Emulator) -> None:
    forms = body_of("forms-list.json")["data"]
    seed_groups(emulator, {group["id"]: group for form in forms for group in form["groups"]})
    computed = ("has_missing_groups", "conversion_rate")
    entries = [{key: value for key, value in form.items() if key not in computed} for form in forms]
    emulator.seed(
        forms=[
            *({**entry, "groups": [group["id"] for group in entry["groups"]]} for entry in entries),
            {"name": "On the page", "type": "embedded"},
        ]
    )


def seed_automations(emulator: Emulator) -> None:
    emulator.seed(automations=body_of("automations-list.json")["data"])


def nothing(_: Emulator) -> None:
    """An account as new."""


def seed_webhook(emulator: Emulator) -> None:
    """There is no seed for webhooks: the recorded call makes it."""
    asked = load("webhooks-create.json")[0]["request"]
    with httpx.Client(transport=emulator.transport(), base_url="https://connect.mailerlite.com") as client:
        client.request("POST", asked["path"], json=asked["body"], headers={"Authorization": "Bearer key"})


# What the account holds before the first interaction of a file.
STATES: dict[str, Callable[[Emulator], None]] = {
    "automations-activity.json": seed_automations,
    "automations-get.json": seed_automations,
    "automations-list.json": seed_automations,
    "campaign-languages.json": nothing,
    "forms-get-subscribers.json": seed_forms,
    "forms-get.json": seed_forms,
    "forms-list.json": seed_forms,
    "forms-update.json": seed_forms,
    "segments-get-subscribers.json": seed_segment,
    "segments-get.json": seed_segment,
    "segments-list.json": seed_segment,
    "segments-update.json": seed_segment,
    "timezones-list.json": nothing,
    "webhooks-create.json": nothing,
    "webhooks-delete.json": seed_webhook,
    "webhooks-get.json": seed_webhook,
    "webhooks-update.json": seed_webhook,
}
# Two webhooks of different days: replayed by shape below.
BY_SHAPE = "webhooks-list.json"


def shape(value: Any) -> Any:
    """The keys and types of a JSON value."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def test_every_recording_has_a_state() -> None:
    assert sorted([*STATES, BY_SHAPE]) == FILES
    assert len(FILES) == 18


@pytest.mark.parametrize("name", STATES)
def test_recording_replays(name: str) -> None:
    emulator = Emulator(clock=VirtualClock(datetime(2025, 9, 19, 11, 10, 46, tzinfo=UTC)))
    STATES[name](emulator)
    allowed = {(interaction, place) for file, interaction, place in DIFFERENCES if file == name}
    found: set[tuple[int, str]] = set()
    with httpx.Client(transport=emulator.transport(), base_url="https://connect.mailerlite.com") as client:
        client.headers["Authorization"] = "Bearer key"
        ours = secret = ""
        if STATES[name] is seed_webhook:
            made = client.get("/api/webhooks").json()["data"][0]
            ours, secret = made["id"], made["secret"]
        for interaction, exchange in enumerate(load(name)):
            text = json.dumps(exchange)
            if ours:
                text = text.replace(WEBHOOK_ID, ours).replace(SECRET, secret)
            asked, recorded = json.loads(text)["request"], json.loads(text)["response"]
            given = client.request(asked["method"], asked["path"], json=asked["body"])
            assert given.status_code == recorded["status"]
            assert given.headers.get("content-type") == recorded["headers"].get("content-type")
            body: Any = given.json() if given.content else None
            if given.status_code == 201:
                for key in ("id", "secret"):
                    assert len(body["data"][key]) == len(recorded["body"]["data"][key])
                    recorded["body"]["data"][key] = body["data"][key]
            found.update((interaction, place) for place in differences(recorded["body"], body))
    assert found == allowed


def test_list_of_webhooks_is_as_recorded_once_the_older_one_has_fired() -> None:
    recorded = body_of(BY_SHAPE)
    newer, older = recorded["data"]
    clock = VirtualClock(datetime.fromisoformat(older["created_at"]).replace(tzinfo=UTC))
    emulator = Emulator(clock=clock)
    emulator.seed(groups=[{"id": "11", "name": "Readers"}], subscribers=[{"id": "77", "email": "ann@example.com"}])

    def create(webhook: Mapping[str, Any]) -> str:
        clock.advance(datetime.fromisoformat(webhook["created_at"]).replace(tzinfo=UTC).timestamp() - clock.time())
        answer = client.post("/webhooks", json={key: webhook[key] for key in ("name", "url", "events")})
        assert answer.status_code == 201
        return str(answer.json()["data"]["id"])

    with httpx.Client(transport=emulator.transport(), base_url="https://connect.mailerlite.com/api") as client:
        client.headers["Authorization"] = "Bearer key"
        fired = create(older)
        clock.advance(datetime.fromisoformat(older["last_fired_at"]).replace(tzinfo=UTC).timestamp() - clock.time())
        assert client.post("/subscribers/77/groups/11").status_code == 200
        emulator.deliver(lambda *_: older["response_code"])
        assert client.put(f"/webhooks/{fired}", json={"enabled": older["enabled"]}).status_code == 200
        create(newer)
        given = client.get("/webhooks").json()
    assert shape(given["meta"]) == shape(recorded["meta"])
    for webhook, expected in zip(given["data"], recorded["data"], strict=True):
        own = {"id": webhook["id"], "secret": webhook["secret"]}
        assert webhook == {**expected, **own}
