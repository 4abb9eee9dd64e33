"""A redis-server of the test's own, on a free port of loopback."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.ports import free_port


def require_redis() -> str:
    """The path of redis-server; skips the test if it or its client is missing, but on CI fails."""
    program = shutil.which("redis-server")
    client = importlib.util.find_spec("redis")
    if program is None or client is None:
        reason = "redis-server is not installed" if program is None else "the package redis is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return program


class RedisServer:
    """Starts and stops one redis-server; each start is empty.

    Args:
        folder: for its files.
    """

    def __init__(self, folder: Path) -> None:
        self._program = require_redis()
        self._folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
                *("--dir", str(self._folder)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("redis-server does not answer")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
