"""Campaigns: make them, schedule and cancel them, and read who did what with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from mailerlite_async._call import Call, Page, given, query
from mailerlite_async._codec import Data, Listing, Nothing
from mailerlite_async._paths import object_id
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._campaign_body import (
    CREATABLE,
    ab_value,
    emails_value,
    ids_value,
    multivariate_value,
    number_value,
    resend_value,
)
from mailerlite_async.calls._campaign_schedule import schedule_body
from mailerlite_async.calls._checks import check_choice, check_text, refuse
from mailerlite_async.models import (
    AbSettings,
    Campaign,
    CampaignActivity,
    CampaignDelivery,
    CampaignEmail,
    CampaignSchedule,
    CampaignStatus,
    CampaignType,
    MultivariateSettings,
    ResendSchedule,
    ResendSettings,
)

ActivityType = Literal[
    "opened", "unopened", "clicked", "unsubscribed", "forwarded", "hardbounced", "softbounced", "junk"
]
ActivitySort = Literal[
    "id", "-id", "updated_at", "-updated_at", "clicks_count", "-clicks_count", "opens_count", "-opens_count"
]

# Any other size than 10, 25, 50 and 100 is refused.
PAGE_SIZES = {"list": 100, "activity": 100}
_SIZES = (10, 25, 50, 100)
_STATUSES = ("sent", "draft", "ready")
_LISTED = ("regular", "ab", "resend", "rss")
_ACTIVITIES = get_args(ActivityType)
_SORTS = get_args(ActivitySort)
_LIST = ("GET", "/campaigns")
_CREATE = ("POST", "/campaigns")
_UPDATE = ("PUT", "/campaigns/{id}")
_SCHEDULE = ("POST", "/campaigns/{id}/schedule")
_ACTIVITY = ("POST", "/campaigns/{id}/reports/subscriber-activity")


def list(
    *,
    status: CampaignStatus | None = None,
    type: CampaignType | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[Campaign]]:
    """One page of campaigns, the newest first: the READY ones, unless another status is asked for.

    Args:
        status: `sent`, `draft` or `ready`; None for the API's default, `ready`. There is no way to ask for all at once.
        type: only `regular`, `ab`, `resend` or `rss` ones; None for all.
        limit: campaigns a page: 10, 25, 50 or 100; the API's default is 25.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one. `page.meta["aggregations"]` counts the whole account.

    Raises:
        ValidationError: for a value the API does not take; nothing is sent then.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    if status is not None:
        check_choice(status, "status", *_LIST, _STATUSES)
    if type is not None:
        check_choice(type, "type", *_LIST, _LISTED)
    _check_size(limit, _LIST)
    params = query(("filter[status]", status), ("filter[type]", type), ("limit", limit), ("page", page))
    return Call("GET", "/campaigns", Listing(Campaign, "page", 25), params=params, repeatable=True)


