"""What type checkers know of webhook events, the inbox and its stores."""

# Both checkers report an ignore that is not needed, so each of them must see every mistake that is marked so.
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_type

from aiohttp import web
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Route

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
    aiohttp,
    parse,
    receive,
    starlette,
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


async def ask() -> list[str]:
    """Look the secrets up."""
    return []


def tell(event: Event, error: Exception) -> None:
    """Hear of a failure."""


async def inboxes(body: bytes) -> None:
    store: DedupeStore = MemoryDedupeStore()
    async with Inbox(handle, secrets="secret", store=store, on_error=tell) as inbox:
        assert_type(inbox, Inbox)
        assert_type(await inbox.take(body, None), Answer)
    Inbox(print, secrets=("a", "b"), store=AsyncStore())
    Inbox(print, secrets="a", store=WrongStore())  # type: ignore[arg-type]
    Inbox(print, secrets=lambda: None)
    Inbox(print, secrets=ask)
    Inbox(print, secrets=lambda: 7)  # type: ignore[arg-type, return-value]
    Inbox(print, secrets=handle)  # type: ignore[arg-type]
    Inbox(handle)  # type: ignore[call-arg]
    Inbox(tell, secrets="a")  # type: ignore[arg-type]


def frameworks(inbox: Inbox, app: Any) -> None:
    FastAPI().add_route("/webhooks", starlette.endpoint(inbox), methods=["POST"])
    FastAPI().add_api_route("/webhooks", starlette.endpoint(inbox), methods=["POST"])
    Route("/webhooks", starlette.endpoint(inbox), methods=["POST"])
    web.Application().router.add_post("/webhooks", aiohttp.handler(inbox))
    aiohttp.setup(web.Application(), "/webhooks", inbox)
    aiohttp.setup(app, "/webhooks", 3)  # type: ignore[arg-type]
    aiohttp.verified_events(3)  # type: ignore[arg-type]
    starlette.verified_events(3)  # type: ignore[arg-type]


async def dependencies(of_aiohttp: web.Request, of_starlette: Request) -> None:
    assert_type(await aiohttp.verified_events(ask)(of_aiohttp), list[Event])
    assert_type(await starlette.verified_events(lambda: "secret", deadline=1)(of_starlette), list[Event])
