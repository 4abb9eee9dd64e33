"""The two lanes of the limiter: who may send when, as arithmetic on the times that are handed in.

A token is spent when a call is sent and comes back one period after its *reply*: the server counted it somewhere in
between, so whatever its window is - fixed, aligned, sliding or a leaky bucket - our own calls never exceed the limit.
Everything beyond that learns from the answers how much of the account's quota other clients leave.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random

import msgspec

_NEVER = -math.inf
_SLOW_START = 4
_FOREIGN_MEMORY_PERIODS = 5


class Reply(msgspec.Struct, frozen=True):
    """What the limiter needs to know of an answer.

    Attributes:
        status: the HTTP status, None if no answer came.
        limit: `x-ratelimit-limit`, None if absent.
        remaining: `x-ratelimit-remaining`, None if absent.
        retry_after: seconds, None if absent.
    """

    status: int | None = None
    limit: int | None = None
    remaining: int | None = None
    retry_after: float | None = None


class _Spent(msgspec.Struct, frozen=True, order=True, gc=False):
    """A token on its way back; the first to come is the least."""

    due: float
    number: int
    sent: float
    replied: float
    counted: bool


class _InFlight(msgspec.Struct, frozen=True, gc=False):
    sent: float
    mark: int


class Bucket:
    """What both lanes share: tokens, calls in flight, and how long a refusal closes the lane.

    Args:
        limit: calls a period the account may make.
        period: seconds.
        share: the part of the limit that is ours; if that is less than one call a period, one call in a longer period.
        pad: seconds after which a call without an answer can no longer arrive.
        rng: chance for the spread of repeated probes.
    """

    def __init__(self, limit: float, period: float, share: float, pad: float, rng: random.Random) -> None:
        self.period = period
        self.share = share
        self.pad = pad
        self.rng = rng
        self.in_flight: dict[int, _InFlight] = {}
        self.back: list[_Spent] = []
        self.returned = 0
        self.closed = _NEVER
        self.refusals = 0
        self.window = _SLOW_START
        self.heard = _NEVER
        self._numbers = itertools.count()
        self.set_limit(limit)

    def set_limit(self, limit: float) -> None:
        """Take over the limit of the account."""
        self.limit = limit
        own = limit * self.share
        self.tokens = max(1, math.floor(own + 1e-9))
        self.hold = self.period if own >= 1 else self.period / own

    def expire(self, now: float) -> None:
        """Take back the tokens that are due."""
        while self.back and self.back[0].due <= now:
            heapq.heappop(self.back)
            self.returned += 1

    def free(self) -> int:
        """Tokens not spent; call `expire` first."""
        return self.tokens - len(self.in_flight) - len(self.back)

    def held_up_by(self, now: float) -> str:
        """Why no call may be sent now, in words."""
        if now < self.closed:
            return "the API answered 429 and told us to wait"
        if self.free() < 1:
            return "the limit is used up"
        return "others use the account's limit, or the answers to the first calls are awaited"

    def grant(self, number: int, now: float) -> None:
        """Spend a token on a call that is sent now."""
        self.in_flight[number] = _InFlight(now, self.returned)

    def adopt(self, sent: float, due: float) -> None:
        """Take over a token that was spent elsewhere."""
        heapq.heappush(self.back, _Spent(due, next(self._numbers), sent, sent, counted=False))

    def cancel(self, number: int) -> None:
        """The call was never sent: its token is free at once."""
        self.in_flight.pop(number, None)

    def renew(self) -> None:
        """Start anew in a forked child: what is in flight is the parent's, what was answered counts for both."""
        self.in_flight = {}
        self.heard = _NEVER  # so that all children of one parent begin with few calls

    def _spend(self, number: int, call: _InFlight, now: float, reply: Reply) -> _Spent:
        """The token of a call that was sent comes back a period after the reply."""
        late = self.pad if reply.status is None else 0.0
        counted = reply.status is not None and reply.status != 429
        spent = _Spent(now + self.hold + late, next(self._numbers), call.sent, now, counted)
        heapq.heappush(self.back, spent)
        # Not before: a signal between the two costs a token twice for a period, instead of one too many being sent.
        self.in_flight.pop(number, None)
        return spent

    def _close(self, sent: float, now: float, retry_after: float | None) -> None:
        """Close the lane after a refusal; then one probe, then a slow start."""
        if sent >= self.closed:
            self.refusals += 1
        self.closed = max(self.closed, now + self._pause(retry_after))
        self.window = 1

    def _pause(self, retry_after: float | None) -> float:
        if retry_after is None:
            doubled = self.period / 60 * 2.0 ** min(self.refusals - 1, 10)
            return min(self.period / 4, doubled) * self.rng.uniform(0.75, 1.25)
        # Servers round Retry-After down: one sixtieth of the period more saves a second refusal.
        pause = retry_after + self.period / 60
        if self.refusals > 2:
            # Several processes that probe at the same moment would renew each other's refusal for ever.
            pause *= 1 + self.rng.uniform(0, min(self.refusals - 2, 3))
        return pause


