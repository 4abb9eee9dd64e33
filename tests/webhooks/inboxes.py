"""What the tests of inboxes use: a handler and a hook that note what comes, and deliveries to take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from mailerlite_async.webhooks import Answer, Event, Inbox
from tests.webhooks.payloads import batch, flat, sign


class Handler:
    """Notes what it is given; waits while it is closed, and fails for the types it is told to."""

    def __init__(self, *, failing: str = "", is_open: bool = True) -> None:
        self.seen: list[Event] = []
        self.failing = failing
        self.opened = asyncio.Event()
        if is_open:
            self.opened.set()

    async def __call__(self, event: Event) -> None:
        self.seen.append(event)
        await self.opened.wait()
        if event.type == self.failing:
            raise LookupError(f"{event.raw}")

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.seen]


class Errors:
    """What `on_error` is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Exception]] = []

    async def __call__(self, event: Event, error: Exception) -> None:
        self.told.append((event.type, error))


def body(*names: str) -> bytes:
    """A batch of events of these types, each with content of its own."""
    return batch(*(flat(name, sent=number) for number, name in enumerate(names)))


async def take(inbox: Inbox, raw_body: bytes) -> Answer:
    return await inbox.take(raw_body, sign(raw_body))


async def settle() -> None:
    """Let everybody else run until they wait."""
    await asyncio.sleep(1)


async def chunks(*pieces: bytes, delay: float = 0, read: list[bytes] | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(delay)
        if read is not None:
            read.append(piece)
        yield piece
