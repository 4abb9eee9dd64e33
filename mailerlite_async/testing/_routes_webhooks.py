"""Webhook routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ._index import read_id
from ._pagination import numbered_page
from ._rendering_webhooks import render_webhook
from ._router import Invocation, Route
from ._validation import Validation
from ._webhooks_state import EVENTS, ONLY_BATCHED, Webhook
from ._wire import EmulatedResponse, json_response, model_not_found, no_content

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 1000
_MODEL: Final = "App\\Models\\Webhook"


def list_webhooks(call: Invocation) -> EmulatedResponse:
    """`GET /webhooks`, the newest first."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    page = check.integer("page", lowest=1, default=1)
    check.finish()
    webhooks = sorted(call.account.webhooks, key=lambda webhook: webhook.id, reverse=True)
    return json_response(200, numbered_page(webhooks, render_webhook, page=page, limit=limit, url=call.url))


def get_webhook(call: Invocation) -> EmulatedResponse:
    """`GET /webhooks/{id}`."""
    return json_response(200, {"data": render_webhook(_find(call))})


def create_webhook(call: Invocation) -> EmulatedResponse:
    """`POST /webhooks`; two webhooks may have the same URL."""
    check = Validation(call.input)
    events = _read_events(check)
    url = _read_url(check, call.input)
    name = check.text("name")
    enabled = _read_flag(check, "enabled", default=True)
    batchable = _read_flag(check, "batchable", default=False)
    _check_batched(check, events, batchable=batchable)
    check.finish()
    webhook = call.account.webhooks.create(
        url, events, name, call.now.naive_date(), enabled=enabled, batchable=batchable
    )
    return json_response(201, {"data": render_webhook(webhook)})


def update_webhook(call: Invocation) -> EmulatedResponse:
    """`PUT /webhooks/{id}`; what is left out stays."""
    webhook = _find(call)
    check = Validation(call.input)
    events = _read_events(check) if check.has("events") else webhook.events
    url = _read_url(check, call.input) if check.has("url") else webhook.url
    name = check.text("name") if check.has("name") else webhook.name
    enabled = _read_flag(check, "enabled", default=webhook.enabled)
    batchable = _read_flag(check, "batchable", default=webhook.batchable)
    _check_batched(check, events, batchable=batchable)
    check.finish()
    webhook.events, webhook.url, webhook.name = events, url, name
    webhook.enabled, webhook.batchable = enabled, batchable
    webhook.updated_at = call.now.naive_date()
    return json_response(200, {"data": render_webhook(webhook)})


def delete_webhook(call: Invocation) -> EmulatedResponse:
    """`DELETE /webhooks/{id}`."""
    call.account.webhooks.remove(_find(call))
    return no_content()


ROUTES: Final = (
    Route("GET", "/webhooks", list_webhooks),
    Route("POST", "/webhooks", create_webhook),
    Route("GET", "/webhooks/{id}", get_webhook),
    Route("PUT", "/webhooks/{id}", update_webhook),
    Route("DELETE", "/webhooks/{id}", delete_webhook),
)


def _find(call: Invocation) -> Webhook:
    webhook = call.account.webhooks.get(read_id(call.arguments[0]))
    if webhook is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return webhook


def _read_events(check: Validation) -> tuple[str, ...]:
    events = check.array("events")
    for position, event in enumerate(events):
        if event not in EVENTS:
            check.add(f"events.{position}", f"The selected events.{position} is invalid.")
    return tuple(events)


def _read_url(check: Validation, given: Mapping[str, object]) -> str:
    url = given.get("url")
    if url is None or url == "":
        check.add("url", "The url field is required.")
    elif not isinstance(url, str) or not url.startswith(("http://", "https://")):
        check.add("url", "The url format is invalid.")
    return url if isinstance(url, str) else ""


def _read_flag(check: Validation, key: str, *, default: bool) -> bool:
    return check.boolean(key) if check.has(key) else default


def _check_batched(check: Validation, events: tuple[str, ...], *, batchable: bool) -> None:
    if not batchable and any(event in ONLY_BATCHED for event in events):
        check.add("batchable", "The batchable must be true for the selected events.")
