"""Places in the waiting line of one process, and what its agent asks Redis for on their behalf."""

from __future__ import annotations

import bisect
import itertools
import math
from typing import Any

import attrs
import msgspec

from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import DEFAULT_HEADROOM, Ledger, Ticket
from mailerlite_async.errors import Lane
from mailerlite_async.limits import RateLimits

_MOST_ASKED = 256
_MOST_IMPORTS_ASKED = 16

WHY = {
    "closed": "the API answered 429 and told us to wait",
    "used": "the limit is used up",
    "others": "others use the account's limit, or the answers to the first calls are awaited",
    "headroom": "room is kept for foreground calls",
    "foreground": "foreground calls of other processes go first",
    "turn": "it is another process's turn",
    "settling": "Redis was away, and the processes tell it what they hold",
    "pace background": "paced (background)",
    "pace foreign": "paced (foreign)",
    "pace burst": "paced (burst)",
}
"""What the script says of why a call has to wait, in words."""


class SharedTicket(Ticket, eq=False):
    """A place in the line of this process, then the right to send one call.

    Attributes:
        generation: of the ledger; another one's after a fork.
        patience: when the caller gives up. Until Redis was heard, the deadline is later than that: a round trip is no
            wait for the limits.
        id: of the call in Redis, once it is granted.
        granted_at: when the grant was asked for.
        refused_for: seconds until the lane reopens, for a ticket that cannot be served in time.
        standin: the ledger that serves it while Redis does not.
        inner: its ticket there.
    """

    generation: int = 0
    patience: float = math.inf
    id: str = ""
    granted_at: float = 0.0
    refused_for: tuple[float, Lane] | None = None
    standin: Ledger | None = None
    inner: Ticket | None = None

    def heard(self) -> bool:
        """Take note that it was said to wait; whether it has to be told, because it may not wait so long."""
        shortened = self.patience < self.deadline
        self.deadline = self.patience
        return shortened

    def leave_standin(self, now: float) -> None:
        """Give up the place in the ledger that stands in, or the tokens it gave."""
        if self.standin is not None and self.inner is not None:
            self.standin.leave(self.inner, now)
        self.standin = self.inner = None


@attrs.frozen
class Question:
    """What the agent takes to Redis.

    Attributes:
        body: for the script.
        foreground: the tickets asked for, in order.
        background: likewise.
    """

    body: dict[str, Any]
    foreground: list[SharedTicket] = attrs.field(factory=list)
    background: list[SharedTicket] = attrs.field(factory=list)


class Line:
    """The calls of one process that wait, in the order they came, foreground and background apart."""

    def __init__(self) -> None:
        self._places: dict[bool, list[tuple[int, int, SharedTicket]]] = {False: [], True: []}
        self._entries = itertools.count()  # a repeated call has its old number, and tickets have no order

    def add(self, ticket: SharedTicket) -> None:
        """Let a ticket wait at the place of its number."""
        bisect.insort(self._places[ticket.background], (ticket.number, next(self._entries), ticket))

    def waiting(self) -> list[SharedTicket]:
        """All that wait."""
        for places in self._places.values():
            if any(ticket.state != "waiting" for _, _, ticket in places):
                places[:] = [place for place in places if place[2].state == "waiting"]
        return [ticket for places in self._places.values() for _, _, ticket in places]

    def first(self, *, background: bool) -> list[SharedTicket]:
        """Those to ask Redis for: as many as it could grant at once."""
        first: list[SharedTicket] = []
        imports = 0
        for ticket in self.waiting():
            imports += ticket.imports and ticket.background == background
            if ticket.background == background and not (ticket.imports and imports > _MOST_IMPORTS_ASKED):
                first.append(ticket)
            if len(first) == _MOST_ASKED:
                break
        return first


def kinds_of(tickets: list[SharedTicket]) -> str:
    """The line as the script takes it: a letter for each call."""
    return "".join("i" if ticket.imports else "p" for ticket in tickets)


def terms_of(limits: RateLimits, pad: float) -> dict[str, Any]:
    """The limits as the script takes them."""
    terms: dict[str, Any] = {
        "period": limits.period,
        "requests": limits.requests,
        "imports": limits.imports,
        "share": limits.share,
        "pad": pad,
        "headroom": DEFAULT_HEADROOM if limits.headroom is None else limits.headroom,
    }
    if limits.burst is not None:
        terms["burst"] = limits.burst
    return terms


def report_of(ticket: SharedTicket, reply: Reply, lane: Lane | None, *, age: float, chance: float) -> dict[str, Any]:
    """What became of a call, as the script takes it; `age` in seconds since it was granted."""
    report: dict[str, Any] = {
        "id": ticket.id,
        "imports": ticket.imports,
        "background": ticket.background,
        "age": age,
        "chance": chance,
        **{name: value for name, value in msgspec.structs.asdict(reply).items() if value is not None},
    }
    if lane is not None:
        report["lane"] = lane
    return report
