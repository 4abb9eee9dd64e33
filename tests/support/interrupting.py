"""Ctrl-C at every point of our code where Python looks for signals, one after the other."""

from __future__ import annotations

import dis
import functools
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import mailerlite_async

_PACKAGE = str(Path(mailerlite_async.__file__).parent)
_TESTING = str(Path(_PACKAGE, "testing"))

# After these the interpreter runs the handlers of signals: not between the others, so that `with lock` is safe.
_CHECKED = {"RESUME", "JUMP_BACKWARD", "CALL", "CALL_KW", "CALL_FUNCTION_EX"}


class Walk:
    """Raises KeyboardInterrupt at the n-th such point, from 1; the virtual clock is left in peace."""

    def __init__(self) -> None:
        self._left = 0
        self._last: dict[FrameType, int] = {}

    @contextmanager
    def interrupted_at(self, number: int) -> Iterator[None]:
        """Raise it within the block."""
        self._left = number
        self._last.clear()
        sys.settrace(self._trace)  # no more in force once it has raised
        try:
            yield
        finally:
            self._left = 0
            # Left in force: from Python 3.13 code tells of its steps only if it was traced the last time it was run.
            sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "call":
            path = frame.f_code.co_filename
            if not path.startswith(_PACKAGE) or path.startswith(_TESTING):
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode" and self._left:
            before = self._last.get(frame)
            self._last[frame] = frame.f_lasti
            if before is not None and _is_checked(frame.f_code, before, frame.f_lasti):
                self._left -= 1
                if not self._left:
                    raise KeyboardInterrupt
        return self._trace


def _is_checked(code: CodeType, before: int, now: int) -> bool:
    """Whether signals are handled after an instruction; what it raises then belongs to the same `try` or `with`."""
    return dis.opname[code.co_code[before]] in _CHECKED and _handler(code, before) == _handler(code, now)


@functools.cache
def _handlers(code: CodeType) -> list[tuple[int, int, int]]:
    entries: list[Any] = dis.Bytecode(code).exception_entries  # type: ignore[attr-defined]
    return [(entry.start, entry.end, entry.target) for entry in entries]


def _handler(code: CodeType, offset: int) -> int | None:
    return next((target for start, end, target in _handlers(code) if start <= offset < end), None)


def everywhere(trial: Callable[[AbstractContextManager[None]], bool]) -> int:
    """Try with an interrupt at each point, until the trial was not interrupted any more.

    Args:
        trial: given the block in which the interrupt comes; returns whether it did.

    Returns:
        How many points there are.
    """
    walk = Walk()
    former = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # from Python 3.12 `settrace` looks whether any frame wants them
    try:
        for points in itertools.count():
            if sys.version_info >= (3, 12):
                trial(walk.interrupted_at(sys.maxsize))  # the interrupt before left half of the code untraced
            if not trial(walk.interrupted_at(points + 1)):
                return points
    finally:
        sys.settrace(former)
    raise AssertionError("unreachable")
