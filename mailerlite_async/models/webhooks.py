"""Webhooks: which events the service tells whom about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import attrs

from mailerlite_async.models._dates import aware_dates

if TYPE_CHECKING:
    WebhookEvent = (
        Literal[
            "subscriber.created",
            "subscriber.updated",
            "subscriber.unsubscribed",
            "subscriber.bounced",
            "subscriber.spam_reported",
            "subscriber.active",
            "subscriber.added_to_group",
            "subscriber.removed_from_group",
            "subscriber.automation_triggered",
            "subscriber.automation_completed",
            "subscriber.deleted",
            "subscriber.form_submitted",
            "subscriber.added_through_form",
            "campaign.sent",
            "campaign.open",
            "campaign.click",
        ]
        | str
    )
else:
    WebhookEvent = str


@attrs.frozen
@aware_dates("created_at", "updated_at", "last_fired_at")
class Webhook:
    """A receiver of events.

    Attributes:
        id: digits.
        name: what the account calls it.
        url: where deliveries go.
        events: what it is told about.
        enabled: whether it gets deliveries.
        secret: signs the deliveries; made by the service and sent with every answer. Left out of the `repr`.
        created_at: aware, UTC, as all dates.
        is_blocked: whether the service has stopped delivering.
        batchable: whether a delivery may hold several events.
        version: of the deliveries, such as `2022-01`.
        last_fired_at: when the last delivery was made; None before the first.
        response_code: HTTP status of the receiver's last answer.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    id: str
    name: str | None
    url: str
    events: tuple[WebhookEvent, ...]
    enabled: bool
    secret: str = attrs.field(repr=False)
    created_at: datetime
    updated_at: datetime
    is_blocked: bool | None = None
    batchable: bool | None = None
    version: str | None = None
    last_fired_at: datetime | None = None
    response_code: int | None = None
