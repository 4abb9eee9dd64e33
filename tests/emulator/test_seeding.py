"""Seeding: what may be given, and that nothing goes in if anything is wrong."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock


def test_seeds_cost_no_calls(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=["Ann@Example.com"], groups=["Readers"], fields=["Shoe size"])
    answer = client.get("/subscribers/ann@example.com")
    assert answer.headers["x-ratelimit-remaining"] == "999999"
    assert answer.json()["data"]["fields"]["shoe_size"] is None
    assert [request.path for request in emulator.requests] == ["/api/subscribers/ann@example.com"]


def test_everything_given_is_kept(emulator: Emulator, client: httpx.Client) -> None:
    person: dict[str, Any] = {
        "id": "123456789012345678",
        "email": "ann@example.com",
        "status": "unsubscribed",
        "source": "webform",
        "sent": 4,
        "opens_count": 3,
        "clicks_count": 1,
        "ip_address": "192.0.2.1",
        "optin_ip": "192.0.2.2",
        "subscribed_at": "2024-01-01 00:00:01",
        "unsubscribed_at": "2024-01-01 00:00:02",
        "created_at": "2024-01-01 00:00:03",
        "updated_at": "2024-01-01 00:00:04",
        "opted_in_at": "2024-01-01 00:00:05",
        "fields": {"name": "Ann", "age": 41},
        "groups": ["11", "Writers"],
    }
    emulator.seed(
        subscribers=[person],
        groups=[{"id": 11, "name": "Readers"}, "Writers"],
        fields=[{"id": "947147", "name": "Age", "type": "number", "key": "age"}],
    )
    found = client.get("/subscribers/123456789012345678").json()["data"]
    groups = [group["name"] for group in found["groups"]]
    assert sorted(groups) == ["Readers", "Writers"]
    for key in person.keys() - {"fields", "groups"}:
        assert found[key] == person[key]
    assert (found["fields"]["name"], found["fields"]["age"], found["fields"]["city"]) == ("Ann", 41, None)
    assert client.get("/fields?filter[type]=number").json()["data"][0]["id"] == "947147"


def test_what_is_left_out_follows_from_the_rest(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(
        subscribers=[{"email": "a@example.com", "created_at": "2024-05-05 05:05:05", "status": "unsubscribed"}]
    )
    found = client.get("/subscribers/a@example.com").json()["data"]
    dates = {found[key] for key in ("created_at", "updated_at", "subscribed_at", "unsubscribed_at")}
    assert dates == {"2024-05-05 05:05:05"}
    assert (found["source"], found["sent"], found["opted_in_at"]) == ("api", 0, None)


def test_new_ids_lie_above_seeded_ones(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=[{"id": "900000000000000000", "email": "a@example.com"}])
    created = client.post("/subscribers", json={"email": "b@example.com"}).json()["data"]["id"]
    assert int(created) > 900000000000000000


def test_seeding_sees_what_imports_have_done(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    client.post("/subscribers/import", json={"subscribers": [{"email": "a@example.com"}]})
    clock.advance(1)
    with pytest.raises(ValueError, match=r"a@example\.com is taken"):
        emulator.seed(subscribers=["a@example.com"])


def test_seeding_twice_adds(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["g"], subscribers=["a@example.com"])
    emulator.seed(subscribers=[{"email": "b@example.com", "groups": ["g"]}])
    assert client.get("/subscribers?limit=0").json() == {"total": 2}
    assert client.get("/groups").json()["data"][0]["active_count"] == 1


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({"subscribers": ["nonsense"]}, r"subscribers\[0\].email"),
        ({"subscribers": [{}]}, r"subscribers\[0\].email"),
        ({"subscribers": [5]}, r"subscribers\[0\] must be a mapping"),
        ({"subscribers": ["a@example.com", "A@example.com"]}, r"subscribers\[1\].email .* is taken"),
        (
            {"subscribers": [{"email": "a@example.com", "open_rate": 5}]},
            r"subscribers\[0\].open_rate is not a known key",
        ),
        ({"subscribers": [{"email": "a@example.com", "status": "asleep"}]}, r"subscribers\[0\].status .*active"),
        ({"subscribers": [{"email": "a@example.com", "status": None}]}, r"subscribers\[0\].status"),
        ({"subscribers": [{"email": "a@example.com", "id": "x"}]}, r"subscribers\[0\].id"),
        (
            {"subscribers": [{"email": "a@example.com", "id": "5"}, {"email": "b@example.com", "id": 5}]},
            r"\[1\].id 5 is taken",
        ),
        ({"subscribers": [{"email": "a@example.com", "sent": -1}]}, r"subscribers\[0\].sent"),
        ({"subscribers": [{"email": "a@example.com", "sent": True}]}, r"subscribers\[0\].sent"),
        ({"subscribers": [{"email": "a@example.com", "created_at": "2024-01-01"}]}, r"subscribers\[0\].created_at"),
        (
            {"subscribers": [{"email": "a@example.com", "created_at": None}]},
            r"subscribers\[0\].created_at must not be null",
        ),
        ({"subscribers": [{"email": "a@example.com", "source": 5}]}, r"subscribers\[0\].source"),
        ({"subscribers": [{"email": "a@example.com", "source": None}]}, r"subscribers\[0\].source must not be null"),
        ({"subscribers": [{"email": "a@example.com", "fields": {"shoe": "4"}}]}, r"subscribers\[0\].fields.shoe"),
        ({"subscribers": [{"email": "a@example.com", "fields": {"name": []}}]}, r"subscribers\[0\].fields.name"),
        ({"subscribers": [{"email": "a@example.com", "fields": "x"}]}, r"subscribers\[0\].fields"),
        ({"subscribers": [{"email": "a@example.com", "groups": ["none"]}]}, r"subscribers\[0\].groups\[0\]"),
        ({"subscribers": [{"email": "a@example.com", "groups": "g"}]}, r"subscribers\[0\].groups "),
        ({"groups": ["g", "g"], "subscribers": [{"email": "a@example.com", "groups": ["g"]}]}, "several groups"),
        ({"groups": [""]}, r"groups\[0\].name"),
        ({"groups": ["g", {"name": "h", "active_count": 5}]}, r"groups\[1\].active_count is not a known key"),
        ({"groups": ["g"] * 1001}, r"groups\[1000\].name"),
        ({"fields": ["city"]}, r"fields\[0\].name 'city' is taken"),
        ({"fields": [{"name": "Town", "key": "city"}]}, r"fields\[0\].key"),
        ({"fields": [{"name": "Town", "key": "The Town"}]}, r"fields\[0\].key"),
        ({"fields": [{"name": "Town", "id": "1"}]}, r"fields\[0\].id 1 is taken"),
        ({"fields": [{"name": "Town", "type": "colour"}]}, r"fields\[0\].type"),
        ({"fields": [f"field {number}" for number in range(93)]}, r"fields\[92\].name"),
    ],
)
def test_slips_are_named_and_nothing_goes_in(
    emulator: Emulator, client: httpx.Client, seeds: dict[str, list[Any]], message: str
) -> None:
    before = {"subscribers": ["first@example.com"], "groups": ["first"], "fields": ["First"]}
    together = {key: [*entries] for key, entries in seeds.items()}
    for key, entries in before.items():
        together.setdefault(key, []).extend(entries)
    with pytest.raises(ValueError, match=message):
        emulator.seed(**together)
    assert client.get("/subscribers?limit=0").json() == {"total": 0}
    assert client.get("/groups").json()["data"] == []
    assert client.get("/fields").json()["meta"]["total"] == 8


def test_address_of_a_deleted_subscriber(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=[{"id": "5", "email": "a@example.com"}])
    client.delete("/subscribers/5")
    with pytest.raises(ValueError, match=r"subscribers\[0\].email .*deleted"):
        emulator.seed(subscribers=["a@example.com"])
    with pytest.raises(ValueError, match=r"subscribers\[0\].id 5 is taken"):
        emulator.seed(subscribers=[{"id": "5", "email": "b@example.com"}])


@pytest.mark.system
def test_a_hundred_thousand_members_are_paged_at_once(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock
) -> None:
    emulator.seed(
        groups=[{"id": "11", "name": "g"}],
        subscribers=({"email": f"u{number}@example.com", "groups": ["11"]} for number in range(100_000)),
    )
    shown, pages, following = 0, 0, ""
    while following is not None:
        page = client.get("/groups/11/subscribers", params={"limit": 1000, "cursor": following}).json()
        shown, pages, following = shown + len(page["data"]), pages + 1, page["meta"]["next_cursor"]
    assert (shown, pages) == (100_000, 100)
    assert client.get("/groups/11").json()["data"]["active_count"] == 100_000
