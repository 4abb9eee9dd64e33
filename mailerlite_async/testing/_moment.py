"""Moments of the clock, and the two forms of dates: naive UTC nearly everywhere, ISO in import reports."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from mailerlite_async._clock import Clock

_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


@lru_cache(maxsize=1024)
def _naive(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def naive_date(epoch: float) -> str:
    """`YYYY-MM-DD HH:MM:SS` in UTC.

    Args:
        epoch: seconds since the Unix epoch; fractions are dropped.
    """
    return _naive(int(epoch))


def iso_date(epoch: float) -> str:
    """`YYYY-MM-DDTHH:MM:SS.000000Z`; the fraction is always zero, as recorded."""
    return naive_date(epoch).replace(" ", "T") + ".000000Z"


def is_naive_date(text: str) -> bool:
    """Whether the text is an existing date in the form of `naive_date`."""
    if not _NAIVE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


class Moment(NamedTuple):
    """A point in time.

    Attributes:
        monotonic: seconds for windows and durations.
        epoch: seconds since the Unix epoch, for dates.
    """

    monotonic: float
    epoch: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """The moment a clock shows."""
        return cls(clock.monotonic(), clock.time())

    def later(self, seconds: float) -> Moment:
        """The moment this many seconds after."""
        return Moment(self.monotonic + seconds, self.epoch + seconds)

    def naive_date(self) -> str:
        """The date in the form of most answers."""
        return naive_date(self.epoch)

    def iso_date(self) -> str:
        """The date in the form of import reports."""
        return iso_date(self.epoch)
