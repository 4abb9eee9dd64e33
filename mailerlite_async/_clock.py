"""The clock a client reads and waits on, so that tests can replace real time.

Waiting tasks use the timers of their event loop; a clock only has to agree with that loop on what time it is. Waiting
threads have no loop, so the clock itself blocks and wakes them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What a client needs of a clock. `mailerlite_async.testing.VirtualClock` is the other implementation."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; never goes back."""
        ...

    def time(self) -> float:
        """Seconds since the Unix epoch, for dates in headers."""
        ...

    def wait(self, event: threading.Event, timeout: float | None) -> None:
        """Block the calling thread until `wake(event)` or until `timeout` seconds have passed."""
        ...

    def wake(self, event: threading.Event) -> None:
        """Set `event` and release the thread that waits on it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for `seconds`."""
        ...


def start_thread(clock: Clock, target: Callable[[], object]) -> None:
    """Start a daemon thread that waits on this clock.

    A virtual clock moves only when everybody waits, so it has to know of the thread: it has a method `start_thread`.
    """
    starter: Callable[[Callable[[], object]], None] | None = getattr(clock, "start_thread", None)
    if starter is not None:
        starter(target)
    else:
        threading.Thread(target=target, name="mailerlite", daemon=True).start()


class SystemClock:
    """The clock of the machine."""

    def monotonic(self) -> float:
        """Seconds of `time.monotonic`."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds of `time.time`."""
        return time.time()

    def wait(self, event: threading.Event, timeout: float | None) -> None:
        """Wait on the event itself."""
        event.wait(timeout)

    def wake(self, event: threading.Event) -> None:
        """Set the event."""
        event.set()

    def sleep(self, seconds: float) -> None:
        """Sleep with `time.sleep`, which a signal interrupts."""
        time.sleep(seconds)
