"""What subscribers did, and what was done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from mailerlite_async.models._dates import aware_dates


@attrs.frozen
@aware_dates("created_at", "updated_at")
class Activity:
    """One entry of a subscriber's activity log.

    Attributes:
        log_name: what happened, such as `email_open`; an open set, wider than what the API can filter by.
        properties: keys depend on `log_name`; empty if the API sent none.
        created_at: aware, UTC.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """

    id: str
    log_name: str
    subject_id: str
    subject_type: str
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime
