"""How much of the limit background work may take, so that foreground calls find room."""

from __future__ import annotations

import heapq
import math


class BackgroundBudget:
    """How much background work may take without foreground calls having to wait.

    Background calls in flight or answered within the last period stay below the limit less what the foreground used at
    its busiest lately. They are counted by time, not by tokens held: tokens come back too evenly to leave room.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._in_flight: set[int] = set()
        self._answered: list[float] = []
        self._window = -1
        self._foreground = 0
        self._foreground_before = 0

    def wait(self, tokens: int, now: float) -> float | None:
        """When to look again; None if a background call may go."""
        self._roll(now)
        while self._answered and self._answered[0] <= now - self._period:
            heapq.heappop(self._answered)
        peak = max(self._foreground, self._foreground_before)
        # Never less than one, or background work would stand still behind a busy foreground.
        if len(self._in_flight) + len(self._answered) < max(1, tokens - peak):
            return None
        times = [(self._window + 1) * self._period]
        if self._answered:
            times.append(self._answered[0] + self._period)
        return min(times)

    def granted(self, number: int, background: bool, now: float) -> None:
        """Count a call that is sent."""
        self._roll(now)
        if background:
            self._in_flight.add(number)
        else:
            self._foreground += 1

    def cancel(self, number: int) -> None:
        """The call was not sent after all."""
        self._in_flight.discard(number)

    def answered(self, number: int, now: float) -> None:
        """Count from now on by the time of the answer."""
        if number in self._in_flight:
            self._in_flight.discard(number)
            heapq.heappush(self._answered, now)

    def _roll(self, now: float) -> None:
        window = math.floor(now / self._period)
        if window != self._window:
            self._foreground_before = self._foreground if window == self._window + 1 else 0
            self._foreground = 0
            self._window = window
