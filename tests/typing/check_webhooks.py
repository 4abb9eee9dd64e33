"""What type checkers know of webhook events, the inbox and its stores."""

# Both checkers report an ignore that is not needed, so each of them must see every mistake that is marked so.
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_type

from mailerlite_async import DecodeError
from mailerlite_async.models import FieldValue
from mailerlite_async.webhooks import (
    Answer,
    DedupeStore,
    Event,
    EventCampaign,
    EventGroup,
    EventSubscriber,
    Inbox,
    MemoryDedupeStore,
    parse,
    receive,
    verify,
)


def events(body: bytes, signature: str | None) -> None:
    verify(body, signature, "secret")
    assert_type(parse(body, max_bytes=10), list[Event])
    (event,) = receive(body, signature, ["old", "new"])
    receive(body, signature, b"secret")  # type: ignore[arg-type]
    assert_type(event.subscriber, EventSubscriber | None)
    assert_type(event.group, EventGroup | None)
    assert_type(event.campaign, EventCampaign | None)
    assert_type(event.account_id, str | None)
    assert_type(event.error, DecodeError | None)
    if event.type == "subscriber.unsubscribed" and event.subscriber:
        assert_type(event.subscriber.email, str)
        assert_type(event.subscriber.unsubscribed_at, datetime | None)
        assert_type(event.subscriber.fields, dict[str, FieldValue])
    event.subscriber.email  # type: ignore[union-attr]  # noqa: B018
    event.link = "x"  # type: ignore[misc]


class AsyncStore:
    """A store with coroutines."""

    async def add(self, key: str) -> bool:
        """Note a key."""
        return bool(key)

    async def discard(self, key: str) -> None:
        """Forget a key."""


class WrongStore:
    """A store that does not say whether a key is new."""

    def add(self, key: str) -> None:
        """Note a key."""

    def discard(self, key: str) -> None:
        """Forget a key."""


async def handle(event: Event) -> None:
    """Handle an event."""


def tell(event: Event, error: Exception) -> None:
    """Hear of a failure."""


async def inboxes(body: bytes) -> None:
    store: DedupeStore = MemoryDedupeStore()
    async with Inbox(handle, secrets="secret", store=store, on_error=tell) as inbox:
        assert_type(inbox, Inbox)
        assert_type(await inbox.take(body, None), Answer)
    Inbox(print, secrets=("a", "b"), store=AsyncStore())
    Inbox(print, secrets="a", store=WrongStore())  # type: ignore[arg-type]
    Inbox(handle)  # type: ignore[call-arg]
    Inbox(tell, secrets="a")  # type: ignore[arg-type]


def frameworks(inbox: Inbox, app: Any) -> None:
    from aiohttp import web
    from fastapi import FastAPI
    from starlette.routing import Route

    from mailerlite_async.webhooks import aiohttp, starlette

    FastAPI().add_route("/webhooks", starlette.endpoint(inbox), methods=["POST"])
    FastAPI().add_api_route("/webhooks", starlette.endpoint(inbox), methods=["POST"])
    Route("/webhooks", starlette.endpoint(inbox), methods=["POST"])
    web.Application().router.add_post("/webhooks", aiohttp.handler(inbox))
    aiohttp.setup(web.Application(), "/webhooks", inbox)
    aiohttp.setup(app, "/webhooks", 3)  # type: ignore[arg-type]
