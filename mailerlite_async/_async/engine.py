"""The asyncio engine: drives call flows over httpx, waits with anyio, paces with aiolimiter."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import anyio
import httpx
from aiolimiter import AsyncLimiter

from mailerlite_async._call import Call
from mailerlite_async._flow import (
    Acquire,
    Admitted,
    Answer,
    Fault,
    Flow,
    NotAdmitted,
    Recall,
    Remember,
    Response,
    RetryPolicy,
    Send,
    Sleep,
    call_flow,
    reply_of,
)
from mailerlite_async._http import check_kind, fault_of, keep_addresses_out_of_logs, prepare, read
from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import SHORTEST_WAIT, Granted, Ledger, Pace, Refused, Ticket
from mailerlite_async._memory import Memory
from mailerlite_async.config import Config, Options
from mailerlite_async.errors import ConfigurationError, Lane, MailerLiteError

T = TypeVar("T")


class AsyncEngine:
    """One connection pool and one ledger, used by any number of tasks of one event loop.

    Args:
        config: the checked options.
        http_client: makes the client to use, instead of one of our own.
        transport: the httpx transport to use, instead of the network.
    """

    def __init__(
        self,
        config: Config,
        http_client: Callable[[], httpx.AsyncClient] | None,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        check_kind(transport, httpx.AsyncBaseTransport, "transport")
        if http_client is not None and not callable(http_client):
            raise ConfigurationError("http_client must be a function that makes a client, not a client")
        keep_addresses_out_of_logs()
        self.config = config
        self.clock = config.clock
        store = config.limits.store
        self.ledger = store.ledger(self._make_ledger) if store is not None else self._make_ledger()
        self._make_client = http_client or (lambda: httpx.AsyncClient(transport=transport))
        # Only httpx's own transports tell when the first byte is written; of others the worst is assumed.
        self._traces = http_client is None and transport is None
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._closed = False
        self._limiters: dict[str, tuple[Pace, AsyncLimiter]] = {}
        self._random = random.Random()
        self._memory = Memory()
        self._key_worked = False

    def _make_ledger(self) -> Ledger:
        return Ledger(self.config.limits, pad=self.config.options.timeout)

    def _policy(self, options: Options) -> RetryPolicy:
        return RetryPolicy(
            max_retries=options.max_retries,
            max_wait=options.max_wait,
            jitter=self._random.random,
            secret=self.config.api_key,
            key_worked=lambda: self._key_worked,
            on_attempt=self.config.on_attempt,
        )

    async def execute(self, call: Call[T], options: Options) -> Response[T]:
        """Make a call with its retries."""
        client = self._bound_client()
        attempt = _Attempt(call, options, self.config, traces=self._traces)
        flow = call_flow(call, self._policy(options))
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Acquire):
                    effect = flow.send(await self._acquire(attempt, effect.patience))
                elif isinstance(effect, Send):
                    effect = flow.send(await self._send(client, attempt))
                else:
                    await anyio.sleep(effect.seconds)
                    effect = flow.send(None)
        except StopIteration as done:
            return cast("Response[T]", done.value)

    async def run(self, flow: Flow[T], options: Options) -> T:
        """Run a flow of several calls."""
        answer: object = None
        failure: MailerLiteError | None = None
        try:
            while True:
                effect = flow.send(answer) if failure is None else flow.throw(failure)
                answer = failure = None
                if isinstance(effect, Sleep):
                    await anyio.sleep(effect.seconds)
                    answer = self.clock.monotonic()
                elif isinstance(effect, Recall):
                    answer = self._memory.recall(effect.key, effect.max_age, self.clock.monotonic())
                elif isinstance(effect, Remember):
                    self._memory.remember(effect.key, effect.value, self.clock.monotonic())
                else:
                    try:
                        answer = (await self.execute(effect, options)).value
                    except MailerLiteError as error:
                        failure = error
        except StopIteration as done:
            return cast("T", done.value)
        finally:
            flow.close()

    async def aclose(self) -> None:
        """Close the connections; calls made afterwards are refused."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _bound_client(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("this client is closed")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop, self._thread = loop, threading.get_ident()
        elif self._loop is not loop:
            raise RuntimeError(
                "this AsyncMailerLite was first used in another event loop, which owns its connections: "
                "make one per loop, or use MailerLite from threads"
            )
        if self._client is None:
            self._client = self._make_client()
        return self._client

    # -- the line ------------------------------------------------------------------------------------------------------

    async def _acquire(self, attempt: _Attempt, patience: float | None) -> Admitted | NotAdmitted:
        started = self.clock.monotonic()
        deadline = math.inf if patience is None else started + patience
        signal = _Signal(asyncio.get_running_loop())
        ticket = self.ledger.enter(
            imports=attempt.imports,
            background=attempt.background,
            deadline=deadline,
            now=started,
            wake=signal.set,
            place=attempt.ticket.number if attempt.ticket is not None else None,
        )
        if isinstance(ticket, Refused):
            return NotAdmitted(0.0, ticket.retry_after, ticket.lane)
        attempt.ticket = ticket
        why = ""
        try:
            while True:
                signal.clear()
                now = self.clock.monotonic()
                verdict = self.ledger.poll(ticket, now)
                if isinstance(verdict, Granted):
                    return Admitted(now - started, why)
                if isinstance(verdict, Refused):
                    self.ledger.leave(ticket, now)
                    return NotAdmitted(now - started, verdict.retry_after, verdict.lane)
                if isinstance(verdict, Pace):
                    why = why or f"paced ({verdict.kind})"
                    with anyio.move_on_after(deadline - now):
                        await self._limiter(verdict).acquire()
                        self.ledger.paced(ticket)
                else:
                    why = verdict.why
                    with anyio.move_on_after(max(SHORTEST_WAIT, min(verdict.time, deadline) - now)):
                        await signal.wait()
        except BaseException:
            self.ledger.leave(ticket, self.clock.monotonic())
            raise

    def _limiter(self, pace: Pace) -> AsyncLimiter:
        known = self._limiters.get(pace.kind)
        if known is None or known[0] != pace:
            known = self._limiters[pace.kind] = pace, AsyncLimiter(pace.capacity, pace.period)
        return known[1]

    # -- the wire ------------------------------------------------------------------------------------------------------

    async def _send(self, client: httpx.AsyncClient, attempt: _Attempt) -> Answer | Fault:
        """Send the granted call; whatever happens, the ledger hears of it."""
        ticket = attempt.ticket
        assert ticket is not None  # `call_flow` asks to send only after it was admitted
        attempt.begin()
        started = self.clock.monotonic()
        try:
            response = await client.send(attempt.request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = fault_of(error, sent=attempt.sent, seconds=self.clock.monotonic() - started)
            self._settle(ticket, Reply() if fault.maybe_received else None)
            return fault
        except BaseException:
            self._settle(ticket, Reply() if attempt.sent else None)
            raise
        answer = read(response, self.clock.time(), self.clock.monotonic() - started)
        self._key_worked = self._key_worked or answer.status != 401
        lane = self._settle(ticket, reply_of(answer))
        return answer if lane is None else answer.refused(lane)

    def _settle(self, ticket: Ticket, reply: Reply | None) -> Lane | None:
        """Tell the ledger what became of a granted call; None if nothing was sent."""
        if reply is not None:
            return self.ledger.observe(ticket, reply, self.clock.monotonic())
        self.ledger.leave(ticket, self.clock.monotonic())
        return None


class _Attempt:
    """A call under way: its request, its place in the line, and whether a byte of it was written."""

    __slots__ = ("background", "imports", "request", "sent", "ticket", "traces")

    def __init__(self, call: Call[Any], options: Options, config: Config, *, traces: bool) -> None:
        self.imports = call.uses_import_lane
        self.background = options.background
        self.traces = traces
        self.request = prepare(call, config, options.timeout, {"trace": self._trace} if traces else {})
        self.ticket: Ticket | None = None
        self.sent = False

    def begin(self) -> None:
        """Forget the attempt before."""
        self.sent = not self.traces

    async def _trace(self, event: str, _: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True


class _Signal:
    """An event that other threads may set too, since a ledger can be shared with a sync client."""

    __slots__ = ("_event", "_loop", "_thread")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.get_ident()
        self._event = anyio.Event()

    def clear(self) -> None:
        self._event = anyio.Event()

    async def wait(self) -> None:
        await self._event.wait()

    def set(self) -> None:
        if threading.get_ident() == self._thread:
            self._event.set()
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended, and its tasks with it
            self._loop.call_soon_threadsafe(self._set_in_loop)

    def _set_in_loop(self) -> None:
        self._event.set()