def get(campaign_id: str | int) -> Call[Campaign]:
    """One campaign, with the content and the click map of its e-mails.

    Args:
        campaign_id: the id.

    Returns:
        The campaign.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    segments = (object_id(campaign_id, "campaign_id"),)
    return Call("GET", "/campaigns/{id}", Data(Campaign), segments, repeatable=True)


def create(
    name: str,
    type: CampaignType = "regular",
    *,
    emails: Sequence[CampaignEmail | Mapping[str, Any]],
    language_id: str | int | Unset = UNSET,
    groups: Sequence[str | int] | Unset = UNSET,
    segments: Sequence[str | int] | Unset = UNSET,
    ecommerce_tracking: bool | Unset = UNSET,
    ab_settings: AbSettings | Mapping[str, Any] | Unset = UNSET,
    resend_settings: ResendSettings | Mapping[str, Any] | Unset = UNSET,
    multivariate_settings: MultivariateSettings | Mapping[str, Any] | Unset = UNSET,
) -> Call[Campaign]:
    """Make a draft. A repetition would make a second one, so the call is not repeated blindly.

    The API has no way to make a campaign of type `rss`.

    Args:
        name: up to 255 characters.
        type: `regular`, `ab`, `resend` or `multivariate`; the last two need a higher plan.
        emails: exactly one; for `multivariate` as many as there are variants of the content. A `CampaignEmail`, or a
            mapping of the API's keys.
        language_id: see `campaign_languages`; English if left out.
        groups: ids of groups it goes to. Without groups and segments it goes to ALL active subscribers.
        segments: ids of segments it goes to; if given, the API takes no account of groups.
        ecommerce_tracking: whether orders are counted.
        ab_settings: the test of an `ab` campaign.
        resend_settings: the second sending of a `resend` campaign.
        multivariate_settings: the test of a `multivariate` campaign.

    Returns:
        The draft.

    Raises:
        ValidationError: if a value is refused, for some without a call (`attempts` is 0); also for what the plan lacks.
        TypeError: if a value is of another type.
        ValueError: if an id is not one, or a mapping has a key the API does not know.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    check_choice(type, "type", *_CREATE, CREATABLE)
    for settings, kind in ((ab_settings, "ab"), (resend_settings, "resend"), (multivariate_settings, "multivariate")):
        if isinstance(settings, Unset) == (type == kind):
            reason = "field is required" if type == kind else "is not taken"
            refuse(*_CREATE, f"{kind}_settings", f"{reason} for campaigns of type {type}")
    multivariate = (
        UNSET if isinstance(multivariate_settings, Unset) else multivariate_value(multivariate_settings, _CREATE)
    )
    several = multivariate["test_variants"]["content"] if multivariate else 1
    body = given(
        name=check_text(name, "name", *_CREATE),
        language_id=number_value(language_id, "language_id"),
        type=type,
        emails=emails_value(emails, _CREATE, designed=type != "multivariate", count=several),
        groups=ids_value(groups, "groups"),
        segments=ids_value(segments, "segments"),
        settings=UNSET if isinstance(ecommerce_tracking, Unset) else {"ecommerce_tracking": _flag(ecommerce_tracking)},
        ab_settings=UNSET if isinstance(ab_settings, Unset) else ab_value(ab_settings, _CREATE),
        resend_settings=UNSET if isinstance(resend_settings, Unset) else resend_value(resend_settings, _CREATE),
        multivariate_settings=multivariate,
    )
    return Call("POST", "/campaigns", Data(Campaign), json=body, repeatable=False)


def update(
    campaign_id: str | int,
    name: str,
    *,
    emails: Sequence[CampaignEmail | Mapping[str, Any]],
    language_id: str | int | Unset = UNSET,
    groups: Sequence[str | int] | Unset = UNSET,
    segments: Sequence[str | int] | Unset = UNSET,
    ab_settings: AbSettings | Mapping[str, Any] | Unset = UNSET,
    resend_settings: ResendSettings | Mapping[str, Any] | Unset = UNSET,
) -> Call[Campaign]:
    """Change a draft. Its audience is LOST unless `groups` or `segments` are given each time.

    Args:
        campaign_id: the id.
        name: up to 255 characters.
        emails: exactly one, with subject and sender; without `content` it keeps the earlier one.
        language_id: see `campaign_languages`.
        groups: ids of ALL groups it goes to. Without groups and segments it goes to all active subscribers.
        segments: ids of ALL segments it goes to; if given, the API takes no account of groups.
        ab_settings: the test of an `ab` campaign.
        resend_settings: the second sending of a `resend` campaign.

    Returns:
        The draft.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if it is no draft, or a value is refused, for some without a call (`attempts` is 0).
        TypeError: if a value is of another type.
        ValueError: if an id is not one, or a mapping has a key the API does not know.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    body = given(
        name=check_text(name, "name", *_UPDATE),
        language_id=number_value(language_id, "language_id"),
        emails=emails_value(emails, _UPDATE),
        groups=ids_value(groups, "groups"),
        segments=ids_value(segments, "segments"),
        ab_settings=UNSET if isinstance(ab_settings, Unset) else ab_value(ab_settings, _UPDATE),
        resend_settings=UNSET if isinstance(resend_settings, Unset) else resend_value(resend_settings, _UPDATE),
    )
    path = (object_id(campaign_id, "campaign_id"),)
    return Call("PUT", "/campaigns/{id}", Data(Campaign), path, json=body, repeatable=True)


def schedule(
    campaign_id: str | int,
    *,
    delivery: CampaignDelivery | Unset = UNSET,
    schedule: CampaignSchedule | Mapping[str, Any] | Unset = UNSET,
    resend: ResendSchedule | Mapping[str, Any] | Unset = UNSET,
    sending_time_test_schedule: Sequence[CampaignSchedule | Mapping[str, Any]] | Unset = UNSET,
) -> Call[Campaign]:
    """Send a draft, now or later. This MAY SEND MAIL, and is never repeated blindly.

    After a fault that leaves open whether the API took it, look at the campaign's status before trying again.

    Args:
        campaign_id: the id.
        delivery: `instant`, `scheduled`, `timezone_based` or `smart_sending`; left out for type `rss` only.
        schedule: when, for all but `instant`: a `CampaignSchedule`, or a mapping of the API's keys.
        resend: when the second e-mail of a `resend` campaign is sent.
        sending_time_test_schedule: the two times of an A/B test of the sending time, instead of `schedule`.

    Returns:
        The campaign, now `ready`.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if something is missing, or a value is refused, for some without a call (`attempts` is 0).
        TypeError: if a value is of another type.
        ValueError: if an id is not one, or a mapping has a key the API does not know.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    path = (object_id(campaign_id, "campaign_id"),)
    body = schedule_body(delivery, schedule, resend, sending_time_test_schedule, _SCHEDULE)
    return Call("POST", "/campaigns/{id}/schedule", Data(Campaign), path, json=body, repeatable=False)


