"""Deliveries of webhooks: which events, to which webhooks, in which form, and signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._deliveries import LARGEST_BATCH
from tests.emulator.webhooks import ANN, URL, Receiver, hook, is_signed, names, read, upsert

SUBSCRIBER_KEYS = [
    *("id", "email", "status", "source", "sent", "opens_count", "clicks_count", "open_rate", "click_rate"),
    *("ip_address", "subscribed_at", "unsubscribed_at", "created_at", "updated_at", "deleted_at", "forget_at"),
    *("fields", "opted_in_at", "optin_ip"),
]
NOW = "2026-01-01T00:00:00.000000Z"


# -- payloads ----------------------------------------------------------------------------------------------------------


def test_flat_payload(emulator: Emulator, client: httpx.Client) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver()
    emulator.seed(fields=["Site"])
    person = upsert(client, fields={"name": "Ann", "site": "https://example.com/ann"})
    assert emulator.deliveries == []
    (delivery,) = emulator.deliver(receiver)
    (payload,) = receiver.payloads
    assert list(payload) == [*SUBSCRIBER_KEYS, "event", "account_id"]
    assert (payload["id"], payload["email"], payload["event"]) == (person, ANN, "subscriber.created")
    assert isinstance(payload["account_id"], int)
    assert payload["created_at"] == payload["updated_at"] == payload["subscribed_at"] == NOW
    assert payload["unsubscribed_at"] is payload["deleted_at"] is payload["forget_at"] is None
    assert (payload["fields"]["name"], payload["fields"]["last_name"]) == ("Ann", "")
    assert b"https:\\/\\/example.com\\/ann" in delivery.body
    ((url, headers, body),) = receiver.got
    assert (url, body, headers["Content-Type"]) == (URL, delivery.body, "application/json")
    assert headers["Signature"] == delivery.signature
    assert is_signed(body, webhook["secret"], delivery.signature)
    assert not is_signed(body + b" ", webhook["secret"], delivery.signature)
    assert emulator.deliveries == [delivery]
    assert (delivery.webhook_id, delivery.url, delivery.events) == (webhook["id"], URL, ("subscriber.created",))
    assert (delivery.attempt, delivery.at, delivery.status, delivery.fault) == (1, 0.0, 200, None)
    assert emulator.deliver(receiver) == []


def test_nested_payload(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}], subscribers=[{"id": "77", "email": ANN}])
    hook(client, "subscriber.added_to_group", "subscriber.removed_from_group")
    receiver = Receiver()
    for method in ("POST", "POST", "DELETE"):
        client.request(method, "/subscribers/77/groups/11")
    emulator.deliver(receiver)
    joined, left = receiver.payloads
    assert [joined["type"], left["type"]] == ["subscriber.added_to_group", "subscriber.removed_from_group"]
    for payload in (joined, left):
        assert list(payload) == ["type", "subscriber", "group", "account_id"]
        assert list(payload["subscriber"]) == SUBSCRIBER_KEYS
        assert payload["group"] == {"id": "11", "name": "Readers"}


def test_campaign_sent(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(subscribers=[ANN, "bob@example.com"])
    hook(client, "campaign.sent")
    email = {"subject": "s", "from_name": "n", "from": "me@example.com", "content": "<p>x</p>"}
    made = client.post("/campaigns", json={"name": "News", "type": "regular", "emails": [email]}).json()["data"]
    assert client.post(f"/campaigns/{made['id']}/schedule", json={"delivery": "instant"}).status_code == 200
    receiver = Receiver()
    assert emulator.deliver(receiver) == []
    clock.advance(1)
    emulator.deliver(receiver)
    (payload,) = receiver.payloads
    assert payload == {
        "id": made["id"],
        "name": "News",
        "total_recipients": 2,
        "preview_url": made["emails"][0]["preview_url"],
        "date": "2026-01-01T00:00:01.000000Z",
        "event": "campaign.sent",
        "account_id": payload["account_id"],
    }


def test_batchable_webhooks_get_envelopes(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    events = ("subscriber.created", "subscriber.added_to_group", "subscriber.deleted")
    webhook, receiver = hook(client, *events, batchable=True), Receiver()
    person = upsert(client, groups=["11"])
    client.delete(f"/subscribers/{person}")
    (delivery,) = emulator.deliver(receiver)
    assert delivery.events == events
    assert is_signed(delivery.body, webhook["secret"], delivery.signature)
    (envelope,) = receiver.payloads
    created, joined, deleted = envelope["events"]
    assert list(envelope) == ["events", "total"]
    assert envelope["total"] == 3
    assert (created["event"], created["id"]) == ("subscriber.created", person)
    assert list(joined) == ["type", "subscriber", "group"]
    assert (deleted["event"], deleted["deleted_at"], deleted["forget_at"]) == ("subscriber.deleted", NOW, None)
    upsert(client, "bob@example.com")
    emulator.deliver(receiver)
    assert receiver.payloads[1]["total"] == len(receiver.payloads[1]["events"]) == 1


def test_forgotten_subscriber(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.deleted", batchable=True)
    receiver = Receiver()
    client.post(f"/subscribers/{upsert(client)}/forget")
    emulator.deliver(receiver)
    (deleted,) = receiver.payloads[0]["events"]
    assert (deleted["deleted_at"], deleted["forget_at"]) == (NOW, "2026-01-31T00:00:00.000000Z")


def test_an_envelope_has_room_for_so_many(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.created", batchable=True)
    for number in range(LARGEST_BATCH + 1):
        upsert(client, f"p{number}@example.com")
    assert [len(each.events) for each in emulator.deliver(Receiver())] == [LARGEST_BATCH, 1]


# -- which events ------------------------------------------------------------------------------------------------------


ALL_FLAT = [
    f"subscriber.{each}" for each in ("created", "updated", "unsubscribed", "bounced", "spam_reported", "active")
]


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ("active", {"fields": {"name": "Ann"}}, ["subscriber.updated"]),
        ("active", {"fields": {"name": None}}, []),
        ("active", {"status": "active"}, []),
        ("active", {"status": "unsubscribed"}, ["subscriber.unsubscribed"]),
        ("active", {"status": "bounced"}, ["subscriber.bounced"]),
        ("active", {"status": "junk"}, ["subscriber.spam_reported"]),
        ("active", {"status": "unconfirmed"}, []),
        ("unconfirmed", {"status": "active"}, ["subscriber.updated", "subscriber.active"]),
    ],
)
def test_changes(
    emulator: Emulator, client: httpx.Client, before: str, change: dict[str, Any], expected: list[str]
) -> None:
    emulator.seed(subscribers=[{"id": "77", "email": ANN, "status": before}])
    hook(client, *ALL_FLAT)
    assert client.put("/subscribers/77", json=change).status_code == 200
    assert names(emulator.deliver(Receiver())) == expected


def test_what_a_request_says_of_a_new_subscriber_is_no_event_of_its_own(
    emulator: Emulator, client: httpx.Client
) -> None:
    hook(client, *ALL_FLAT)
    receiver = Receiver()
    upsert(client, status="unsubscribed", fields={"name": "Ann"})
    assert names(emulator.deliver(receiver)) == ["subscriber.created"]
    assert (receiver.payloads[0]["status"], receiver.payloads[0]["fields"]["name"]) == ("unsubscribed", "Ann")
    upsert(client, resubscribe=True)
    assert names(emulator.deliver(receiver)) == ["subscriber.active"]


def test_groups_of_an_update(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["A", "B", "C"], subscribers=[{"id": "77", "email": ANN, "groups": ["A", "B"]}])
    ids = {each["name"]: each["id"] for each in client.get("/groups").json()["data"]}
    hook(client, "subscriber.added_to_group", "subscriber.removed_from_group")
    receiver = Receiver()
    client.put("/subscribers/77", json={"groups": [ids["B"], ids["C"]]})
    emulator.deliver(receiver)
    assert [(each["type"].partition(".")[2], each["group"]["name"]) for each in receiver.payloads] == [
        ("removed_from_group", "A"),
        ("added_to_group", "C"),
    ]


def test_calls_of_a_batch_are_events_one_by_one(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, *ALL_FLAT)
    receiver = Receiver()
    items = [
        {"method": "POST", "path": "api/subscribers", "body": {"email": ANN, "fields": {"name": name}}}
        for name in ("Ann", "Anna")
    ]
    assert client.post("/batch", json={"requests": items}).json()["successful"] == 2
    assert names(emulator.deliver(receiver)) == ["subscriber.created", "subscriber.updated"]
    assert [each["fields"]["name"] for each in receiver.payloads] == ["Ann", "Anna"]


def test_rows_of_an_import_as_the_clock_gets_to_them(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock
) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}], subscribers=[ANN])
    hook(client, "subscriber.created", "subscriber.updated", "subscriber.added_to_group")
    rows = [{"email": "new@example.com", "fields": {"name": "N"}}, {"email": ANN, "fields": {"name": "Ann"}}]
    client.post("/groups/11/import-subscribers", json={"subscribers": rows})
    assert emulator.deliver(Receiver()) == []
    clock.advance(1)
    assert names(emulator.deliver(Receiver())) == [
        *("subscriber.created", "subscriber.added_to_group"),
        *("subscriber.updated", "subscriber.added_to_group"),
    ]


def test_seeding_is_no_event(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, *ALL_FLAT, "subscriber.deleted", batchable=True)
    emulator.seed(subscribers=[{"email": ANN, "status": "bounced", "fields": {"name": "Ann"}}])
    with pytest.raises(ValueError, match="taken"):
        emulator.seed(subscribers=["bob@example.com", ANN])
    assert emulator.deliver(Receiver()) == []


def test_refused_requests_are_no_events_and_lost_answers_are(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.created")
    emulator.fault("error", route="/subscribers")
    assert client.post("/subscribers", json={"email": ANN}).status_code == 500
    assert emulator.deliver(Receiver()) == []
    emulator.fault("error_after_commit", route="/subscribers")
    assert client.post("/subscribers", json={"email": ANN}).status_code == 500
    assert names(emulator.deliver(Receiver())) == ["subscriber.created"]


def test_every_webhook_that_subscribes_gets_its_own(emulator: Emulator, client: httpx.Client) -> None:
    first, other = hook(client, "subscriber.created"), hook(client, "subscriber.updated")
    second = hook(client, "subscriber.created", url="https://example.com/second")
    upsert(client)
    made = emulator.deliver(Receiver())
    assert [(each.webhook_id, each.url) for each in made] == [
        (first["id"], URL),
        (second["id"], "https://example.com/second"),
    ]
    assert made[0].body == made[1].body
    assert made[0].signature != made[1].signature
    assert read(client, other)["last_fired_at"] is None


# -- webhooks that get nothing -----------------------------------------------------------------------------------------


def test_disabled_webhook_gets_nothing(emulator: Emulator, client: httpx.Client) -> None:
    webhook = hook(client, "subscriber.created", enabled=False)
    upsert(client)
    client.put(f"/webhooks/{webhook['id']}", json={"enabled": True})
    assert emulator.deliver(Receiver()) == []
    upsert(client, "bob@example.com")
    client.put(f"/webhooks/{webhook['id']}", json={"enabled": False})
    assert emulator.deliver(Receiver()) == []
    assert read(client, webhook)["last_fired_at"] is None


def test_deleted_webhook_is_not_tried_again(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    webhook = hook(client, "subscriber.created")
    upsert(client)
    assert [each.status for each in emulator.deliver(Receiver(500))] == [500]
    client.delete(f"/webhooks/{webhook['id']}")
    clock.advance(10)
    assert emulator.deliver(Receiver()) == []


def test_what_was_before_a_webhook_is_not_told_to_it(emulator: Emulator, client: httpx.Client) -> None:
    upsert(client)
    hook(client, "subscriber.created")
    assert emulator.deliver(Receiver()) == []


def test_reset_forgets_what_waits_and_the_log(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.created")
    upsert(client)
    emulator.deliver(Receiver())
    upsert(client, "bob@example.com")
    emulator.reset()
    assert emulator.deliveries == emulator.deliver(Receiver()) == []


def test_a_sender_may_call_the_emulator(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.created")
    upsert(client)

    def send(url: str, headers: Mapping[str, str], body: bytes) -> int:
        upsert(client, "bob@example.com")
        return 200

    assert len(emulator.deliver(send)) == 2
