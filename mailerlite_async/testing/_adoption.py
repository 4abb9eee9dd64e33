"""A virtual clock for event loops that somebody else made: those of pytest-asyncio, anyio and test clients.

`VirtualClock.run` makes a loop of its own, whose only time is the clock's. A loop that runs already may have real work
to do as well: a database, a socket, a thread. So a loop that is adopted waits for real, and on the clock, as long as
none of its timers is one of this package, and skips the wait if one is.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TypeVarTuple, cast

from ._virtual import SMALLEST_STEP, VirtualClock, VirtualLoop

Ts = TypeVarTuple("Ts")

_PACKAGE: Final = __name__.partition(".")[0] + "."
# Below this frame is the loop, and no longer what made the timer.
_LOOP_MODULE: Final = "asyncio.events"


class AdoptingClock(VirtualClock):
    """A virtual clock that drives whatever loop it is read in, from then until `release`."""

    def __init__(self) -> None:
        super().__init__()
        self._adopted: dict[asyncio.AbstractEventLoop, _Adopted] = {}
        self._released = False

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        self._adopt()
        return super().monotonic()

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        self._adopt()
        return super().time()

    def release(self) -> None:
        """Give all loops back to real time, and adopt no more."""
        self._released = True
        while self._adopted:
            self._adopted.popitem()[1].release()

    def _adopt(self) -> None:
        loop = asyncio._get_running_loop()
        if loop is None or loop in self._adopted or self._released:
            return
        if not isinstance(loop, VirtualLoop):
            self._adopted[loop] = _Adopted(loop, super().monotonic, self.advance)


class _Adopted:
    """A loop on a clock that is not its own.

    Args:
        loop: one of asyncio's own.
        monotonic: reads the clock.
        advance: moves the clock.

    Raises:
        RuntimeError: if the loop is one that cannot be driven.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        monotonic: Callable[[], float],
        advance: Callable[[float], None],
    ) -> None:
        selector = getattr(loop, "_selector", None)
        if not isinstance(loop, asyncio.BaseEventLoop) or selector is None:
            raise RuntimeError(
                f"the virtual clock cannot drive a loop of {type(loop).__module__}: run this test on a loop of asyncio"
                ' or in real time, with @pytest.mark.mailerlite(clock="real")'
            )
        self._loop = cast("Any", loop)  # its methods are replaced, which types do not allow for
        self._selector: Any = selector
        self._monotonic = monotonic
        self._advance = advance
        self._offset = loop.time() - monotonic()
        self._timers: set[asyncio.TimerHandle] = set()
        self._call_at = loop.call_at
        self._select: Callable[[float | None], list[Any]] = selector.select
        self._loop.time = self._time
        self._loop.call_at = self._note_call_at
        self._selector.select = self._wait

    def release(self) -> None:
        """Give the loop its own time back; it goes on from here, and never back."""
        if self._loop.is_closed():
            return
        ahead = self._time() - type(self._loop).time(self._loop)
        del self._loop.call_at, self._selector.select
        if ahead > 0:
            self._loop.time = lambda: type(self._loop).time(self._loop) + ahead
        else:
            del self._loop.time

    def _time(self) -> float:
        return self._offset + self._monotonic()

    def _note_call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        timer = self._call_at(max(when, self._time() + SMALLEST_STEP), callback, *args, context=context)
        if _made_here():
            self._timers.add(timer)
        return timer

    def _wait(self, timeout: float | None = None) -> list[Any]:
        """What the loop does when no task can run: wait, `timeout` being the time to its next timer."""
        if timeout is None or timeout <= 0:
            return self._select(timeout)
        now = self._time()
        self._timers = {timer for timer in self._timers if not timer.cancelled() and timer.when() > now}
        if self._timers:
            if ready := self._select(0):
                return ready
            self._advance(max(timeout, SMALLEST_STEP))
            return []
        started = time.monotonic()
        ready = self._select(timeout)
        self._advance(min(time.monotonic() - started, timeout) if ready else timeout)
        return ready


def _made_here() -> bool:
    """Whether it is a client or the emulator that makes a timer: one of their frames is below this one."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(_PACKAGE):
            return True
        if module == _LOOP_MODULE:
            return False
        frame = frame.f_back
    return False
