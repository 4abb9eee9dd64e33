"""Campaigns, their e-mails and statistics, and what each recipient did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate
from mailerlite_async.models.subscribers import Subscriber

# Open sets, as those of subscribers.
if TYPE_CHECKING:
    CampaignStatus = Literal["draft", "ready", "sent"] | str
    CampaignType = Literal["regular", "ab", "resend", "rss", "multivariate"] | str
    CampaignDelivery = Literal["instant", "scheduled", "timezone_based", "smart_sending"] | str
else:
    CampaignStatus = str
    CampaignType = str
    CampaignDelivery = str


@attrs.frozen
class MessageLanguage:
    """The language of a campaign or of one of its e-mails.

    Attributes:
        id: digits.
        shortcode: the API's own code, such as `en`; not always one of ISO 639.
        iso639: a language or a locale, such as `en-US`.
        name: what the language calls itself.
        direction: `ltr` or `rtl`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    id: str
    shortcode: str
    iso639: str | None = None
    name: str | None = None
    direction: str | None = None


@attrs.frozen
class CampaignSettings:
    """What a campaign measures; None for what the API did not send."""

    track_opens: bool | None = None
    use_google_analytics: bool | None = None
    ecommerce_tracking: bool | None = None


@attrs.frozen
class CampaignFilter:
    """One condition of the audience.

    Attributes:
        operator: such as `in_any`.
        args: what it is about and which, such as `("groups", ["100093655191127682"])`.
    """

    operator: str
    args: tuple[Any, ...] = ()


@attrs.frozen
class CampaignPermissions:
    """What may be done with a campaign in its present state."""

    update: bool | None = None
    delete: bool | None = None
    send: bool | None = None
    copy: bool | None = None
    resend: bool | None = None


@attrs.frozen
@aware_dates("created_at", "updated_at", "deleted_at")
class CampaignGroup:
    """A group of the audience, with its counts.

    Attributes:
        id: digits.
        open_rate: a fraction of 1, such as 0.875; likewise `click_rate`.
        created_at: aware, UTC, as all dates.
    """

    # Within a campaign, ids come as numbers and rates as text.
    id: str = attrs.field(metadata={"sent_as": int})
    name: str
    account_id: str | None = attrs.field(default=None, metadata={"sent_as": int})
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    active_count: int | None = None
    open_rate: float | None = attrs.field(default=None, metadata={"sent_as": str})
    click_rate: float | None = attrs.field(default=None, metadata={"sent_as": str})
    serial_no: int | None = None
    sent_count: int | None = None
    opens_count: int | None = None
    clicks_count: int | None = None
    unsubscribed_count: int | None = None
    unconfirmed_count: int | None = None
    bounced_count: int | None = None
    junk_count: int | None = None


@attrs.frozen
class CampaignAudience:
    """Whom a campaign goes to.

    Attributes:
        included_groups: groups whose active members get it.
        excluded_groups: as the API sends them: their keys are not documented, nor are those of segments.
        all_active_subscribers: True without groups and segments.
    """

    included_groups: tuple[CampaignGroup, ...] = ()
    excluded_groups: tuple[dict[str, Any], ...] = ()
    included_segments: tuple[dict[str, Any], ...] = ()
    excluded_segments: tuple[dict[str, Any], ...] = ()
    all_active_subscribers: bool | None = None


@attrs.frozen
class EcommerceStats:
    """Orders that came from a campaign.

    Attributes:
        total_price: a decimal number as text, such as `"120.50"`; in which currency, the API does not say.
        multi_currency: whether orders were in several currencies.
    """

    total_orders: int | None = None
    total_price: str | None = None
    multi_currency: bool | None = None


@attrs.frozen
class CampaignStats:
    """Counts, and rates as fractions of 1, see `Rate`.

    Attributes:
        unique_opens_count: None where the API did not send it, as for e-mails never sent; likewise the others that may
            be None.
    """

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
    forwards_count: int
    unique_opens_count: int | None = None
    unique_clicks_count: int | None = None
    forward_rate: Rate | None = None
    social_interactions_count: int | None = None
    social_interaction_rate: Rate | None = None
    click_to_open_rate: Rate | None = None


@attrs.frozen
class LinkClicks:
    """Clicks on one link of an e-mail.

    Attributes:
        id: of the link, as the API writes it.
        count: how often it was clicked.
        percentage: of all clicks, 0 to 100.
    """

    id: str
    count: int
    percentage: float


