"""The two kinds of rate limit that clients are measured against, and what a run against them came to."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from mailerlite_async.testing._windows import FixedWindow

BODY = b'{"total": 1}'


@attrs.frozen
class Scale:
    """The size of an experiment; whatever takes time is a part of the period, so that a scaled one is the same.

    Attributes:
        limit: calls a period.
        period: seconds.
        calls: how many are made, by all processes together.
        at_once: tasks or threads that call, in all processes together.
    """

    limit: int
    period: float
    calls: int
    at_once: int = 48

    @property
    def second(self) -> float:
        """What is a second of the service's minute."""
        return self.period / 60

    @property
    def latency(self) -> float:
        """Seconds from sending a call to its answer."""
        return 0.3 * self.second

    @property
    def ideal(self) -> float:
        """Seconds that no client could beat: a whole limit at the start of each period."""
        return (math.ceil(self.calls / self.limit) - 1) * self.period


class Window(Protocol):
    """A rate limit."""

    def hit(self, now: float) -> bool: ...

    def remaining(self, now: float) -> int: ...

    def reset_in(self, now: float) -> float: ...


class SlidingLog:
    """Never more than the limit in any stretch of one period; refused calls are not counted."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit, self.period = limit, period
        self._times: deque[float] = deque()

    def hit(self, now: float) -> bool:
        if not self.remaining(now):
            return False
        self._times.append(now)
        return True

    def remaining(self, now: float) -> int:
        while self._times and self._times[0] <= now - self.period:
            self._times.popleft()
        return self.limit - len(self._times)

    def reset_in(self, now: float) -> float:
        return self._times[0] + self.period - now if self._times else 0.0


SERVERS: dict[str, Callable[[int, float], Window]] = {"fixed": FixedWindow, "sliding": SlidingLog}


class Counter:
    """Takes or refuses calls at the moment they arrive, from any thread, and remembers when.

    Args:
        scale: of the experiment.
        server: the kind of limit, a key of `SERVERS`.
    """

    def __init__(self, scale: Scale, server: str) -> None:
        self.accepted: list[float] = []
        self.refused: list[float] = []
        self._scale = scale
        self._window = SERVERS[server](scale.limit, scale.period)
        self._lock = threading.Lock()

    def arrive(self, now: float) -> tuple[int, dict[str, str]]:
        """The status and the headers of the answer."""
        with self._lock:
            taken = self._window.hit(now)
            (self.accepted if taken else self.refused).append(now)
            headers = {
                "content-type": "application/json",
                "x-ratelimit-limit": str(self._scale.limit),
                "x-ratelimit-remaining": str(self._window.remaining(now)),
            }
            if taken:
                return 200, headers
            # Rounded down to what is a second, as the service's framework does.
            wait = math.floor(self._window.reset_in(now) / self._scale.second) * self._scale.second
            return 429, {**headers, "retry-after": f"{wait:g}"}


@attrs.frozen
class Run:
    """One client against one server.

    Attributes:
        client: its title.
        way: "unscaled" on the virtual clock, or "scaled" over real HTTP.
        server: the kind of limit.
        scale: of the experiment.
        accepted: when calls were taken, in seconds since the first arrival.
        refused: when calls were answered with 429.
    """

    client: str
    way: str
    server: str
    scale: Scale
    accepted: Sequence[float]
    refused: Sequence[float]

    @classmethod
    def of(
        cls, client: str, way: str, server: str, scale: Scale, accepted: Sequence[float], refused: Sequence[float]
    ) -> Run:
        """What a counter has seen.

        Raises:
            RuntimeError: if calls are missing, or more were taken than were to be made: the benchmark is broken.
        """
        if len(accepted) != scale.calls:
            raise RuntimeError(f"{client}, {way}, {server}: {len(accepted)} of {scale.calls} calls were taken")
        start = min(accepted)
        return cls(
            client,
            way,
            server,
            scale,
            [time - start for time in sorted(accepted)],
            [time - start for time in sorted(refused)],
        )

    @property
    def seconds(self) -> float:
        """From the first call to the last one that was taken."""
        return self.accepted[-1]

    @property
    def ratio(self) -> float:
        """How many times the ideal it took."""
        return self.seconds / self.scale.ideal

    @property
    def worst(self) -> int:
        """The most 429s in any stretch of one period."""
        start = most = 0
        for end, time in enumerate(self.refused):
            while self.refused[start] <= time - self.scale.period:
                start += 1
            most = max(most, end - start + 1)
        return most
