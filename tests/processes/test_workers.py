"""The servers and queues that fork: one client of the module serves all workers, each with its share of the limits."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailerlite_async.testing import Emulator
from tests.support.fresh import ROOT
from tests.support.ports import free_port

CALLS = 200
# The limit is 60 calls a second, and a share spends its part of it at once: the last calls begin after three seconds.
SLOWEST = 15.0

pytestmark = [pytest.mark.system, pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")]


def need(*, module: str | None = None, program: str | None = None) -> None:
    """Skip the test where a tool is missing, but never where everything has to be tested."""
    missing = (module is not None and importlib.util.find_spec(module) is None) or (
        program is not None and shutil.which(program) is None
    )
    if missing:
        reason = f"{module or program} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@contextlib.contextmanager
def running(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is told to stop at the end, and ends well."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        status = process.wait(60)
    finally:
        process.kill()
        process.wait()
    said = log.read_text(encoding="utf-8", errors="replace")
    assert status == 0, said
    assert "Traceback" not in said, said


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < give_up, log.read_text(encoding="utf-8")
        time.sleep(0.05)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def check(emulator: Emulator, done: list[tuple[int, str]], workers: int) -> None:
    """Every call was made once, by several processes, and none was refused."""
    assert sorted(email for _, email in done) == sorted(f"reader{number}@example.com" for number in range(CALLS))
    assert 2 <= len({pid for pid, _ in done}) <= workers
    upserts = [request for request in emulator.requests if request.route == "/subscribers"]
    assert len(upserts) == CALLS
    assert {request.status for request in upserts} == {201}
    assert 429 not in {request.status for request in emulator.requests}


def environment(base_url: str, **more: str) -> dict[str, str]:
    return {"MAILERLITE_API_KEY": "any", "MAILERLITE_BASE_URL": base_url, **more}


@pytest.mark.parametrize(
    ("workers", "options"),
    [(4, ["--worker-class", "sync"]), (2, ["--worker-class", "gthread", "--threads", "8"])],
    ids=["sync", "gthread"],
)
def test_gunicorn(workers: int, options: list[str], tmp_path: Path) -> None:
    need(module="gunicorn")
    emulator = Emulator(requests=60, period=1.0)
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--preload", "--workers", str(workers), *options),
        *("--bind", f"127.0.0.1:{port}", "--log-level", "warning", "tests.support.wsgi_app:app"),
    ]
    log = tmp_path / "gunicorn.log"
    with emulator.serve() as base_url:
        settings = environment(base_url, TEST_WORKERS=str(workers))
        with running(command, log, **settings) as process:
            wait_for(lambda: answers(port), process, log)
            started = time.monotonic()

            def ask(number: int) -> tuple[int, str]:
                # A connection each: gunicorn closes idle ones after two seconds, and then one may be lost in between.
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/?number={number}", timeout=60) as response:
                    pid, email = json.load(response)
                return pid, email

            with ThreadPoolExecutor(24) as pool:
                done = list(pool.map(ask, range(CALLS)))
            assert time.monotonic() < started + SLOWEST
    check(emulator, done, workers)


SUBMIT = """
import json, os
from celery import Celery

app = Celery(broker=os.environ["TEST_REDIS_URL"], backend=os.environ["TEST_REDIS_URL"])
results = [app.send_task("sign_up", (number,)) for number in range({calls})]
print(json.dumps([result.get(timeout=60) for result in results]))
"""


def test_celery(tmp_path: Path) -> None:
    need(module="celery")
    need(module="redis")
    need(program="redis-server")
    emulator = Emulator(requests=60, period=1.0)
    port = free_port()
    redis = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    worker = [
        *(sys.executable, "-m", "celery", "-A", "tests.support.celery_app", "worker", "--pool", "prefork"),
        *("--concurrency", "4", "--loglevel", "warning", "--without-gossip", "--without-mingle"),
    ]
    redis_log, log = tmp_path / "redis.log", tmp_path / "celery.log"
    with contextlib.ExitStack() as stack:
        base_url = stack.enter_context(emulator.serve())
        process = stack.enter_context(running([*redis, "--dir", str(tmp_path)], redis_log))
        wait_for(lambda: answers(port), process, redis_log)
        settings = environment(base_url, TEST_REDIS_URL=f"redis://127.0.0.1:{port}/0")
        process = stack.enter_context(running(worker, log, **settings))
        submitting = subprocess.run(
            [sys.executable, "-c", SUBMIT.format(calls=CALLS)],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            timeout=90,
            check=True,
        )
        done = [(pid, email) for pid, email in json.loads(submitting.stdout)]
        upserts = [request.at for request in emulator.requests if request.route == "/subscribers"]
        assert max(upserts) - min(upserts) < SLOWEST
    check(emulator, done, 4)