@attrs.frozen
@aware_dates("created_at", "updated_at", "generate_screenshot_timestamp")
class CampaignMessage:
    """An e-mail of a campaign as the API shows it; `CampaignEmail` is what you give to make one.

    Attributes:
        id: digits.
        from_: the sender's address; the API calls it `from`.
        type: None until something is designed, then `builder`, `builder_html` or `builder_rich_text`.
        subject: None for a draft without one.
        content: the HTML as the service has processed it; None in lists, after `create`, and if nothing is designed.
        click_map: clicks by position of the link; sent by `get` only.
        created_at: aware, UTC, as all dates.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    id: str
    account_id: str
    emailable_id: str
    emailable_type: str
    type: str | None
    from_: str | None
    from_name: str | None
    name: str | None
    subject: str | None
    plain_text: str | None
    screenshot_url: str | None
    preview_url: str | None
    created_at: datetime
    updated_at: datetime
    stats: CampaignStats
    reply_to: str | None = None
    content: str | None = None
    generate_screenshot_timestamp: datetime | None = None
    click_map: dict[str, LinkClicks] | None = attrs.field(default=None, metadata={"sent_as": list})
    is_designed: bool | None = None
    language_id: str | None = attrs.field(default=None, metadata={"sent_as": int})
    language: MessageLanguage | None = None
    is_winner: bool | None = None
    send_after: Any = None
    track_opens: bool | None = None
    uses_survey: bool | None = None
    uses_quiz: bool | None = None
    preheader: str | None = None


@attrs.frozen
@aware_dates(
    "created_at",
    "updated_at",
    "scheduled_for",
    "queued_at",
    "started_at",
    "finished_at",
    "stopped_at",
    "winner_selected_manually_at",
    "initial_created_at",
)
class Campaign:
    """A campaign.

    What is None was null, or was not sent: which keys the API sends depends on the call and on the status.

    Attributes:
        id: digits.
        status: `draft`, `ready` (scheduled, or about to be sent) or `sent`.
        missing_data: what it lacks to be scheduled, such as `content`.
        filter: the audience: any of the outer tuples, all conditions of an inner one; empty for all active subscribers.
        delivery_schedule: how it was last scheduled; kept when that is cancelled, as is `scheduled_for`.
        scheduled_for: aware, UTC, as all dates.
        stopped_at: when scheduling was last cancelled.
        emails: one, or several for tests.
        stats: sent campaigns only.
        recipients_count: how many would get it now; sent for single unsent campaigns only.
        has_winner: A/B tests only, likewise the `winner_...` attributes.
        uses_new_builder: as the API sends it, since its type is not documented; likewise the other attributes of type
            `Any`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    id: str
    account_id: str
    name: str
    type: CampaignType
    status: CampaignStatus
    created_at: datetime
    updated_at: datetime
    emails: tuple[CampaignMessage, ...]
    missing_data: tuple[str, ...] = ()
    settings: CampaignSettings | None = None
    filter: tuple[tuple[CampaignFilter, ...], ...] = ()
    filter_for_humans: tuple[tuple[str, ...], ...] = ()
    delivery_schedule: CampaignDelivery | None = None
    language_id: str | None = attrs.field(default=None, metadata={"sent_as": int})
    language: MessageLanguage | None = None
    scheduled_for: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    default_email_id: str | None = None
    used_in_automations: bool | None = None
    type_for_humans: str | None = None
    stats: CampaignStats | None = None
    is_stopped: bool | None = None
    has_winner: bool | None = None
    winner_version_for_human: str | None = None
    winner_sending_time_for_humans: str | None = None
    winner_selected_manually_at: datetime | None = None
    can: CampaignPermissions | None = None
    uses_ecommerce: bool | None = None
    ecommerce_stats: EcommerceStats | None = None
    uses_survey: bool | None = None
    can_be_scheduled: bool | None = None
    cannot_be_scheduled_reason: str | None = None
    is_smart_sending_index_option_finished: bool | None = None
    is_applied_for_smart_sending_index_option: bool | None = None
    warnings: tuple[Any, ...] = ()
    recipients_count: int | None = None
    next_step: str | None = None
    initial_created_at: datetime | None = None
    is_currently_sending_out: bool | None = None
    can_be_copied: bool | None = None
    has_basic_filter: bool | None = None
    basic_filter_for_humans: CampaignAudience | None = None
    is_eligible_for_sending: bool | None = None
    needs_repair: bool | None = None
    breadcrumbs: tuple[dict[str, Any], ...] = ()
    subscriber_import_limit_exceeded: Any = None
    deliveries_count: Any = None
    delivery_rate: Any = None
    uses_new_builder: Any = None
    report_preview_url: Any = None
    is_building_content: Any = None


@attrs.frozen
class CampaignActivity:
    """What one recipient of a sent campaign did with it.

    Attributes:
        id: of the delivery, not of the subscriber.
        subscriber: who it is, if that was asked for.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    id: str
    opens_count: int
    clicks_count: int
    subscriber: Subscriber | None = None
