"""What a forked child makes anew before it does anything else: locks, places in lines, and connections.

A fork copies one thread and all memory. A lock that another thread held stays locked for ever in the copy, nobody goes
on waiting in its lines, and two processes that write to one connection garble both. Whatever has such parts registers
itself here, and renews them in the child while that has a single thread.
"""

from __future__ import annotations

import functools
import os
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Renewable(Protocol):
    """Something with parts that do not survive a fork."""

    def renew(self) -> None:
        """Called in a forked child, before it runs anything else."""
        ...


undivided = threading.RLock()
"""Held while something is done that no fork may cut in two: a fork waits until it is free.

OpenSSL takes locks of its own while a TLS context is made, and the interpreter while it imports a module. A child that
is forked meanwhile waits for them for ever. What msgspec notes of a class is of no use to anybody until it is complete.
"""


def undividedly(function: Callable[P, T]) -> Callable[P, T]:
    """Have a function called by one thread at a time, by none that calls another such function, and cut by no fork."""

    @functools.wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with undivided:
            return function(*args, **kwargs)

    return alone


class undivided_property(functools.cached_property[T]):  # noqa: N801  (used as the decorator it extends)
    """A `cached_property` that no fork cuts in two; that of Python 3.11 has a lock, which a child would inherit."""

    if not TYPE_CHECKING:

        def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
            if instance is None:
                return self
            known = vars(instance)
            with undivided:
                if self.attrname not in known:
                    known[self.attrname] = self.func(instance)
            return known[self.attrname]


_renewables: weakref.WeakSet[Renewable] = weakref.WeakSet()
_left_alone: list[object] = []


def renew_in_children(thing: Renewable) -> None:
    """Have `thing` renewed in every child forked from now on, as long as it lives."""
    _renewables.add(thing)


def renewables() -> list[Renewable]:
    """All things that live and would be renewed."""
    return list(_renewables)


def leave_alone(*things: object) -> None:
    """Keep what belongs to the parent from being finalised here.

    Finalising a connection would end the TLS session of the parent, and an event loop would take its files out of the
    selector that both processes share.
    """
    _left_alone.extend(things)


def is_left_alone(thing: object) -> bool:
    """Whether `thing` belongs to the parent of this process."""
    return any(thing is other for other in _left_alone)


def _begin_child() -> None:
    undivided.release()
    for thing in renewables():
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=undivided.acquire, after_in_parent=undivided.release, after_in_child=_begin_child)
