"""The fixed rate-limit window of Laravel: it opens with the first call and forgets everything when it closes."""

from __future__ import annotations

import math


class FixedWindow:
    """Counts calls in windows of a fixed length.

    A window starts at the first call after the previous one has ended. Rejected calls are not counted.

    Args:
        limit: calls accepted in one window, at least 1.
        period: length of a window in seconds, above 0.
    """

    def __init__(self, limit: int, period: float) -> None:
        if limit < 1:
            raise ValueError("limit must be at least 1")
        if not 0 < period < math.inf:
            raise ValueError("period must be a positive number of seconds")
        self.limit = limit
        self.period = period
        self._opened = -math.inf
        self._count = 0

    def hit(self, now: float) -> bool:
        """Count one call.

        Returns:
            Whether the call is accepted.
        """
        if self._is_over(now):
            self._opened = now
            self._count = 0
        if self._count >= self.limit:
            return False
        self._count += 1
        return True

    def remaining(self, now: float) -> int:
        """Calls that would still be accepted at this moment."""
        return self.limit if self._is_over(now) else self.limit - self._count

    def reset_in(self, now: float) -> float:
        """Seconds until the window ends, 0 if none is open."""
        return 0.0 if self._is_over(now) else self._opened + self.period - now

    def retry_after(self, now: float) -> int:
        """What the header of a rejected call says, in whole seconds.

        Laravel rounds down, so that a client which obeys to the letter comes up to a second early. In windows shorter
        than a minute, made for tests, that would be the whole wait: they round up.
        """
        left = self.reset_in(now)
        return math.floor(left) if self.period >= 60 else max(1, math.ceil(left))

    def clear(self) -> None:
        """Forget all calls."""
        self._opened = -math.inf
        self._count = 0

    def _is_over(self, now: float) -> bool:
        return now >= self._opened + self.period
