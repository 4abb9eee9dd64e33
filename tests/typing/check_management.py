"""What type checkers make of the calls about segments, forms, automations, webhooks and the two short lists."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

from mailerlite_async import AsyncMailerLite, Call, MailerLite, Page, Pager, calls
from mailerlite_async.models import (
    Automation,
    AutomationEmail,
    AutomationRun,
    AutomationStep,
    CampaignLanguage,
    Form,
    Segment,
    Subscriber,
    Timezone,
    Webhook,
)


def builders() -> None:
    assert_type(calls.timezones.list(), Call[tuple[Timezone, ...]])
    assert_type(calls.campaign_languages.list(), Call[tuple[CampaignLanguage, ...]])
    assert_type(calls.segments.list(), Call[Page[Segment]])
    assert_type(calls.segments.subscribers("1"), Call[Page[Subscriber]])
    assert_type(calls.forms.list("popup"), Call[Page[Form]])
    assert_type(calls.forms.delete("1"), Call[None])
    assert_type(calls.automations.get("1"), Call[Automation])
    assert_type(calls.automations.activity("1", "active"), Call[Page[AutomationRun]])
    assert_type(calls.webhooks.create("https://example.com", ["campaign.sent"]), Call[Webhook])
    calls.automations.activity("1", "Active")  # type: ignore[arg-type]
    calls.automations.activity("1")  # type: ignore[call-arg]
    calls.webhooks.update("1", enabled="yes")  # type: ignore[arg-type]
    calls.webhooks.create("https://example.com")  # type: ignore[call-arg]


async def facades(ml: MailerLite, other: AsyncMailerLite) -> None:
    assert_type(ml.timezones.list(), tuple[Timezone, ...])
    assert_type(await other.campaign_languages.list(), tuple[CampaignLanguage, ...])
    assert_type(ml.automations.iter_activity("1", "failed"), Pager[AutomationRun])
    assert_type(await other.forms.get("1"), Form)


def steps(step: AutomationStep) -> None:
    assert_type(step.from_, str | None)
    assert_type(step.email, AutomationEmail | None)
