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
        aware = datetime.combine(date, date.time(), UTC) if date.tzinfo is None else date.astimezone(UTC)
        object.__setattr__(instance, name, aware)


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
    return date.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
