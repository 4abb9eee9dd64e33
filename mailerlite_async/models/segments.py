"""Segments: sets of subscribers chosen by rules."""

from __future__ import annotations

from datetime import datetime

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate


@attrs.frozen
@aware_dates("created_at")
class Segment:
    """A segment with its counts.

    Attributes:
        id: digits.
        name: up to 255 characters.
        total: members.
        open_rate: a fraction of 1, see `Rate`; likewise `click_rate`.
        created_at: aware, UTC.
        automations_using_segment_count: sent in lists only.

    API: https://developers.mailerlite.com/docs/segments.html
    """

    id: str
    name: str
    total: int
    open_rate: Rate
    click_rate: Rate
    created_at: datetime
    automations_using_segment_count: int | None = None
