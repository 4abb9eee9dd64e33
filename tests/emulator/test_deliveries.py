"""Deliveries of webhooks: which events, in which form, signed, tried again on the clock, and over real sockets."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Delivery, Emulator, VirtualClock, _courier
from mailerlite_async.testing._deliveries import LARGEST_BATCH
from tests.emulator.conftest import HEADERS

URL = "https://example.com/hook"
ANN = "ann@example.com"
SUBSCRIBER_KEYS = [
    *("id", "email", "status", "source", "sent", "opens_count", "clicks_count", "open_rate", "click_rate"),
    *("ip_address", "subscribed_at", "unsubscribed_at", "created_at", "updated_at", "deleted_at", "forget_at"),
    *("fields", "opted_in_at", "optin_ip"),
]
NOW = "2026-01-01T00:00:00.000000Z"


class Receiver:
    """Answers in turn with what it is told to, 200 after that, and keeps what it gets."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = [*answers]
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


def hook(client: httpx.Client, *events: str, **body: Any) -> dict[str, Any]:
    answer = client.post("/webhooks", json={"url": URL, "events": events, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def read(client: httpx.Client, webhook: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/webhooks/{webhook['id']}").json()["data"]
    return found


def upsert(client: httpx.Client, email: str = ANN, **body: Any) -> str:
    answer = client.post("/subscribers", json={"email": email, **body})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["data"]["id"])


def is_signed(body: bytes, secret: str, signature: str) -> bool:
    return hmac.new(secret.encode("ascii"), body, hashlib.sha256).hexdigest() == signature


def names(deliveries: list[Delivery]) -> list[str]:
    return [event for each in deliveries for event in each.events]


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


# -- attempts ----------------------------------------------------------------------------------------------------------


def test_attempts_after_10_100_and_1000_seconds(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver(500, 404, 302, 500)
    upsert(client)
    for delay in (0.0, 10.0, 100.0, 1000.0):
        if delay:
            clock.advance(delay - 0.5)
            assert emulator.deliver(receiver) == []
            clock.advance(0.5)
        (made,) = emulator.deliver(receiver)
        assert not made.delivered
        assert read(client, webhook)["response_code"] == made.status
    seen = read(client, webhook)
    assert seen["last_fired_at"] == seen["updated_at"] == "2026-01-01 00:18:30"
    clock.advance(1_000_000)
    assert emulator.deliver(receiver) == []
    log = emulator.deliveries
    assert [(each.attempt, each.at, each.status) for each in log] == [
        (1, 0.0, 500),
        (2, 10.0, 404),
        (3, 110.0, 302),
        (4, 1110.0, 500),
    ]
    assert len({(each.body, each.signature) for each in log}) == 1
    assert not read(client, webhook)["is_blocked"]


def test_success_ends_the_attempts(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver(503, 204)
    upsert(client)
    for _ in range(5):
        emulator.deliver(receiver)
        clock.advance(2000)
    assert [each.status for each in emulator.deliveries] == [503, 204]
    assert read(client, webhook)["response_code"] == 204


def test_the_same_envelope_is_tried_again(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    hook(client, "subscriber.created", batchable=True)
    receiver = Receiver(500)
    upsert(client)
    emulator.deliver(receiver)
    upsert(client, "bob@example.com")
    clock.advance(10)
    assert [(each.attempt, len(each.events)) for each in emulator.deliver(receiver)] == [(1, 1), (2, 1)]
    bodies = [body for _, _, body in receiver.got]
    assert bodies[0] == bodies[2] != bodies[1]


@pytest.mark.parametrize("seconds", [3.0, 3.5])
def test_an_answer_must_come_within_three_seconds(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock, seconds: float
) -> None:
    webhook = hook(client, "subscriber.created")
    upsert(client)

    def slow(url: str, headers: Mapping[str, str], body: bytes) -> int:
        clock.advance(seconds)
        return 200

    (made,) = emulator.deliver(slow)
    late = seconds > 3
    assert (made.status, made.fault) == ((None, "timeout") if late else (200, None))
    assert made.delivered is not late
    seen = read(client, webhook)
    assert (seen["last_fired_at"], seen["response_code"]) == ("2026-01-01 00:00:00", None if late else 200)
    clock.advance(9.5)
    assert emulator.deliver(Receiver()) == []
    clock.advance(0.5)
    assert len(emulator.deliver(Receiver())) == late


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx.ReadTimeout("slow"), "timeout"),
        (TimeoutError(), "timeout"),
        (httpx.ConnectError("refused"), "ConnectError: refused"),
        (ConnectionResetError("gone"), "ConnectionResetError: gone"),
        (httpx.UnsupportedProtocol("no host"), "UnsupportedProtocol: no host"),
    ],
)
def test_network_errors_are_failures(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock, error: Exception, fault: str
) -> None:
    webhook, receiver = hook(client, "subscriber.created"), Receiver(200, error)
    upsert(client)
    upsert(client, "bob@example.com")
    first, second = emulator.deliver(receiver)
    assert (first.status, second.status, second.fault) == (200, None, fault)
    assert read(client, webhook)["response_code"] == 200
    clock.advance(10)
    assert [each.attempt for each in emulator.deliver(receiver)] == [2]


def test_other_errors_of_a_sender_are_raised_and_nothing_is_lost(emulator: Emulator, client: httpx.Client) -> None:
    hook(client, "subscriber.created")
    upsert(client)
    with pytest.raises(AssertionError, match="mine"):
        emulator.deliver(Receiver(AssertionError("mine")))
    assert emulator.deliveries == []
    assert [each.attempt for each in emulator.deliver(Receiver())] == [1]


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


# -- real sockets ------------------------------------------------------------------------------------------------------

Arrived = queue.Queue[tuple[dict[str, str], bytes]]


@contextmanager
def listening(*statuses: int) -> Iterator[tuple[str, Arrived]]:
    """A receiver on the loopback interface: its address, and what arrives there."""
    arrived: Arrived = queue.Queue()
    pending = [*statuses]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(pending.pop(0) if pending else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            arrived.put(({name.lower(): value for name, value in self.headers.items()}, body))

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", arrived
        finally:
            server.shutdown()
            thread.join()


def test_real_post_on_demand(emulator: Emulator, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with listening(201) as (url, arrived):
        webhook = hook(client, "subscriber.created", url=url)
        upsert(client)
        (made,) = emulator.deliver()
    headers, body = arrived.get_nowait()
    assert (made.status, made.body) == (201, body)
    assert is_signed(body, webhook["secret"], headers["signature"])
    assert headers["content-type"] == "application/json"


def test_nobody_listens(emulator: Emulator, client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/hook"
    hook(client, "subscriber.created", url=url)
    upsert(client)
    (made,) = emulator.deliver()
    assert made.status is None
    assert (made.fault or "").startswith("ConnectError: ")


def test_nobody_answers(emulator: Emulator, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _courier.DEADLINE_SECONDS == 3
    monkeypatch.setattr(_courier, "DEADLINE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hook(client, "subscriber.created", url=f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
        upsert(client)
        (made,) = emulator.deliver()
    assert (made.status, made.fault) == (None, "timeout")


@pytest.mark.parametrize("url", ["http://", "http://[", "https://example.com:x/", f"http://{'a' * 70}.example"])
def test_addresses_that_are_none(emulator: Emulator, client: httpx.Client, url: str) -> None:
    hook(client, "subscriber.created", url=url)
    upsert(client)
    (made,) = emulator.deliver()
    assert made.status is None
    assert made.fault


def test_serving_delivers_by_itself(emulator: Emulator, clock: VirtualClock) -> None:
    threads = threading.active_count()
    with listening(500) as (url, arrived):
        with emulator.serve() as base, httpx.Client(base_url=base, headers=HEADERS) as client:
            webhook = hook(client, "subscriber.created", url=url)
            upsert(client)
            headers, body = arrived.get(timeout=30)
            assert is_signed(body, webhook["secret"], headers["signature"])
            while not emulator.deliveries:
                client.get("/groups")
            clock.advance(10)
            assert arrived.get(timeout=30) == (headers, body)
            while len(emulator.deliveries) < 2:
                client.get("/groups")
            assert read(client, webhook)["response_code"] == 200
        assert [each.status for each in emulator.deliveries] == [500, 200]
        with httpx.Client(transport=emulator.transport(), base_url=base, headers=HEADERS) as client:
            upsert(client, "bob@example.com")
        assert arrived.empty()
    assert threading.active_count() == threads