class RequestLane(Bucket):
    """The limit on all calls, which tells in every answer how much is left."""

    def __init__(self, limit: float, period: float, share: float, pad: float, rng: random.Random) -> None:
        super().__init__(limit, period, share, pad, rng)
        self.seen_foreign = _NEVER
        self._remaining: int | None = None
        self._remaining_at = _NEVER
        self._remaining_mark = 0
        self._epoch = _NEVER
        # Decaying sums: calls of others and of ours, for how many of theirs to expect for one of ours.
        self._foreign_sum = 0.0
        self._own_sum = 0.0
        self._foreign_before = 0.0
        self._summed_at = 0.0

    def renew(self) -> None:
        """See `Bucket.renew`; what the last header told is the parent's, too, since it counts what is in flight."""
        super().renew()
        self._remaining = None

    def foreign(self, now: float) -> bool:
        """Whether somebody else was seen using the account's quota lately."""
        return now - self.seen_foreign < _FOREIGN_MEMORY_PERIODS * self.period

    def wait(self, now: float) -> float | None:
        """When to look again, `math.inf` if only a reply can change anything; None if a call may be sent now."""
        self.expire(now)
        flying = len(self.in_flight)
        foreign = self.foreign(now)
        if not flying and now - self.heard > (self.period / 30 if foreign else self.period):
            self.window = 1 if foreign else _SLOW_START  # what we knew is old: ask with few
        room = self._room(now)
        if foreign and self.share == 1:  # with a share, the others are who has the rest of it
            decay = self._decay(now)
            room -= 1 + 0.05 * (len(self.back) + flying)
            expected = self._foreign_sum * decay / (self._own_sum * decay + 1)
            # On a sliding window their calls leave as fast as they come, and only their standing share shows.
            standing = self._foreign_before / (len(self.back) + flying + 1)
            room /= 1 + max(expected, standing)
            if not flying and now - self.heard >= self.period / 4:
                room = max(room, 1)  # a probe, so that nobody starves
        if now >= self.closed and self.free() >= 1 and flying + 1 <= min(self.window, room):
            return None
        return self._next_look(now, foreign)

    def observe(self, number: int, reply: Reply, now: float) -> None:
        """Learn from what became of a call."""
        call = self.in_flight.get(number)
        if call is None:
            return
        spent = self._spend(number, call, now, reply)
        if reply.limit is not None and reply.limit > 0:
            self.set_limit(reply.limit)
        if reply.status == 429:
            self.heard = self.seen_foreign = self._epoch = now
            self._close(call.sent, now, reply.retry_after)
            self._remaining = None
        elif reply.remaining is not None:
            self._learn(call, spent, reply.remaining, now)

    def close_nothing(self, number: int, now: float) -> None:
        """An import was refused by its own limit: the call was counted here, but this lane stays open."""
        call = self.in_flight.get(number)
        if call is not None:
            self._spend(number, call, now, Reply(status=200))

    def _learn(self, call: _InFlight, spent: _Spent, remaining: int, now: float) -> None:
        foreign = self.foreign(now)
        self.heard = now
        self.refusals = 0
        self.window += 1
        counted = self.limit - remaining
        if foreign and self.share == 1:  # with a share, the others rely on our keeping to ours
            self._release_forgotten(call, spent, counted, now)
        ours = len(self.back) + len(self.in_flight) + self.returned - call.mark
        others = max(0.0, counted - ours)
        if others:
            self.seen_foreign = now
        decay = self._decay(now)
        self._foreign_sum = self._foreign_sum * decay + max(0.0, others - self._foreign_before)
        self._own_sum = self._own_sum * decay + 1
        self._foreign_before = others
        self._summed_at = now
        room = self._room(now)
        # Replies come out of order: only one to a call sent after the last sample arrived is surely newer than it.
        newest = self._remaining is None or now >= self._remaining_at + self.period or call.sent >= self._remaining_at
        if newest and (self._remaining is None or remaining > room):
            self._epoch = call.sent
        if newest or (call.sent >= self._epoch and remaining < room):
            self._remaining = remaining
            self._remaining_at = now
            self._remaining_mark = self.returned if foreign else call.mark

    def _release_forgotten(self, call: _InFlight, spent: _Spent, counted: float, now: float) -> None:
        """Take back tokens of calls the server no longer counts, because its window began anew."""
        sure = 1 + sum(
            1
            for other in self.back
            if other is not spent and other.counted and other.replied <= call.sent and other.sent > now - self.period
        )
        for _ in range(min(len(self.back), int(max(0, sure - counted)))):
            heapq.heappop(self.back)
            self.returned += 1

    def _room(self, now: float) -> float:
        if self._remaining is None or now >= self._remaining_at + self.period:
            return self.limit - len(self.back)
        return self._remaining + self.returned - self._remaining_mark

    def _decay(self, now: float) -> float:
        return math.exp(-(now - self._summed_at) / (self.period / 2))

    def _next_look(self, now: float, foreign: bool) -> float:
        if now < self.closed:
            return self.closed
        times = [self._remaining_at + self.period]
        if self.back:
            times.append(self.back[0].due)
        if foreign and not self.in_flight:
            times.append(self.heard + self.period / 4)
        return min((time for time in times if time > now), default=math.inf)


