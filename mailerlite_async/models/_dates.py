"""Dates as the API writes them, made aware.

The API writes `YYYY-MM-DD HH:MM:SS` without a zone and means UTC, in a few places ISO 8601 with a Z. Both decode to an
aware `datetime`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

T = TypeVar("T")

# The difference of two naive dates added to an aware one takes two thirds of the time of `combine`, and a tenth of that
# of `replace`.
_NAIVE = datetime(2000, 1, 1)  # noqa: DTZ001
_AWARE = datetime(2000, 1, 1, tzinfo=UTC)


def aware_dates(*names: str) -> Callable[[type[T]], type[T]]:
    """Have a class, which `attrs.frozen` is about to take over, give its dates their zone when an instance is made.

    Args:
        names: the attributes; each is a date or None.
    """

    def decorate(cls: type[T]) -> type[T]:
        scope: dict[str, Any] = {"UTC": UTC, "in_utc": in_utc, "AWARE": _AWARE, "NAIVE": _NAIVE}

        def first(name: str) -> Callable[[Any, datetime], None]:
            def put(instance: Any, date: datetime) -> None:
                # Only now is there the class that attrs has made, whose slots can be set past its guard.
                scope.update((f"set_{each}", _slot(type(instance), each).__set__) for each in names)
                scope[f"set_{name}"](instance, date)

            return put

        # The dates of an object are often the same: a comparison takes a third of the time, and the object less memory.
        lines = ["def __attrs_post_init__(self):", "    known = aware = None"]
        for name in names:
            scope[f"set_{name}"] = first(name)
            lines += [
                f"    date = self.{name}",
                "    if date is not None and date.tzinfo is not UTC:",
                "        if date != known:",
                "            known, aware = date, AWARE + (date - NAIVE) if date.tzinfo is None else in_utc(date)",
                f"        set_{name}(self, aware)",
            ]
        # Written out line by line, as attrs does with `__init__`: a loop over names takes three times as long, and a
        # page of subscribers has five hundred dates.
        exec("\n".join(lines), scope)  # noqa: S102
        cls.__attrs_post_init__ = scope["__attrs_post_init__"]  # type: ignore[attr-defined]
        return cls

    return decorate


def _slot(cls: type, name: str) -> Any:
    return next(vars(each)[name] for each in cls.__mro__ if name in vars(each))


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
