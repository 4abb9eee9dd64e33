"""The truth test: what was recorded of the real service, replayed against the emulator, gives the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock

RECORDED = Path(__file__).parent.parent / "recorded"
FILES = sorted(
    path.name
    for path in RECORDED.glob("*.json")
    if path.name.startswith(("subscribers", "groups", "fields", "batches"))
)
COMPUTED = ("open_rate", "click_rate", "active_count", "unsubscribed_count", "unconfirmed_count", "bounced_count")

# Places where the emulator differs from the recording: (file, interaction, place) and the reason.
DIFFERENCES = {
    ("subscribers-get-import.json", 0, "data.account_id"): "another account",
    ("subscribers-get-import.json", 0, "data.updated_at"): "the service writes the report some seconds after the end",
}


def load(name: str) -> list[dict[str, Any]]:
    interactions: list[dict[str, Any]] = json.loads((RECORDED / name).read_text())
    return interactions


def body_of(name: str, interaction: int = 0) -> Any:
    return load(name)[interaction]["response"]["body"]


def seedable(recorded: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: recorded[key] for key in keys or recorded if key not in (*COMPUTED, "junk_count")}


def someone() -> dict[str, Any]:
    """The subscriber who appears in most recordings, as last seen."""
    return seedable(
        {key: value for key, value in body_of("subscribers-get-id.json")["data"].items() if key != "groups"}
    )


def seed_known(emulator: Emulator) -> None:
    emulator.seed(subscribers=[someone()])


def seed_assignee(emulator: Emulator) -> None:
    known = body_of("subscribers-assign-subscriber-to-group.json")["data"]
    emulator.seed(subscribers=[seedable(known, "id", "email", "created_at")])


def seed_crowd(emulator: Emulator) -> None:
    emulator.seed(subscribers=[f"user{number}@example.com" for number in range(1004)])


def seed_listed(emulator: Emulator) -> None:
    shown = [seedable(item) for item in body_of("subscribers-list.json")["data"]]
    emulator.seed(subscribers=[*shown, {"id": "1", "email": "older@example.com"}])


def seed_groups(emulator: Emulator) -> None:
    groups = body_of("groups-list.json")["data"]
    emulator.seed(groups=[seedable(group) for group in groups])
    for group in groups:
        members = [f"member{number}-of-{group['id']}@example.com" for number in range(group["active_count"])]
        emulator.seed(subscribers=[{"email": email, "groups": [group["id"]]} for email in members])


def seed_test_group(emulator: Emulator) -> None:
    emulator.seed(groups=[seedable(body_of("groups-create.json")["data"])])


def seed_field(emulator: Emulator) -> None:
    emulator.seed(fields=[{"id": "947147", "name": "My Field", "type": "text"}])


def nothing(_: Emulator) -> None:
    """An account as new."""


# What the account holds before the first interaction of a file, and when that was (UTC).
STATES: dict[str, tuple[Callable[[Emulator], None], str]] = {
    "batches-request.json": (nothing, "2025-09-19 11:10:46"),
    "fields-create.json": (nothing, "2025-09-19 11:47:09"),
    "fields-delete.json": (seed_field, "2025-09-19 11:47:09"),
    "fields-list.json": (seed_field, "2025-09-19 11:47:09"),
    "fields-update.json": (seed_field, "2025-09-19 11:47:09"),
    "groups-create.json": (nothing, "2025-09-19 11:47:09"),
    "groups-delete.json": (seed_test_group, "2025-09-19 11:47:10"),
    "groups-get-subscribers-in-group.json": (seed_test_group, "2025-09-19 11:47:10"),
    "groups-import-subscribers.json": (seed_test_group, "2026-01-01 00:00:00"),
    "groups-list.json": (seed_groups, "2025-09-19 11:47:10"),
    "groups-update.json": (seed_test_group, "2025-09-19 11:47:10"),
    "subscribers-assign-subscriber-to-group.json": (seed_assignee, "2025-09-19 11:10:42"),
    "subscribers-count.json": (seed_crowd, "2025-09-19 11:10:45"),
    "subscribers-create.json": (nothing, "2025-09-19 11:10:41"),
    "subscribers-delete.json": (seed_known, "2025-09-19 11:10:44"),
    "subscribers-forget.json": (seed_known, "2025-09-19 11:10:45"),
    "subscribers-get-email.json": (seed_known, "2025-09-19 11:10:42"),
    "subscribers-get-id.json": (seed_known, "2025-09-19 11:10:42"),
    "subscribers-get-import.json": (nothing, "2024-12-04 12:26:39"),
    "subscribers-list.json": (seed_listed, "2025-09-19 11:10:41"),
    "subscribers-unassign-subscriber-from-group.json": (nothing, "2025-09-19 11:10:43"),
    "subscribers-update.json": (seed_known, "2025-09-19 11:10:41"),
}


def differences(recorded: Any, given: Any, path: str = "") -> Iterator[str]:
    """The places where two JSON values differ, be it in type only."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        for key in recorded.keys() | given.keys():
            place = f"{path}.{key}".removeprefix(".")
            if key not in recorded or key not in given:
                yield place
            else:
                yield from differences(recorded[key], given[key], place)
    elif isinstance(recorded, list) and isinstance(given, list) and len(recorded) == len(given):
        for position, pair in enumerate(zip(recorded, given, strict=True)):
            yield from differences(*pair, f"{path}.{position}")
    elif type(recorded) is not type(given) or recorded != given:
        yield path


