"""What a webhook delivery tells, as one flat class whatever the shape it came in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from mailerlite_async.errors import DecodeError
from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models.subscribers import FieldValue, SubscriberSource, SubscriberStatus
from mailerlite_async.models.webhooks import WebhookEvent


@attrs.frozen(kw_only=True)
@aware_dates("subscribed_at", "unsubscribed_at", "created_at", "updated_at", "opted_in_at", "deleted_at", "forget_at")
class EventSubscriber:
    """The subscriber of an event, at the moment of the event.

    Only `id` and `email` are certain; what a delivery leaves out or sends empty is None.

    Attributes:
        id: digits; the key to store, since the address can change.
        email: lower-cased by the API.
        open_rate: in percent, 0 to 100; likewise `click_rate`.
        fields: by field key; an empty field is None, as in the answers of the API, although deliveries write `""`.
        subscribed_at: aware, UTC, as all dates.
        deleted_at: when the subscriber was deleted.
        forget_at: when the data of a forgotten subscriber will be gone.
        unsubscribe_reason: as it was sent; the API documents neither the key nor its type.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    id: str
    email: str
    status: SubscriberStatus | None = None
    source: SubscriberSource | None = None
    sent: int | None = None
    opens_count: int | None = None
    clicks_count: int | None = None
    open_rate: float | None = None
    click_rate: float | None = None
    ip_address: str | None = None
    subscribed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    forget_at: datetime | None = None
    fields: dict[str, FieldValue] = attrs.field(factory=dict)
    opted_in_at: datetime | None = None
    optin_ip: str | None = None
    location: dict[str, Any] | None = None
    unsubscribe_reason: Any = None


@attrs.frozen(kw_only=True)
class EventGroup:
    """The group somebody was added to or removed from.

    Attributes:
        id: digits.
        name: None if the delivery does not say.
    """

    id: str
    name: str | None = None


@attrs.frozen(kw_only=True)
class EventAutomation:
    """The automation somebody has started or finished.

    Attributes:
        id: digits.
        name: None if the delivery does not say.
    """

    id: str
    name: str | None = None


@attrs.frozen(kw_only=True)
@aware_dates("date")
class EventCampaign:
    """The campaign that was sent, opened or clicked.

    Attributes:
        id: digits.
        name: None if the delivery does not say, as for all that follows.
        total_recipients: how many it was sent to.
        preview_url: where it can be looked at.
        date: aware, UTC.
    """

    id: str
    name: str | None = None
    total_recipients: int | None = None
    preview_url: str | None = None
    date: datetime | None = None


@attrs.frozen(kw_only=True)
class Event:
    """One event. What an event of its type does not have is None.

    Attributes:
        type: such as `subscriber.created`; an open set. Types this package does not know are kept as they are.
        subscriber: whom it is about, for all events of subscribers, and for opens and clicks.
        group: for `subscriber.added_to_group` and `subscriber.removed_from_group`.
        automation: for `subscriber.automation_triggered` and `subscriber.automation_completed`.
        campaign: for all events of campaigns.
        link: the address that was clicked, if `campaign.click` says so: the API does not document where.
        account_id: digits; missing in batched deliveries of opens and clicks.
        api_version: such as `2025-05`, if it is sent.
        error: why this event could not be read, though others of the same delivery could; then only `raw` and
            `dedupe_key` are to be relied upon, and `type` is empty if there was none.
        raw: the event as it was sent, decoded from JSON: an object unless there is an `error`, and its text if it could
            not even be decoded. Left out of the `repr`.
        dedupe_key: SHA-256 of the event's bytes in lower-case hexadecimal digits, the same in every attempt to deliver
            it. There is no id to tell events by, so two events of the very same content have one key. Halves of
            surrogate pairs count as what they come as, U+FFFD.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    type: WebhookEvent
    subscriber: EventSubscriber | None = None
    group: EventGroup | None = None
    automation: EventAutomation | None = None
    campaign: EventCampaign | None = None
    link: str | None = None
    account_id: str | None = None
    api_version: str | None = None
    error: DecodeError | None = attrs.field(default=None, eq=False)
    raw: Any = attrs.field(default=None, repr=False)
    dedupe_key: str
