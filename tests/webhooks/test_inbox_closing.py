"""An inbox that closes handles what it has taken, and says what it could not."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import anyio
import pytest

from mailerlite_async import NotHandledError
from mailerlite_async.testing import VirtualClock
from mailerlite_async.webhooks import Answer, Event, Inbox, MemoryDedupeStore
from tests.webhooks.inboxes import Errors, Handler, body, chunks, settle, take
from tests.webhooks.payloads import SECRET, encode, flat


async def test_inbox_that_is_not_running_says_so() -> None:
    inbox = Inbox(Handler(), secrets=SECRET)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the inbox is not running: use it in `async with inbox:`"):
            await take(inbox, body("a"))
        with pytest.raises(RuntimeError, match="not running"):
            await inbox.take_stream(chunks(b"x"), "s")
        assert repr(inbox) == "<Inbox: not running>"
        async with inbox:
            with pytest.raises(RuntimeError, match="running already"):
                await inbox.__aenter__()
            assert repr(inbox) == "<Inbox: 0 waiting>"


async def test_inbox_can_be_opened_again() -> None:
    handler = Handler()
    inbox = Inbox(handler, secrets=SECRET)
    for name in ("a", "b"):
        async with inbox:
            await take(inbox, body(name))
    assert handler.types == ["a", "b"]


async def test_closing_waits_for_what_has_been_taken(clock: VirtualClock) -> None:
    done: list[str] = []

    async def handle(event: Event) -> None:
        await asyncio.sleep(2)
        done.append(event.type)

    async with Inbox(handle, secrets=SECRET, workers=1, drain=10) as inbox:
        await take(inbox, body("a", "b", "c"))
        begun = clock.monotonic()
    assert done == ["a", "b", "c"]
    assert clock.monotonic() - begun == pytest.approx(6)


async def test_what_cannot_be_handled_in_time_is_reported(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    handler, errors, store = Handler(is_open=False), Errors(), MemoryDedupeStore()
    async with Inbox(handler, secrets=SECRET, workers=1, drain=10, on_error=errors, store=store) as inbox:
        await take(inbox, body("a", "b", "c"))
        await settle()
        begun = clock.monotonic()
    assert clock.monotonic() - begun == pytest.approx(10)
    assert [(name, type(error)) for name, error in errors.told] == [(name, NotHandledError) for name in "abc"]
    assert "the inbox closed before 3 events were handled" in caplog.text
    assert len(store) == 0


async def test_hook_that_hangs_does_not_keep_the_inbox_open(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def hook(event: Event, error: Exception) -> None:
        await asyncio.sleep(15 if event.type == "b" else 0)

    async with Inbox(Handler(is_open=False), secrets=SECRET, drain=10, on_error=hook) as inbox:
        await take(inbox, body("a", "b", "c"))
        begun = clock.monotonic()
    assert clock.monotonic() - begun == pytest.approx(20)
    assert "on_error did not take 2 of them in time" in caplog.text


@pytest.mark.parametrize("plain", [False, True])
def test_inbox_that_closes_at_once_reports_what_is_left(plain: bool) -> None:
    errors, told = Errors(), []

    async def main() -> None:
        hook = (lambda event, _: told.append(event.type)) if plain else errors
        handler = Handler(is_open=False)
        async with Inbox(handler, secrets=SECRET, workers=1, drain=0, on_error=hook) as inbox:
            await take(inbox, body("a", "b", "c"))

    asyncio.run(main())
    assert sorted(told or [name for name, _ in errors.told]) == ["a", "b", "c"]


async def test_inbox_whose_workers_were_ended_takes_nothing_more() -> None:
    async with Inbox(Handler(), secrets=SECRET) as inbox:
        await settle()
        (workers,) = (task for task in asyncio.all_tasks() if task.get_name() == "mailerlite-webhooks")
        workers.cancel()
        await settle()
        assert await take(inbox, body("a")) == Answer(503, "the inbox is closing")
        with contextlib.suppress(asyncio.CancelledError):
            await inbox.__aexit__(None, None, None)
        await inbox.__aenter__()
        assert (await take(inbox, body("a"))).queued == 1


def test_thread_that_hangs_does_not_keep_the_inbox_open() -> None:
    release, told = threading.Event(), []

    async def hook(event: Event, error: Exception) -> None:
        told.append(event.type)

    async def main() -> None:
        async with Inbox(lambda _: release.wait(), secrets=SECRET, drain=0.01, on_error=hook) as inbox:
            await take(inbox, body("a"))
            await asyncio.sleep(0.01)
        release.set()

    asyncio.run(main())
    assert told == ["a"]


async def test_delivery_that_comes_while_the_inbox_closes_is_to_come_again() -> None:
    handler = Handler(is_open=False)
    inbox = Inbox(handler, secrets=SECRET)
    await inbox.__aenter__()
    await take(inbox, body("a"))
    closing = asyncio.create_task(inbox.__aexit__(None, None, None))
    await settle()
    assert await take(inbox, encode(flat("b", sent=7))) == Answer(503, "the inbox is closing")
    handler.opened.set()
    await closing
    assert handler.types == ["a"]


async def test_inbox_may_be_closed_by_another_task() -> None:
    handler = Handler()
    inbox = Inbox(handler, secrets=SECRET)
    await asyncio.create_task(inbox.__aenter__())
    await take(inbox, body("a"))
    await asyncio.create_task(inbox.__aexit__(None, None, None))
    assert handler.types == ["a"]


async def test_cancelled_application_still_drains() -> None:
    done: list[str] = []
    started = asyncio.Event()

    async def handle(event: Event) -> None:
        started.set()
        await asyncio.sleep(2)
        done.append(event.type)

    async def application() -> None:
        async with Inbox(handle, secrets=SECRET, drain=10) as inbox:
            await take(inbox, body("a"))
            await asyncio.sleep(1e6)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(application)
        await started.wait()
        tasks.cancel_scope.cancel()
    assert done == ["a"]


async def test_application_that_is_cancelled_again_while_it_closes_still_reports(clock: VirtualClock) -> None:
    handler, errors, store = Handler(is_open=False), Errors(), MemoryDedupeStore()

    async def application() -> None:
        async with Inbox(handler, secrets=SECRET, workers=1, drain=1e6, on_error=errors, store=store) as inbox:
            await take(inbox, body("a", "b"))
            await asyncio.sleep(1e6)

    task = asyncio.create_task(application())
    for _ in range(2):
        await settle()
        assert errors.told == []
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(name, type(error)) for name, error in errors.told] == [("a", NotHandledError), ("b", NotHandledError)]
    assert (len(store), clock.monotonic() < 1e6) == (0, True)
