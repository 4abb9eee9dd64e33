"""Seeding of segments, automations and forms: slips are named, and then nothing goes in."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({"segments": [{"name": "s", "total": 5}]}, r"segments\[0\].total is not a known key"),
        ({"segments": [{"name": ""}]}, r"segments\[0\].name"),
        ({"segments": [{"name": "s", "subscribers": "a@example.com"}]}, r"segments\[0\].subscribers must be ids"),
        ({"segments": ["s", {"name": "s", "subscribers": ["nobody"]}]}, r"segments\[1\].subscribers\[0\] 'nobody'"),
        ({"segments": [{"name": "s", "id": "5"}, {"name": "s", "id": 5}]}, r"segments\[1\].id 5 is taken"),
        ({"segments": ["s"] * 251}, r"segments\[250\].name is one too many"),
        ({"automations": [{"name": "a", "steps": {}}]}, r"automations\[0\].steps must be like"),
        ({"automations": [{"name": "a", "steps": [5]}]}, r"automations\[0\].steps\[0\] must be a mapping"),
        ({"automations": [{"name": "a", "enabled": "yes"}]}, r"automations\[0\].enabled"),
        ({"automations": [{"name": "a", "stats": {"sent": {1}}}]}, r"automations\[0\].stats must be what JSON"),
        ({"automations": [{"name": "a", "activity": "x"}]}, r"automations\[0\].activity must be runs"),
        ({"automations": [{"name": "a", "activity": [5]}]}, r"activity\[0\] must be a mapping"),
        ({"automations": [{"name": "a", "activity": [{"status": "asleep"}]}]}, r"activity\[0\].status"),
        ({"automations": [{"name": "a", "activity": [{"step_runs": []}]}]}, r"activity\[0\].step_runs is not a known"),
        ({"automations": [{"name": "a", "activity": [{"subscriber": "x@example.com"}]}]}, r"activity\[0\].subscriber"),
        ({"automations": [{"name": "a", "steps": None}]}, r"automations\[0\].steps must be like"),
        ({"automations": [{"name": "a", "triggers": [{"group_ids": "1"}]}]}, r"triggers\[0\].group_ids must be ids"),
        ({"automations": [{"name": "a", "activity": [{"date": "soon"}]}]}, r"activity\[0\].date must be a date"),
        ({"automations": [{"name": "a", "activity": [{"scheduled_for": 5}]}]}, r"activity\[0\].scheduled_for must be"),
        ({"automations": [{"name": "a", "activity": [{"subscriber": {}}]}]}, r"activity\[0\].subscriber.email"),
        (
            {"forms": [{"name": "f", "last_registration_at": "2025-01-01 00:00:00"}]},
            r"forms\[0\].last_registration_at must be a date like",
        ),
        ({"forms": [{"name": "f", "type": "banner"}]}, r"forms\[0\].type must be one of popup"),
        ({"forms": [{"name": "f", "groups": ["none"]}]}, r"forms\[0\].groups\[0\]"),
        ({"forms": [{"name": "f", "subscribers": [7]}]}, r"forms\[0\].subscribers\[0\] 7"),
        ({"forms": [{"name": "f", "active": "no"}]}, r"forms\[0\].active must be like False"),
        ({"forms": [{"name": "f", "opens_count": -1}]}, r"forms\[0\].opens_count"),
    ],
)
def test_slips_are_named_and_nothing_goes_in(
    emulator: Emulator, client: httpx.Client, seeds: dict[str, list[Any]], message: str
) -> None:
    before: dict[str, list[Any]] = {"subscribers": ["first@example.com"], "groups": ["first"]}
    with pytest.raises(ValueError, match=message):
        emulator.seed(**before, segments=seeds.pop("segments", ["s"]), **seeds)
    for path in ("segments", "automations", "forms/popup", "groups"):
        assert client.get(f"/{path}").json()["data"] == []
    assert client.get("/subscribers?limit=0").json() == {"total": 0}


def test_what_may_be_null_may_be_null(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(forms=[{"id": "5", "name": "f", "double_optin": None, "screenshot_url": None}])
    assert client.get("/forms/5").json()["data"]["double_optin"] is None


def test_seeds_are_copied(emulator: Emulator, client: httpx.Client) -> None:
    steps = [{"id": "1", "type": "delay"}]
    emulator.seed(automations=[{"id": "5", "name": "a", "steps": steps}])
    steps[0]["type"] = "email"
    assert client.get("/automations/5").json()["data"]["steps"][0]["type"] == "delay"


def test_ids_are_shared_with_everything_else(emulator: Emulator) -> None:
    emulator.seed(forms=[{"id": "900000000000000000", "name": "f"}], groups=["g"])
    with pytest.raises(ValueError, match="900000000000000000 is taken"):
        emulator.seed(groups=[{"id": "900000000000000000", "name": "g"}])
