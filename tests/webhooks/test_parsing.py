"""Deliveries become typed events, whatever their shape."""

from __future__ import annotations

import copy
import hashlib
import pickle
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import mailerlite_async
from mailerlite_async import DecodeError
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.webhooks import Event, parse
from mailerlite_async.webhooks import _parsing as parsing
from tests.support.fresh import run_fresh
from tests.webhooks.payloads import ADDRESS, AUTOMATION, CAMPAIGN, GROUP, SUBSCRIBER, batch, encode, flat, nested

FLAT = (
    *("subscriber.created", "subscriber.updated", "subscriber.unsubscribed", "subscriber.bounced"),
    *("subscriber.spam_reported", "subscriber.active"),
)


def one(payload: Any) -> Event:
    (event,) = parse(encode(payload))
    return event


# -- shapes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FLAT)
def test_flat(name: str) -> None:
    event = one(flat(name))
    assert (event.type, event.account_id, event.api_version, event.error) == (name, "7", None, None)
    assert (event.group, event.automation, event.campaign, event.link) == (None, None, None, None)
    person = event.subscriber
    assert person is not None
    assert (person.id, person.email, person.status, person.source) == (SUBSCRIBER["id"], ADDRESS, "active", "ecommerce")
    assert (person.sent, person.opens_count, person.clicks_count) == (5, 2, 1)
    assert (person.open_rate, person.click_rate) == (40.0, 20.5)
    assert person.subscribed_at == datetime(2024, 7, 1, 1, 1, 1, tzinfo=UTC)
    assert person.subscribed_at.tzinfo is UTC
    assert person.updated_at == datetime(2024, 7, 2, 3, 4, 5, tzinfo=UTC)
    assert (person.unsubscribed_at, person.deleted_at, person.forget_at) == (None, None, None)
    assert person.fields == {"name": "John", "last_name": None, "city": None, "zip": None}
    assert event.raw == flat(name)


@pytest.mark.parametrize("name", ["subscriber.added_to_group", "subscriber.removed_from_group"])
def test_nested_with_group(name: str) -> None:
    event = one({**nested(name, group=GROUP), "account_id": 0, "api_version": "2025-05"})
    assert (event.type, event.account_id, event.api_version) == (name, "0", "2025-05")
    assert event.group is not None
    assert (event.group.id, event.group.name) == (GROUP["id"], GROUP["name"])
    assert event.subscriber is not None
    assert event.subscriber.email == ADDRESS


@pytest.mark.parametrize("name", ["subscriber.automation_triggered", "subscriber.automation_completed"])
def test_nested_with_automation(name: str) -> None:
    event = one(nested(name, automation=AUTOMATION))
    assert event.automation is not None
    assert (event.automation.id, event.automation.name, event.account_id) == (
        AUTOMATION["id"],
        AUTOMATION["name"],
        None,
    )


def test_campaign_that_was_sent() -> None:
    event = one({**CAMPAIGN, "event": "campaign.sent", "account_id": 0})
    assert event.subscriber is None
    assert event.campaign is not None
    assert (event.campaign.id, event.campaign.name, event.campaign.total_recipients) == (
        CAMPAIGN["id"],
        CAMPAIGN["name"],
        100,
    )
    assert event.campaign.date == datetime(2024, 5, 28, 7, 11, 8, tzinfo=UTC)
    assert event.campaign.preview_url == "https://preview.example.com/1"


def test_batch_keeps_the_order_and_mixes_types() -> None:
    elements = [
        nested("campaign.open", campaign=CAMPAIGN),
        flat("subscriber.created"),
        nested("campaign.click", campaign=CAMPAIGN),
    ]
    events = parse(batch(*elements))
    assert [event.type for event in events] == ["campaign.open", "subscriber.created", "campaign.click"]
    assert [event.account_id for event in events] == [None, "7", None]
    assert [event.raw for event in events] == elements
    assert all(event.subscriber and event.subscriber.email == ADDRESS for event in events)
    assert [event.campaign.name if event.campaign else None for event in events] == [
        "Campaign Example",
        None,
        "Campaign Example",
    ]
    assert parse(batch()) == []


@pytest.mark.parametrize(
    "gone", [{"deleted_at": "2024-07-03T00:00:00.000000Z"}, {"forget_at": "2024-08-02T00:00:00.000000Z"}]
)
@pytest.mark.parametrize("is_flat", [True, False])
def test_deleted_comes_flat_or_nested(is_flat: bool, gone: dict[str, str]) -> None:
    person = {**SUBSCRIBER, **gone}
    name = "subscriber.deleted"
    (event,) = parse(
        batch({**person, "event": name, "account_id": 1} if is_flat else {"type": name, "subscriber": person})
    )
    assert event.subscriber is not None
    (key, date), *_ = gone.items()
    assert getattr(event.subscriber, key) == datetime.fromisoformat(date)


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "subscriber.created", "subscriber": SUBSCRIBER},
        {"event": "subscriber.created", "subscriber": SUBSCRIBER},
        {**SUBSCRIBER, "type": "subscriber.created"},
        {**SUBSCRIBER, "event": "subscriber.created", "type": "regular"},
        {**SUBSCRIBER, "event": "", "type": "subscriber.created", "subscriber": None},
        {**SUBSCRIBER, "event": "subscriber.created", "subscriber": []},
    ],
)
def test_either_discriminator_and_either_place(shape: dict[str, Any]) -> None:
    event = one(shape)
    assert (event.type, event.subscriber) == ("subscriber.created", one(flat()).subscriber)


