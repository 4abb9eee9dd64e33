"""The ledger in memory that serves a process with a share of the limits while Redis does not answer."""

from __future__ import annotations

import logging

import attrs

from mailerlite_async._ledger import Ledger, Refused, Verdict
from mailerlite_async._redis.book import Entry
from mailerlite_async._redis.tickets import SharedTicket
from mailerlite_async.errors import Lane
from mailerlite_async.limits import RateLimits

_log = logging.getLogger("mailerlite_async")


class StandIn:
    """Serves the tickets of a process from the time Redis failed until it answers again.

    Args:
        limits: of the account.
        share: the part of them that this process uses meanwhile.
        pad: seconds after which a call that was given up can no longer reach the server.
        error: what Redis failed with.
    """

    def __init__(self, limits: RateLimits, *, share: float, pad: float, error: str) -> None:
        self._ledger = Ledger(attrs.evolve(limits, share=limits.share * share, store=None), pad=pad)
        self._share = share
        self._error = error
        self.used = False  # a process that only told Redis goodbye has nothing to be warned of

    def adopt(self, calls: list[Entry], hold: float, closed: dict[Lane, float]) -> None:
        """Take over the calls that hold tokens, and until when the lanes are closed."""
        self._ledger.adopt([(call.sent, call.due or call.sent + 1.25 * hold, call.imports) for call in calls], closed)

    def poll(self, ticket: SharedTicket, now: float) -> Verdict:
        """As `Ledger.poll`; lines the ticket up first."""
        if not self.used:
            self.used = True
            _log.warning(
                "Redis does not answer (%s): until it does, this process uses %.3g of the account's limits",
                self._error,
                self._share,
            )
        if ticket.inner is None:
            inner = self._ledger.enter(
                imports=ticket.imports,
                background=ticket.background,
                deadline=max(ticket.patience, now),  # what can be granted now is granted, Redis having been waited for
                now=now,
                wake=ticket.wake,
                place=ticket.number,
            )
            if isinstance(inner, Refused):
                return inner
            ticket.standin, ticket.inner = self._ledger, inner
        return self._ledger.poll(ticket.inner, now)

    def standing(self, lane: Lane, now: float) -> tuple[int, int, int, int, float | None]:
        """As `Ledger.standing`."""
        return self._ledger.standing(lane, now)

    def closed(self, now: float) -> dict[str, float]:
        """Seconds for which the lanes are closed, as the script takes them."""
        seconds = {"closed": self.standing("requests", now)[4], "imports_closed": self.standing("imports", now)[4]}
        return {name: value for name, value in seconds.items() if value is not None}
