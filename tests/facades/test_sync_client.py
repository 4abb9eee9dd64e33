"""The sync client is sync all the way down: no thread, no loop, and it works wherever it is called from."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import httpx
import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, MemoryStore, RateLimits
from mailerlite_async._clock import SystemClock
from mailerlite_async._sync.engine import _Signal
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support import samples
from tests.support.scripted import ScriptedTransport, reply


def use_everything(ml: MailerLite) -> None:
    group = ml.groups.create("Readers")
    person = ml.subscribers.upsert("ann@example.com", groups=[group.id])
    assert [each.id for each in ml.groups.iter_subscribers(group.id, prefetch=True)] == [person.id]
    assert ml.imports.wait(ml.groups.import_subscribers(group.id, [{"email": "bob@example.com"}])).done
    ml.groups.delete(group.id)


def test_client_makes_no_thread_and_no_loop() -> None:
    seen: list[tuple[int, object]] = []

    def answer(_: httpx.Request) -> httpx.Response:
        seen.append((threading.active_count(), asyncio._get_running_loop()))
        return reply({"data": samples.group()}, 200)

    before = threading.active_count()
    with MailerLite("key", transport=ScriptedTransport(answer)) as ml:
        ml.groups.get("1")
    assert seen == [(before, None)]
    assert threading.active_count() == before


def test_client_on_the_network_makes_no_thread_and_no_loop() -> None:
    emulator = Emulator()
    with emulator.serve() as base_url:
        before = threading.active_count()  # one of them is the emulator's
        gc.collect()
        loops = loops_alive()
        with MailerLite("key", base_url=base_url) as ml:
            use_everything(ml)
            assert threading.active_count() == before
            assert loops_alive() == loops


def loops_alive() -> int:
    # `isinstance` would ask each object what it is, which wakes the lazy ones of other packages.
    return sum(issubclass(type(each), asyncio.AbstractEventLoop) for each in gc.get_objects())


def test_waiting_makes_no_thread_either(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", lambda self: started.append(self))
    with MailerLite(
        "key", transport=ScriptedTransport(reply({"total": 1})), clock=clock, limits=RateLimits(requests=2)
    ) as ml:
        for _ in range(5):
            ml.subscribers.count()
    assert clock.monotonic() == pytest.approx(120, abs=0.1)
    assert started == []


def test_client_works_inside_a_running_loop() -> None:
    emulator = Emulator(clock=VirtualClock())

    async def main() -> None:
        with MailerLite("key", transport=emulator.transport(), clock=emulator.clock) as ml:
            use_everything(ml)

    asyncio.run(main())
    assert {request.status for request in emulator.requests} == {200, 201, 204}


def test_client_works_inside_a_running_loop_on_the_network() -> None:
    emulator = Emulator()

    async def main(base_url: str) -> None:
        with MailerLite("key", base_url=base_url) as ml:
            use_everything(ml)

    with emulator.serve() as base_url:
        asyncio.run(main(base_url))
    assert emulator.requests[-1].status == 204


def test_threads_share_one_client() -> None:
    clock = VirtualClock()
    emulator = Emulator(requests=10, clock=clock)
    with MailerLite("key", transport=emulator.transport(), clock=clock, limits=RateLimits(requests=10)) as ml:

        def work() -> list[int]:
            return [ml.subscribers.count() for _ in range(5)]

        assert clock.run_threads(*[work] * 5) == [[0] * 5] * 5
        assert ml.quota.requests.waiting == 0
    assert [request.status for request in emulator.requests] == [200] * 25
    assert 120 <= clock.monotonic() < 125


def test_async_and_sync_client_share_one_ledger() -> None:
    clock = VirtualClock()
    limits = RateLimits(requests=4, store=MemoryStore())
    transport = ScriptedTransport(reply({"total": 1}))
    options: dict[str, Any] = {"transport": transport, "clock": clock, "limits": limits}
    with MailerLite("key", **options) as sync:

        async def main() -> None:
            async with AsyncMailerLite("key", **options) as ml:
                for _ in range(2):
                    await ml.subscribers.count()
                    sync.subscribers.count()
                assert ml.quota == sync.quota
                assert ml.quota.requests.available == 0
                await ml.subscribers.count()

        clock.run(main())
    assert clock.monotonic() == pytest.approx(60, abs=0.1)
    assert len(transport.requests) == 5


def test_pages_are_plain_iterators() -> None:
    emulator = Emulator(clock=VirtualClock())
    emulator.seed(groups=["a", "b", "c"])
    with MailerLite("key", transport=emulator.transport(), clock=emulator.clock) as ml:
        pages = ml.groups.iter(page_size=2).pages()
        assert [len(page.items) for page in pages] == [2, 1]
        assert next(pages, None) is None
        assert [group.name for group in ml.groups.iter()] == ["a", "b", "c"]


class _NotedClock(SystemClock):
    def __init__(self) -> None:
        self.waits: list[float | None] = []

    def wait(self, event: threading.Event, timeout: float | None) -> None:
        self.waits.append(timeout)
        super().wait(event, timeout)


def test_wake_before_the_wait_is_not_lost() -> None:
    clock = _NotedClock()
    signal = _Signal(clock)
    signal.set()
    signal.wait(clock, None)
    assert clock.waits == []
    signal.clear()
    signal.wait(clock, 1e-9)
    signal.set()
    signal.wait(clock, None)
    assert clock.waits == [1e-9]


def test_wake_from_another_thread_ends_the_wait() -> None:
    clock = _NotedClock()
    signal = _Signal(clock)
    waiting = threading.Thread(target=signal.wait, args=(clock, None))
    waiting.start()
    signal.set()
    waiting.join()
