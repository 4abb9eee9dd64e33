"""Campaigns of the emulated account, which are sent when their time comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from ._groups_state import Groups
from ._index import IdSequence
from ._moment import Moment, naive_date
from ._segments_state import Segments
from ._subscribers_state import Subscriber, Subscribers

Status = Literal["draft", "ready", "sent"]
STATUSES: Final[tuple[Status, ...]] = ("draft", "ready", "sent")
# From being scheduled for now until all mail is out; meanwhile it can still be cancelled.
SENDING_SECONDS: Final = 1.0
# A clock that has been moved in steps may stand a rounding error before what is due.
_ROUNDING = 1e-6


@dataclass(slots=True)
class Message:
    """One e-mail of a campaign."""

    id: int
    subject: str | None
    from_name: str | None
    sender: str | None
    reply_to: str | None
    content: str | None
    language_id: int
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Delivery:
    """One mail to one recipient. `outcomes` are `unsubscribed`, `forwarded`, `hardbounced`, `softbounced`, `junk`."""

    id: int
    subscriber: Subscriber
    updated_at: str
    opens_count: int = 0
    clicks_count: int = 0
    outcomes: frozenset[str] = frozenset()

    def is_of(self, kind: str) -> bool:
        """Whether it belongs into a part of the report, such as `opened`."""
        if kind in ("opened", "unopened"):
            return (self.opens_count > 0) == (kind == "opened")
        return self.clicks_count > 0 if kind == "clicked" else kind in self.outcomes


@dataclass(slots=True)
class Campaign:
    """One campaign. `due` is when it is sent, in seconds since the epoch; None unless it is scheduled."""

    id: int
    name: str
    type: str
    created_at: str
    updated_at: str
    language_id: int
    emails: list[Message] = field(default_factory=list)
    group_ids: tuple[int, ...] = ()
    segment_ids: tuple[int, ...] = ()
    ecommerce_tracking: bool = False
    status: Status = "draft"
    delivery: str | None = None
    due: float | None = None
    scheduled_for: str | None = None
    queued_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    stopped_at: str | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """What it lacks to be sent."""
        return [] if self.emails and all(email.content for email in self.emails) else ["content"]

    @property
    def can_be_scheduled(self) -> bool:
        """Whether it is a draft that lacks nothing."""
        return self.status == "draft" and not self.missing


class Campaigns:
    """All campaigns, by id."""

    def __init__(self, ids: IdSequence, groups: Groups, subscribers: Subscribers, segments: Segments) -> None:
        self._ids = ids
        self._groups = groups
        self._subscribers = subscribers
        self._by_id: dict[int, Campaign] = {}
        self.segments = segments

    def __iter__(self) -> Iterator[Campaign]:
        return iter(self._by_id.values())

    def __contains__(self, campaign_id: int) -> bool:
        return campaign_id in self._by_id

    def get(self, campaign_id: int | None) -> Campaign | None:
        """The campaign with this id."""
        return None if campaign_id is None else self._by_id.get(campaign_id)

    def create(self, name: str, type: str, language_id: int, now: str) -> Campaign:
        """Add a draft without e-mails."""
        campaign = Campaign(self._ids.next(), name, type, now, now, language_id)
        self._by_id[campaign.id] = campaign
        return campaign

    def new_message(self, language_id: int, now: str) -> Message:
        """An e-mail with nothing in it."""
        return Message(self._ids.next(), None, None, None, None, None, language_id, now, now)

    def remove(self, campaign: Campaign) -> None:
        """Remove a campaign; mail that was sent stays sent."""
        del self._by_id[campaign.id]

    def recipients(self, campaign: Campaign) -> list[int]:
        """The ids of the active subscribers it goes to: those of its segments, of its groups, or all."""
        if campaign.segment_ids:
            segments = [found for each in campaign.segment_ids if (found := self.segments.get(each)) is not None]
            parts = [segment.with_status(self._subscribers, "active") for segment in segments]
        elif campaign.group_ids:
            parts = [self._groups[each].members["active"] for each in campaign.group_ids if each in self._groups]
        else:
            return list(self._subscribers.by_status["active"])
        return sorted({subscriber_id for part in parts for subscriber_id in part})

    def schedule(self, campaign: Campaign, delivery: str | None, due: float | None, now: Moment) -> None:
        """Make a draft ready.

        Args:
            campaign: a draft that lacks nothing.
            delivery: the kind; None for RSS campaigns.
            due: seconds since the epoch; None for now.
            now: the moment of the request.
        """
        campaign.status = "ready"
        campaign.delivery = delivery
        campaign.stopped_at = None
        campaign.updated_at = now.naive_date()
        campaign.queued_at = now.naive_date() if due is None and delivery is not None else None
        # An RSS campaign waits for its feed, which nobody reads here.
        campaign.due = (now.epoch if due is None else due) if delivery is not None else None
        campaign.scheduled_for = None if campaign.due is None else naive_date(campaign.due)

    def cancel(self, campaign: Campaign, now: Moment) -> None:
        """Make a ready campaign a draft again; when it was to be sent stays on record."""
        campaign.status = "draft"
        campaign.due = campaign.queued_at = None
        campaign.stopped_at = campaign.updated_at = now.naive_date()

    def advance(self, now: Moment) -> None:
        """Send what is due."""
        waiting = [campaign for campaign in self if campaign.status == "ready" and campaign.due is not None]
        for campaign in sorted(waiting, key=lambda campaign: campaign.due or 0.0):
            due = campaign.due or 0.0
            if due + SENDING_SECONDS <= now.epoch + _ROUNDING:
                self._send(campaign, naive_date(due), naive_date(due + SENDING_SECONDS))

    def _send(self, campaign: Campaign, started: str, finished: str) -> None:
        for subscriber_id in self.recipients(campaign):
            subscriber = self._subscribers[subscriber_id]
            self._subscribers.note_campaign(subscriber, finished)
            for group_id in set(subscriber.groups).intersection(campaign.group_ids):
                self._groups[group_id].sent_count += 1
            campaign.deliveries.append(Delivery(self._ids.next(), subscriber, finished))
        campaign.status = "sent"
        campaign.due = None
        campaign.queued_at = campaign.queued_at or started
        campaign.started_at, campaign.finished_at = started, finished
        self._subscribers.happenings.note("campaign.sent", campaign)
