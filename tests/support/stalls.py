"""Measures for how long the machine stood still, so that a bound on real time can leave that out."""

from __future__ import annotations

import threading
import time
from typing import Self

_TICK = 0.05
_LATE = 0.1  # less than that is a machine at work


class Stalls:
    """Sleeps for moments all the time, in a thread, and notes by how much too long that was."""

    def __init__(self) -> None:
        self._found: list[tuple[float, float]] = []
        self._noting = threading.Lock()
        self._noted = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._noted = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._note()
        self._ended.set()
        self._thread.join()

    def seconds(self, start: float = float("-inf"), end: float = float("inf")) -> float:
        """How long the machine, or this process, stood still between two times of `time.monotonic`."""
        self._note()  # the thread may not have woken yet
        return sum(late for moment, late in self._found if start <= moment < end)

    def _watch(self) -> None:
        while not self._ended.wait(_TICK):
            self._note()

    def _note(self) -> None:
        with self._noting:
            if self._ended.is_set():
                return
            before, self._noted = self._noted, time.monotonic()
            if (late := self._noted - before - _TICK) > _LATE:
                self._found.append((before, late))
