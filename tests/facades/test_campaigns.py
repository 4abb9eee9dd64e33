"""Campaigns, through both clients: what reaches the wire, what comes back, and what is refused before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mailerlite_async import BadRequestError, Call, NotFoundError, ServerError, ValidationError, calls
from mailerlite_async.models import (
    AbSettings,
    AbVariant,
    Campaign,
    CampaignActivity,
    CampaignEmail,
    CampaignSchedule,
    CampaignSender,
    MultivariateSettings,
    ResendSchedule,
    ResendSettings,
)
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade

EMAIL = CampaignEmail("Hello", "Ann", "ann@example.com", content="<p>Hi</p>")
RAW = {"subject": "Hello", "from_name": "Ann", "from": "ann@example.com", "content": "<p>Hi</p>"}
SENDER = CampaignSender("ann@example.com", "Ann")


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

WINNER = {"select_winner_by": "o", "after_time_amount": 4, "after_time_unit": "h"}
AB_RAW = {"test_type": "subject", "test_split": 20, "b_value": {"subject": "Hi"}, **WINNER}
RESEND_RAW = {"test_type": "subject", "select_winner_by": "c", "b_value": {"subject": "Again"}}
MANY_RAW = {
    "test_variants": {
        "subject": ["A", "B"],
        "sender": [{"from": "ann@example.com", "from_name": "Ann"}],
        "content": 2,
        "sending_time": 1,
    },
    "test_split": 10,
    **WINNER,
}
MANY = MultivariateSettings(
    ["A", "B"], [SENDER], 10, contents=2, select_winner_by="o", after_time_amount=4, after_time_unit="h"
)


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


def test_audience_and_tracking() -> None:
    call = calls.campaigns.create("News", emails=[RAW], groups=[1, "2"], segments=["3"], ecommerce_tracking=False)
    assert {key: call.json[key] for key in ("groups", "segments", "settings")} == {
        "groups": ["1", "2"],
        "segments": ["3"],
        "settings": {"ecommerce_tracking": False},
    }


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({}, {}),
        (
            {"delivery": "timezone_based", "schedule": {"hours": "08", "minutes": 0}},
            {"delivery": "timezone_based", "schedule": {"hours": "08", "minutes": "00"}},
        ),
        (
            {"delivery": "smart_sending", "schedule": CampaignSchedule(date(2026, 3, 1))},
            {"delivery": "smart_sending", "schedule": {"date": "2026-03-01"}},
        ),
        (
            {"delivery": "instant", "resend": ResendSchedule("scheduled", date(2026, 3, 1), 23, 59)},
            {
                "delivery": "instant",
                "resend": {"delivery": "scheduled", "date": "2026-03-01", "hours": "23", "minutes": "59"},
            },
        ),
        (
            {"delivery": "instant", "resend": {"delivery": "day"}},
            {"delivery": "instant", "resend": {"delivery": "day"}},
        ),
        (
            {"delivery": "scheduled", "sending_time_test_schedule": [CampaignSchedule(date(2026, 3, 1), 8, 0)] * 2},
            {
                "delivery": "scheduled",
                "sending_time_test_schedule": [{"date": "2026-03-01", "hours": "08", "minutes": "00"}] * 2,
            },
        ),
    ],
)
def test_schedules(arguments: dict[str, Any], body: dict[str, Any]) -> None:
    assert calls.campaigns.schedule("1", **arguments).json == body


# -- refused before sending --------------------------------------------------------------------------------------------


def create(**changes: Any) -> Call[Campaign]:
    return calls.campaigns.create(**{"name": "News", "emails": [RAW], **changes})


def plan(**changes: Any) -> Call[Campaign]:
    return calls.campaigns.schedule("1", **changes)


def ab(**changes: Any) -> Call[Campaign]:
    return create(type="ab", ab_settings={key: value for key, value in {**AB_RAW, **changes}.items() if value != ...})


def many(split: int = 10, **changes: Any) -> Call[Campaign]:
    variants = {**MANY_RAW["test_variants"], **changes}  # type: ignore[dict-item]
    return create(
        type="multivariate",
        emails=[RAW, RAW],
        multivariate_settings={**MANY_RAW, "test_split": split, "test_variants": variants},
    )


NINE = {"date": "2026-03-01", "hours": "09", "minutes": "00"}


@pytest.mark.parametrize(
    ("build", "key"),
    [
        (lambda: calls.campaigns.list(limit=24), "limit"),
        (lambda: calls.campaigns.list(limit=0), "limit"),
        (lambda: calls.campaigns.list(status="stopped"), "status"),
        (lambda: calls.campaigns.list(type="multivariate"), "type"),
        (lambda: calls.campaigns.activity(1, limit=1000), "limit"),
        (lambda: calls.campaigns.activity(1, type="read"), "type"),  # type: ignore[arg-type]
        (lambda: calls.campaigns.activity(1, sort="email"), "sort"),  # type: ignore[arg-type]
        (lambda: create(name=""), "name"),
        (lambda: create(name="x" * 256), "name"),
        (lambda: create(type="rss"), "type"),
        (lambda: create(type="ab"), "ab_settings"),
        (lambda: create(resend_settings=RESEND_RAW), "resend_settings"),
        (lambda: create(emails=[]), "emails"),
        (lambda: create(emails=[RAW, RAW]), "emails"),
        (lambda: create(emails=[{**RAW, "subject": "x" * 256}]), "emails.0.subject"),
        (lambda: create(emails=[CampaignEmail("Hello", "Ann")]), "emails.0.from"),
        (lambda: create(emails=[CampaignEmail("Hello", None, "ann@example.com")]), "emails.0.from_name"),
        (lambda: calls.campaigns.update(1, "x" * 256, emails=[RAW]), "name"),
        (lambda: calls.campaigns.update(1, "x", emails=[{}]), "emails.0.subject"),
        (lambda: ab(test_type="content"), "ab_settings.test_type"),
        (lambda: ab(test_split=26), "ab_settings.test_split"),
        (lambda: ab(test_split=4), "ab_settings.test_split"),
        (lambda: ab(test_type="sending_time"), "ab_settings.test_split"),
        (lambda: ab(test_type="sending_time", test_split=100), "ab_settings.b_value"),
        (lambda: ab(select_winner_by="x"), "ab_settings.select_winner_by"),
        (lambda: ab(after_time_amount=...), "ab_settings.after_time_amount"),
        (lambda: ab(after_time_unit="w"), "ab_settings.after_time_unit"),
        (lambda: ab(b_value=...), "ab_settings.b_value"),
        (lambda: ab(b_value={"subject": "x" * 256}), "ab_settings.b_value.subject"),
        (lambda: ab(b_value={"subject": "x", "from": "ann@example.com"}), "ab_settings.b_value.from"),
        (lambda: ab(test_type="sender", b_value={"from": "ann@example.com"}), "ab_settings.b_value.from_name"),
        (
            lambda: create(type="resend", resend_settings=ResendSettings("", "o")),
            "resend_settings.b_value.subject",
        ),
        (lambda: create(type="resend", resend_settings=ResendSettings("x", "d")), "resend_settings.select_winner_by"),
        (lambda: many(subject=[]), "multivariate_settings.test_variants.subject"),
        (lambda: many(subject=["x" * 256]), "multivariate_settings.test_variants.subject.0"),
        (lambda: many(sender=[{"from": "a@example.com"}]), "multivariate_settings.test_variants.sender.0.from_name"),
        (lambda: many(content=9), "multivariate_settings.test_variants.content"),
        (lambda: many(sending_time=0), "multivariate_settings.test_variants.sending_time"),
        (lambda: many(subject=["A", "B", "C", "D", "E"]), "multivariate_settings.test_variants"),
        (lambda: many(content=3), "emails"),
        (lambda: many(split=9), "multivariate_settings.test_split"),
        (lambda: many(split=51), "multivariate_settings.test_split"),
        (lambda: many(sending_time=2), "multivariate_settings.test_split"),
        (lambda: many(split=100, sending_time=2), "multivariate_settings.select_winner_by"),
        (lambda: plan(delivery="soon"), "delivery"),
        (lambda: plan(delivery="scheduled"), "schedule"),
        (lambda: plan(delivery="instant", schedule=NINE), "schedule"),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "date": None}), "schedule.date"),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "date": "01.03.2026"}), "schedule.date"),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "date": "20260301"}), "schedule.date"),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "hours": 24}), "schedule.hours"),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "minutes": -1}), "schedule.minutes"),
        (lambda: plan(delivery="timezone_based", schedule=CampaignSchedule(hours=9)), "schedule.minutes"),
        (lambda: plan(delivery="smart_sending", schedule=CampaignSchedule(hours=9)), "schedule.date"),
        (lambda: plan(delivery="instant", resend={"delivery": "later"}), "resend.delivery"),
        (lambda: plan(delivery="instant", resend=ResendSchedule("scheduled")), "resend.date"),
        (lambda: plan(delivery="scheduled", sending_time_test_schedule=[NINE]), "sending_time_test_schedule"),
        (
            lambda: plan(delivery="scheduled", sending_time_test_schedule=[NINE, {"date": "2026-03-01"}]),
            "sending_time_test_schedule.1.hours",
        ),
        (lambda: plan(delivery="scheduled", schedule=NINE, sending_time_test_schedule=[NINE] * 2), "schedule"),
    ],
)
def test_documented_limits_are_checked_before_sending(build: Callable[[], object], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        build()
    assert (caught.value.attempts, caught.value.status, list(caught.value.errors)) == (0, None, [key])


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda: create(emails=RAW), TypeError, "emails must be a sequence of e-mails"),
        (lambda: create(emails=["x"]), TypeError, r"emails\.0 must be CampaignEmail or a mapping, not str"),
        (lambda: create(emails=[{**RAW, "sender": "x"}]), ValueError, r"emails\.0 has sender: its keys are subject"),
        (lambda: create(emails=[{**RAW, "content": 5}]), TypeError, r"emails\.0\.content must be str"),
        (lambda: create(groups="12"), TypeError, "groups must be a sequence of ids"),
        (lambda: create(segments=["../1"]), ValueError, "segments must be an id"),
        (lambda: create(language_id="en"), ValueError, "language_id must be an id"),
        (lambda: create(ecommerce_tracking="yes"), TypeError, "ecommerce_tracking must be bool"),
        (lambda: ab(test_split="20"), TypeError, r"ab_settings\.test_split must be int"),
        (lambda: ab(winner="o"), ValueError, "ab_settings has winner"),
        (lambda: ab(b_value="Hi"), TypeError, r"ab_settings\.b_value must be AbVariant or a mapping"),
        (lambda: create(type="resend", resend_settings="x"), TypeError, "resend_settings must be a mapping"),
        (lambda: many(subject="A"), TypeError, r"test_variants\.subject must be a sequence"),
        (lambda: many(colour=1), ValueError, "test_variants has colour"),
        (lambda: plan(delivery="scheduled", schedule="now"), TypeError, "schedule must be CampaignSchedule"),
        (
            lambda: plan(delivery="scheduled", schedule=CampaignSchedule(datetime(2026, 3, 1, tzinfo=UTC), 9, 0)),
            TypeError,
            r"schedule\.date must be a date, not datetime",
        ),
        (
            lambda: plan(delivery="scheduled", schedule={**NINE, "hours": "9"}),
            TypeError,
            r"schedule\.hours must be int",
        ),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "zone": 1}), ValueError, "schedule has zone"),
        (lambda: plan(delivery="scheduled", schedule={**NINE, "timezone_id": "UTC"}), ValueError, "timezone_id"),
        (lambda: plan(delivery="scheduled", sending_time_test_schedule=NINE), TypeError, "sequence of two times"),
    ],
)
def test_wrong_types_and_keys_are_named(build: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        build()
