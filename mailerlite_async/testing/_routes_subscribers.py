"""Subscriber routes, and those that put a subscriber into a group and take it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ._groups_state import STATUSES, Group
from ._index import SortedIds, read_id
from ._pagination import cursor_page
from ._rendering import (
    render_activity,
    render_forgotten,
    render_group,
    render_subscriber_with_groups,
    render_subscribers,
)
from ._router import Invocation, Route
from ._state import Account
from ._subscribers_state import Changes, Subscriber
from ._validation import Validation
from ._wire import (
    EmulatedResponse,
    json_response,
    model_not_found,
    no_content,
    not_found,
    unprocessable,
)

DEFAULT_PAGE: Final = 25
LARGEST_PAGE: Final = 1000
LARGEST_ACTIVITY_PAGE: Final = 100
_MODEL: Final = "App\\Models\\Subscriber\\Subscriber"
_NOT_REACTIVATED: Final = ("unsubscribed", "bounced", "junk")
_LOG_FILTERS: Final = (
    "campaign_send",
    "automation_email_sent",
    "email_open",
    "link_click",
    "email_bounce",
    "spam_complaint",
    "unsubscribed",
    "email_forward",
    "marketing_preferences_change",
    "preference_center",
)
_SELECTED_ID: Final = {"id": ["The selected id is invalid."]}


def list_subscribers(call: Invocation) -> EmulatedResponse:
    """`GET /subscribers`: a page, or with `limit=0` the count."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=0, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    with_groups = check.choice("include", ("groups",)) is not None
    filters = check.nested("filter")
    status = filters.choice("status", STATUSES)
    email = filters.text("email")
    check.finish()
    book = call.account.subscribers
    index = book.ids if status is None else book.by_status[status]
    if email is not None:
        index = _only(book.by_email(email), index)
    if limit == 0:
        return json_response(200, {"total": len(index)})
    return json_response(200, subscriber_page(call, index, limit, with_groups=with_groups))


def subscriber_page(call: Invocation, index: SortedIds, limit: int, *, with_groups: bool) -> Mapping[str, object]:
    """A page of subscribers in cursor style.

    Args:
        call: the call whose cursor says which page.
        index: the ids of the whole list.
        limit: subscribers on a page.
        with_groups: whether each has its groups.
    """
    account = call.account

    def render(ids: list[int]) -> list[dict[str, object]]:
        return render_subscribers([account.subscribers[each] for each in ids], account, groups=with_groups)

    return cursor_page(index, render, cursor=call.params.get("cursor"), limit=limit, url=call.url)


def upsert_subscriber(call: Invocation) -> EmulatedResponse:
    """`POST /subscribers`: creates, updates without removing anything, or brings a deleted one back."""
    account, check = call.account, Validation(call.input)
    email = check.email("email", required=True)
    changes = _read_changes(check, account)
    resubscribe = check.boolean("resubscribe")
    check.finish()
    known = account.subscribers.by_email(email) or account.subscribers.deleted(email)
    if known is not None and known.status == "unsubscribed" and changes.status != "unsubscribed":
        if not resubscribe:
            text = "This subscriber is unsubscribed and cannot be imported"
            raise unprocessable({"email": [text]}, subscriber=str(known.id))
        changes.status = changes.status or "active"
        changes.attributes["unsubscribed_at"] = None
    now = call.now.naive_date()
    subscriber, created = account.upsert(email, now)
    account.subscribers.apply(subscriber, changes, now)
    return _one(201 if created else 200, subscriber, account)


def get_subscriber(call: Invocation) -> EmulatedResponse:
    """`GET /subscribers/{id}`, by id or by address."""
    subscriber = _by_id_or_email(call.account, call.arguments[0])
    if subscriber is None:
        raise model_not_found(_MODEL)
    return _one(200, subscriber, call.account)


def update_subscriber(call: Invocation) -> EmulatedResponse:
    """`PUT /subscribers/{id}`: groups that are not listed are left."""
    account, subscriber = call.account, _by_id(call)
    check = Validation(call.input)
    email = check.email("email", required=False)
    changes = _read_changes(check, account)
    holder = account.subscribers.by_email(email) if email else None
    if holder is not None and holder is not subscriber:
        check.add("email", "The email has already been taken.")
    if changes.status == "active" and subscriber.status in _NOT_REACTIVATED:
        check.add("status", "The selected status is invalid.")
    check.finish()
    if email:
        account.subscribers.readdress(subscriber, email)
    if changes.groups is not None:
        account.subscribers.leave(subscriber, set(subscriber.groups).difference(changes.groups))
    account.subscribers.apply(subscriber, changes, call.now.naive_date())
    return _one(200, subscriber, account)


