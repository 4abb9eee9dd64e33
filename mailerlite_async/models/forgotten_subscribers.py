"""The answer to a request to be forgotten."""

from __future__ import annotations

from datetime import datetime

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models.subscribers import Subscriber


@attrs.frozen
@aware_dates(
    "subscribed_at",
    "unsubscribed_at",
    "created_at",
    "updated_at",
    "opted_in_at",
    "deleted_at",
    "forget_at",
    "email_changed_at",
)
class ForgottenSubscriber(Subscriber):
    """A subscriber whose data will be erased.

    Attributes:
        deleted_at: when the request was taken; aware, UTC.
        forget_at: when the data will be gone, 30 days later; aware, UTC.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """

    deleted_at: datetime = attrs.field(kw_only=True)
    forget_at: datetime = attrs.field(kw_only=True)
    email_changed_at: datetime | None = None
