"""Groups: the lists a subscriber can be put on."""

from __future__ import annotations

from datetime import datetime

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate


@attrs.frozen
@aware_dates("created_at")
class Group:
    """A group with its counts.

    Attributes:
        id: digits.
        name: up to 255 characters; not unique.
        active_count: members by status, likewise the four other counts. Right after an assignment the API may still
            show the old number.
        sent_count: e-mails sent to the group.
        open_rate: a fraction of 1, see `Rate`.
        click_rate: a fraction of 1, see `Rate`.
        created_at: aware, UTC.

    API: https://developers.mailerlite.com/docs/groups.html
    """

    id: str
    name: str
    active_count: int
    sent_count: int
    opens_count: int
    open_rate: Rate
    clicks_count: int
    click_rate: Rate
    unsubscribed_count: int
    unconfirmed_count: int
    bounced_count: int
    junk_count: int
    created_at: datetime
    processing: bool | None = None
    used_in_forms: bool | None = None
    used_in_sites: bool | None = None
