"""The ledger of an account whose tokens are in Redis: the waiting line of this process, and what Redis said about it.

Engines use it as they use the ledger in memory, and never wait for Redis themselves: an agent does the round trips in a
thread and wakes who may send. While Redis does not answer, a ledger in memory stands in with a share of the limits.
"""

from __future__ import annotations

import itertools
import logging
import math
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import Granted, Refused, Ticket, Verdict, WaitUntil, lane_of
from mailerlite_async._redis.agent import Agent
from mailerlite_async._redis.book import Book
from mailerlite_async._redis.connection import Connection
from mailerlite_async._redis.standin import StandIn
from mailerlite_async._redis.store import RedisStore
from mailerlite_async._redis.tickets import WHY, Line, Question, SharedTicket, kinds_of, report_of, terms_of
from mailerlite_async.errors import Lane
from mailerlite_async.limits import RateLimits

_log = logging.getLogger("mailerlite_async")

_STALE = 5.0  # seconds after which a grant that was not picked up is asked for anew
_PROBE = 1.0  # seconds between two looks whether Redis is back
_GRACE = 3  # timeouts: one for a round trip under way, one for a ticket's own, one for being served without Redis


class SharedLedger:
    """One account, as one process sees it.

    Args:
        store: where Redis is.
        limits: of the account.
        account: its name in Redis.
        pad: seconds after which a call that was given up can no longer reach the server.
    """

    def __init__(self, store: RedisStore, limits: RateLimits, *, account: str, pad: float) -> None:
        self._store = store
        self._limits = limits
        self._account = account
        self._pad = pad
        own = limits.requests * limits.share
        self._hold = limits.period if own >= 1 else limits.period / own
        self._clients = 0
        self._generation = 0
        self._random = random.Random()
        self.begin()

    def begin(self) -> None:
        """Start with what belongs to this process alone; a forked child does so again."""
        self._generation += 1
        self._random.seed()
        # Entered by itself where a signal may come: Condition.__enter__ is Python code, which could be left locked.
        self._lock = threading.RLock()
        self.changed: threading.Condition = threading.Condition(self._lock)
        self._process = uuid.uuid4().hex[:12]
        self._numbers = itertools.count(1)  # of calls in Redis
        self._places = itertools.count()
        self._line = Line()
        self._book = Book(self._hold, self._pad)
        self._reports: list[dict[str, Any]] = []
        self._born: str | None = None
        self._eager = False
        self._rejoin = False
        self._joining = False
        self._look = math.inf
        self._why = ""
        self._certain: dict[Lane, float] = {"requests": -math.inf, "imports": -math.inf}
        self._head_look = -math.inf
        self._processes = 0
        self._heard: dict[Lane, tuple[int, int, int, float]] = {}
        self._heard_at = 0.0
        self._standin: StandIn | None = None
        self._probe_at = math.inf
        self._asked_at: float | None = None
        self._said_goodbye = True
        self._agent = Agent(self, Connection(self._store, self._account))

    # -- clients -------------------------------------------------------------------------------------------------------

    def join(self) -> None:
        """A client uses it."""
        with self._lock:
            self._clients += 1

    def release(self) -> None:
        """A client was closed; after the last one the agent ends."""
        with self._lock:
            self._clients -= 1
            self.changed.notify_all()

    def flush(self) -> None:
        """Wait, but not long, until Redis knows what became of all calls; for the end of the program."""
        with self._lock:
            self._clients = 0
            self.changed.notify_all()
        self._agent.join(2 * self._store.timeout)

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
        """As `Ledger.enter`."""
        with self._lock:
            number = next(self._places) if place is None else place
            ticket = SharedTicket(number, imports, background, deadline, wake, patience=deadline)
            if self._standin is None and (refused := self._too_late(ticket, now)) is not None:
                return Refused(*refused)
            if keep is not None:
                keep(ticket)
            self._begin(ticket, now)
            return ticket

    def poll(self, ticket: Ticket, now: float) -> Verdict:
        """As `Ledger.poll`."""
        assert isinstance(ticket, SharedTicket)
        with self._lock:
            if ticket.generation != self._generation:  # a ticket of the process this one was forked from
                ticket.state = "waiting"
                ticket.standin = ticket.inner = None
                self._begin(ticket, now)
            if ticket.state == "granted":
                if now - ticket.granted_at <= _STALE:
                    return Granted()
                # The process was stopped: others may have been given the token meanwhile.
                self._give_back(ticket, now)
                ticket.state = "waiting"
                self._line_up(ticket)
            if self._asked_at is not None and now - self._asked_at > 2 * self._store.timeout:
                for other in self._fall_back("no answer", now):
                    other.wake()
            if self._standin is not None and not self._joining:
                return self._ask_standin(self._standin, ticket, now)
            if ticket.refused_for is not None or now >= ticket.deadline:
                return self._refuse(ticket, now)
            self._agent.start()
            return WaitUntil(now + max(1.0, 4 * self._store.timeout), self._why)

    def paced(self, ticket: Ticket) -> None:
        """As `Ledger.paced`."""
        assert isinstance(ticket, SharedTicket)
        if ticket.inner is not None:
            ticket.inner.paced = True

    def leave(self, ticket: Ticket, now: float) -> None:
        """As `Ledger.leave`."""
        assert isinstance(ticket, SharedTicket)
        with self._lock:
            if ticket.generation != self._generation:
                return
            if ticket.state == "granted":
                self._give_back(ticket, now)
            else:
                ticket.leave_standin(now)
            ticket.state = "left"

    def observe(self, ticket: Ticket, reply: Reply, now: float) -> Lane | None:
        """As `Ledger.observe`."""
        assert isinstance(ticket, SharedTicket)
        lane = lane_of(ticket, reply)
        with self._lock:
            if ticket.generation != self._generation:
                ticket.state = "answered"
                return lane
            age = self._book.replied(ticket.id, reply.status, now)
            if ticket.standin is not None and ticket.inner is not None:
                ticket.standin.observe(ticket.inner, reply, now)
            self._report(report_of(ticket, reply, lane, age=age, chance=self._random.random()))
            ticket.state = "answered"
        return lane

    def standing(self, lane: Lane, now: float) -> tuple[int, int, int, int, float | None]:
        """As `Ledger.standing`, but for the last it heard of Redis."""
        with self._lock:
            waiting = sum(ticket.imports or lane == "requests" for ticket in self._line.waiting())
            if self._standin is not None:
                limit, available, held, _, closed = self._standin.standing(lane, now)
                return limit, available, held, waiting, closed
            if lane not in self._heard:
                limit = max(1, math.floor(getattr(self._limits, lane) * self._limits.share + 1e-9))
                return limit, limit, 0, waiting, None
            limit, available, held, closed_for = self._heard[lane]
            closed = max(0.0, closed_for - (now - self._heard_at))
            return limit, available, held, waiting, closed or None

    # -- for the agent, which holds `changed` --------------------------------------------------------------------------

    def generation(self) -> int:
        """Changes with a fork."""
        return self._generation

    def pause(self, now: float) -> float | None:
        """Seconds until the agent has to go to Redis, 0 for now; None if it has nothing left to do at all."""
        waiting = bool(self._line.waiting())
        if self._standin is not None:
            if not self._clients:
                return None
            return max(0.0, self._probe_at - now)
        if self._reports or self._rejoin or (waiting and (self._eager or now >= self._look)):
            return 0.0
        if waiting:
            return self._look - now
        if not self._clients:
            return None if self._said_goodbye else 0.0
        return math.inf

    @property
    def cut_off(self) -> bool:
        """Whether Redis did not answer lately."""
        return self._standin is not None

    def ask(self, now: float) -> Question:
        """What to tell Redis and to ask it for, now."""
        joining = self._standin is not None or self._rejoin
        if joining:
            self._reports.clear()  # all of it is in the book
        foreground, background = self._line.first(background=False), self._line.first(background=True)
        body: dict[str, Any] = {
            "process": self._process,
            **terms_of(self._limits, self._pad),
            "reports": self._reports,
            "ask": {
                "number": next(self._numbers),
                "foreground": kinds_of(foreground),
                "background": kinds_of(background),
            },
        }
        self._numbers = itertools.count(body["ask"]["number"] + len(foreground) + len(background))
        calls = self._book.told(now)
        if self._born is not None and calls:
            body["known"] = self._born
        if joining:
            closed = {} if self._standin is None else self._standin.closed(now)
            body["restore"] = {"calls": calls, "away": self._standin is not None, **closed}
            self._joining = True
        if not self._clients and not foreground and not background:
            body["leaving"] = True
        self._reports = []
        self._eager = False
        self._asked_at = now
        return Question(body, foreground, background)

    def take(self, question: Question, answer: dict[str, Any], asked_at: float, now: float) -> list[SharedTicket]:
        """Take over what Redis said; returns who has to be woken."""
        if self._asked_at is None:
            # Somebody lost patience with this answer meanwhile. What it grants is given back by joining again.
            return []
        self._asked_at = None
        if answer.get("lost"):
            self._rejoin = True
            return []
        woken: list[SharedTicket] = []
        if "restore" in question.body:
            woken += self._back_again(now)
        self._said_goodbye = "leaving" in question.body
        self._born = answer["born"]
        self._processes = answer["processes"]
        self._heard = {"requests": tuple(answer["requests"]), "imports": tuple(answer["imports"])}
        self._heard_at = now
        for index, name in enumerate(answer["granted"]):
            asked = question.foreground if name[0] == "f" else question.background
            ticket = asked[int(name[1:]) - 1]
            id = f"{self._process}.{question.body['ask']['number'] + index}"
            if ticket.state != "waiting" or ticket.inner is not None:
                self._reports.append({"id": id, "cancelled": True})
                continue
            ticket.heard()
            ticket.state, ticket.id, ticket.granted_at = "granted", id, asked_at
            self._book.sent(id, imports=ticket.imports, background=ticket.background, now=asked_at)
            woken.append(ticket)
        self._look = now + answer.get("wait", math.inf)
        self._head_look = now + answer["look"] if "look" in answer else -math.inf
        why = answer["why"]
        self._why = f"imports: {WHY[why[8:]]}" if why.startswith("imports ") else WHY.get(why, "")
        self._certain = {
            "requests": now + answer.get("certain", -math.inf),
            "imports": now + answer.get("imports_certain", -math.inf),
        }
        for ticket in itertools.chain(question.foreground, question.background):
            if ticket.state == "waiting":
                ticket.refused_for = self._too_late(ticket, now)
                if ticket.heard() or ticket.refused_for is not None:
                    woken.append(ticket)
        return woken

    def failed(self, error: str, now: float) -> list[SharedTicket]:
        """A round trip failed, what it told is in the book; returns who has to be woken."""
        return self._fall_back(error, now)

    def lost_connection(self) -> None:
        """A round trip failed because the connection was gone: say all again on a new one."""
        self._asked_at = None
        self._joining = False
        self._rejoin = True

    # -- under the lock ------------------------------------------------------------------------------------------------

    def _begin(self, ticket: SharedTicket, now: float) -> None:
        """Line up a ticket of which Redis knows nothing."""
        ticket.generation = self._generation
        ticket.deadline = max(ticket.patience, now + _GRACE * self._store.timeout)
        self._line_up(ticket)

    def _line_up(self, ticket: SharedTicket) -> None:
        self._line.add(ticket)
        self._eager = True
        self.changed.notify_all()

    def _report(self, report: dict[str, Any]) -> None:
        if self._standin is None or self._joining:
            self._reports.append(report)
            self._agent.start()
            self.changed.notify_all()

    def _give_back(self, ticket: SharedTicket, now: float) -> None:
        ticket.leave_standin(now)
        self._book.drop(ticket.id)
        self._report({"id": ticket.id, "cancelled": True})

    def _too_late(self, ticket: SharedTicket, now: float) -> tuple[float, Lane] | None:
        for lane, earliest in self._certain.items():
            if (lane == "requests" or ticket.imports) and now < earliest and earliest > ticket.patience:
                return earliest - now, lane
        return None

    def _refuse(self, ticket: SharedTicket, now: float) -> Refused:
        ticket.state = "left"
        ticket.leave_standin(now)
        if ticket.refused_for is not None:
            return Refused(*ticket.refused_for)
        lane: Lane = "imports" if ticket.imports and self._why.startswith("imports") else "requests"
        return Refused(max(0.0, self._head_look - now), lane)

    # -- without Redis -------------------------------------------------------------------------------------------------

    def _ask_standin(self, standin: StandIn, ticket: SharedTicket, now: float) -> Verdict:
        self._agent.start()
        verdict = standin.poll(ticket, now)
        if isinstance(verdict, Granted):
            ticket.state, ticket.granted_at = "granted", now
            ticket.id = f"{self._process}.{next(self._numbers)}"
            self._book.sent(ticket.id, imports=ticket.imports, background=ticket.background, now=now)
        elif isinstance(verdict, Refused):
            ticket.state = "left"
        else:
            ticket.heard()
        return verdict

    def _fall_back(self, error: str, now: float) -> list[SharedTicket]:
        self._probe_at = now + _PROBE
        self._asked_at = None
        self._rejoin = False
        self._joining = False
        if self._standin is None:
            share = self._store.fallback_share or 1 / max(1, self._processes)
            self._standin = StandIn(self._limits, share=share, pad=self._pad, error=error)
            closed: dict[Lane, float] = {lane: self._heard_at + heard[3] for lane, heard in self._heard.items()}
            self._standin.adopt(self._book.entries(now), self._hold, closed)
            self._reports.clear()
        return self._line.waiting()

    def _back_again(self, now: float) -> list[SharedTicket]:
        """Redis answers again: the tickets wait for it, not for the ledger that stood in."""
        if self._standin is not None and self._standin.used:
            _log.info("Redis answers again: the limits are shared")
        self._standin = None
        self._rejoin = False
        self._joining = False
        self._probe_at = math.inf
        self._eager = True
        waiting = self._line.waiting()
        for ticket in waiting:
            ticket.leave_standin(now)
        return waiting
