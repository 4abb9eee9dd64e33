"""Runs something in a forked child of this process, and brings its result home."""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def start_child(body: Callable[[], T], seconds: int = 20) -> Callable[[], T]:
    """Fork, and run `body` in the child, which is killed after `seconds`.

    Returns:
        A function that waits for the result.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds + 1)
        faulthandler.dump_traceback_later(seconds, exit=True, file=2)
        try:
            message = pickle.dumps((True, body()))
        except BaseException:
            message = pickle.dumps((False, traceback.format_exc()))
        os.write(writing, message)
        os._exit(0)
    os.close(writing)

    def result() -> T:
        with os.fdopen(reading, "rb") as pipe:
            message = pipe.read()
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"the child ended with {os.waitstatus_to_exitcode(status)}"
        value: Any
        worked, value = pickle.loads(message)
        assert worked, value
        return value  # type: ignore[no-any-return]

    return result


def in_child(body: Callable[[], T], seconds: int = 20) -> T:
    """What `body` returns in a forked child."""
    return start_child(body, seconds)()
