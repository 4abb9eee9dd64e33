"""The calls of campaigns: bodies from either form of input, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mailerlite_async import Call, ValidationError, calls
from mailerlite_async.models import Campaign, CampaignEmail, CampaignSchedule, ResendSchedule, ResendSettings
from tests.support.campaigns import AB_RAW, MANY_RAW, RAW, RESEND_RAW


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
