"""What both engines share: all but the waiting and the wire."""

from __future__ import annotations

import codecs
import inspect
import random
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mailerlite_async._call import Call
from mailerlite_async._clock import Clock
from mailerlite_async._flow import RetryPolicy
from mailerlite_async._fork import is_left_alone, undivided
from mailerlite_async._http import (
    CLIENT_OPTIONS,
    Envelope,
    check_kind,
    has_connections,
    keep_addresses_out_of_logs,
    prepare,
)
from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import Ledger, Ticket
from mailerlite_async._memory import Memory
from mailerlite_async.config import Config, Options
from mailerlite_async.errors import ConfigurationError, Lane
from mailerlite_async.limits import MemoryStore

if TYPE_CHECKING:
    import httpx

    from mailerlite_async._redis.ledger import SharedLedger


class Engine:
    """The ledger and the bookkeeping of calls.

    Args:
        config: the checked options.
        http_client: makes the client to use, instead of one of our own.
        transport: the httpx transport to use, instead of the network.
        transport_kind: the class a transport must have.
    """

    def __init__(
        self, config: Config, http_client: Callable[[], Any] | None, transport: object, transport_kind: type
    ) -> None:
        check_kind(transport, transport_kind, "transport")
        if http_client is not None and not callable(http_client):
            raise ConfigurationError("http_client must be a function that makes a client, not a client")
        if http_client is not None and transport is not None:
            raise ConfigurationError("transport must be given to the client that http_client makes")
        keep_addresses_out_of_logs()
        self.config = config
        self.clock: Clock = config.clock
        self.envelope: Envelope = Envelope(config)
        self.ledger: Ledger | SharedLedger
        self.ledger, self._leave_store = self._open_ledger()
        # Only httpx's own transports tell when the first byte is written; of others the worst is assumed.
        self._traces = http_client is None and transport is None
        self._http_client = http_client
        self._transport = transport
        self._transport_lost = False
        self._closed = False
        self._random = random.Random()
        self._memory = Memory()
        self._key_worked = False
        self._last_policy: tuple[Options, RetryPolicy] | None = None

    def _open_ledger(self) -> tuple[Ledger | SharedLedger, Callable[[], object]]:
        """The ledger, and what to call when this client is closed."""
        store = self.config.limits.store
        if store is not None and not isinstance(store, MemoryStore):
            from mailerlite_async._redis.registry import open_ledger  # redis loads with the first client that needs it

            ledger = open_ledger(store, self.config)
            return ledger, weakref.finalize(self, ledger.release)
        return store.ledger(self._make_ledger) if store is not None else self._make_ledger(), lambda: None

    def _make_ledger(self) -> Ledger:
        return Ledger(self.config.limits, pad=self.config.options.timeout)

    def renew(self) -> None:
        """In a forked child, share nothing with the parent but what has been learned."""
        self._memory = Memory()
        self._random.seed()

    def forget_account(self) -> None:
        """Know no more of the account than a new client does: in a test, another one has taken its place."""
        if not self._closed:
            self._leave_store()
            self.ledger, self._leave_store = self._open_ledger()
            self._memory = Memory()
            self._key_worked = False

    def _new_client(self, kind: type[Any], limits: httpx.Limits) -> Any:
        """A client to send with: what `http_client` makes, or one of our own."""
        if self._transport_lost:
            raise RuntimeError(
                "the transport of this client has connections of another process or event loop: instead of transport, "
                "give http_client, a function that makes a client, so that each of them gets its own"
            )
        if self._http_client is not None:
            client = self._http_client()
            if inspect.iscoroutine(client):
                client.close()  # nobody will await it
            if client is None:
                raise ConfigurationError("http_client must return the client that it makes")
            check_kind(client, kind, "what http_client makes")
        else:
            with undivided:
                codecs.lookup("idna")  # imported by the first connection otherwise, perhaps while another thread forks
                client = kind(transport=self._transport, limits=limits, **CLIENT_OPTIONS)
        if is_left_alone(client):
            raise RuntimeError("http_client gave the client of the process this one was forked from: make a new one")
        return client

    def _lose(self, client: object | None) -> None:
        """Take note that the connections of a client are out of reach, and so are those of a transport it was given."""
        if client is not None and has_connections(self._transport):
            self._transport_lost = True

    def _policy(self, options: Options) -> RetryPolicy:
        known = self._last_policy
        if known is not None and known[0] is options:
            return known[1]
        policy = RetryPolicy(
            max_retries=options.max_retries,
            max_wait=options.max_wait,
            jitter=self._random.random,
            secret=self.config.api_key,
            key_worked=lambda: self._key_worked,
            on_attempt=self.config.on_attempt,
        )
        self._last_policy = options, policy
        return policy

    def _settle(self, ticket: Ticket, reply: Reply | None) -> Lane | None:
        """Tell the ledger what became of a granted call; None if nothing was sent."""
        if reply is not None:
            self._key_worked = self._key_worked or reply.status not in (None, 401)
            return self.ledger.observe(ticket, reply, self.clock.monotonic())
        self.ledger.leave(ticket, self.clock.monotonic())
        return None

    def _settle_what_is_left(self, sending: Sending) -> None:
        """Whatever ended a call, a place in the line is given up, and a granted token is not in flight for ever.

        This is where Ctrl-C leads to, between whichever two steps it comes. What Python leaves open is a second one
        while this is run.
        """
        ticket = sending.ticket
        if ticket is not None and ticket.state not in ("left", "answered"):
            self._settle(ticket, Reply() if sending.sent and ticket.state == "granted" else None)


class Sending:
    """A call under way: its request, its place in the line, and whether a byte of it was written.

    Args:
        call: the call.
        options: of the client or view it is made with.
        envelope: of the client.
        traced: whether the transport tells what it does, through the extension `trace`.
        before: called each time right before the call is sent.
    """

    __slots__ = ("background", "before", "imports", "request", "sent", "ticket", "traced")

    def __init__(
        self,
        call: Call[Any],
        options: Options,
        envelope: Envelope,
        *,
        traced: bool,
        before: Callable[[], object] | None = None,
    ) -> None:
        self.before = before
        self.imports = call.uses_import_lane
        self.background = options.background
        self.traced = traced
        self.request = prepare(call, envelope, options.timeout)
        self.ticket: Ticket | None = None
        self.sent = False

    def keep(self, ticket: Ticket) -> None:
        """Begin another attempt, of which nothing is sent yet."""
        self.sent = False
        self.ticket = ticket

    def begin(self) -> None:
        """Tell whoever keeps account of what is sent."""
        if self.before is not None:
            self.before()
        self.sent = not self.traced
        if self.traced:
            self.request.extensions["trace"] = self._trace

    def _trace(self, event: str, info: Any) -> Any:  # noqa: ARG002  (httpx gives it)
        """Take note of what httpx does; for the sync engine as it is."""
        if event.endswith("send_request_headers.started"):
            self.sent = True
            # Nothing that follows matters, and httpx would tell of eight more events.
            self.request.extensions.pop("trace", None)
