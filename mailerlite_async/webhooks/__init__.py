"""Webhook deliveries in your own application: verified, parsed, kept from being handled twice, and worked off.

`verify`, `parse` and `receive` take raw bytes and fit any framework. `Inbox` answers at once and hands the events to
workers; `mailerlite_async.webhooks.starlette` and `.aiohttp` connect it to a server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailerlite_async._lazy import load_on_demand

if TYPE_CHECKING:
    from mailerlite_async.webhooks._dedupe import DedupeStore, MemoryDedupeStore
    from mailerlite_async.webhooks._events import Event, EventAutomation, EventCampaign, EventGroup, EventSubscriber
    from mailerlite_async.webhooks._inbox import Answer, Inbox
    from mailerlite_async.webhooks._parsing import DEFAULT_MAX_BYTES, parse, receive
    from mailerlite_async.webhooks._signatures import verify

_ORIGINS = {
    "DEFAULT_MAX_BYTES": "webhooks._parsing",
    "Answer": "webhooks._inbox",
    "DedupeStore": "webhooks._dedupe",
    "Event": "webhooks._events",
    "EventAutomation": "webhooks._events",
    "EventCampaign": "webhooks._events",
    "EventGroup": "webhooks._events",
    "EventSubscriber": "webhooks._events",
    "Inbox": "webhooks._inbox",
    "MemoryDedupeStore": "webhooks._dedupe",
    "parse": "webhooks._parsing",
    "receive": "webhooks._parsing",
    "verify": "webhooks._signatures",
}

__all__ = [
    "DEFAULT_MAX_BYTES",
    "Answer",
    "DedupeStore",
    "Event",
    "EventAutomation",
    "EventCampaign",
    "EventGroup",
    "EventSubscriber",
    "Inbox",
    "MemoryDedupeStore",
    "parse",
    "receive",
    "verify",
]

_load = load_on_demand(__name__, _ORIGINS)


def __getattr__(name: str) -> object:
    return _load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