def run_recorded_import(client: httpx.Client, clock: VirtualClock) -> str:
    """Make the job of which a report was recorded; its id."""
    started = client.post("/api/subscribers/import", json={"subscribers": [{"email": "one@example.com"}]})
    clock.advance(0.5)
    url: str = started.json()["import_progress_url"]
    return url.rpartition("/")[2]


def test_every_recording_has_a_state() -> None:
    assert sorted(STATES) == FILES
    assert len(FILES) == 22


@pytest.mark.parametrize("name", FILES)
def test_recording_replays(name: str) -> None:
    seed, date = STATES[name]
    clock = VirtualClock(datetime.fromisoformat(date).replace(tzinfo=UTC))
    emulator = Emulator(clock=clock)
    seed(emulator)
    ids: dict[str, str] = {}
    allowed = {(interaction, place) for file, interaction, place in DIFFERENCES if file == name}
    found: set[tuple[int, str]] = set()
    remaining: list[int] = []
    with httpx.Client(transport=emulator.transport(), base_url="https://connect.mailerlite.com") as client:
        if name == "subscribers-get-import.json":
            client.headers["Authorization"] = "Bearer key"
            ids[body_of(name)["data"]["id"]] = run_recorded_import(client, clock)
        for interaction, exchange in enumerate(load(name)):
            text = json.dumps(exchange)
            for theirs, ours in ids.items():
                text = text.replace(theirs, ours)
            asked, recorded = json.loads(text)["request"], json.loads(text)["response"]
            key = "invalid" if recorded["status"] == 401 else "key"
            given = client.request(
                asked["method"], asked["path"], json=asked["body"], headers={"Authorization": f"Bearer {key}"}
            )
            assert given.status_code == recorded["status"]
            body: Any = given.json() if given.content else None
            if given.status_code == 201:
                # The service and the emulator hand out ids of their own.
                ids[recorded["body"]["data"]["id"]] = body["data"]["id"]
                assert body["data"]["id"].isdigit()
                recorded["body"]["data"]["id"] = body["data"]["id"]
            found.update((interaction, place) for place in differences(recorded["body"], body))
            for header in ("content-type", "x-ratelimit-limit"):
                assert given.headers.get(header) == recorded["headers"].get(header)
            assert ("x-ratelimit-remaining" in given.headers) == ("x-ratelimit-remaining" in recorded["headers"])
            if "x-ratelimit-remaining" in given.headers:
                remaining.append(int(given.headers["x-ratelimit-remaining"]))
    assert found == allowed
    assert remaining == list(range(119, 119 - len(remaining), -1)) or name == "subscribers-get-import.json"


@pytest.mark.parametrize(("file", "interaction", "place"), sorted(DIFFERENCES))
def test_differences_are_of_value_only(file: str, interaction: int, place: str) -> None:
    recorded = body_of(file, interaction)
    for key in place.split("."):
        recorded = recorded[key]
    assert isinstance(recorded, str)


def test_comparison_sees_every_kind_of_difference() -> None:
    recorded = {"a": 1, "b": [{"c": None}], "d": "x", "e": 1}
    given = {"a": 1.0, "b": [{"c": ""}], "f": "x", "e": True}
    assert sorted(differences(recorded, given)) == ["a", "b.0.c", "d", "e", "f"]
