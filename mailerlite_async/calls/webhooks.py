"""Webhooks: have the service tell a URL about events."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from mailerlite_async._call import Call, Page, given, query
from mailerlite_async._codec import Data, Listing, Nothing
from mailerlite_async._paths import object_id
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._checks import check_text, refuse
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Webhook, WebhookEvent

# The only size that has been seen.
PAGE_SIZES = {"list": 50}

_ROUTE = "/webhooks/{id}"
_ONLY_BATCHED = frozenset({"subscriber.deleted", "campaign.open", "campaign.click"})


def list(*, limit: int | None = None, page: int | None = None) -> Call[Page[Webhook]]:
    """One page of webhooks.

    Args:
        limit: webhooks a page; the API's default is 50. Not documented, likewise `page`.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", "/webhooks", Listing(Webhook, "page"), params=params, repeatable=True)


def get(webhook_id: str | int) -> Call[Webhook]:
    """One webhook.

    Args:
        webhook_id: the id.

    Returns:
        The webhook, with the secret its deliveries are signed with.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    return Call("GET", _ROUTE, Data(Webhook), (object_id(webhook_id, "webhook_id"),), repeatable=True)


def create(
    url: str,
    events: Iterable[WebhookEvent],
    *,
    name: str | None | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    batchable: bool | Unset = UNSET,
) -> Call[Webhook]:
    """Make a webhook. The same call again makes a second one and doubles deliveries, so it is never repeated blindly.

    Args:
        url: where deliveries go.
        events: at least one, such as `subscriber.created`.
        name: what to call it.
        enabled: False for one that gets no deliveries yet; the API's default is True.
        batchable: True to get several events in one delivery; the API's default is False. It must be True for
            `subscriber.deleted`, `campaign.open` and `campaign.click`.

    Returns:
        The new webhook, with the `secret` its deliveries are signed with.

    Raises:
        ValidationError: if there is no URL, no event, an unknown one, or one that needs `batchable`, before anything
            is sent, or if the API refuses the webhook.
        TypeError: if an argument is of the wrong type.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    for argument, value in (("url", url), ("events", events)):
        if isinstance(value, Unset):  # the types say so too, but nothing else does at run time
            raise TypeError(f"{argument} cannot be left out")
    body = _body("POST", "/webhooks", name=name, url=url, events=events, enabled=enabled, batchable=batchable)
    if batchable is not True:
        _refuse_only_batched("POST", "/webhooks", body["events"])
    return Call("POST", "/webhooks", Data(Webhook), json=body, repeatable=False)


def update(
    webhook_id: str | int,
    *,
    name: str | None | Unset = UNSET,
    url: str | Unset = UNSET,
    events: Iterable[WebhookEvent] | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    batchable: bool | Unset = UNSET,
) -> Call[Webhook]:
    """Change a webhook; what is left out stays as it is.

    Args:
        webhook_id: the id.
        name: what to call it.
        url: where deliveries go.
        events: at least one; they REPLACE the events there are.
        enabled: whether it gets deliveries.
        batchable: whether a delivery may hold several events. It must not be False for `subscriber.deleted`,
            `campaign.open` and `campaign.click`.

    Returns:
        The webhook.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: as in `create`.
        TypeError: if an argument is of the wrong type.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    segments = (object_id(webhook_id, "webhook_id"),)
    body = _body("PUT", _ROUTE, name=name, url=url, events=events, enabled=enabled, batchable=batchable)
    # Without the argument the webhook may be batchable already.
    if batchable is False:
        _refuse_only_batched("PUT", _ROUTE, body.get("events", ()))
    return Call("PUT", _ROUTE, Data(Webhook), segments, json=body, repeatable=True)


def delete(webhook_id: str | int) -> Call[None]:
    """Delete a webhook.

    Args:
        webhook_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    return Call("DELETE", _ROUTE, Nothing(), (object_id(webhook_id, "webhook_id"),), repeatable=True)


def _body(
    method: str,
    route: str,
    *,
    name: str | None | Unset,
    url: str | Unset,
    events: Iterable[WebhookEvent] | Unset,
    enabled: bool | Unset,
    batchable: bool | Unset,
) -> dict[str, Any]:
    if not (name is None or isinstance(name, str | Unset)):
        raise TypeError(f"name must be str, not {type(name).__name__}")
    if not isinstance(url, Unset):
        # No longest URL is documented.
        check_text(url, "url", method, route, most=sys.maxsize)
    for argument, flag in (("enabled", enabled), ("batchable", batchable)):
        if not isinstance(flag, bool | Unset):
            raise TypeError(f"{argument} must be bool, not {type(flag).__name__}")
    if not isinstance(events, Unset):
        events = _checked_events(events, method, route)
    return given(name=name, url=url, events=events, enabled=enabled, batchable=batchable)


def _checked_events(events: Iterable[WebhookEvent], method: str, route: str) -> Sequence[WebhookEvent]:
    if isinstance(events, str) or not isinstance(events, Iterable):
        raise TypeError(f"events must be several names of events, not {type(events).__name__}")
    names = [*events]
    if not names:
        refuse(method, route, "events", "field is required")
    for event in names:
        check_text(event, "events", method, route)  # the API's list grows: it says itself which ones it does not know
    return names


def _refuse_only_batched(method: str, route: str, events: Iterable[str]) -> None:
    for event in events:
        if event in _ONLY_BATCHED:
            refuse(method, route, "batchable", f"must be true for {event}")
