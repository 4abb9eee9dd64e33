"""The leaky bucket of `aiolimiter.AsyncLimiter` for threads: the same admission times, without a loop."""

from __future__ import annotations

import threading


class Pacer:
    """Lets `capacity` calls through at once, and then one every `period / capacity` seconds.

    Args:
        capacity: calls, 1 or more.
        period: seconds in which a full bucket empties.
    """

    def __init__(self, capacity: float, period: float) -> None:
        self._capacity = capacity
        self._rate = capacity / period
        self._level = 0.0
        self._checked = 0.0
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Take a place.

        Returns:
            The time from which the call may go.
        """
        with self._lock:
            self._leak(now)
            self._level += 1
            return now + max(0.0, (self._level - self._capacity) / self._rate)

    def give_back(self, now: float) -> None:
        """Return a place that was not used."""
        with self._lock:
            self._leak(now)
            self._level = max(0.0, self._level - 1)

    def _leak(self, now: float) -> None:
        self._level = max(0.0, self._level - (now - self._checked) * self._rate)
        self._checked = now
