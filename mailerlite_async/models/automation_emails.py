"""The e-mails that automations send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate


@attrs.frozen
class AutomationEmailStats:
    """How an e-mail of an automation does. Rates are fractions of 1, see `Rate`."""

    sent: int
    opens_count: int
    open_rate: Rate
    clicks_count: int
    click_rate: Rate
    unsubscribes_count: int
    unsubscribe_rate: Rate
    spam_count: int
    spam_rate: Rate
    hard_bounces_count: int
    hard_bounce_rate: Rate
    soft_bounces_count: int
    soft_bounce_rate: Rate
    forwards_count: int | None = None
    forward_rate: Rate | None = None
    social_interactions_count: int | None = None
    social_interaction_rate: Rate | None = None
    click_to_open_rate: Rate | None = None
    unique_opens_count: int | None = None
    unique_clicks_count: int | None = None


@attrs.frozen
@aware_dates("created_at", "updated_at", "generate_screenshot_timestamp")
class AutomationEmail:
    """The e-mail of a step, without its HTML.

    Attributes:
        id: digits.
        emailable_id: the automation's id.
        from_: the sender's address; the API's key is `from`.
        plain_text: the text for readers without HTML.
        language_id: of a campaign language, as a number.
        created_at: aware, UTC, as all dates.

    API: https://developers.mailerlite.com/docs/automations.html
    """

    id: str
    account_id: str
    emailable_id: str
    emailable_type: str
    type: str | None
    from_: str
    from_name: str
    name: str | None
    subject: str | None
    plain_text: str | None
    screenshot_url: str | None
    preview_url: str | None
    created_at: datetime
    updated_at: datetime
    is_designed: bool
    language_id: int | None
    is_winner: bool
    stats: AutomationEmailStats
    send_after: Any
    track_opens: bool
    uses_quiz: bool
    reply_to: str | None = None
    generate_screenshot_timestamp: datetime | None = None
    uses_survey: bool | None = None
    preheader: str | None = None
    language: dict[str, Any] | None = None
    click_map: dict[str, Any] | None = None
