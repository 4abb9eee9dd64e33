"""Commands of a document, run in a shell as somebody would type them, on ports that are free."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def environment() -> dict[str, str]:
    """That of this process, without what a newcomer would not have; `python` is the one that runs this."""
    left_out = ("MAILERLITE_", "VIRTUAL_ENV", "BOOK_CLUB_", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])}


@contextmanager
def terminal(script: str, folder: Path, log: Path, port: int) -> Iterator[None]:
    """A shell that runs the commands of a block, the last of which serves on a port until Ctrl-C."""
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["sh", "-e", "-c", script],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that a signal to its group is what Ctrl-C would be
        )
    try:
        give_up = time.monotonic() + 300
        while not answers(port):
            assert shell.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < give_up, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield
        os.killpg(shell.pid, signal.SIGINT)
        shell.wait(30)
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    assert "Traceback" not in log.read_text(encoding="utf-8")


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
