"""The ledger of an account: one waiting line before the two lanes, safe for threads and tasks.

It does no waiting itself. An engine enters the line, polls, and is told to go, to be paced, or when to ask again; the
ledger wakes it earlier when something changes. Foreground goes before background, and within each the order is that of
arrival, except that a call held up only by the import lane is passed over.

Ctrl-C may end any of this between two steps. So a ticket is noted to be woken before it is granted, and counts as
answered after its tokens are on their way back; whoever was interrupted hands it in again, by `leave` or `observe`.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import threading
from collections.abc import Callable, Iterable, Mapping

import attrs
import msgspec

from mailerlite_async._budget import BackgroundBudget
from mailerlite_async._fork import renew_in_children
from mailerlite_async._lanes import ImportLane, Reply, RequestLane
from mailerlite_async.errors import Lane
from mailerlite_async.limits import RateLimits

_PACED_PART = 8

DEFAULT_HEADROOM = 3
"""Calls a period kept free for foreground calls while background work is running."""

SHORTEST_WAIT = 1e-6
"""Seconds an engine waits at least before it polls again: times are rounded, and a timer may ring a hair too early."""


class Granted(msgspec.Struct, frozen=True):
    """Send now."""


class Pace(msgspec.Struct, frozen=True):
    """Pass a leaky bucket of `capacity` calls in `period` seconds, call `Ledger.paced`, then poll again.

    Attributes:
        kind: which bucket: `background`, `foreign` or `burst`.
    """

    kind: str
    capacity: float
    period: float


@attrs.frozen
class WaitUntil:
    """Poll again at `time`, or when woken; `math.inf` if only a wake-up makes sense.

    Attributes:
        why: what the line is held up by, in words.
    """

    time: float
    why: str = attrs.field(default="", eq=False)


class Refused(msgspec.Struct, frozen=True):
    """The call cannot be sent in time.

    Attributes:
        retry_after: seconds until it probably could.
        lane: the limit that is in the way.
    """

    retry_after: float
    lane: Lane


Verdict = Granted | Pace | WaitUntil | Refused


class Ticket(msgspec.Struct, eq=False):
    """A place in the line, then the right to send one call; polled again at its deadline at the latest."""

    number: int
    imports: bool
    background: bool
    deadline: float
    wake: Callable[[], None]
    state: str = "waiting"
    offered: bool = False  # was it told to pass a leaky bucket
    paced: bool = False


_Line = list[tuple[int, int, Ticket]]


class Ledger:
    """Tokens of both lanes and the line before them.

    Args:
        limits: of the account.
        pad: seconds after which a call that was given up can no longer reach the server; the read timeout.
        rng: source of chance, for tests.
    """

    def __init__(self, limits: RateLimits, *, pad: float, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()
        self._limits = limits
        self._requests = RequestLane(limits.requests, limits.period, limits.share, pad, self._rng)
        self._imports = ImportLane(limits.imports, limits.period, limits.share, pad, self._rng)
        self._numbers = itertools.count()
        self._open_line()
        renew_in_children(self)

    def _open_line(self) -> None:
        self._lock = threading.Lock()
        # One heap each for foreground and background, without and with the import lane.
        self._lines: dict[bool, tuple[_Line, _Line]] = {False: ([], []), True: ([], [])}
        self._entries = itertools.count()  # a repeated call has its old number, and tickets have no order
        self._timekeeper: Ticket | None = None
        self._next_look = math.inf
        self._alarm = math.inf  # the time the timekeeper was told
        self._why = ""
        self._budget = BackgroundBudget(self._limits.period)

    def renew(self) -> None:
        """Start anew in a forked child, with nobody in the line and the tokens of answered calls still spent.

        Another thread may have been in the middle of a change. The heaps are whole at any moment, because their entries
        compare without running Python code, and a count that is off by one is right again a period later.
        """
        self._open_line()
        self._requests.renew()
        self._imports.renew()
        self._rng.seed()  # or siblings would all take the same chance, and probe at the same moment

    # -- the line ------------------------------------------------------------------------------------------------------

    def enter(
        self,
        *,
        imports: bool,
        background: bool,
        deadline: float,
        now: float,
        wake: Callable[[], None],
        keep: Callable[[Ticket], object] | None = None,
        place: int | None = None,
    ) -> Ticket | Refused:
        """Join the line.

        Args:
            imports: whether the call also needs a token of the import lane.
            background: whether all foreground calls go first.
            deadline: when the caller gives up; `math.inf` for never.
            now: the time.
            wake: called, from any thread, when polling again makes sense.
            keep: given the ticket before it is in the line: a signal may come before the caller has what is returned.
            place: the number of an earlier ticket of the same call, to keep its place.

        Returns:
            A ticket to poll with, or Refused if it is certain that the deadline cannot be met.
        """
        with self._lock:
            number = next(self._numbers) if place is None else place
            ticket = Ticket(number, imports, background, deadline, wake)
            if deadline < math.inf and (earliest := self._earliest(ticket, now)) > deadline:
                return self._refusal(ticket, earliest, now)
            if keep is not None:
                keep(ticket)
            heapq.heappush(self._lines[background][imports], (number, next(self._entries), ticket))
            return ticket

    def poll(self, ticket: Ticket, now: float) -> Verdict:
        """Ask whether the ticket's call may be sent."""
        woken: list[Ticket] = []
        try:
            with self._lock:
                self._scan(now, woken)
                return self._verdict(ticket, now)
        finally:
            _wake(woken, but=ticket)

    def paced(self, ticket: Ticket) -> None:
        """The ticket has passed the bucket it was told to pass."""
        ticket.paced = True

    def leave(self, ticket: Ticket, now: float) -> None:
        """Give up the place, or the granted tokens if nothing was sent."""
        woken: list[Ticket] = []
        try:
            with self._lock:
                if ticket.state == "granted":
                    for part in (self._requests, self._imports, self._budget):
                        part.cancel(ticket.number)
                ticket.state = "left"
                self._scan(now, woken)
        finally:
            _wake(woken)

    def observe(self, ticket: Ticket, reply: Reply, now: float) -> Lane | None:
        """Take note of what became of a call that was sent.

        Returns:
            The lane that refused it, None if it was not refused.
        """
        lane = lane_of(ticket, reply)
        woken: list[Ticket] = []
        try:
            with self._lock:
                if ticket.imports:
                    self._imports.observe(ticket.number, reply, now, refused_here=lane == "imports")
                if lane == "imports":
                    self._requests.close_nothing(ticket.number, now)
                else:
                    self._requests.observe(ticket.number, reply, now)
                self._budget.answered(ticket.number, now)
                ticket.state = "answered"
                self._scan(now, woken)
        finally:
            _wake(woken)
        return lane

    def adopt(self, spent: Iterable[tuple[float, float, bool]], closed: Mapping[Lane, float]) -> None:
        """Take over what was spent under another ledger.

        Args:
            spent: for each call when it was sent, when its token is back, and whether it has one of the import lane.
            closed: until when the lanes are closed.
        """
        with self._lock:
            for sent, due, imports in spent:
                for bucket in (self._requests, self._imports) if imports else (self._requests,):
                    bucket.adopt(sent, due)
            for lane, until in closed.items():
                bucket = self._imports if lane == "imports" else self._requests
                bucket.closed = until

    # -- what a user may see -------------------------------------------------------------------------------------------

    def standing(self, lane: Lane, now: float) -> tuple[int, int, int, int, float | None]:
        """Limit, available, held, waiting, and the seconds until a closed lane reopens."""
        with self._lock:
            bucket = self._imports if lane == "imports" else self._requests
            bucket.expire(now)
            closed = max(0.0, bucket.closed - now)
            waiting = sum(
                ticket.state == "waiting"
                for pair in self._lines.values()
                for imports, line in enumerate(pair)
                if imports or lane == "requests"
                for _, _, ticket in line
            )
            held = len(bucket.in_flight) + len(bucket.back)
            return bucket.tokens, 0 if closed else bucket.free(), held, waiting, closed or None

    # -- under the lock ------------------------------------------------------------------------------------------------

    def _verdict(self, ticket: Ticket, now: float) -> Verdict:
        if ticket.state == "granted":
            return Granted()
        # Offered once in any case: who can pass at once may do so even without any patience.
        offer = ticket.state == "pacing" and not ticket.paced and (now < ticket.deadline or not ticket.offered)
        if offer and (pace := self._pace(ticket, now)) is not None:
            ticket.offered = True
            return pace
        if now >= ticket.deadline:
            ticket.state = "left"
            return self._refusal(ticket, self._earliest(ticket, now), now)
        if ticket is not self._timekeeper:
            return WaitUntil(math.inf, self._why)
        self._alarm = self._next_look
        return WaitUntil(self._next_look, self._why)

    def _scan(self, now: float, woken: list[Ticket]) -> None:
        """Grant what can be granted, in order; `woken` gets those who have to be woken."""
        self._next_look = math.inf
        if not any(map(any, self._lines.values())):  # as after most answers
            self._timekeeper = None
            return
        for background in (False, True):
            if not self._scan_rank(background, now, woken):
                break
        first = self._head(False) or self._head(True)
        if first is not None and (first is not self._timekeeper or self._next_look < self._alarm):
            self._alarm = self._next_look
            woken.append(first)
        self._timekeeper = first

    def _scan_rank(self, background: bool, now: float, woken: list[Ticket]) -> bool:
        """Grant within foreground or background; False if nobody behind may go either."""
        pass_imports = False
        while (ticket := self._head(background, pass_imports)) is not None:
            look = self._requests.wait(now)
            if look is not None:
                self._why = self._requests.held_up_by(now)
            elif background:
                look = self._budget.wait(self._requests.tokens - self._headroom, now)
                self._why = "room is kept for foreground calls"
            if look is not None:
                self._next_look = min(self._next_look, look)
                return False
            if ticket.imports and (look := self._imports.wait(now)) is not None:
                self._why = f"imports: {self._imports.held_up_by(now)}"
                self._next_look = min(self._next_look, look)
                pass_imports = True
                continue
            if not ticket.paced and self._pace(ticket, now) is not None:
                if ticket.state == "waiting":
                    woken.append(ticket)
                    ticket.state = "pacing"
                return False
            woken.append(ticket)
            self._grant(ticket, now)
        return True

    def _grant(self, ticket: Ticket, now: float) -> None:
        ticket.state = "granted"
        self._requests.grant(ticket.number, now)
        if ticket.imports:
            self._imports.grant(ticket.number, now)
        self._budget.granted(ticket.number, ticket.background, now)

    def _head(self, background: bool, pass_imports: bool = False) -> Ticket | None:
        plain, importing = pair = self._lines[background]
        if not (plain or importing):
            return None
        for line in pair:
            while line and line[0][-1].state not in ("waiting", "pacing"):
                heapq.heappop(line)
        if importing and not pass_imports and not (plain and plain[0] < importing[0]):
            return importing[0][-1]
        return plain[0][-1] if plain else None

    def _pace(self, ticket: Ticket, now: float) -> Pace | None:
        tokens, period = self._requests.tokens, self._requests.hold
        # A bucket that holds less than one call could never be passed.
        capacity = max(tokens / _PACED_PART, 1.0)
        if ticket.background:
            return Pace("background", capacity, period * capacity / tokens)
        if self._requests.foreign(now) and self._limits.share == 1:
            return Pace("foreign", capacity, period * capacity / tokens)
        if self._limits.burst is not None and self._limits.burst < tokens:
            return Pace("burst", self._limits.burst, period * self._limits.burst / tokens)
        return None

    @property
    def _headroom(self) -> int:
        return DEFAULT_HEADROOM if self._limits.headroom is None else self._limits.headroom

    def _earliest(self, ticket: Ticket, now: float) -> float:
        """A time before which the ticket certainly gets no grant."""
        earliest = max(now, self._requests.closed)
        if ticket.imports:
            earliest = max(earliest, self._imports.closed, self._token_time(self._imports, ticket, now))
        # While others use the quota, tokens may be released before they are due.
        if not self._requests.foreign(now):
            earliest = max(earliest, self._token_time(self._requests, ticket, now))
        return earliest

    def _token_time(self, bucket: RequestLane | ImportLane, ticket: Ticket, now: float) -> float:
        bucket.expire(now)
        ahead = sum(
            other.state in ("waiting", "pacing") and (background, number) < (ticket.background, ticket.number)
            for background, pair in self._lines.items()
            for imports, line in enumerate(pair)
            if imports or bucket is self._requests
            if not (imports and not ticket.imports)  # those held up by the import lane may be passed
            for number, _, other in line
        )
        missing = ahead + 1 - bucket.free()
        if missing <= 0:
            return now
        if missing <= len(bucket.back):
            return heapq.nsmallest(missing, bucket.back)[-1].due
        return now + bucket.hold

    def _refusal(self, ticket: Ticket, earliest: float, now: float) -> Refused:
        imports_late = ticket.imports and (self._imports.wait(now) is not None)
        requests_late = self._requests.wait(now) is not None
        return Refused(max(0.0, earliest - now), "imports" if imports_late and not requests_late else "requests")


def lane_of(ticket: Ticket, reply: Reply) -> Lane | None:
    """The lane that refused a call, None if it was not refused."""
    if reply.status != 429:
        return None
    return "imports" if ticket.imports and reply.remaining is None and reply.limit is None else "requests"


def _wake(tickets: list[Ticket], but: Ticket | None = None) -> None:
    # Outside the lock: waking a thread of a virtual clock may run it at once.
    try:
        for ticket in tickets:
            if ticket is not but:
                ticket.wake()
    except BaseException:
        for ticket in tickets:  # whoever is woken twice only polls once more
            ticket.wake()
        raise