# -- what the API is known to do ---------------------------------------------------------------------------------------


def test_numbers_for_texts_and_texts_for_numbers() -> None:
    person = {**SUBSCRIBER, "id": 17, "sent": "5", "open_rate": "40", "location": [], "fields": []}
    event = one(nested("subscriber.added_to_group", subscriber=person, group={"id": 5, "name": "Five"}))
    assert event.subscriber is not None
    assert (event.subscriber.id, event.subscriber.sent, event.subscriber.open_rate) == ("17", 5, 40.0)
    assert (event.subscriber.location, event.subscriber.fields) == ({}, {})
    assert event.group is not None
    assert event.group.id == "5"


@pytest.mark.parametrize("key", ["unsubscribed_at", "ip_address", "optin_ip", "sent", "source", "location"])
def test_empty_text_is_nothing(key: str) -> None:
    person = one(flat(**{key: ""})).subscriber
    assert person is not None
    assert getattr(person, key) is None
    (tolerant,) = parse(encode(flat(**{key: ""}, id=1)))
    assert tolerant.subscriber is not None
    assert getattr(tolerant.subscriber, key) is None


def test_only_id_and_address_are_needed() -> None:
    person = one({"event": "subscriber.deleted", "id": "1", "email": ADDRESS}).subscriber
    assert person is not None
    assert (person.status, person.sent, person.created_at, person.fields) == (None, None, None, {})
    assert one({"event": "subscriber.deleted", "id": "1", "email": ADDRESS, "fields": None}).subscriber == person


@pytest.mark.parametrize("date", ["2024-07-01 01:01:01", "2024-07-01T03:01:01+02:00", "2024-07-01T01:01:01Z"])
def test_dates_of_every_form_are_aware(date: str) -> None:
    person = one(flat(subscribed_at=date)).subscriber
    assert person is not None
    assert person.subscribed_at == datetime(2024, 7, 1, 1, 1, 1, tzinfo=UTC)
    assert person.subscribed_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ({"link_url": "https://example.com/a?b=c"}, "https://example.com/a?b=c"),
        ({"link": "https://example.com"}, "https://example.com"),
        ({"link": {"id": "9", "url": "https://example.com"}}, "https://example.com"),
        ({"link_id": "9", "url": "https://example.com"}, "https://example.com"),
        ({"clicked": "https://example.com"}, "https://example.com"),
        ({"clickedUrl": "mailto:club@example.com"}, "mailto:club@example.com"),
        ({"href": "www.example.com"}, "www.example.com"),
        ({"campaign": {**CAMPAIGN, "link_url": "https://example.com"}}, "https://example.com"),
        ({"url": "https://other.example.com", "link_url": "https://example.com"}, "https://example.com"),
        ({"unsubscribe_link": "https://example.com", "clicks_count": "3", "link_text": "Read on"}, None),
        ({}, None),
    ],
)
def test_link_of_a_click_is_found_under_any_likely_key(place: dict[str, Any], found: str | None) -> None:
    (event,) = parse(batch({**nested("campaign.click", campaign=CAMPAIGN), **place}))
    assert event.link == found


@pytest.mark.parametrize("account", [None, True, "", [], {}, 1.5])
def test_odd_accounts_are_none(account: Any) -> None:
    assert one(flat(account_id=account)).account_id is None


def test_well_formed_events_do_not_take_the_tolerant_path() -> None:
    code = (
        "import sys\n"
        "from mailerlite_async.webhooks import parse\n"
        f"parse({encode(flat())!r}); parse({batch(nested('campaign.open', campaign=CAMPAIGN))!r})\n"
        "print('cattrs' in sys.modules)\n"
        f"parse({encode(flat(id=1))!r})\n"
        "print('cattrs' in sys.modules)\n"
    )
    assert run_fresh(code).split() == ["False", "True"]


# -- types that are not known ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        {"event": "order.created", "id": 5, "total": 12.5},
        {"type": "subscriber.teleported", "subscriber": {"id": None}, "group": "Readers", "automation": 3},
        {"event": "campaign.teleported", "id": []},
        {"type": "x", "campaign": [1, 2], "link_url": "https://example.com"},
    ],
)
def test_unknown_types_are_kept_as_they_are(payload: dict[str, Any]) -> None:
    event = one(payload)
    assert event.type == payload.get("event", payload.get("type"))
    assert event.raw == payload
    assert (event.error, event.subscriber, event.group, event.automation, event.campaign) == (None,) * 5


