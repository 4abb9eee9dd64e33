"""Campaign routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ._campaigns_input import CampaignInput, read_campaign, read_times
from ._campaigns_state import STATUSES, Campaign, Delivery
from ._index import read_id
from ._pagination import numbered_page
from ._rendering_campaigns import KINDS, render_campaign, render_delivery
from ._router import Invocation, Route
from ._state import Account
from ._validation import Validation
from ._wire import (
    EmulatedResponse,
    RejectionError,
    json_response,
    model_not_found,
    no_content,
    not_found,
    unprocessable,
)

DEFAULT_PAGE: Final = 25
DEFAULT_ACTIVITY_PAGE: Final = 50
PAGE_SIZES: Final = (10, 25, 50, 100)
_LISTED: Final = ("regular", "ab", "resend", "rss")
_MODEL: Final = "App\\Models\\Campaign\\Campaign"
# These two come as a bare string.
_NO_DRAFT: Final = "Campaign is not with status draft"
_INCOMPLETE: Final = "Campaign settings missing"
_NOT_READY: Final = "Campaign is not with status ready"

_SORTS: Final[dict[str, Callable[[Delivery], int | str]]] = {
    "id": lambda delivery: delivery.id,
    "updated_at": lambda delivery: delivery.updated_at,
    "clicks_count": lambda delivery: delivery.clicks_count,
    "opens_count": lambda delivery: delivery.opens_count,
}
_SORT_WORDS: Final = tuple(sign + name for name in _SORTS for sign in ("", "-"))


def list_campaigns(call: Invocation) -> EmulatedResponse:
    """`GET /campaigns`, the newest first, ready ones unless asked for others."""
    check = Validation(call.params)
    limit = _size(check, DEFAULT_PAGE, "The selected limit is invalid.")
    page = check.integer("page", lowest=1, default=1)
    filters = check.nested("filter")
    status = filters.choice("status", STATUSES) or "ready"
    type = filters.choice("type", _LISTED)
    check.finish()
    account = call.account
    every = sorted(account.campaigns, key=lambda campaign: -campaign.id)
    shown = [each for each in every if each.status == status and type in (None, each.type)]
    answer = numbered_page(
        shown, lambda campaign: render_campaign(campaign, account, "list"), page=page, limit=limit, url=call.url
    )
    # Of the whole account, whatever was asked for.
    counts: dict[str, int] = {each: sum(campaign.status == each for campaign in every) for each in STATUSES}
    return json_response(200, _with_aggregations(answer, {"all": len(every), **counts}))


def create_campaign(call: Invocation) -> EmulatedResponse:
    """`POST /campaigns`: a draft."""
    given = read_campaign(call.input, call.account, None)
    campaigns, now = call.account.campaigns, call.now.naive_date()
    campaign = campaigns.create(given.name, given.type, given.language_id, now)
    campaign.ecommerce_tracking = given.ecommerce_tracking
    _fill(campaign, given, call.account, now)
    return json_response(201, {"data": render_campaign(campaign, call.account, "create")})


def get_campaign(call: Invocation) -> EmulatedResponse:
    """`GET /campaigns/{id}`."""
    return json_response(200, {"data": render_campaign(_find(call), call.account, "get")})


def update_campaign(call: Invocation) -> EmulatedResponse:
    """`PUT /campaigns/{id}`: drafts only; groups and segments that are left out are lost, content is kept."""
    campaign = _find(call)
    if campaign.status != "draft":
        raise RejectionError(422, _NO_DRAFT)
    given = read_campaign(call.input, call.account, campaign)
    campaign.name, campaign.language_id = given.name, given.language_id
    campaign.updated_at = call.now.naive_date()
    _fill(campaign, given, call.account, campaign.updated_at)
    return json_response(200, {"data": render_campaign(campaign, call.account, "update")})


def schedule_campaign(call: Invocation) -> EmulatedResponse:
    """`POST /campaigns/{id}/schedule`."""
    campaign = _find(call)
    if campaign.status != "draft":
        raise RejectionError(422, _NO_DRAFT)
    delivery, due = read_times(call.input, campaign, call.now)
    if campaign.missing:
        raise RejectionError(422, _INCOMPLETE)
    call.account.campaigns.schedule(campaign, delivery, due, call.now)
    return json_response(200, {"data": render_campaign(campaign, call.account, "schedule")})


def cancel_campaign(call: Invocation) -> EmulatedResponse:
    """`POST /campaigns/{id}/cancel`: back to a draft."""
    campaign = _find(call)
    if campaign.status != "ready":
        raise RejectionError(400, {"message": _NOT_READY})
    call.account.campaigns.cancel(campaign, call.now)
    return json_response(200, {"data": render_campaign(campaign, call.account, "cancel")})


def delete_campaign(call: Invocation) -> EmulatedResponse:
    """`DELETE /campaigns/{id}`."""
    call.account.campaigns.remove(_find(call))
    return no_content()


def list_activity(call: Invocation) -> EmulatedResponse:
    """`POST /campaigns/{id}/reports/subscriber-activity`, and `GET`: a read either way."""
    campaign = _find(call)
    given: Mapping[str, object] = {**call.params, **call.input}
    # PHP writes an empty object as `[]`.
    check = Validation({key: value for key, value in given.items() if (key, value) != ("filter", [])})
    limit = _size(check, DEFAULT_ACTIVITY_PAGE, "The limit must be one of following: 10, 25, 50, 100")
    page = check.integer("page", lowest=1, default=1)
    sort = check.choice("sort", _SORT_WORDS) or "id"
    include = check.choice("include", ("subscriber", "subscriber.groups"))
    filters = check.nested("filter")
    kind = filters.choice("type", KINDS)
    search = filters.text("search")
    check.finish()
    found = [
        each
        for each in campaign.deliveries
        if (kind is None or each.is_of(kind)) and (search is None or search.lower() in each.subscriber.email)
    ]
    found.sort(key=_SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    answer = numbered_page(
        found, lambda each: render_delivery(each, call.account, include), page=page, limit=limit, url=call.url
    )
    counts = {each: sum(delivery.is_of(each) for delivery in campaign.deliveries) for each in KINDS}
    return json_response(
        200, _with_aggregations(answer, {"all": len(campaign.deliveries), **counts, "social_interaction": 0})
    )


ROUTES: Final = (
    Route("GET", "/campaigns", list_campaigns),
    Route("POST", "/campaigns", create_campaign),
    Route("GET", "/campaigns/{id}", get_campaign),
    Route("PUT", "/campaigns/{id}", update_campaign),
    Route("DELETE", "/campaigns/{id}", delete_campaign),
    Route("POST", "/campaigns/{id}/schedule", schedule_campaign),
    Route("POST", "/campaigns/{id}/cancel", cancel_campaign),
    Route("POST", "/campaigns/{id}/reports/subscriber-activity", list_activity),
    Route("GET", "/campaigns/{id}/reports/subscriber-activity", list_activity),
)


def _find(call: Invocation) -> Campaign:
    if not call.arguments[0].isdigit():
        # To the service `campaigns/list` is no campaign but no route at all.
        raise not_found(f"The route {call.url.removeprefix(f'{call.origin}/')} could not be found.")
    campaign = call.account.campaigns.get(read_id(call.arguments[0]))
    if campaign is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return campaign


def _size(check: Validation, default: int, refusal: str) -> int:
    limit = check.integer("limit", lowest=0, default=default)
    if limit not in PAGE_SIZES:
        raise unprocessable({"limit": [refusal]})
    return limit


def _fill(campaign: Campaign, given: CampaignInput, account: Account, now: str) -> None:
    """Put what a body says into a campaign; e-mails keep their ids and the content that is left out."""
    campaign.group_ids, campaign.segment_ids = given.group_ids, given.segment_ids
    for position, texts in enumerate(given.emails):
        if position == len(campaign.emails):
            campaign.emails.append(account.campaigns.new_message(given.language_id, now))
        email = campaign.emails[position]
        email.subject, email.from_name, email.sender = (texts.get(key) for key in ("subject", "from_name", "from"))
        email.reply_to = texts.get("reply_to", email.reply_to)
        email.content = texts.get("content", email.content)
        email.language_id, email.updated_at = given.language_id, now
    if "content" in given.emails[0]:
        # Both versions of a test have the same content.
        for email in campaign.emails[len(given.emails) :]:
            email.content = given.emails[0]["content"]


def _with_aggregations(answer: dict[str, object], counts: Mapping[str, int]) -> dict[str, object]:
    meta = answer["meta"]
    assert isinstance(meta, dict)
    return {**answer, "meta": {**meta, "aggregations": dict(counts)}}
