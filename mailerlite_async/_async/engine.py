"""The asyncio engine: drives call flows over httpx, waits with anyio, paces with aiolimiter."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar, cast

import anyio
import httpx
from aiolimiter import AsyncLimiter

from mailerlite_async._call import Call
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
from mailerlite_async._fork import leave_alone, renew_in_children
from mailerlite_async._http import POOL_LIMITS, fault_of, read, transport_errors
from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import SHORTEST_WAIT, Granted, Pace, Refused
from mailerlite_async.config import Config, Options
from mailerlite_async.errors import MailerLiteError

T = TypeVar("T")


class AsyncEngine(Engine):
    """One connection pool and one ledger, used by any number of tasks of one event loop at a time.

    The pool ends with its loop. When that is closed, the next loop may use the client, with a pool of its own.

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
        super().__init__(config, http_client, transport, httpx.AsyncBaseTransport)
        self._client: httpx.AsyncClient | None = None
        self._closing: AsyncGenerator[None, None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._limiters: dict[str, tuple[Pace, AsyncLimiter]] = {}
        self._under_way: set[Sending] = set()
        renew_in_children(self)

    async def execute(self, call: Call[T], options: Options, before: Callable[[], object] | None = None) -> Response[T]:
        """Make a call with its retries; `before` is called each time right before it is sent."""
        client = await self._bound_client()
        sending = _AsyncSending(call, options, self.envelope, traced=self._traces, before=before)
        flow = call_flow(call, self._policy(options))
        self._under_way.add(sending)
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Acquire):
                    effect = flow.send(await self._acquire(sending, effect.patience))
                elif isinstance(effect, Send):
                    effect = flow.send(await self._send(client, sending))
                else:
                    await anyio.sleep(effect.seconds)
                    effect = flow.send(None)
        except StopIteration as done:
            return cast("Response[T]", done.value)
        finally:
            self._settle_what_is_left(sending)
            self._under_way.discard(sending)

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
                        if isinstance(effect, Exchange):
                            answer = await self.execute(effect.call, options, effect.before)
                        else:
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
        if self._loop is not None and self._loop.is_closed():
            self._leave_loop()
        client, self._client = self._client, None
        closing, self._closing = self._closing, None
        self._leave_store()
        if closing is not None:
            await closing.aclose()
        elif client is not None:
            await client.aclose()

    def renew(self) -> None:
        """See `Engine.renew`."""
        leave_alone(self._client, self._closing, self._loop, *self._under_way)
        super().renew()
        self._lose(self._client)
        self._client = self._closing = self._loop = None
        self._limiters = {}
        self._under_way = set()

    def forget_account(self) -> None:
        """See `Engine.forget_account`."""
        super().forget_account()
        self._limiters = {}

    async def _bound_client(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("this client is closed")
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise RuntimeError(
                    "this AsyncMailerLite is used in another event loop, which owns its connections until it is "
                    "closed: make one client per loop, or use MailerLite from threads"
                )
            self._leave_loop()
            self._loop = loop
        # What runs at the end of the loop may come after the pool was closed with it.
        client = self._client
        if client is None or client.is_closed:
            client = self._client = cast("httpx.AsyncClient", self._new_client(httpx.AsyncClient, POOL_LIMITS))
            if self._transport is None:  # a transport that was given may serve others
                self._closing = _close_with_the_loop(client)
                await anext(self._closing)
        return client

    def _leave_loop(self) -> None:
        """Forget the pool and the calls of a loop that is closed: their tasks may never have been told."""
        self._lose(self._client)
        self._client = self._closing = None
        self._limiters = {}
        for sending in self._under_way:
            self._settle_what_is_left(sending)
        self._under_way = set()

    # -- the line ------------------------------------------------------------------------------------------------------

    async def _acquire(self, sending: Sending, patience: float | None) -> Admitted | NotAdmitted:
        started = self.clock.monotonic()
        deadline = math.inf if patience is None else started + patience
        signal = _Signal(asyncio.get_running_loop(), lambda: self._abandon(sending))
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
                with anyio.move_on_after(deadline - now):
                    await self._limiter(verdict).acquire()
                    self.ledger.paced(ticket)
            else:
                why = verdict.why
                with anyio.move_on_after(max(SHORTEST_WAIT, min(verdict.time, ticket.deadline) - now)):
                    await signal.wait()
            signal.clear()
            now = self.clock.monotonic()

    def _abandon(self, sending: Sending) -> None:
        if sending.ticket is not None:
            self.ledger.leave(sending.ticket, self.clock.monotonic())

    def _limiter(self, pace: Pace) -> AsyncLimiter:
        known = self._limiters.get(pace.kind)
        if known is None or known[0] != pace:
            known = self._limiters[pace.kind] = pace, AsyncLimiter(pace.capacity, pace.period)
        return known[1]

    # -- the wire ------------------------------------------------------------------------------------------------------

    async def _send(self, client: httpx.AsyncClient, sending: Sending) -> Answer | Fault:
        """Send the granted call, and tell the ledger what became of it."""
        ticket = sending.ticket
        assert ticket is not None  # `call_flow` asks to send only after it was admitted
        started = self.clock.monotonic()
        try:
            sending.begin()
            response = await client.send(sending.request)
        except httpx.HTTPStatusError as error:  # of a hook of the user's own client: there is an answer
            response = error.response
        except transport_errors() as error:
            fault = fault_of(error, sent=sending.sent, seconds=self.clock.monotonic() - started)
            self._settle(ticket, Reply() if fault.maybe_received else None)
            return fault
        answer = read(response, self.clock.time(), self.clock.monotonic() - started)
        lane = self._settle(ticket, reply_of(answer))
        return answer if lane is None else answer.refused(lane)


async def _close_with_the_loop(client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    """Started in a loop, it closes the client when the loop shuts down its generators, or when nobody holds it."""
    try:
        yield
    finally:
        await client.aclose()


class _AsyncSending(Sending):
    """A call under way whose transport awaits its trace."""

    __slots__ = ()

    async def _trace(self, event: str, info: Any) -> None:
        super()._trace(event, info)


class _Signal:
    """An event that other threads may set too, since a ledger can be shared with a sync client.

    Args:
        loop: of the task that waits.
        abandon: called if nobody can wait any more, because the loop was closed over its tasks.
    """

    __slots__ = ("_abandon", "_event", "_loop", "_thread")

    def __init__(self, loop: asyncio.AbstractEventLoop, abandon: Callable[[], None]) -> None:
        self._loop = loop
        self._abandon = abandon
        self._thread = threading.get_ident()
        self._event = asyncio.Event()

    def clear(self) -> None:
        self._event.clear()

    async def wait(self) -> None:
        await self._event.wait()

    def set(self) -> None:
        try:
            if self._loop.is_closed() or threading.get_ident() != self._thread:
                self._loop.call_soon_threadsafe(self._set_in_loop)
            else:
                self._event.set()
        except RuntimeError:  # the loop is closed
            self._abandon()

    def _set_in_loop(self) -> None:
        self._event.set()
