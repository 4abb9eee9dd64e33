"""Calling off what the threads of one job wait for, so that Ctrl-C need not wait for a limit."""

from __future__ import annotations

import threading

from mailerlite_async._clock import Clock
from mailerlite_async._fork import renew_in_children


class HaltedError(Exception):
    """The wait was called off. It never leaves the thread of a job."""


class Halt:
    """Waits on a clock until somebody calls it off; safe for threads.

    Args:
        clock: to wait on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._events: set[threading.Event] = set()
        self._called_off = False
        renew_in_children(self)

    def wait(self, event: threading.Event, timeout: float | None) -> None:
        """As `Clock.wait`.

        Raises:
            HaltedError: if it was called off, before or meanwhile.
        """
        with self._lock:
            if self._called_off:
                raise HaltedError
            self._events.add(event)
        try:
            self._clock.wait(event, timeout)
        finally:
            with self._lock:
                self._events.discard(event)
        if self._called_off:
            raise HaltedError

    def sleep(self, seconds: float) -> None:
        """As `Clock.sleep`.

        Raises:
            HaltedError: if it was called off, before or meanwhile.
        """
        self.wait(threading.Event(), seconds)

    def call_off(self) -> None:
        """End all waiting, now and later."""
        with self._lock:
            self._called_off = True
            events = list(self._events)
        for event in events:
            self._clock.wake(event)

    def renew(self) -> None:
        """Forget those who wait: a forked child has none of these threads, and may end the job that was copied."""
        self._lock = threading.Lock()
        self._events = set()
