"""Subscribers as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models.groups import Group

# Statuses and sources are open sets: a new one must never break a list. At run time the types are plain `str`, because
# the decoder takes one text-like type in a union at most.
if TYPE_CHECKING:
    SubscriberStatus = Literal["active", "unsubscribed", "unconfirmed", "bounced", "junk"] | str
    SubscriberSource = Literal["api", "import", "manual", "webform", "ecommerce", "subscribe app"] | str
else:
    SubscriberStatus = str
    SubscriberSource = str

FieldValue = str | int | float | bool | None
"""The value of a custom field. The API answers text, perhaps numbers; None is an empty field."""


@attrs.frozen
@aware_dates("subscribed_at", "unsubscribed_at", "created_at", "updated_at", "opted_in_at")
class Subscriber:
    """A person on the mailing list.

    Attributes:
        id: digits; the key to store, since the address can change.
        email: lower-cased by the API.
        open_rate: in percent, 0 to 100; likewise `click_rate`.
        fields: by field key; every field of the account is there, an empty one is None.
        groups: the groups of the subscriber, or None where the API did not send them (lists, unless `include_groups`).
        subscribed_at: aware, UTC, as all dates.
        unsubscribe_reason: as it was sent; the API documents neither the key nor its type.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """

    id: str
    email: str
    status: SubscriberStatus
    source: SubscriberSource
    sent: int
    opens_count: int
    clicks_count: int
    open_rate: float
    click_rate: float
    ip_address: str | None
    subscribed_at: datetime | None
    unsubscribed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    fields: dict[str, FieldValue]
    opted_in_at: datetime | None
    optin_ip: str | None
    groups: tuple[Group, ...] | None = None
    location: dict[str, Any] | None = None
    unsubscribe_reason: Any = None
