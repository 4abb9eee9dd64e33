"""Ctrl-C wherever it may come in a call: no token is in flight for ever, no thread is left waiting, the client goes on."""

from __future__ import annotations

import gc
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpcore._synchronization
import httpx
import pytest

import mailerlite_async._sync.engine
from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import Granted, Ledger, Ticket
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.interrupting import everywhere
from tests.support.scripted import ScriptedTransport, Step, reply

ROWS = [{"email": "reader@example.com"}]
IMPORT = reply({"import_progress_url": "https://example.com/api/subscribers/import/12"})
KINDS: dict[str, tuple[RateLimits, tuple[Step, ...], int]] = {
    "at once": (RateLimits(), (IMPORT,), 0),
    "waiting for a token": (RateLimits(imports=1), (IMPORT,), 1),
    "pacing": (RateLimits(burst=1), (IMPORT,), 1),
    "refused, then again": (RateLimits(), (reply({}, 429, retry_after="5"), IMPORT), 0),
    "a fault, then again": (RateLimits(), (IMPORT, httpx.ConnectError(""), IMPORT), 1),
}


def import_again(ml: MailerLite) -> None:
    """Everything comes back, and the import lane is open."""
    assert (ml.quota.requests.waiting, ml.quota.imports.waiting) == (0, 0)
    ml._caller.engine.clock.sleep(200)
    assert (ml.quota.requests.held, ml.quota.imports.held) == (0, 0)
    ml.with_options(max_wait=0).groups.import_subscribers("1", ROWS)
    assert (ml.quota.requests.held, ml.quota.imports.held) == (1, 1)


@pytest.fixture
def ml() -> Iterator[MailerLite]:
    with MailerLite("key", transport=ScriptedTransport(IMPORT), clock=VirtualClock()) as ml:
        yield ml


@pytest.mark.parametrize(
    "kind", ["at once", *(pytest.param(kind, marks=pytest.mark.system) for kind in KINDS if kind != "at once")]
)
def test_call(kind: str) -> None:
    limits, script, earlier = KINDS[kind]

    def trial(interrupted_here: AbstractContextManager[None]) -> bool:
        transport = ScriptedTransport(*script)
        with MailerLite("key", transport=transport, clock=VirtualClock(), limits=limits, max_retries=1) as ml:
            for _ in range(earlier):
                ml.groups.import_subscribers("1", ROWS)
            try:
                with interrupted_here:
                    ml.groups.import_subscribers("1", ROWS)
                interrupted = False
            except KeyboardInterrupt:
                interrupted = True
            transport._script = list[Step]([IMPORT])
            import_again(ml)
        return interrupted

    assert everywhere(trial) > 50


@pytest.mark.system
# A coroutine that was made is awaited in the next step, and Ctrl-C may come before that.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_call_in_a_loop_that_is_broken_off() -> None:
    def trial(interrupted_here: AbstractContextManager[None]) -> bool:
        clock = VirtualClock()
        ml = AsyncMailerLite("key", transport=ScriptedTransport(IMPORT), clock=clock)
        try:
            with interrupted_here:
                clock.run(ml.groups.import_subscribers("1", ROWS))
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True

        async def go_on() -> None:
            clock.advance(200)
            await ml.with_options(max_wait=0).groups.import_subscribers("1", ROWS)
            assert (ml.quota.requests.held, ml.quota.imports.held) == (1, 1)
            await ml.aclose()

        clock.run(go_on())
        return interrupted

    assert everywhere(trial) > 50


@pytest.mark.parametrize("answered", [False, True])
def test_transport(ml: MailerLite, *, answered: bool) -> None:
    transport: Any = ml._caller.engine._transport

    if answered:
        handle = transport.handle_request
        transport.handle_request = lambda request: interrupted(handle(request))
    else:
        transport.handle_request = interrupted
    with pytest.raises(KeyboardInterrupt):
        ml.groups.import_subscribers("1", ROWS)
    del transport.handle_request
    assert (ml.quota.requests.held, ml.quota.imports.held) == (1, 1)  # it may have been sent
    import_again(ml)


