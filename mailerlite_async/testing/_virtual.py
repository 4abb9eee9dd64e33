"""A clock for tests: hours of rate limiting pass in milliseconds, and every run is the same.

Time stands still while anything runs. When all tasks of a loop made by `VirtualClock.loop_factory`, or all threads
started by `VirtualClock.run_threads`, wait for time to pass, it jumps to the earliest of their timers.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import selectors
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# A timer that moved the clock by less than the rounding of its own sum would fire for ever.
SMALLEST_STEP = 1e-6


class VirtualClock:
    """A clock that moves only when everybody waits.

    Args:
        start: the wall-clock date at which it starts, aware. The monotonic time starts at 0.

    Example:
        clock = VirtualClock()
        emulator = Emulator(clock=clock)

        async def main() -> None:
            async with AsyncMailerLite("key", transport=emulator.transport(), clock=clock) as ml:
                await ml.subscribers.count()

        clock.run(main())
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._epoch = start.timestamp()
        self._now = 0.0
        self._lock = threading.Lock()
        self._sleepers: dict[threading.Event, _Sleeper] = {}
        self._threads = 1

    def __repr__(self) -> str:
        return f"<VirtualClock at {self._now:.6f} s>"

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        return self._epoch + self._now

    def advance(self, seconds: float) -> None:
        """Move the clock by hand; threads whose timers are due go on.

        Args:
            seconds: how far, not negative.
        """
        if seconds < 0:
            raise ValueError("seconds must not be negative: time never goes back")
        with self._lock:
            self._now += seconds
            self._release_due()

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def loop_factory(self) -> asyncio.AbstractEventLoop:
        """Make an event loop on this clock, for `asyncio.Runner(loop_factory=...)` or anyio's backend options."""
        return VirtualLoop(self)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine as `asyncio.run` does, on this clock."""
        with asyncio.Runner(loop_factory=self.loop_factory) as runner:
            return runner.run(main)

    # -- threads -------------------------------------------------------------------------------------------------------

    def run_threads(self, *functions: Callable[[], T]) -> list[T]:
        """Run each function in a thread of its own, on this clock, until all have returned.

        Returns:
            Their results, in order.

        Raises:
            BaseException: the first one raised by a function, after all have ended.
        """
        results: dict[int, T] = {}
        failures: list[BaseException] = []

        def work(index: int) -> None:
            try:
                results[index] = functions[index]()
            except BaseException as error:  # noqa: BLE001  (raised again in the calling thread)
                failures.append(error)
            finally:
                with self._lock:
                    self._threads -= 1
                    self._jump_if_all_wait()

        threads = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(len(functions))]
        with self._lock:
            self._threads += len(threads) - 1  # the calling thread waits for the others, and not on the clock
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            with self._lock:
                self._threads += 1
        if failures:
            raise failures[0]
        return [results[index] for index in range(len(functions))]

    def start_thread(self, target: Callable[[], object]) -> None:
        """Start a thread whose waits on this clock count; clients use it for threads of their own."""

        def work() -> None:
            try:
                target()
            finally:
                with self._lock:
                    self._threads -= 1
                    self._jump_if_all_wait()

        with self._lock:
            self._threads += 1
        threading.Thread(target=work, daemon=True).start()

    def wait(self, event: threading.Event, timeout: float | None) -> None:
        """Block the calling thread until `wake(event)` or until the clock has moved by `timeout`.

        Raises:
            RuntimeError: if all threads wait and none has a timer, since nothing would ever happen.
        """
        with self._lock:
            if event.is_set():
                return
            due = math.inf if timeout is None else self._now + max(timeout, SMALLEST_STEP)
            sleeper = self._sleepers[event] = _Sleeper(due)
            self._jump_if_all_wait()
        try:
            sleeper.gate.wait()
        finally:
            with self._lock:
                if self._sleepers.get(event) is sleeper:
                    del self._sleepers[event]
        if sleeper.stuck:
            raise RuntimeError("every thread on the virtual clock waits, and none of them for a point in time")

    def wake(self, event: threading.Event) -> None:
        """Set the event and release the thread that waits on it."""
        with self._lock:
            event.set()
            sleeper = self._sleepers.pop(event, None)
        if sleeper is not None:
            sleeper.gate.set()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread until the clock has moved by `seconds`."""
        self.wait(threading.Event(), seconds)

    def _jump_if_all_wait(self) -> None:
        if not self._sleepers or len(self._sleepers) < self._threads:
            return
        due = min(sleeper.due for sleeper in self._sleepers.values())
        if due == math.inf:
            for sleeper in self._sleepers.values():
                sleeper.stuck = True
                sleeper.gate.set()
            self._sleepers.clear()
            return
        self._now = max(self._now, due)
        self._release_due()

    def _release_due(self) -> None:
        for event in [event for event, sleeper in self._sleepers.items() if sleeper.due <= self._now]:
            self._sleepers.pop(event).gate.set()


class _Sleeper:
    """One thread that waits."""

    __slots__ = ("due", "gate", "stuck")

    def __init__(self, due: float) -> None:
        self.due = due
        self.gate = threading.Event()
        self.stuck = False


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that asks the virtual clock for the time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._virtual_clock = clock
        super().__init__(_JumpingSelector(clock))

    def time(self) -> float:
        return self._virtual_clock.monotonic()

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(max(when, self.time() + SMALLEST_STEP), callback, *args, context=context)


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that moves the clock instead of sleeping.

    The loop asks it to wait for the time to its next timer, and only when no task can run.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if ready := super().select(0):
            return ready
        self._clock.advance(max(timeout, SMALLEST_STEP))
        return []
