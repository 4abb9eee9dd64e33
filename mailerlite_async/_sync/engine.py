"""The engine for threads: drives call flows over `httpx.Client`, without an event loop or a thread of its own."""

from __future__ import annotations

import logging
import math
import sys
import threading
import weakref
from collections.abc import Callable
from typing import TypeVar, cast

import httpx

from mailerlite_async._call import Call
from mailerlite_async._clock import Clock
from mailerlite_async._engine import Engine, Sending
from mailerlite_async._flow import (
    Acquire,
    Admitted,
    Answer,
    Exchange,
    Fault,
    Flow,
    NotAdmitted,
    Recall,
    Remember,
    Response,
    Send,
    Sleep,
    call_flow,
    reply_of,
)
from mailerlite_async._fork import renew_in_children
from mailerlite_async._http import THREAD_POOL_LIMITS, fault_of, read
from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import SHORTEST_WAIT, Granted, Pace, Refused, Ticket
from mailerlite_async._sync.halt import Halt
from mailerlite_async._sync.pacer import Pacer
from mailerlite_async._sync.pool import Pool
from mailerlite_async.config import Config, Options
from mailerlite_async.errors import MailerLiteError

T = TypeVar("T")

_logger = logging.getLogger("mailerlite_async")


class SyncEngine(Engine):
    """One connection pool and one ledger, used by any number of threads.

    Args:
        config: the checked options.
        http_client: makes the client to use, instead of one of our own.
        transport: the httpx transport to use, instead of the network.
    """

    def __init__(
        self,
        config: Config,
        http_client: Callable[[], httpx.Client] | None,
        transport: httpx.BaseTransport | None,
    ) -> None:
        super().__init__(config, http_client, transport, httpx.BaseTransport)
        self._pool: Pool | None = None
        self._set_aside: Pool | None = None
        self._pools: weakref.WeakSet[Pool] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._pacers: dict[str, tuple[Pace, Pacer]] = {}
        self._blocked_a_loop = False
        renew_in_children(self)

    def execute(
        self,
        call: Call[T],
        options: Options,
        before: Callable[[], object] | None = None,
        halt: Halt | None = None,
    ) -> Response[T]:
        """Make a call with its retries.

        Args:
            call: the call.
            options: of the client or view.
            before: called each time right before the call is sent.
            halt: ends the waiting when it is called off.
        """
        waiting = halt or self.clock
        pool = self._open_pool()
        sending = Sending(call, options, self.envelope, traced=self._traces, before=before)
        flow = call_flow(call, self._policy(options))
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Acquire):
                    effect = flow.send(self._acquire(sending, effect.patience, waiting))
                elif isinstance(effect, Send):
                    effect = flow.send(self._send(pool, sending))
                else:
                    waiting.sleep(effect.seconds)
                    effect = flow.send(None)
        except StopIteration as done:
            return cast("Response[T]", done.value)
        finally:
            self._settle_what_is_left(sending)

    def run(self, flow: Flow[T], options: Options, halt: Halt | None = None) -> T:
        """Run a flow of several calls; `halt` ends its waiting when it is called off."""
        waiting = halt or self.clock
        answer: object = None
        failure: MailerLiteError | None = None
        try:
            while True:
                effect = flow.send(answer) if failure is None else flow.throw(failure)
                answer = failure = None
                if isinstance(effect, Sleep):
                    waiting.sleep(effect.seconds)
                    answer = self.clock.monotonic()
                elif isinstance(effect, Recall):
                    answer = self._memory.recall(effect.key, effect.max_age, self.clock.monotonic())
                elif isinstance(effect, Remember):
                    self._memory.remember(effect.key, effect.value, self.clock.monotonic())
                else:
                    try:
                        if isinstance(effect, Exchange):
                            answer = self.execute(effect.call, options, effect.before, halt)
                        else:
                            answer = self.execute(effect, options, halt=halt).value
                    except MailerLiteError as error:
                        failure = error
        except StopIteration as done:
            return cast("T", done.value)
        finally:
            flow.close()

    def close(self) -> None:
        """Close the connections; calls made afterwards are refused."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
            set_aside, self._set_aside = self._set_aside, None
        del set_aside  # closed here, unless a call of another thread still uses it
        self._leave_store()
        if pool is not None:
            pool.close()

    def renew(self) -> None:
        """See `Engine.renew`."""
        for pool in list(self._pools):
            pool.leave_alone()
        super().renew()
        self._lose(self._pool)
        self._pool = self._set_aside = None
        self._lock = threading.Lock()
        self._pacers = {}

    def forget_account(self) -> None:
        """See `Engine.forget_account`."""
        super().forget_account()
        self._pacers = {}

    @property
    def _client(self) -> httpx.Client | None:
        return None if self._pool is None else self._pool.client

    def _open_pool(self) -> Pool:
        if not self._blocked_a_loop:
            self._notice_loop()
        with self._lock:
            if self._closed:
                raise RuntimeError("this client is closed")
            pool, set_aside = self._pool, None
            # What runs at the end of the interpreter may come after it was closed.
            if pool is None or pool.client.is_closed:
                client = cast("httpx.Client", self._new_client(httpx.Client, THREAD_POOL_LIMITS))
                set_aside, self._set_aside = self._set_aside, None
                if set_aside is not None and set_aside.client is client:
                    pool = set_aside  # `http_client` has no other
                else:
                    pool = Pool(client, closes=self._transport is None)  # a transport that was given may serve others
                    self._pools.add(pool)
                self._pool = pool
            return pool

    def _set_pool_aside(self, pool: Pool, error: BaseException) -> None:
        """After Ctrl-C in the middle of a call, have the next one open connections of its own.

        httpcore may have been interrupted between taking a lock and being able to release it, and whoever wants that
        lock waits for ever. Calls of other threads go on where they are. There is nothing to be done where httpcore
        waits for the lock itself before it lets the interrupt through, nor about a transport that was given.
        """
        if self._transport is not None:
            return
        pool.interrupted(error)
        with self._lock:
            if self._pool is pool:
                # Held until there is another, since `http_client` may give the same client again.
                self._pool, self._set_aside = None, pool

    def _notice_loop(self) -> None:
        asyncio = sys.modules.get("asyncio")  # a tenth of the start, and without it there is no loop
        if asyncio is None:
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self._blocked_a_loop = True
        _logger.warning("MailerLite is used in a running event loop, which stands still meanwhile: see AsyncMailerLite")

    # -- the line ------------------------------------------------------------------------------------------------------

    def _acquire(self, sending: Sending, patience: float | None, waiting: Clock | Halt) -> Admitted | NotAdmitted:
        started = self.clock.monotonic()
        deadline = math.inf if patience is None else started + patience
        signal = _Signal(self.clock)
        ticket = self.ledger.enter(
            imports=sending.imports,
            background=sending.background,
            deadline=deadline,
            now=started,
            wake=signal.set,
            keep=sending.keep,
            place=sending.ticket.number if sending.ticket is not None else None,
        )
        if isinstance(ticket, Refused):
            return NotAdmitted(0.0, ticket.retry_after, ticket.lane)
        now, why = started, ""
        while True:
            verdict = self.ledger.poll(ticket, now)
            if isinstance(verdict, Granted):
                return Admitted(now - started, why)
            if isinstance(verdict, Refused):
                self.ledger.leave(ticket, now)
                return NotAdmitted(now - started, verdict.retry_after, verdict.lane)
            if isinstance(verdict, Pace):
                why = why or f"paced ({verdict.kind})"
                self._pass(self._pacer(verdict), ticket, deadline, waiting)
            else:
                why = verdict.why
                until = min(verdict.time, ticket.deadline)
                signal.wait(waiting, None if until == math.inf else max(SHORTEST_WAIT, until - now))
            signal.clear()
            now = self.clock.monotonic()

    def _pass(self, pacer: Pacer, ticket: Ticket, deadline: float, waiting: Clock | Halt) -> None:
        """Wait for the pacer, but not past the deadline."""
        now = self.clock.monotonic()
        admitted = pacer.reserve(now)
        try:
            if admitted > max(deadline, now):  # whoever passes at once does not wait
                waiting.sleep(max(0.0, deadline - now))
                pacer.give_back(self.clock.monotonic())
                return
            if admitted > now:
                waiting.sleep(admitted - now)
        except BaseException:
            pacer.give_back(self.clock.monotonic())
            raise
        self.ledger.paced(ticket)

    def _pacer(self, pace: Pace) -> Pacer:
        with self._lock:
            known = self._pacers.get(pace.kind)
            if known is None or known[0] != pace:
                known = self._pacers[pace.kind] = pace, Pacer(pace.capacity, pace.period)
            return known[1]

    # -- the wire ------------------------------------------------------------------------------------------------------

    def _send(self, pool: Pool, sending: Sending) -> Answer | Fault:
        """Send the granted call, and tell the ledger what became of it."""
        ticket = sending.ticket
        assert ticket is not None  # `call_flow` asks to send only after it was admitted
        started = self.clock.monotonic()
        try:
            sending.begin()
            response = pool.client.send(sending.request)
        except httpx.HTTPStatusError as error:  # of a hook of the user's own client: there is an answer
            response = error.response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = fault_of(error, sent=sending.sent, seconds=self.clock.monotonic() - started)
            self._settle(ticket, Reply() if fault.maybe_received else None)
            return fault
        except BaseException as error:
            if not isinstance(error, Exception):
                self._set_pool_aside(pool, error)
            raise
        answer = read(response, self.clock.time(), self.clock.monotonic() - started)
        lane = self._settle(ticket, reply_of(answer))
        return answer if lane is None else answer.refused(lane)


class _Signal:
    """What a thread is woken by: an event that is made when there is a wait, since most calls go at once.

    Args:
        clock: of the client.
    """

    __slots__ = ("_clock", "_event", "_is_set")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event: threading.Event | None = None
        self._is_set = False

    def set(self) -> None:
        """Wake the thread, or have it not wait at all; called from any thread."""
        self._is_set = True
        if self._event is not None:
            self._clock.wake(self._event)

    def clear(self) -> None:
        """Have the next wait last until it is set again."""
        self._is_set = False
        if self._event is not None:
            self._event.clear()

    def wait(self, waiting: Clock | Halt, timeout: float | None) -> None:
        """Wait until it is set, or until the timeout."""
        if self._event is None:
            self._event = threading.Event()
        # Only now: whoever sets it meanwhile sees either the event or no wait.
        if not self._is_set:
            waiting.wait(self._event, timeout)