class ImportLane(Bucket):
    """The limit on creating imports, of which no header tells anything."""

    def __init__(self, limit: float, period: float, share: float, pad: float, rng: random.Random) -> None:
        super().__init__(limit, period, share, pad, rng)
        self.window = 1
        # After a refusal: what the others seem to leave us, growing by one every five periods.
        self._soft_limit = math.inf
        self._soft_since = _NEVER

    def wait(self, now: float) -> float | None:
        """When to look again, `math.inf` if only a reply can change anything; None if an import may be sent now."""
        self.expire(now)
        flying = len(self.in_flight)
        if not flying and now - self.heard > self.period:
            self.window = 1
        if now < self.closed:
            return self.closed
        if flying + 1 > self.window:
            return math.inf
        spent = flying + len(self.back)
        if spent + 1 <= min(self.tokens, self._soft(now)):
            return None
        times = [self.back[0].due] if self.back else []
        if spent + 1 <= self.tokens:
            step = _FOREIGN_MEMORY_PERIODS * self.period
            times.append(self._soft_since + (math.floor((now - self._soft_since) / step) + 1) * step)
        return min(times, default=math.inf)

    def observe(self, number: int, reply: Reply, now: float, *, refused_here: bool) -> None:
        """Learn from what became of the creation of an import."""
        call = self.in_flight.get(number)
        if call is None:
            return
        if reply.status == 429:
            # Refused by whichever limit, no import was created: the token is free.
            self.cancel(number)
            if refused_here:
                self.expire(now)
                self._soft_limit = max(1, len(self.back))
                self._soft_since = now
                self._close(call.sent, now, reply.retry_after)
            return
        self._spend(number, call, now, reply)
        if reply.status is not None:
            self.heard = now
            self.refusals = 0
            self.window += 1

    def _soft(self, now: float) -> float:
        if self._soft_limit == math.inf:
            return math.inf
        soft = self._soft_limit + math.floor((now - self._soft_since) / (_FOREIGN_MEMORY_PERIODS * self.period))
        if soft >= self.tokens:
            self._soft_limit = math.inf
        return soft
