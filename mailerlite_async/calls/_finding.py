"""Finding an object by its name, over all pages of its list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mailerlite_async._call import Call, Page
from mailerlite_async._flow import Flow, Recall, Remember
from mailerlite_async._pages import PageGuard

T = TypeVar("T")


def walk(first: Call[Page[T]]) -> Flow[list[T]]:
    """All items of a list."""
    items: list[T] = []
    guard = PageGuard()
    call: Call[Page[T]] | None = first
    while call is not None:
        page: Page[T] = yield call
        guard.check(page)
        items += page.items
        call = page.next
    return items


def remembered(key: tuple[str, ...], max_age: float, flow: Flow[T | None]) -> Flow[T | None]:
    """What the flow finds, or what it found at most `max_age` seconds ago; that nothing was found is not remembered."""
    if max_age > 0:
        known: T | None = yield Recall(key, max_age)
        if known is not None:
            return known
    found = yield from flow
    if found is not None:
        yield Remember(key, found)
    return found


def check_name(name: str, argument: str) -> None:
    """Refuse what cannot be a name.

    Raises:
        TypeError: if it is not text.
        ValueError: if it is empty.
    """
    if not isinstance(name, str):
        raise TypeError(f"{argument} must be str, not {type(name).__name__}")
    if not name:
        raise ValueError(f"{argument} is empty")


def check_max_age(max_age: float) -> None:
    """Refuse a life time that is not a number of seconds.

    Raises:
        ValueError: if it is negative or not a number.
    """
    if not max_age >= 0:
        raise ValueError("max_age must be a number of seconds, 0 or more")


def oldest(items: list[T], number: Callable[[T], str]) -> T | None:
    """The item with the lowest id, which was made first."""
    return min(items, key=lambda item: int(number(item)), default=None)
