"""The JSON shapes of campaigns, which differ by call and status as recorded."""

from __future__ import annotations

from typing import Final, Literal

from ._campaign_languages_state import LANGUAGES_BY_ID
from ._campaigns_state import Campaign, Delivery, Message
from ._groups_state import Group
from ._rendering import (
    ACCOUNT_ID,
    JsonObject,
    render_rate,
    render_subscriber,
    render_subscriber_with_groups,
)
from ._rendering_campaign_languages import render_campaign_language
from ._state import Account

Occasion = Literal["list", "get", "create", "update", "schedule", "cancel"]

OUTCOMES: Final = ("unsubscribed", "forwarded", "hardbounced", "softbounced", "junk")
KINDS: Final = ("opened", "unopened", "clicked", *OUTCOMES)
DEFAULT_REPLY_TO: Final = "reply@example.com"
_TYPES: Final = {"regular": "Regular", "ab": "A/B split", "resend": "Auto resend", "rss": "RSS"}
_PLAIN_TEXT: Final = (
    "Hello,\n\nThis newsletter is best read in a program that shows HTML:\n\n{$url}\n\n{$unsubscribe}\n"
)
_RATED: Final = (
    *(("opens_count", "open_rate"), ("clicks_count", "click_rate"), ("unsubscribes_count", "unsubscribe_rate")),
    *(("spam_count", "spam_rate"), ("hard_bounces_count", "hard_bounce_rate")),
    *(("soft_bounces_count", "soft_bounce_rate"), ("forwards_count", "forward_rate")),
    ("social_interactions_count", "social_interaction_rate"),
)


def render_campaign(campaign: Campaign, account: Account, occasion: Occasion) -> JsonObject:
    """A campaign as one call shows it."""
    sent = campaign.status == "sent"
    groups = [account.groups[each] for each in campaign.group_ids if each in account.groups]
    segments = [found for each in campaign.segment_ids if (found := account.campaigns.segments.get(each)) is not None]
    kind, chosen = ("segment", [(each.id, each.name) for each in segments])
    if not campaign.segment_ids:
        kind, chosen = "group", [(each.id, each.name) for each in groups]
    operator: JsonObject = {"operator": "in_any", "args": [f"{kind}s", [str(number) for number, _ in chosen]]}
    stats = render_stats(campaign.deliveries, sent=sent)
    shape: JsonObject = {
        "id": str(campaign.id),
        "account_id": ACCOUNT_ID,
        "name": campaign.name,
        "type": campaign.type,
        "status": campaign.status,
        "missing_data": campaign.missing,
        "settings": {
            "track_opens": True,
            "use_google_analytics": False,
            "ecommerce_tracking": campaign.ecommerce_tracking,
        },
        "filter": [[operator]] if chosen else [],
        "filter_for_humans": [[f"In any {kind}: {', '.join(name for _, name in chosen)}"]] if chosen else [],
        "delivery_schedule": campaign.delivery,
        "language_id": str(campaign.language_id),
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
        "scheduled_for": campaign.scheduled_for,
        "queued_at": campaign.queued_at,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
        "stopped_at": campaign.stopped_at,
        "default_email_id": str(campaign.emails[0].id),
        "emails": [
            _render_message(email, campaign, occasion, stats if email is campaign.emails[0] else None)
            for email in campaign.emails
        ],
        "used_in_automations": False,
        "type_for_humans": _TYPES.get(campaign.type, campaign.type.title()),
        "is_stopped": campaign.stopped_at is not None,
        "has_winner": None,
        "winner_version_for_human": None,
        "winner_sending_time_for_humans": None,
        "winner_selected_manually_at": None,
        "can": {"update": not sent, "delete": True, "send": not sent, "copy": True, "resend": sent},
        "uses_ecommerce": False,
        "ecommerce_stats": None,
        "uses_survey": False,
        "can_be_scheduled": campaign.can_be_scheduled,
        "is_smart_sending_index_option_finished": False,
        "is_applied_for_smart_sending_index_option": False,
        "warnings": [],
        "is_currently_sending_out": False,
        "can_be_copied": True,
        "has_basic_filter": True,
        "basic_filter_for_humans": {
            "included_groups": [_render_group(each) for each in groups] if kind == "group" else [],
            "excluded_groups": [],
            "included_segments": [{"id": each.id, "name": each.name} for each in segments],
            "excluded_segments": [],
            "all_active_subscribers": not (campaign.group_ids or campaign.segment_ids),
        },
        "is_eligible_for_sending": True,
        "needs_repair": False,
    }
    if occasion in ("list", "get", "create"):
        shape["language"] = render_campaign_language(LANGUAGES_BY_ID[campaign.language_id])
    if occasion in ("get", "create", "update"):
        shape["cannot_be_scheduled_reason"] = None
        if not sent:
            shape["recipients_count"] = len(account.campaigns.recipients(campaign))
    if occasion != "schedule":
        shape["next_step"] = None
    if occasion == "list":
        shape["initial_created_at"] = None
    if sent:
        shape["stats"] = stats
    return shape