def test_reading_the_answer(ml: MailerLite, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(mailerlite_async._sync.engine, "read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ml.groups.import_subscribers("1", ROWS)
    import_again(ml)


@pytest.mark.parametrize("act", ["poll", "leave", "observe"])
def test_whoever_was_granted_a_token_by_an_interrupted_thread_is_woken(act: str) -> None:
    def trial(interrupted_here: AbstractContextManager[None]) -> bool:
        ledger = Ledger(RateLimits(requests=2), pad=30.0)
        woken: list[str] = []

        def enter(name: str) -> Ticket:
            ticket = ledger.enter(
                imports=False, background=False, deadline=math.inf, now=0.0, wake=lambda: woken.append(name)
            )
            assert isinstance(ticket, Ticket)
            return ticket

        spent, mine = enter("spent"), enter("mine")
        assert ledger.poll(spent, 0.0) == ledger.poll(mine, 0.0) == Granted()
        ledger.observe(spent, Reply(200), 0.0)
        first, second = enter("first"), enter("second")
        ledger.poll(second, 0.0)
        woken.clear()
        if act == "poll":
            ledger.observe(mine, Reply(200), 0.0)
            mine = enter("mine")
            woken.clear()
        try:
            with interrupted_here:
                if act == "poll":
                    ledger.poll(mine, 60.0)
                elif act == "leave":
                    ledger.leave(mine, 60.0)
                else:
                    ledger.observe(mine, Reply(429, retry_after=0.0), 60.0)
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
            if mine.state not in ("left", "answered"):  # as an engine does
                ledger.leave(mine, 60.0) if act != "observe" else ledger.observe(mine, Reply(), 60.0)
        for ticket, name in ((first, "first"), (second, "second")):
            assert ticket.state == "waiting" or name in woken
        # Whoever is not granted yet is granted in the end.
        now = 60.0
        for _ in range(10):
            now += 60
            for ticket in (first, second):
                if ticket.state == "waiting" and ledger.poll(ticket, now) == Granted():
                    ledger.observe(ticket, Reply(200), now)
            if ledger.standing("requests", now)[3] == 0:
                break
        ledger.leave(mine, now)
        for ticket in (first, second):
            if ticket.state == "granted":
                ledger.observe(ticket, Reply(200), now)
        assert (first.state, second.state) == ("answered", "answered")
        assert ledger.standing("requests", now + 1000)[1:4] == (2, 0, 0)
        return interrupted

    assert everywhere(trial) > 5


# -- connections -------------------------------------------------------------------------------------------------------


@pytest.fixture
def base_url() -> Iterator[str]:
    with Emulator().serve() as base_url:
        yield base_url


def in_time(act: Callable[[], object]) -> bool:
    """Whether it comes to its end at all."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(10)
    return not thread.is_alive()


def test_lock_of_the_pool_that_is_never_released(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    locks: list[Any] = []

    # Found in the traceback by its name.
    def __enter__(lock: Any) -> None:
        lock._lock.acquire()
        locks.append(lock._lock)
        raise KeyboardInterrupt

    ml = MailerLite("key", base_url=base_url)
    ml.subscribers.count()
    before = ml._caller.engine._client
    with monkeypatch.context() as patch:
        patch.setattr(httpcore._synchronization.ThreadLock, "__enter__", __enter__)
        with pytest.raises(KeyboardInterrupt):
            ml.subscribers.count()
    assert in_time(ml.subscribers.count)
    assert in_time(ml.close)
    assert ml.quota.requests.held == 2  # the interrupted one was not sent
    for lock in locks:
        lock.release()
    assert before is not None
    before.close()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def interrupt_once(ml: MailerLite) -> httpx.Client:
    """The client that was used."""
    client = ml._caller.engine._client
    assert client is not None
    handle, here = httpcore.HTTPConnection.handle_request, threading.get_ident()

    def interrupted_here(connection: httpcore.HTTPConnection, request: httpcore.Request) -> httpcore.Response:
        if threading.get_ident() == here:
            raise KeyboardInterrupt
        return handle(connection, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore.HTTPConnection, "handle_request", interrupted_here)
        with pytest.raises(KeyboardInterrupt):
            ml.subscribers.count()
    return client


def test_connections_of_an_interrupted_call_are_closed(base_url: str) -> None:
    with MailerLite("key", base_url=base_url) as ml:
        ml.subscribers.count()
        before = interrupt_once(ml)
        ml.subscribers.count()
        assert ml._caller.engine._client is not before
        assert before.is_closed


def test_connections_of_an_interrupted_call_are_closed_with_the_client(base_url: str) -> None:
    with MailerLite("key", base_url=base_url) as ml:
        ml.subscribers.count()
        before = interrupt_once(ml)
    assert before.is_closed


def test_connections_of_an_interrupted_call_are_closed_when_nobody_holds_the_client(base_url: str) -> None:
    ml = MailerLite("key", base_url=base_url)
    ml.subscribers.count()
    before = interrupt_once(ml)
    del ml
    gc.collect()
    assert before.is_closed


def test_a_call_of_another_thread_goes_on() -> None:
    emulator = Emulator()
    with emulator.serve() as base_url, MailerLite("key", base_url=base_url) as ml:
        ml.subscribers.count()
        before = ml._caller.engine._client
        emulator.fault("latency", seconds=1.0, times=1)
        totals: list[int] = []
        thread = threading.Thread(target=lambda: totals.append(ml.subscribers.count()))
        thread.start()
        while len(emulator.requests) + ml.quota.requests.held < 3:
            time.sleep(0.001)
        interrupt_once(ml)
        ml.subscribers.count()
        assert before is not None
        assert thread.is_alive() == (not before.is_closed)
        thread.join()
        assert totals == [0]
        assert before.is_closed


def test_a_factory_that_has_only_one_client(base_url: str) -> None:
    with httpx.Client() as only, MailerLite("key", base_url=base_url, http_client=lambda: only) as ml:
        ml.subscribers.count()
        interrupt_once(ml)
        assert ml.subscribers.count() == 0
        interrupt_once(ml)
        assert ml.subscribers.count() == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_leaves_the_connections_alone(base_url: str) -> None:
    with MailerLite("key", base_url=base_url) as ml:
        ml.subscribers.count()
        before = interrupt_once(ml)
        ml._caller.engine.renew()  # as in a child
        ml.subscribers.count()
        gc.collect()
        assert not before.is_closed
        before.close()
