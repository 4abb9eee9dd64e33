"""The script in Redis does the same arithmetic as the ledger in memory: both are told the same, and grant the same."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import Granted, Ledger, Pace, Refused, Ticket, lane_of
from mailerlite_async._sync.pacer import Pacer
from mailerlite_async.limits import RateLimits, RedisStore
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.system

PAD = 2.0
START = 1_000_000.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    running = RedisServer(tmp_path_factory.mktemp("redis"))
    yield running
    running.kill()


class Chance(random.Random):
    """Always the same chance."""

    def random(self) -> float:
        return 0.5


class InMemory:
    """The ledger of one process, with its own leaky buckets, on a hand-moved time."""

    def __init__(self, limits: RateLimits) -> None:
        self.ledger = Ledger(limits, pad=PAD, rng=Chance())
        self.waiting: dict[int, Ticket] = {}
        self.granted: dict[int, Ticket] = {}
        self.pacers: dict[str, tuple[Pace, Pacer]] = {}

    def enter(self, number: int, imports: bool, background: bool, now: float) -> None:
        ticket = self.ledger.enter(
            imports=imports, background=background, deadline=math.inf, now=now, wake=lambda: None, place=number
        )
        assert not isinstance(ticket, Refused)
        self.waiting[number] = ticket

    def poll(self, now: float) -> list[int]:
        """Who may go now."""
        gone: list[int] = []
        moved = True
        while moved:
            moved = False
            for number, ticket in sorted(self.waiting.items()):
                verdict = self.ledger.poll(ticket, now)
                if isinstance(verdict, Pace) and self._passes(verdict, now):
                    self.ledger.paced(ticket)
                    moved = True
                elif isinstance(verdict, Granted):
                    gone.append(number)
                    self.granted[number] = self.waiting.pop(number)
                    moved = True
        return sorted(gone)

    def _passes(self, pace: Pace, now: float) -> bool:
        known = self.pacers.get(pace.kind)
        if known is None or known[0] != pace:
            # The script keeps the level when the limit changes.
            fresh = Pacer(pace.capacity, pace.period)
            if known is not None:
                fresh._level, fresh._checked = known[1]._level, known[1]._checked
            known = self.pacers[pace.kind] = pace, fresh
        if known[1].reserve(now) > now + 1e-9:
            known[1].give_back(now)
            return False
        return True


class InRedis:
    """The same through the script, as one process would ask."""

    def __init__(self, server: RedisServer, limits: RateLimits) -> None:
        from mailerlite_async._redis.connection import Connection

        self.connection = Connection(RedisStore(server.url), "property")
        self.connection._client.flushall()
        self.limits = limits
        self.waiting: dict[int, tuple[bool, bool]] = {}
        self.granted: dict[int, str] = {}
        self.reports: list[dict[str, Any]] = []
        self.number = 1

    def poll(self, now: float) -> list[int]:
        lines = {
            background: sorted(number for number, kind in self.waiting.items() if kind[1] == background)
            for background in (False, True)
        }
        kinds = {
            background: "".join("i" if self.waiting[number][0] else "p" for number in line)
            for background, line in lines.items()
        }
        question = {
            "now": now,
            "process": "one",
            "period": self.limits.period,
            "requests": self.limits.requests,
            "imports": self.limits.imports,
            "share": self.limits.share,
            "pad": PAD,
            "headroom": 3 if self.limits.headroom is None else self.limits.headroom,
            "reports": self.reports,
            "ask": {"number": self.number, "foreground": kinds[False], "background": kinds[True]},
        }
        if self.limits.burst is not None:
            question["burst"] = self.limits.burst
        self.reports = []
        answer = self.connection.exchange(question)
        gone = []
        for index, name in enumerate(answer["granted"]):
            number = lines[name[0] == "b"][int(name[1:]) - 1]
            self.granted[number] = f"one.{self.number + index}"
            del self.waiting[number]
            gone.append(number)
        self.number += len(self.waiting) + len(gone)
        return sorted(gone)


events = st.lists(
    st.tuples(
        # Seconds since the event before; a call in flight is not left alone for longer than its lease.
        st.floats(0.001, 0.9),
        st.sampled_from(["enter", "enter", "enter", "import", "background", "reply", "reply", "reply", "cancel", "look"]),
        st.sampled_from(["ok", "ok", "ok", "others", "others", "429", "429 after", "429 imports", "none", "limit", "bare"]),
        st.integers(0, 8),
    ),
    min_size=5,
    max_size=70,
)
all_limits = st.builds(
    RateLimits,
    requests=st.integers(1, 9),
    imports=st.integers(1, 3),
    period=st.just(6.0),
    share=st.sampled_from([1.0, 1.0, 0.5, 0.05]),
    burst=st.sampled_from([None, None, 2]),
    headroom=st.sampled_from([None, 0, 1]),
)


def reply(outcome: str, number: int) -> Reply:
    if outcome == "ok":
        return Reply(status=200, limit=9, remaining=8 - number % 3)
    if outcome == "others":
        return Reply(status=200, limit=9, remaining=number)
    if outcome == "429":
        return Reply(status=429, limit=9, remaining=0)
    if outcome == "429 after":
        return Reply(status=429, limit=9, remaining=0, retry_after=float(number) / 4)
    if outcome == "429 imports":
        return Reply(status=429, retry_after=1.0)
    if outcome == "limit":
        return Reply(status=200, limit=4 + number, remaining=number)
    if outcome == "bare":
        return Reply(status=500)
    return Reply()


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(limits=all_limits, steps=events)
def test_the_same_calls_are_granted_at_the_same_times(
    server: RedisServer, limits: RateLimits, steps: list[tuple[float, str, str, int]]
) -> None:
    ours, theirs = InMemory(limits), InRedis(server, limits)
    now = START
    sent: dict[int, float] = {}
    lease = 1.25 * ours.ledger._requests.hold
    for place, (seconds, event, outcome, number) in enumerate(steps):
        now += seconds
        if event in ("enter", "import", "background"):
            kind = event == "import", event == "background"
            ours.enter(place, *kind, now)
            theirs.waiting[place] = kind
        elif event in ("reply", "cancel") and ours.granted:
            chosen = sorted(ours.granted)[number % len(ours.granted)]
            ticket, id = ours.granted.pop(chosen), theirs.granted.pop(chosen)
            if event == "cancel":
                ours.ledger.leave(ticket, now)
                theirs.reports.append({"id": id, "cancelled": True})
            else:
                said = reply(outcome, number)
                report: dict[str, Any] = {"id": id, "imports": ticket.imports, "background": ticket.background}
                report |= {"age": 0.0, "chance": 0.5}
                for name in ("status", "limit", "remaining", "retry_after"):
                    if (value := getattr(said, name)) is not None:
                        report[name] = value
                if (lane := lane_of(ticket, said)) is not None:
                    report["lane"] = lane
                theirs.reports.append(report)
                ours.ledger.observe(ticket, said, now)
        if any(now - sent[chosen] >= lease - 1 for chosen in ours.granted):
            return  # what is in flight for longer is given back in Redis only
        first, second = ours.poll(now), theirs.poll(now)
        assert first == second, (place, now - START)
        sent |= dict.fromkeys(first, now)


