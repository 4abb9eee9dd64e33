"""The script in Redis does the same arithmetic as the ledger in memory: both are told the same, and grant the same."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mailerlite_async import RateLimits, RedisStore
from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import Granted, Ledger, Pace, Refused, Ticket, lane_of
from tests.support.redis_server import RedisServer
from tests.support.servers import FixedFromFirst, SlidingLog

pytestmark = pytest.mark.system

PAD = 2.0
START = 1_000_000.0
QUICK = [Phase.explicit, Phase.generate]  # to shrink an example takes minutes


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
        self.levels: dict[str, tuple[float, float]] = {}

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
                if isinstance(verdict, Pace):
                    moved |= self._pass(ticket, verdict, now)
                elif isinstance(verdict, Granted):
                    gone.append(number)
                    self.granted[number] = self.waiting.pop(number)
                    moved = True
        return sorted(gone)

    def _pass(self, ticket: Ticket, pace: Pace, now: float) -> bool:
        # In memory a call may pass its bucket and then still wait; in Redis it does both at once, so here too.
        before = dict(self.levels)
        if not self._passes(pace, now):
            return False
        self.ledger.paced(ticket)
        if isinstance(self.ledger.poll(ticket, now), Granted):
            return True
        ticket.paced, self.levels = False, before
        return False

    def _passes(self, pace: Pace, now: float) -> bool:
        level, at = self.levels.get(pace.kind, (0.0, now))
        level = max(0.0, level - (now - at) * pace.capacity / pace.period)
        if level + 1 > pace.capacity + 1e-9:
            return False
        self.levels[pace.kind] = level + 1, now
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


class Pair:
    """Both, told the same."""

    def __init__(self, server: RedisServer, limits: RateLimits) -> None:
        self.memory, self.redis = InMemory(limits), InRedis(server, limits)
        self.sent: dict[int, float] = {}

    def enter(self, number: int, imports: bool, background: bool, now: float) -> None:
        self.memory.enter(number, imports, background, now)
        self.redis.waiting[number] = imports, background

    def cancel(self, number: int, now: float) -> None:
        self.memory.ledger.leave(self.memory.granted.pop(number), now)
        self.redis.reports.append({"id": self.redis.granted.pop(number), "cancelled": True})

    def reply(self, number: int, reply: Reply, now: float) -> None:
        ticket, id = self.memory.granted.pop(number), self.redis.granted.pop(number)
        report: dict[str, Any] = {"id": id, "imports": ticket.imports, "background": ticket.background, "age": 0.0}
        report |= {"chance": 0.5, "lane": lane_of(ticket, reply), **msgspec.structs.asdict(reply)}
        self.redis.reports.append({name: value for name, value in report.items() if value is not None})
        for lane in (self.memory.ledger._requests, self.memory.ledger._imports):
            lane.expire(now)  # the script does so before it takes note of anything
        self.memory.ledger.observe(ticket, reply, now)

    def poll(self, now: float) -> list[int]:
        ours, theirs = self.memory.poll(now), self.redis.poll(now)
        assert ours == theirs, now - START
        self.sent |= dict.fromkeys(ours, now)
        return ours


all_limits = st.builds(
    RateLimits,
    requests=st.sampled_from([1, 5, 12, 12]),
    imports=st.integers(1, 3),
    period=st.just(6.0),
    share=st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.05]),
    burst=st.sampled_from([None, None, 2]),
    headroom=st.sampled_from([None, 0, 1]),
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(
    limits=all_limits,
    seed=st.integers(0, 10**6),
    window=st.sampled_from([FixedFromFirst, SlidingLog]),
    foreign=st.sampled_from([0.0, 0.3, 1.0, 3.0]),
    kinds=st.sampled_from([(1.0, 0.0), (0.6, 0.2), (0.5, 0.5)]),
    calm=st.booleans(),
)
def test_before_a_server_the_same_calls_are_granted_at_the_same_times(
    server: RedisServer,
    limits: RateLimits,
    seed: int,
    window: type[FixedFromFirst | SlidingLog],
    foreign: float,
    kinds: tuple[float, float],
    calm: bool,
) -> None:
    rng = random.Random(seed)
    pair = Pair(server, limits)
    counter, import_counter = window(12, 6.0), window(2, 6.0)
    now, foreign_at = START, START + rng.expovariate(foreign) if foreign else math.inf
    on_the_way: list[tuple[float, int, Reply]] = []
    number = 0
    for _ in range(200):
        now += rng.choice([0.01, 0.1, 0.3]) * rng.random()
        while foreign_at <= now:
            counter.hit(foreign_at)
            foreign_at += rng.expovariate(foreign)
        while len(pair.memory.waiting) < 3:
            kind = rng.random()
            pair.enter(number, kind >= kinds[0] and kind < sum(kinds), kind >= sum(kinds), now)
            number += 1
        granted = pair.poll(now)
        while granted:
            sent = granted.pop(0)
            if not calm and rng.random() < 0.05:
                pair.cancel(sent, now)
                granted += pair.poll(now)
                continue
            taken, remaining, wait = counter.hit(now)
            reply = Reply(200, 12, remaining) if taken else Reply(429, 12, 0, rng.choice([None, wait]))
            if taken and pair.memory.granted[sent].imports and not import_counter.hit(now)[0]:
                reply = Reply(429, retry_after=rng.choice([None, 1.0]))
            if not calm and rng.random() < 0.05:
                reply = rng.choice([Reply(), Reply(500), Reply(200, 9, 3)])
            on_the_way.append((now + rng.choice([0.05, 0.3, 1.0]) * rng.random(), sent, reply))
        for answered in sorted(answer for answer in on_the_way if answer[0] <= now):
            on_the_way.remove(answered)
            now += 1e-4  # so that no two tokens come back at the same moment
            pair.reply(answered[1], answered[2], now)
            pair.poll(now)
            on_the_way += [
                (now + 0.3 * rng.random(), sent, Reply(200, 12, counter.hit(now)[1]))
                for sent in pair.memory.granted
                if sent not in {answer[1] for answer in on_the_way}
            ]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(
    limits=all_limits,
    steps=st.lists(
        st.tuples(
            st.floats(0.001, 0.9),
            st.sampled_from(["enter", "enter", "import", "background", "reply", "reply", "cancel"]),
            st.sampled_from(
                [
                    *(Reply(200, 9, 7), Reply(200, 9, 2), Reply(200, 5, 0), Reply(500), Reply()),
                    *(Reply(429, 9, 0), Reply(429, 9, 0, 0.7), Reply(429, retry_after=1.0)),
                ]
            ),
            st.integers(0, 8),
        ),
        min_size=5,
        max_size=70,
    ),
)
def test_whatever_is_replied_the_same_calls_are_granted_at_the_same_times(
    server: RedisServer, limits: RateLimits, steps: list[tuple[float, str, Reply, int]]
) -> None:
    pair = Pair(server, limits)
    now = START
    lease = 1.25 * pair.memory.ledger._requests.hold
    for place, (seconds, event, reply, choice) in enumerate(steps):
        now += seconds
        if event in ("enter", "import", "background"):
            pair.enter(place, event == "import", event == "background", now)
        elif pair.memory.granted:
            chosen = sorted(pair.memory.granted)[choice % len(pair.memory.granted)]
            if event == "cancel":
                pair.cancel(chosen, now)
            else:
                pair.reply(chosen, reply, now)
        if any(now - pair.sent[chosen] >= lease - 1 for chosen in pair.memory.granted):
            return  # what is in flight for longer is given back in Redis only
        pair.poll(now)
