"""The store of an inbox may be asynchronous, slow or broken, and no event is lost by it."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from mailerlite_async.testing import VirtualClock
from mailerlite_async.webhooks import Answer, Inbox, MemoryDedupeStore
from tests.webhooks.inboxes import Handler, body, settle, take
from tests.webhooks.payloads import ADDRESS, SECRET, encode, flat


class SlowStore:
    """A store behind a network."""

    def __init__(self, delay: float = 0.5) -> None:
        self.keys: set[str] = set()
        self.delay = delay

    async def add(self, key: str) -> bool:
        is_new = key not in self.keys
        self.keys.add(key)
        await asyncio.sleep(self.delay)
        return is_new

    async def discard(self, key: str) -> None:
        await asyncio.sleep(self.delay)
        self.keys.discard(key)


async def test_store_may_be_asynchronous() -> None:
    handler, store = Handler(failing="a"), SlowStore()
    async with Inbox(handler, secrets=SECRET, store=store) as inbox:
        assert (await take(inbox, body("a", "b"))).queued == 2
        assert (await take(inbox, body("a", "b"))).duplicates in (1, 2)
    assert "b" in handler.types
    assert len(store.keys) == 1


async def test_delivery_that_is_just_being_taken_is_not_taken_for_a_duplicate() -> None:
    handler, store = Handler(is_open=False), SlowStore()
    async with Inbox(handler, secrets=SECRET, store=store, size=1, workers=1) as inbox:
        await take(inbox, body("x"))
        await take(inbox, encode(flat("y", sent=5)))
        await settle()
        raw_body = body("a", "b")
        answers: list[Answer] = []

        async def send(delay: float) -> None:
            await asyncio.sleep(delay)
            answers.append(await take(inbox, raw_body))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, 0)
            tasks.start_soon(send, 0.25)
        # Neither was queued, so neither may be told that all is well.
        assert [answer.status for answer in answers] == [503, 503]
        assert len(store.keys) == 2
        handler.opened.set()


async def test_store_that_does_not_answer_is_given_up_in_time(clock: VirtualClock) -> None:
    handler, store = Handler(), SlowStore(delay=1)
    async with Inbox(handler, secrets=SECRET, store=store, deadline=2.5) as inbox:
        begun = clock.monotonic()
        answer = await take(inbox, body("a", "b", "c"))
        assert answer == Answer(503, "the store of known events did not answer in time")
        assert clock.monotonic() - begun <= 2 * 2.5
        await settle()
    assert handler.seen == []


@pytest.mark.parametrize("broken", ["add", "discard"])
async def test_store_that_fails_is_no_reason_to_lose_events(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryDedupeStore):
        is_broken = True

        def add(self, key: str) -> bool:
            if self.is_broken and broken == "add" and len(self) == 1:
                raise ConnectionError(ADDRESS)
            return super().add(key)

        def discard(self, key: str) -> None:
            if self.is_broken and broken == "discard":
                raise ConnectionError(ADDRESS)
            super().discard(key)

    handler, store = Handler(failing="a"), Broken()
    async with Inbox(handler, secrets=SECRET, store=store) as inbox:
        answer = await take(inbox, body("a", "b"))
        await settle()
        assert (answer.status, len(handler.seen), len(store)) == ((503, 0, 0) if broken == "add" else (200, 2, 2))
        assert "the store of known events failed: ConnectionError at" in caplog.text
        assert ADDRESS not in caplog.text
        store.is_broken = False
        await take(inbox, body("b"))
    assert handler.types[-1:] == ["b"]


async def test_store_that_does_not_say_whether_a_key_is_new_loses_no_event(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[object] = [None, 1, 0]

    class Store(MemoryDedupeStore):
        def add(self, key: str) -> Any:
            super().add(key)
            return answers.pop(0)

    handler, store = Handler(), Store()
    async with Inbox(handler, secrets=SECRET, store=store) as inbox:
        assert await take(inbox, body("a")) == Answer(503, "the store of known events failed")
        assert "store.add must return a bool, not NoneType" in caplog.text
        assert len(store) == 0
        assert [(await take(inbox, body("a"))).queued for _ in range(2)] == [1, 0]
    assert handler.types == ["a"]