def render_stats(deliveries: list[Delivery], *, sent: bool) -> JsonObject:
    """Counts and rates; those of unique opens and clicks only once it is sent."""
    total = len(deliveries)
    unique_opens, unique_clicks = (sum(each.is_of(kind) for each in deliveries) for kind in ("opened", "clicked"))
    counts = {
        "opens_count": sum(each.opens_count for each in deliveries),
        "clicks_count": sum(each.clicks_count for each in deliveries),
        "social_interactions_count": 0,
    }
    names = ("unsubscribes_count", "forwards_count", "hard_bounces_count", "soft_bounces_count", "spam_count")
    for name, kind in zip(names, OUTCOMES, strict=True):
        counts[name] = sum(each.is_of(kind) for each in deliveries)
    shape: JsonObject = {"sent": total}
    for count, rate in _RATED:
        part = {"opens_count": unique_opens, "clicks_count": unique_clicks}.get(count, counts[count])
        shape[count] = counts[count]
        shape[rate] = render_rate(part / total if total else 0.0)
    shape["click_to_open_rate"] = render_rate(unique_clicks / unique_opens if unique_opens else 0.0)
    if sent:
        shape |= {"unique_opens_count": unique_opens, "unique_clicks_count": unique_clicks}
    return shape


def render_delivery(delivery: Delivery, account: Account, include: str | None) -> JsonObject:
    """One line of the report."""
    shape: JsonObject = {
        "id": str(delivery.id),
        "opens_count": delivery.opens_count,
        "clicks_count": delivery.clicks_count,
    }
    if include is not None:
        render = render_subscriber_with_groups if include == "subscriber.groups" else render_subscriber
        shape["subscriber"] = render(delivery.subscriber, account)
    return shape


def preview_url(email: Message) -> str:
    """Where an e-mail can be looked at in a browser."""
    return f"https://preview.mailerlite.io/preview/{ACCOUNT_ID}/emails/{email.id}"


def _render_message(email: Message, campaign: Campaign, occasion: Occasion, stats: JsonObject | None) -> JsonObject:
    shape: JsonObject = {
        "id": str(email.id),
        "account_id": ACCOUNT_ID,
        "emailable_id": str(campaign.id),
        "emailable_type": "campaigns",
        "type": "builder_html" if email.content else None,
        "from": email.sender,
        "from_name": email.from_name,
        "reply_to": email.reply_to or DEFAULT_REPLY_TO,
        "name": None,
        "subject": email.subject,
        "plain_text": _PLAIN_TEXT,
        "screenshot_url": None,
        "generate_screenshot_timestamp": email.updated_at if email.content else None,
        "preview_url": preview_url(email),
        "created_at": email.created_at,
        "updated_at": email.updated_at,
        "is_designed": email.content is not None,
        "language_id": email.language_id,
        "language": render_campaign_language(LANGUAGES_BY_ID[email.language_id]),
        "is_winner": False,
        "stats": stats or render_stats([], sent=campaign.status == "sent"),
        "send_after": None,
        "track_opens": True,
        "uses_survey": False,
        "uses_quiz": False,
        "preheader": None,
    }
    if occasion not in ("list", "create"):
        shape["content"] = (
            None if email.content is None else f"<!--{{$head_top}}-->{email.content}<!--{{$body_bottom}}-->"
        )
    if occasion == "get":
        shape["click_map"] = []
    return shape


def _render_group(group: Group) -> JsonObject:
    """A group of an audience: unlike elsewhere, with numbers for ids and text for rates."""
    created = group.created_at.replace(" ", "T") + ".000000Z"
    return {
        "id": group.id,
        "account_id": int(ACCOUNT_ID),
        "created_at": created,
        "updated_at": created,
        "deleted_at": None,
        "name": group.name,
        "active_count": group.active_count,
        "open_rate": f"{round(group.open_rate, 14):g}",
        "click_rate": f"{round(group.click_rate, 14):g}",
        "serial_no": group.id % 10_000_000,
        "sent_count": group.sent_count,
        "opens_count": group.opens_count,
        "clicks_count": group.clicks_count,
        "unsubscribed_count": len(group.members["unsubscribed"]),
        "unconfirmed_count": len(group.members["unconfirmed"]),
        "bounced_count": len(group.members["bounced"]),
        "junk_count": len(group.members["junk"]),
    }
