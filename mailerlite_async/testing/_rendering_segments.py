"""The JSON shape of a segment."""

from __future__ import annotations

from ._rendering import JsonObject, render_rate
from ._segments_state import Segment
from ._state import Account


def render_segment(segment: Segment, account: Account) -> JsonObject:
    """A segment as in answers about one; counted are its active members."""
    members = [subscriber for subscriber in segment.present(account.subscribers) if subscriber.status == "active"]
    sent = sum(subscriber.sent for subscriber in members)
    opens = sum(subscriber.opens_count for subscriber in members)
    clicks = sum(subscriber.clicks_count for subscriber in members)
    return {
        "id": str(segment.id),
        "name": segment.name,
        "total": len(members),
        "open_rate": render_rate(opens / sent if sent else 0.0),
        "click_rate": render_rate(clicks / sent if sent else 0.0),
        "created_at": segment.created_at,
    }


def render_listed_segment(segment: Segment, account: Account) -> JsonObject:
    """A segment as in lists."""
    return {**render_segment(segment, account), "automations_using_segment_count": segment.automations_count}
