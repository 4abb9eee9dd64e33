"""A redis-server of each test's own, a counting server, and processes that call it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.redis_server import RedisServer

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.kill()


class Worker:
    """A process of `tests.support.redis_worker`."""

    def __init__(self, **work: Any) -> None:
        self._seconds = work["seconds"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.redis_worker", json.dumps(work)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def result(self) -> dict[str, Any]:
        """What became of its calls, and what it logged."""
        out, logged = self.process.communicate(timeout=self._seconds + 30)
        assert self.process.returncode == 0, logged
        return {**json.loads(out), "logged": logged.splitlines()}


@pytest.fixture
def start_worker() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(**work: Any) -> Worker:
        workers.append(Worker(**work))
        return workers[-1]

    yield start
    for worker in workers:
        worker.process.kill()
        worker.process.communicate()
