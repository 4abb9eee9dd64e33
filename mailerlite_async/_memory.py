"""What flows of one client remember: values with the time they were learned, a bounded number of them."""

from __future__ import annotations

import threading
from collections import OrderedDict

_MOST = 1000


class Memory:
    """Values by key, the oldest forgotten first; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[str, ...], tuple[float, object]] = OrderedDict()

    def remember(self, key: tuple[str, ...], value: object, now: float) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = now, value
            self._values.move_to_end(key)
            if len(self._values) > _MOST:
                self._values.popitem(last=False)

    def recall(self, key: tuple[str, ...], max_age: float, now: float) -> object | None:
        """The value, if it was learned at most `max_age` seconds ago."""
        with self._lock:
            learned, value = self._values.get(key, (0.0, None))
        return value if value is not None and now - learned <= max_age else None