def cancel(campaign_id: str | int) -> Call[Campaign]:
    """Make a `ready` campaign a draft again. Never repeated blindly: a second time the API answers 400.

    Args:
        campaign_id: the id.

    Returns:
        The draft; it keeps `delivery_schedule` and `scheduled_for`, and `stopped_at` says when it was cancelled.

    Raises:
        BadRequestError: if it is not `ready`.
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    path = (object_id(campaign_id, "campaign_id"),)
    return Call("POST", "/campaigns/{id}/cancel", Data(Campaign), path, repeatable=False)


def delete(campaign_id: str | int) -> Call[None]:
    """Delete a campaign.

    Args:
        campaign_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    path = (object_id(campaign_id, "campaign_id"),)
    return Call("DELETE", "/campaigns/{id}", Nothing(), path, repeatable=True)


def activity(
    campaign_id: str | int,
    *,
    type: ActivityType | None = None,
    search: str | None = None,
    sort: ActivitySort | None = None,
    include_subscriber: bool = False,
    include_groups: bool = False,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[CampaignActivity]]:
    """One page of what the recipients of a sent campaign did with it.

    Args:
        campaign_id: the id.
        type: only recipients with this: `opened`, `unopened`, `clicked`, `unsubscribed`, `forwarded`, `hardbounced`,
            `softbounced` or `junk`; None for all.
        search: only the recipient with this address.
        sort: `id` (the API's default), `updated_at`, `clicks_count` or `opens_count`; a leading `-` for descending,
            which is not documented.
        include_subscriber: whether each entry has its `subscriber`.
        include_groups: whether each has its `subscriber` with the groups.
        limit: entries a page: 10, 25, 50 or 100; the API's default is 50.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one. `page.meta["aggregations"]` counts by type.

    Raises:
        NotFoundError: if there is no campaign with this id.
        ValidationError: for a value the API does not take; nothing is sent then.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """
    if type is not None:
        check_choice(type, "type", *_ACTIVITY, _ACTIVITIES)
    if sort is not None:
        check_choice(sort, "sort", *_ACTIVITY, _SORTS)
    _check_size(limit, _ACTIVITY)
    include = "subscriber.groups" if include_groups else "subscriber" if include_subscriber else None
    filters = dict(query(("type", type), ("search", search)))
    query(("page", page))  # checked as that of other lists, though it goes into the body
    pairs = (("filter", filters or None), ("limit", limit), ("sort", sort), ("page", page), ("include", include))
    body = given(**{key: value for key, value in pairs if value is not None})
    return Call(
        "POST",
        "/campaigns/{id}/reports/subscriber-activity",
        Listing(CampaignActivity, "page", 50),
        (object_id(campaign_id, "campaign_id"),),
        json=body or UNSET,
        repeatable=True,
        pages_in_body=True,
    )


def _check_size(limit: int | None, at: tuple[str, str]) -> None:
    if limit is not None and limit not in _SIZES:
        refuse(*at, "limit", f"must be one of following: {', '.join(map(str, _SIZES))}")


def _flag(value: bool) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"ecommerce_tracking must be bool, not {value.__class__.__name__}")
    return value
