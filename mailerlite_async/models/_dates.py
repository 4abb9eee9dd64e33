"""Dates as the API writes them, made aware.

The API writes `YYYY-MM-DD HH:MM:SS` without a zone and means UTC, in a few places ISO 8601 with a Z. Both decode to an
aware `datetime`: here where an object is made by hand or tolerantly, in `_draft` where it is decoded the fast way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

T = TypeVar("T")


def aware_dates(*names: str) -> Callable[[type[T]], type[T]]:
    """Have a class, which `attrs.frozen` is about to take over, give its dates their zone when an instance is made.

    Args:
        names: the attributes; each is a date or None.
    """

    def make_aware(self: Any) -> None:
        for name in names:
            date = getattr(self, name)
            if date is not None and date.tzinfo is not UTC:
                # Past the guard of the frozen class, as attrs itself sets its attributes.
                object.__setattr__(self, name, date.replace(tzinfo=UTC) if date.tzinfo is None else in_utc(date))

    def decorate(cls: type[T]) -> type[T]:
        cls.__attrs_post_init__ = make_aware  # type: ignore[attr-defined]
        return cls

    return decorate


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
