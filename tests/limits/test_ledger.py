"""The ledger by itself: the order of the line, tokens, lanes that close, and what the headers teach it."""

from __future__ import annotations

import math
import random

import pytest

from mailerlite_async._lanes import Reply
from mailerlite_async._ledger import Granted, Ledger, Pace, Refused, Ticket, Verdict, WaitUntil
from mailerlite_async.limits import RateLimits

OK = Reply(status=200)


class Line:
    """A ledger with a hand-moved time."""

    def __init__(self, **limits: float) -> None:
        self.now = 0.0
        self.ledger = Ledger(RateLimits(**limits), pad=30.0, rng=random.Random(0))  # type: ignore[arg-type]
        self.woken: list[Ticket] = []

    def enter(self, *, imports: bool = False, background: bool = False, max_wait: float = math.inf) -> Ticket:
        ticket = self.try_enter(imports=imports, background=background, max_wait=max_wait)
        assert isinstance(ticket, Ticket)
        return ticket

    def try_enter(
        self, *, imports: bool = False, background: bool = False, max_wait: float = math.inf, place: int | None = None
    ) -> Ticket | Refused:
        box: list[Ticket] = []
        ticket = self.ledger.enter(
            imports=imports,
            background=background,
            deadline=self.now + max_wait,
            now=self.now,
            wake=lambda: self.woken.extend(box),
            place=place,
        )
        if isinstance(ticket, Ticket):
            box.append(ticket)
        return ticket

    def poll(self, ticket: Ticket) -> Verdict:
        return self.ledger.poll(ticket, self.now)

    def send(self, *, imports: bool = False) -> Ticket:
        ticket = self.enter(imports=imports)
        assert self.poll(ticket) == Granted()
        return ticket

    def reply(self, ticket: Ticket, reply: Reply = OK) -> str | None:
        return self.ledger.observe(ticket, reply, self.now)


def test_a_token_comes_back_a_period_after_the_reply_not_after_the_sending() -> None:
    line = Line(requests=1)
    ticket = line.send()
    line.now = 5.0
    line.reply(ticket)
    follower = line.enter()
    assert line.poll(follower) == WaitUntil(65.0)
    line.now = 65.0
    assert line.poll(follower) == Granted()


def test_a_call_without_an_answer_holds_its_token_for_the_timeout_longer() -> None:
    line = Line(requests=1)
    line.reply(line.send(), Reply())
    assert line.poll(line.enter()) == WaitUntil(90.0)


def test_leaving_before_the_sending_gives_the_tokens_back_and_wakes_the_next() -> None:
    line = Line(requests=1, imports=1)
    holder, follower = line.send(imports=True), line.enter(imports=True)
    assert line.poll(follower) == WaitUntil(math.inf)
    line.ledger.leave(holder, line.now)
    assert follower in line.woken
    assert line.poll(follower) == Granted()


def test_the_line_keeps_the_order_of_arrival_and_only_its_head_has_a_timer() -> None:
    line = Line(requests=1)
    line.reply(line.send())
    first, second = line.enter(), line.enter()
    assert line.poll(second) == WaitUntil(math.inf)
    assert line.poll(first) == WaitUntil(60.0)
    line.now = 60.0
    assert line.poll(second) == WaitUntil(math.inf)  # the poll granted the one before it
    assert first in line.woken
    assert line.poll(first) == Granted()


def test_a_repeated_call_keeps_its_place() -> None:
    line = Line(requests=1)
    refused = line.send()
    waiting = line.enter()
    line.reply(refused, Reply(status=429, retry_after=1.0, limit=1, remaining=0))
    again = line.try_enter(place=refused.number)
    assert isinstance(again, Ticket)
    line.now = 200.0
    line.poll(waiting)
    assert waiting not in line.woken or line.poll(waiting) != Granted()


def test_when_the_head_leaves_its_timer_passes_to_the_next() -> None:
    line = Line(requests=1)
    line.reply(line.send())
    first, second = line.enter(), line.enter()
    assert line.poll(first) == WaitUntil(60.0)
    line.ledger.leave(first, line.now)
    assert second in line.woken
    assert line.poll(second) == WaitUntil(60.0)