def delete_subscriber(call: Invocation) -> EmulatedResponse:
    """`DELETE /subscribers/{id}`: posting the address again brings it back."""
    call.account.subscribers.delete(_by_id(call))
    return no_content()


def forget_subscriber(call: Invocation) -> EmulatedResponse:
    """`POST /subscribers/{id}/forget`: gone for good, with all data."""
    subscriber = _by_id(call)
    payload = {
        "data": render_forgotten(subscriber, call.account, call.now),
        "message": "Subscriber data will be completely deleted and forgotten within 30 days.",
    }
    call.account.subscribers.forget(subscriber)
    return json_response(200, payload)


def list_activity(call: Invocation) -> EmulatedResponse:
    """`GET /subscribers/{id}/activity-log`, the latest first; as documented, without links and meta."""
    subscriber = _by_id(call)
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_ACTIVITY_PAGE, default=LARGEST_ACTIVITY_PAGE)
    page = check.integer("page", lowest=1, default=1)
    log_name = check.nested("filter").choice("log_name", _LOG_FILTERS)
    check.finish()
    entries = [entry for entry in reversed(subscriber.log) if log_name in (None, entry.log_name)]
    shown = entries[(page - 1) * limit : page * limit]
    return json_response(200, {"data": [render_activity(entry, subscriber, call.account) for entry in shown]})


def assign_group(call: Invocation) -> EmulatedResponse:
    """`POST /subscribers/{id}/groups/{gid}`: answers with the group as it was counted before."""
    subscriber, group = _membership(call)
    if subscriber is None or group is None:
        raise unprocessable(_SELECTED_ID)
    response = json_response(200, {"data": render_group(group)})
    call.account.subscribers.join(subscriber, (group.id,), call.now.naive_date())
    return response


def unassign_group(call: Invocation) -> EmulatedResponse:
    """`DELETE /subscribers/{id}/groups/{gid}`."""
    subscriber, group = _membership(call)
    if subscriber is None or group is None or group.id not in subscriber.groups:
        raise not_found("")
    call.account.subscribers.leave(subscriber, (group.id,))
    return no_content()


ROUTES: Final = (
    Route("GET", "/subscribers", list_subscribers),
    Route("POST", "/subscribers", upsert_subscriber),
    Route("GET", "/subscribers/{id}", get_subscriber),
    Route("PUT", "/subscribers/{id}", update_subscriber),
    Route("DELETE", "/subscribers/{id}", delete_subscriber),
    Route("POST", "/subscribers/{id}/forget", forget_subscriber),
    Route("GET", "/subscribers/{id}/activity-log", list_activity),
    Route("POST", "/subscribers/{id}/groups/{gid}", assign_group),
    Route("DELETE", "/subscribers/{id}/groups/{gid}", unassign_group),
)


def _read_changes(check: Validation, account: Account) -> Changes:
    changes = Changes(
        status=check.choice("status", STATUSES),
        values=check.field_values("fields", account.fields),
        groups=check.group_ids("groups", account.groups),
    )
    for key in ("subscribed_at", "unsubscribed_at", "opted_in_at"):
        if check.has(key):
            changes.attributes[key] = check.date(key)
    for key in ("ip_address", "optin_ip"):
        if check.has(key):
            changes.attributes[key] = check.ip(key)
    if changes.attributes.get("subscribed_at", "") is None:
        # Never null in an answer: null in a request leaves it as it is.
        del changes.attributes["subscribed_at"]
    return changes


def _by_id(call: Invocation) -> Subscriber:
    subscriber = call.account.subscribers.get(read_id(call.arguments[0]))
    if subscriber is None:
        raise model_not_found(_MODEL)
    return subscriber


def _by_id_or_email(account: Account, key: str) -> Subscriber | None:
    return account.subscribers.get(read_id(key)) or account.subscribers.by_email(key)


def _membership(call: Invocation) -> tuple[Subscriber | None, Group | None]:
    key, group_id = call.arguments
    return _by_id_or_email(call.account, key), call.account.groups.get(read_id(group_id))


def _only(subscriber: Subscriber | None, index: SortedIds) -> SortedIds:
    found = SortedIds()
    if subscriber is not None and subscriber.id in index:
        found.add(subscriber.id)
    return found


def _one(status: int, subscriber: Subscriber, account: Account) -> EmulatedResponse:
    return json_response(status, {"data": render_subscriber_with_groups(subscriber, account)})
