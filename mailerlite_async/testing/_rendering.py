"""The JSON shapes of the objects in answers, key for key as recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ._fields_state import Field
from ._groups_state import Group
from ._imports_state import ImportJob
from ._moment import Moment
from ._state import Account
from ._subscribers_state import Activity, Subscriber

JsonObject = dict[str, object]
ACCOUNT_ID: Final = "100001"
KEPT_AFTER_FORGET: Final = timedelta(days=30).total_seconds()


def render_subscriber(subscriber: Subscriber, account: Account) -> JsonObject:
    """A subscriber as in lists, without groups."""
    return {
        "id": str(subscriber.id),
        "email": subscriber.email,
        "status": subscriber.status,
        "source": subscriber.source,
        "sent": subscriber.sent,
        "opens_count": subscriber.opens_count,
        "clicks_count": subscriber.clicks_count,
        "open_rate": _percentage(subscriber.opens_count, subscriber.sent),
        "click_rate": _percentage(subscriber.clicks_count, subscriber.sent),
        "ip_address": subscriber.ip_address,
        "subscribed_at": subscriber.subscribed_at,
        "unsubscribed_at": subscriber.unsubscribed_at,
        "created_at": subscriber.created_at,
        "updated_at": subscriber.updated_at,
        "fields": account.fields.render(subscriber.values),
        "opted_in_at": subscriber.opted_in_at,
        "optin_ip": subscriber.optin_ip,
    }


def render_subscriber_with_groups(subscriber: Subscriber, account: Account) -> JsonObject:
    """A subscriber with all its groups, as in answers about one."""
    groups = [render_group(account.groups[group_id]) for group_id in subscriber.groups]
    return {**render_subscriber(subscriber, account), "groups": groups}


def render_subscribers(subscribers: list[Subscriber], account: Account, *, groups: bool) -> list[JsonObject]:
    """Subscribers of one page, with groups if they were asked for."""
    rendered = [render_subscriber(subscriber, account) for subscriber in subscribers]
    if groups:
        # Members of a page share groups: each is rendered once.
        known = {group_id for subscriber in subscribers for group_id in subscriber.groups}
        shapes = {group_id: render_group(account.groups[group_id]) for group_id in known}
        for subscriber, shape in zip(subscribers, rendered, strict=True):
            shape["groups"] = [shapes[group_id] for group_id in subscriber.groups]
    return rendered


def render_forgotten(subscriber: Subscriber, account: Account, now: Moment) -> JsonObject:
    """A subscriber that is about to be forgotten, with the dates of that."""
    return {
        **render_subscriber_with_groups(subscriber, account),
        "updated_at": now.naive_date(),
        "deleted_at": now.naive_date(),
        "forget_at": now.later(KEPT_AFTER_FORGET).naive_date(),
        "location": None,
    }


def render_activity(entry: Activity, subscriber: Subscriber, account: Account) -> JsonObject:
    """One entry of the activity log; a group that is gone has no name any more."""
    properties: object = []
    if entry.group_id is not None:
        group = account.groups.get(entry.group_id)
        properties = {"group_name": group.name if group else None, "group_id": str(entry.group_id)}
    return {
        "id": str(entry.id),
        "log_name": entry.log_name,
        "subject_id": str(subscriber.id),
        "subject_type": "subscribers",
        "properties": properties,
        "created_at": entry.created_at,
        "updated_at": entry.created_at,
    }


def render_group(group: Group) -> JsonObject:
    """A group with its counts."""
    return {
        "id": str(group.id),
        "name": group.name,
        "active_count": group.active_count,
        "sent_count": group.sent_count,
        "opens_count": group.opens_count,
        "open_rate": render_rate(group.open_rate),
        "clicks_count": group.clicks_count,
        "click_rate": render_rate(group.click_rate),
        "unsubscribed_count": len(group.members["unsubscribed"]),
        "unconfirmed_count": len(group.members["unconfirmed"]),
        "bounced_count": len(group.members["bounced"]),
        "junk_count": len(group.members["junk"]),
        "created_at": group.created_at,
    }


def render_rate(fraction: float) -> JsonObject:
    """A rate as `{"float": 0.875, "string": "87.5%"}`; the number is an integer when whole."""
    return {"float": _whole(round(fraction, 14)), "string": f"{_whole(round(fraction * 100, 2))}%"}


def render_field(field: Field) -> JsonObject:
    """A field as in answers about one."""
    return {
        "id": str(field.id),
        "name": field.name,
        "key": field.key,
        "type": field.type,
        "is_default": field.is_default,
    }


def render_listed_field(field: Field) -> JsonObject:
    """A field as in lists."""
    return {**render_field(field), "used_in_automations": False}


def render_import(job: ImportJob) -> JsonObject:
    """The report of an import."""
    samples: JsonObject = {}
    for outcome, tally in job.tallies.items():
        samples[outcome] = [{"id": str(subscriber_id), "email": email} for subscriber_id, email in tally.samples]
        samples[f"{outcome}_count"] = tally.count
    return {
        "id": str(job.id),
        "account_id": ACCOUNT_ID,
        "total": job.total,
        "processed": job.processed,
        "imported": job.imported,
        "updated": job.tallies["changed"].count,
        "errored": job.errored,
        "percent": job.processed * 100 // job.total,
        "done": job.done,
        **samples,
        "banned_import_emails_count": 0,
        "updated_at": job.updated.iso_date(),
        "undone_at": None,
        "stopped_at": None,
        "undo_started_at": None,
        "finished_at": job.updated.iso_date() if job.done else None,
    }


def _percentage(part: int, whole: int) -> int | float:
    return _whole(round(part / whole * 100, 2)) if whole else 0


def _whole(number: float) -> int | float:
    return int(number) if number.is_integer() else number