def test_unknown_types_have_what_can_be_read() -> None:
    event = one(nested("subscriber.teleported", group=GROUP, campaign={**CAMPAIGN, "date": "soon"}))
    assert event.subscriber is not None
    assert event.group is not None
    assert event.campaign is None
    assert one({**SUBSCRIBER, "event": "subscriber.form_submitted"}).subscriber == one(flat()).subscriber


def test_needs_are_stated_for_types_that_exist() -> None:
    source = Path(mailerlite_async.__file__).parent.joinpath("models", "webhooks.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"([a-z]+\.[a-z_]+)"', source))
    assert named - set(parsing._NEEDS) == {
        "subscriber.form_submitted",
        "subscriber.added_through_form",
    }
    assert set(parsing._NEEDS) <= named


# -- the key -----------------------------------------------------------------------------------------------------------


def test_key_is_that_of_the_bytes_as_sent() -> None:
    first, second = b'{ "type":"x",\n "a": 1.0e1 }', b'{"type":"x","a":10.0}'
    body = b'{"events": [' + first + b" ,\n" + second + b'], "total":2}'
    assert [event.dedupe_key for event in parse(body)] == [hashlib.sha256(each).hexdigest() for each in (first, second)]
    # The same event alone, or with space around it, is the same event.
    assert [event.dedupe_key for event in parse(b" \n" + first + b"\r\n\t")] == [hashlib.sha256(first).hexdigest()]


def test_equal_events_have_one_key_and_others_another() -> None:
    click, other = nested("campaign.click", campaign=CAMPAIGN), nested("campaign.open", campaign=CAMPAIGN)
    keys = [event.dedupe_key for event in parse(batch(click, other, click))]
    assert keys[0] == keys[2] != keys[1]


# -- as values ---------------------------------------------------------------------------------------------------------


def test_events_are_values() -> None:
    for event in parse(batch(flat(), nested("campaign.click", campaign=CAMPAIGN, link="https://example.com"), 3)):
        assert pickle.loads(pickle.dumps(event)) == event
        assert copy.deepcopy(event) == event
        with pytest.raises(AttributeError):
            event.type = "other"  # type: ignore[misc]  # the mistake is the point
        assert not hasattr(event, "__dict__")
    assert one(flat()) != one(flat(sent=6))


def test_raw_is_not_in_the_repr_and_errors_have_no_address() -> None:
    good, bad = parse(batch({**flat(), "shoe_size": "raw-only"}, {**flat(), "id": None, ADDRESS: ADDRESS}))
    assert "raw-only" not in repr(good)
    assert bad.error is not None
    assert ADDRESS not in repr(bad)
    for body in (b'{"events": {"a@example.com": "a@example.com"}}', b'{"event": "a@example.com", "x": a@example.com}'):
        with pytest.raises(DecodeError) as caught:
            parse(body)
        assert "@" not in f"{caught.value} {caught.value!r}"


# -- what the emulator sends -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batchable", [False, True])
def test_events_of_the_emulator_are_all_readable(batchable: bool) -> None:
    from mailerlite_async import MailerLite

    clock = VirtualClock()
    emulator = Emulator(clock=clock)
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        names = (*FLAT[:3], "subscriber.added_to_group", "subscriber.removed_from_group")
        hook = ml.webhooks.create(
            "https://example.com/hook", [*names, *(["subscriber.deleted"] if batchable else [])], batchable=batchable
        )
        group = ml.groups.create("Romance")
        ann = ml.subscribers.upsert("ann@example.com", fields={"name": "Ann"}, groups=[group.id])
        ml.subscribers.update(ann.id, fields={"name": "Anne"})
        ml.groups.unassign(ann.id, group.id)
        ml.subscribers.update(ann.id, status="unsubscribed")
        ml.subscribers.delete(ann.id)
    bodies: list[bytes] = []
    emulator.deliver(lambda _url, _headers, body: bodies.append(body) or 200)  # type: ignore[func-returns-value]
    events = [event for body in bodies for event in parse(body)]
    assert [event.error for event in events] == [None] * len(events)
    assert [event.type for event in events] == [name for each in emulator.deliveries for name in each.events]
    assert {event.type for event in events} == set(hook.events)
    assert {event.subscriber.email if event.subscriber else None for event in events} == {"ann@example.com"}
    assert {event.group.name for event in events if event.group} == {"Romance"}
    assert [
        event.subscriber.deleted_at is not None
        for event in events
        if event.subscriber and event.type == "subscriber.deleted"
    ] == [True] * batchable
