"""Ctrl-C at every point of our code where Python looks for signals, one after the other."""

from __future__ import annotations

import dis
import functools
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import mailerlite_async

_PACKAGE = str(Path(mailerlite_async.__file__).parent)
_TESTING = str(Path(_PACKAGE, "testing"))

# After these the interpreter runs the handlers of signals: not between the others, so that `with lock` is safe.
_CHECKED = {"RESUME", "JUMP_BACKWARD", "CALL", "CALL_KW", "CALL_FUNCTION_EX"}


@contextmanager
def interrupted_at(number: int) -> Iterator[None]:
    """Raise KeyboardInterrupt at the n-th such point, from 1; the virtual clock is left in peace."""
    left = number
    last: dict[FrameType, int] = {}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if event == "call":
            path = frame.f_code.co_filename
            if not path.startswith(_PACKAGE) or path.startswith(_TESTING):
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode" and left:
            before = last.get(frame)
            last[frame] = frame.f_lasti
            if before is not None and _is_checked(frame.f_code, before, frame.f_lasti):
                left -= 1
                if not left:
                    raise KeyboardInterrupt
        return trace

    former = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # from Python 3.12 `settrace` looks whether any frame wants them
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(former)


def _is_checked(code: CodeType, before: int, now: int) -> bool:
    """Whether signals are handled after an instruction; what it raises then belongs to the same `try` or `with`."""
    return dis.opname[code.co_code[before]] in _CHECKED and _handler(code, before) == _handler(code, now)


@functools.cache
def _handlers(code: CodeType) -> list[tuple[int, int, int]]:
    entries: list[Any] = dis.Bytecode(code).exception_entries  # type: ignore[attr-defined]
    return [(entry.start, entry.end, entry.target) for entry in entries]


def _handler(code: CodeType, offset: int) -> int | None:
    return next((target for start, end, target in _handlers(code) if start <= offset < end), None)


def everywhere(trial: Callable[[int], bool]) -> int:
    """Try with each number, until the trial was not interrupted any more; how many points there are."""
    for number in itertools.count(1):
        if sys.version_info >= (3, 12):
            trial(sys.maxsize)  # code tells of all its steps only when it was traced to its end before
        if not trial(number):
            break
    return number - 1