def test_an_import_held_up_by_its_lane_is_passed_by_other_calls() -> None:
    line = Line(imports=1)
    line.reply(line.send(imports=True))
    held_up = line.enter(imports=True)
    assert line.poll(held_up) == WaitUntil(60.0)
    assert line.poll(line.enter()) == Granted()


def test_an_import_held_up_by_the_request_lane_is_not_passed() -> None:
    line = Line(requests=1)
    line.reply(line.send())
    held_up, other = line.enter(imports=True), line.enter()
    line.now = 60.0
    assert line.poll(other) == WaitUntil(math.inf)
    assert line.poll(held_up) == Granted()


def test_foreground_goes_before_background_that_came_earlier() -> None:
    line = Line(requests=1)
    line.reply(line.send())
    background, foreground = line.enter(background=True), line.enter()
    line.now = 60.0
    assert line.poll(background) == WaitUntil(math.inf)
    assert line.poll(foreground) == Granted()


def test_background_is_paced_and_leaves_room_for_the_foreground() -> None:
    line = Line(requests=10, headroom=2)
    granted = 0
    for _ in range(10):
        ticket = line.enter(background=True)
        verdict = line.poll(ticket)
        if isinstance(verdict, Pace):
            assert (verdict.kind, verdict.capacity, verdict.period) == ("background", 1.25, 7.5)
            line.ledger.paced(ticket)
            verdict = line.poll(ticket)
        if verdict != Granted():
            break
        line.reply(ticket, Reply(status=200, limit=10, remaining=9 - granted))
        granted += 1
    assert granted == 8


def test_429_on_a_call_closes_the_lane_for_everybody_then_one_probe_goes() -> None:
    line = Line()
    first, second = line.send(), line.send()
    assert line.reply(first, Reply(status=429, limit=120, remaining=0, retry_after=119)) == "requests"
    waiting = [line.enter(), line.enter()]
    assert line.poll(waiting[0]) == WaitUntil(120.0)  # one second more than told: servers round down
    assert line.ledger.standing("requests", 0.0)[4] == pytest.approx(120.0)
    line.reply(second, Reply(status=429, limit=120, remaining=0, retry_after=119))
    line.now = 120.0
    verdict = line.poll(waiting[0])
    assert isinstance(verdict, Pace)
    assert verdict.kind == "foreign"
    line.ledger.paced(waiting[0])
    assert line.poll(waiting[0]) == Granted()
    assert line.poll(waiting[1]) != Granted()


def test_429_without_rate_headers_on_an_import_closes_the_import_lane_only() -> None:
    line = Line()
    assert line.reply(line.send(imports=True), Reply(status=429, retry_after=60)) == "imports"
    assert line.poll(line.enter(imports=True)) == WaitUntil(61.0)
    assert line.poll(line.enter()) == Granted()
    assert line.ledger.standing("imports", 0.0)[2] == 0  # nothing was created: the import token is free
    assert line.ledger.standing("requests", 0.0)[2] == 2  # the call itself was counted


def test_429_with_rate_headers_on_an_import_closes_the_request_lane() -> None:
    line = Line()
    refusal = Reply(status=429, limit=120, remaining=0, retry_after=60)
    assert line.reply(line.send(imports=True), refusal) == "requests"
    assert line.poll(line.enter()) == WaitUntil(61.0)


def test_after_an_import_refusal_the_lane_allows_what_was_counted_and_grows_again() -> None:
    line = Line()
    for _ in range(2):
        line.reply(line.send(imports=True))
    line.reply(line.send(imports=True), Reply(status=429, retry_after=1))
    line.now = 62.0
    for _ in range(2):
        line.reply(line.send(imports=True))
    waiting = line.enter(imports=True)
    assert line.poll(waiting) == WaitUntil(122.0)
    line.ledger.leave(waiting, line.now)
    line.now = 5 * 60.0 + 0.5  # five periods after the refusal: one more
    for _ in range(3):
        line.reply(line.send(imports=True))
    assert isinstance(line.poll(line.enter(imports=True)), WaitUntil)


