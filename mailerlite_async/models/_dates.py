"""Dates as the API writes them, made aware.

The API writes `YYYY-MM-DD HH:MM:SS` without a zone and means UTC, in a few places ISO 8601 with a Z. Both decode to an
aware `datetime`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def make_aware(instance: Any, *names: str) -> None:
    """Give the naive dates of a frozen instance their zone; for `__attrs_post_init__`."""
    for name in names:
        date = getattr(instance, name)
        if date is None or date.tzinfo is UTC:
            continue
        # combine costs half of replace, and every subscriber carries at least two dates
        aware = datetime.combine(date, date.time(), UTC) if date.tzinfo is None else in_utc(date)
        object.__setattr__(instance, name, aware)


def in_utc(date: datetime) -> datetime:
    """An aware date in UTC.

    Raises:
        ValueError: if it lies at the very edge of the calendar.
    """
    try:
        return date.astimezone(UTC)
    except OverflowError:
        raise ValueError("the date is out of range") from None


def to_api(date: datetime, argument: str) -> str:
    """Write an aware date as the API takes it.

    Raises:
        TypeError: if it is not a `datetime`.
        ValueError: if it is naive, naming the argument.
    """
    if not isinstance(date, datetime):
        raise TypeError(f"{argument} must be an aware datetime, not {type(date).__name__}")
    if date.tzinfo is None or date.utcoffset() is None:
        raise ValueError(f"{argument} must be an aware datetime: a naive one does not say which moment it means")
    return in_utc(date).isoformat(" ", "seconds").removesuffix("+00:00")
