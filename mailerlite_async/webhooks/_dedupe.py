"""Which events have been seen, so that those delivered twice are handled once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Awaitable
from typing import Protocol

from mailerlite_async._clock import Clock, SystemClock
from mailerlite_async.webhooks._numbers import check_count, check_seconds


class DedupeStore(Protocol):
    """Keeps `Event.dedupe_key`s.

    Methods may be coroutine functions or plain ones. Plain ones are called in the event loop, which stands still until
    they return, so they are for memory: what waits for a disk or a server must be a coroutine function.
    """

    def add(self, key: str) -> bool | Awaitable[bool]:
        """Note a key, in one step even if several processes do it at once.

        Returns:
            True if it is new, False if it was there already.
        """
        ...

    def discard(self, key: str) -> object:
        """Forget a key, if it is there: its event has not been handled, and the next delivery of it shall be."""
        ...


class MemoryDedupeStore:
    """Keeps keys in this process, up to a number and an age; safe to use from any thread.

    Args:
        size: keys that are kept; after that the oldest go.
        ttl: seconds for which a key is kept. The API tries for 19 minutes to deliver an event. The longer keys are
            kept after that, the longer a second real event of the same content counts as a duplicate.
        clock: where the time comes from; the machine's clock if left out.

    Raises:
        TypeError: if `size` is no whole number, or `ttl` no number.
        ValueError: if one of them is not positive.
    """

    def __init__(self, size: int = 100_000, ttl: float = 1800.0, *, clock: Clock | None = None) -> None:
        check_count("size", size)
        check_seconds("ttl", ttl)
        self._size = size
        self._ttl = ttl
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._added: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        with self._lock:
            self._expire()
            return len(self._added)

    def add(self, key: str) -> bool:
        """Note a key; a key that is known does not get younger.

        Returns:
            True if it is new, False if it was there already.
        """
        with self._lock:
            self._expire()
            if key in self._added:
                return False
            self._added[key] = self._clock.monotonic()
            if len(self._added) > self._size:
                self._added.popitem(last=False)
            return True

    def discard(self, key: str) -> None:
        """Forget a key, if it is there."""
        with self._lock:
            self._added.pop(key, None)

    def _expire(self) -> None:
        oldest = self._clock.monotonic() - self._ttl
        while self._added:
            key, added = next(iter(self._added.items()))
            if added > oldest:
                return
            del self._added[key]
