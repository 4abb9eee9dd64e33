"""The payloads of webhook events, and the announcement of what happened to the webhooks that subscribe to it."""

from __future__ import annotations

from typing import Final

from ._campaigns_state import Campaign
from ._happenings import Happening
from ._moment import Moment
from ._rendering import ACCOUNT_ID, KEPT_AFTER_FORGET, JsonObject, render_subscriber
from ._rendering_campaigns import preview_url
from ._state import Account
from ._subscribers_state import Subscriber

_DATES: Final = ("subscribed_at", "unsubscribed_at", "created_at", "updated_at", "opted_in_at")


def announce(account: Account, now: Moment) -> bool:
    """Queue what has happened for every webhook that is enabled and subscribes to it.

    Args:
        account: the account.
        now: the moment it became known.

    Returns:
        Whether anything was queued.
    """
    queued = False
    for happening in account.happenings.drain():
        for webhook in account.webhooks:
            if webhook.enabled and happening.event in webhook.events:
                payload = _payload(happening, account, now, batched=webhook.batchable)
                account.deliveries.add(webhook, happening.event, payload, now)
                queued = True
    return queued


def _payload(happening: Happening, account: Account, now: Moment, *, batched: bool) -> JsonObject:
    event, subject = happening.event, happening.subject
    owner = int(ACCOUNT_ID)
    if isinstance(subject, Campaign):
        return {**_campaign(subject), "event": event, "account_id": owner}
    subscriber = _subscriber(subject, account)
    if happening.group is not None:
        group = {"id": str(happening.group.id), "name": happening.group.name}
        nested: JsonObject = {"type": event, "subscriber": subscriber, "group": group}
        # In a batch, nested elements come without the account, as documented.
        return nested if batched else {**nested, "account_id": owner}
    if event == "subscriber.deleted":
        subscriber["deleted_at"] = now.iso_date()
        subscriber["forget_at"] = now.later(KEPT_AFTER_FORGET).iso_date() if happening.forgotten else None
    return {**subscriber, "event": event, "account_id": owner}


def _subscriber(subscriber: Subscriber, account: Account) -> JsonObject:
    """A subscriber as in answers, but for dates in ISO form, empty texts for empty fields, and dates of its end."""
    shape: JsonObject = {}
    for key, value in render_subscriber(subscriber, account).items():
        shape[key] = _iso(value) if key in _DATES else value
        if key == "updated_at":
            shape |= {"deleted_at": None, "forget_at": None}
    fields = account.fields.render(subscriber.values)
    shape["fields"] = {key: "" if value is None else value for key, value in fields.items()}
    return shape


def _campaign(campaign: Campaign) -> JsonObject:
    return {
        "id": str(campaign.id),
        "name": campaign.name,
        "total_recipients": len(campaign.deliveries),
        "preview_url": preview_url(campaign.emails[0]),
        "date": _iso(campaign.finished_at),
    }


def _iso(date: object) -> object:
    return f"{date.replace(' ', 'T')}.000000Z" if isinstance(date, str) else date
