"""Campaigns, through both clients: what reaches the wire, what comes back, and what is refused before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mailerlite_async import BadRequestError, NotFoundError, ServerError, ValidationError, calls
from mailerlite_async.models import (
    AbSettings,
    AbVariant,
    Campaign,
    CampaignActivity,
    CampaignEmail,
    CampaignSchedule,
    ResendSettings,
)
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.campaigns import AB_RAW, EMAIL, MANY, MANY_RAW, RAW, RESEND_RAW, WINNER
from tests.support.facade import Facade


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any]:
    """The last request: method, path, query and body."""
    last = emulator.requests[-1]
    return last.method, last.path, dict(last.query), last.body


async def test_life_of_a_campaign(facade: Facade, emulator: Emulator, clock: VirtualClock) -> None:
    emulator.seed(subscribers=["ann@example.com", "bob@example.com"])
    ml = facade.patient()
    campaign = await facade.call(ml.campaigns.create("News", emails=[EMAIL], language_id="1"))
    assert sent(emulator) == (
        *("POST", "/api/campaigns", {}),
        {"name": "News", "language_id": 1, "type": "regular", "emails": [RAW]},
    )
    assert type(campaign) is Campaign
    assert (campaign.status, campaign.recipients_count, campaign.stats) == ("draft", 2, None)
    email = campaign.emails[0]
    assert (email.from_, email.subject, email.language_id, email.content) == ("ann@example.com", "Hello", "1", None)
    changed = await facade.call(
        ml.campaigns.update(campaign.id, "News 2", emails=[CampaignEmail("Bye", "Ann", "ann@example.com")])
    )
    assert sent(emulator)[:2] == ("PUT", f"/api/campaigns/{campaign.id}")
    assert (changed.name, changed.emails[0].subject) == ("News 2", "Bye")
    assert "<p>Hi</p>" in changed.emails[0].content
    when = CampaignSchedule(date(2026, 1, 2), 9, 5, timezone_id="50")
    ready = await facade.call(ml.campaigns.schedule(campaign.id, delivery="scheduled", schedule=when))
    assert sent(emulator)[3] == {
        "delivery": "scheduled",
        "schedule": {"date": "2026-01-02", "hours": "09", "minutes": "05", "timezone_id": 50},
    }
    assert (ready.status, ready.scheduled_for) == ("ready", datetime(2026, 1, 2, 7, 5, tzinfo=UTC))
    draft = await facade.call(ml.campaigns.cancel(int(campaign.id)))
    assert sent(emulator) == ("POST", f"/api/campaigns/{campaign.id}/cancel", {}, None)
    assert (draft.status, draft.is_stopped, draft.scheduled_for) == ("draft", True, ready.scheduled_for)
    with pytest.raises(BadRequestError):
        await facade.call(ml.campaigns.cancel(campaign.id))
    await facade.call(ml.campaigns.schedule(campaign.id, delivery="instant"))
    assert sent(emulator)[3] == {"delivery": "instant"}
    clock.advance(1)
    done = await facade.call(ml.campaigns.get(campaign.id))
    assert (done.status, done.stats.sent, done.stats.open_rate.float) == ("sent", 2, 0)
    assert done.emails[0].click_map == {}
    with pytest.raises(ValidationError, match="Campaign is not with status draft"):
        await facade.call(ml.campaigns.update(campaign.id, "x", emails=[EMAIL]))
    assert await facade.call(ml.campaigns.delete(campaign.id)) is None
    with pytest.raises(NotFoundError, match=r"^GET /campaigns/\{id\}: 404"):
        await facade.call(ml.campaigns.get(campaign.id))


async def test_list_is_of_ready_ones_unless_asked(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    for number in range(12):
        await facade.call(ml.campaigns.create(f"News {number}", emails=[RAW]))
    page = await facade.call(ml.campaigns.list())
    assert sent(emulator) == ("GET", "/api/campaigns", {}, None)
    assert (page.items, page.meta["aggregations"]["draft"]) == ((), 12)
    page = await facade.call(ml.campaigns.list(status="draft", type="regular", limit=10, page=1))
    assert sent(emulator)[2] == {"filter[status]": "draft", "filter[type]": "regular", "limit": "10", "page": "1"}
    assert ([each.name for each in page.items][:2], page.total) == (["News 11", "News 10"], 12)
    assert page.next.params[-1] == ("page", "2")
    everything = await facade.collect(ml.campaigns.iter(status="draft", page_size=10))
    assert [each.name for each in everything] == [f"News {number}" for number in range(11, -1, -1)]
    assert sent(emulator)[2] == {"filter[status]": "draft", "limit": "10", "page": "2"}
    await facade.collect(ml.campaigns.iter())
    assert sent(emulator)[2] == {"limit": "100"}


async def test_activity_is_paged_through_the_body(facade: Facade, emulator: Emulator, clock: VirtualClock) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    emulator.seed(subscribers=[{"email": f"user{number}@example.com", "groups": ["11"]} for number in range(23)])
    ml = facade.patient()
    campaign = await facade.call(ml.campaigns.create("News", emails=[EMAIL]))
    await facade.call(ml.campaigns.schedule(campaign.id, delivery="instant"))
    clock.advance(1)
    page = await facade.call(ml.campaigns.activity(campaign.id))
    path = f"/api/campaigns/{campaign.id}/reports/subscriber-activity"
    assert sent(emulator) == ("POST", path, {}, None)
    assert (len(page.items), page.next, page.items[0].subscriber) == (23, None, None)
    assert type(page.items[0]) is CampaignActivity
    pager = ml.campaigns.iter_activity(
        campaign.id, type="unopened", sort="-id", include_groups=True, page_size=10, prefetch=True
    )
    before = len(emulator.requests)
    people = await facade.collect(pager)
    assert len({each.subscriber.email for each in people}) == 23
    assert people[0].subscriber.groups[0].name == "Readers"
    bodies = [request.body for request in emulator.requests[before:]]
    same = {"filter": {"type": "unopened"}, "limit": 10, "sort": "-id", "include": "subscriber.groups"}
    assert bodies == [same, {**same, "page": 2}, {**same, "page": 3}]
    assert {tuple(request.query) for request in emulator.requests[before:]} == {()}
    (one,) = await facade.collect(ml.campaigns.iter_activity(campaign.id, search="user3@", include_subscriber=True))
    assert sent(emulator)[3] == {"filter": {"search": "user3@"}, "limit": 100, "include": "subscriber"}
    assert (one.subscriber.email, one.subscriber.groups) == ("user3@example.com", None)
    third = await facade.call(ml.campaigns.activity(campaign.id, limit=10, page=3))
    assert (len(third.items), third.next) == (3, None)


async def test_activity_works_inside_a_batch(facade: Facade, clock: VirtualClock, emulator: Emulator) -> None:
    emulator.seed(subscribers=[f"user{number}@example.com" for number in range(11)])
    ml = facade.patient()
    campaign = await facade.call(ml.campaigns.create("News", emails=[EMAIL]))
    await facade.call(ml.campaigns.schedule(campaign.id, delivery="instant"))
    clock.advance(1)
    result = await facade.call(ml.batch([calls.campaigns.activity(campaign.id, limit=10), calls.campaigns.list()]))
    page = result.items[0].value
    assert (len(page.items), page.next.json) == (10, {"limit": 10, "page": 2})


async def test_unsafe_calls_are_sent_once(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    campaign = await facade.call(ml.campaigns.create("News", emails=[EMAIL]))
    builds: list[Callable[[], Any]] = [
        lambda: ml.campaigns.create("Other", emails=[EMAIL]),
        lambda: ml.campaigns.schedule(campaign.id, delivery="instant"),
        lambda: ml.campaigns.cancel(campaign.id),
    ]
    for build in builds:
        emulator.fault("error_after_commit", status=502)
        before = len(emulator.requests)
        with pytest.raises(ServerError):
            await facade.call(build())
        assert len(emulator.requests) == before + 1
    found = await facade.call(ml.campaigns.list(status="draft"))
    assert [each.name for each in found.items] == ["Other", "News"]


async def test_reads_and_updates_are_repeated(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    campaign = await facade.call(ml.campaigns.create("News", emails=[EMAIL]))
    builds: list[Callable[[], Any]] = [
        lambda: ml.campaigns.list(),
        lambda: ml.campaigns.get(campaign.id),
        lambda: ml.campaigns.activity(campaign.id),
        lambda: ml.campaigns.update(campaign.id, "Other", emails=[EMAIL]),
        lambda: ml.campaigns.delete(campaign.id),
    ]
    for build in builds:
        emulator.fault("error_after_commit", status=502)
        before = len(emulator.requests)
        await facade.call(build())
        assert len(emulator.requests) == before + 2


async def test_content_beyond_the_plan_says_so(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("plan_limit", route="/campaigns")
    with pytest.raises(ValidationError) as caught:
        await facade.call(facade.patient().campaigns.create("News", emails=[EMAIL]))
    assert list(caught.value.errors) == ["emails.0.content"]
    assert caught.value.reason is not None


# -- bodies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "typed", "raw"),
    [
        ("ab", AbSettings("subject", 20, AbVariant("Hi"), **WINNER), AB_RAW),  # type: ignore[arg-type]
        ("ab", AbSettings("sending_time", 100), {"test_type": "sending_time", "test_split": 100}),
        (
            "ab",
            AbSettings("sender", 5, AbVariant(from_name="Bob", from_="bob@example.com"), **WINNER),  # type: ignore[arg-type]
            {
                "test_type": "sender",
                "test_split": 5,
                "b_value": {"from_name": "Bob", "from": "bob@example.com"},
                **WINNER,
            },
        ),
        ("resend", ResendSettings("Again", "c"), RESEND_RAW),
        ("multivariate", MANY, MANY_RAW),
    ],
)
async def test_settings_are_typed_or_raw(facade: Facade, emulator: Emulator, kind: str, typed: Any, raw: Any) -> None:
    ml = facade.patient()
    emails = [RAW, RAW] if kind == "multivariate" else [RAW]
    for settings in (typed, raw):
        made = await facade.call(ml.campaigns.create("News", kind, emails=emails, **{f"{kind}_settings": settings}))
        assert made.type == kind
        assert sent(emulator)[3] == {"name": "News", "type": kind, "emails": emails, f"{kind}_settings": raw}
    if kind != "multivariate":
        await facade.call(ml.campaigns.update(made.id, "News", emails=[RAW], **{f"{kind}_settings": typed}))
        assert sent(emulator)[3] == {"name": "News", "emails": [RAW], f"{kind}_settings": raw}