def test_a_lane_without_retry_after_closes_for_a_growing_while() -> None:
    pauses = []
    line = Line()
    for _ in range(4):
        ticket = line.enter()
        verdict = line.poll(ticket)
        if isinstance(verdict, Pace):
            line.ledger.paced(ticket)
            verdict = line.poll(ticket)
        assert verdict == Granted()
        line.reply(ticket, Reply(status=429, limit=120, remaining=0))
        pause = line.ledger.standing("requests", line.now)[4]
        assert pause is not None
        pauses.append(pause)
        line.now += pause
    for doublings, pause in enumerate(pauses):
        assert 0.75 * 2**doublings <= pause <= 1.25 * 2**doublings


def test_the_limit_is_learned_from_the_header() -> None:
    line = Line()
    line.reply(line.send(), Reply(status=200, limit=300, remaining=299))
    assert line.ledger.standing("requests", 0.0)[0] == 300


def test_share_takes_a_part_of_the_learned_limit() -> None:
    line = Line(share=0.5)
    assert line.ledger.standing("requests", 0.0)[0] == 60
    line.reply(line.send(), Reply(status=200, limit=300, remaining=299))
    assert line.ledger.standing("requests", 0.0)[0] == 150


def test_a_share_below_one_call_a_period_is_one_call_in_a_longer_period() -> None:
    line = Line(imports=5, share=0.1)  # half an import a minute
    line.reply(line.send(imports=True))
    assert line.poll(line.enter(imports=True)) == WaitUntil(120.0)


def test_what_others_use_is_left_to_them() -> None:
    line = Line()
    line.reply(line.send(), Reply(status=200, limit=120, remaining=3))  # 116 calls were not ours
    granted = 0
    for _ in range(10):
        ticket = line.enter()
        verdict = line.poll(ticket)
        if isinstance(verdict, Pace):
            line.ledger.paced(ticket)
            verdict = line.poll(ticket)
        granted += verdict == Granted()
    assert granted <= 3


def test_replies_out_of_order_do_not_fake_a_new_window() -> None:
    line = Line()
    tickets = [line.send() for _ in range(4)]
    for ticket, remaining in zip(tickets, [116, 119, 117, 118], strict=True):
        line.reply(ticket, Reply(status=200, limit=120, remaining=remaining))
    assert not line.ledger._requests.foreign(line.now)
    assert line.ledger.standing("requests", 0.0)[1] == 116


def test_a_burst_smaller_than_the_limit_paces_the_foreground() -> None:
    line = Line(requests=120, burst=30)
    assert line.poll(line.enter()) == Pace("burst", 30, 15.0)


def test_a_deadline_that_cannot_be_met_is_refused_at_the_door() -> None:
    line = Line(requests=1)
    line.reply(line.send())
    assert line.try_enter(max_wait=59.0) == Refused(60.0, "requests")
    assert isinstance(line.try_enter(max_wait=60.0), Ticket)


def test_a_deadline_that_passes_in_the_line_is_refused_then() -> None:
    line = Line()
    tickets = [line.send() for _ in range(4)]  # slow start lets no fifth go before a reply
    waiting = line.enter(max_wait=10.0)
    assert line.poll(waiting) == WaitUntil(math.inf)
    line.now = 10.0
    assert isinstance(line.poll(waiting), Refused)
    assert len(tickets) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [("requests", 0), ("imports", -1), ("period", 0.0), ("burst", 0), ("headroom", -1), ("share", 0.0), ("share", 1.5)],
)
def test_limits_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        RateLimits(**{name: value})  # type: ignore[arg-type]


def test_a_bucket_that_can_be_passed_at_once_is_offered_without_patience_and_only_once() -> None:
    line = Line(burst=5)
    hasty = line.enter(max_wait=0)
    assert line.poll(hasty) == Pace("burst", 5, 2.5)
    line.ledger.paced(hasty)
    assert line.poll(hasty) == Granted()
    late = line.enter(max_wait=0)
    assert isinstance(line.poll(late), Pace)
    assert isinstance(line.poll(late), Refused)
