"""Ctrl-C and the end of the interpreter, in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.testing import Emulator
from tests.support.fresh import ROOT

pytestmark = pytest.mark.system


@contextlib.contextmanager
def started(*arguments: str, base_url: str) -> Iterator[subprocess.Popen[str]]:
    """A fresh interpreter that makes an error of every warning."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env={**os.environ, "MAILERLITE_BASE_URL": base_url, "MAILERLITE_API_KEY": "any"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize(
    ("where", "afterwards"),
    [
        ("wait", "held 1 waiting 0"),
        # The one that was sent without an answer holds its token, too.
        ("send", "held 2 count 2000"),
        ("bulk", "2000 rows, 0 failed, {recovered} recovered"),
    ],
)
def test_interrupt(flavour: str, where: str, afterwards: str, tmp_path: Path) -> None:
    limits: dict[str, Any] = {
        "wait": {"requests": 1},
        "send": {"requests": 20},
        "bulk": {"requests": 20, "period": 4.0},
    }
    emulator = Emulator(**limits[where])
    emulator.seed(subscribers=[{"email": f"reader{n}@example.com", "id": str(n)} for n in range(1, 2001)])
    arguments = ["-m", "tests.support.interrupted", flavour, where, json.dumps(limits[where]), str(tmp_path / "job")]
    with emulator.serve() as base_url, started(*arguments, base_url=base_url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if where == "send":
            emulator.fault("stall_after_commit", seconds=1000, times=1)
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        if where == "send":
            while len(emulator.requests) < 2:
                time.sleep(0.001)
        else:
            assert process.stdout.readline() == "under way\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=40)
    assert (process.returncode, errors) == (0, "")
    interrupted, rest = output.splitlines()
    assert interrupted == "interrupted True"
    if where == "bulk":
        recovered = int(rest.split()[-2])
        assert 50 <= recovered < 2000
        afterwards = afterwards.format(recovered=recovered)
    assert rest == afterwards
    assert 429 not in {request.status for request in emulator.requests}


# -- the end of the interpreter ----------------------------------------------------------------------------------------

SYNC = """
import threading, time
from mailerlite_async import MailerLite, RateLimits

ml = MailerLite(limits=RateLimits(requests=2, period=600))
ml.subscribers.count()
"""

ASYNC = """
import asyncio
from mailerlite_async import AsyncMailerLite, RateLimits

ml = AsyncMailerLite(limits=RateLimits(requests=2, period=600))

async def main():
    await ml.subscribers.count()
    {body}

asyncio.run(main())
"""

ENDINGS = {
    "sync, open": SYNC,
    "sync, threads waiting for a token": SYNC
    + """
threads = [threading.Thread(target=ml.subscribers.count, daemon=True) for _ in range(5)]
for thread in threads:
    thread.start()
while ml.quota.requests.waiting != 4:
    time.sleep(0.001)
""",
    "sync, bulk job under way": SYNC
    + """
results = iter(MailerLite(limits=RateLimits(requests=2, period=600)).bulk.get(range(1, 1001)))
print(next(results).error is not None)
""",
    "sync, error out of a job": SYNC
    + """
def rows():
    yield 1
    raise SystemExit

for result in ml.bulk.get(rows()):
    pass
""",
    "sync, used again at exit": """
import atexit
from mailerlite_async import MailerLite

ml = MailerLite()
atexit.register(lambda: (ml.subscribers.count(), ml.close()))
ml.subscribers.count()
""",
    "async, open": ASYNC.format(body="pass"),
    "async, tasks waiting for a token": ASYNC.format(
        body="""tasks = [asyncio.create_task(ml.subscribers.count()) for _ in range(5)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)"""
    ),
    "async, bulk job under way": ASYNC.format(
        body="""job = aiter(ml.bulk.get(range(1, 1001)))
    await anext(job)"""
    ),
    "async, bulk job in a task": ASYNC.format(
        body="""task = asyncio.create_task(ml.bulk.get(range(1, 1001)).run())
    await asyncio.sleep(0.1)"""
    ),
    "async, walk left early": ASYNC.format(
        body="""async for person in ml.subscribers.iter(page_size=25, prefetch=True):
        break"""
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_interpreter_ends_quietly(ending: str, tmp_path: Path) -> None:
    emulator = Emulator(requests=2, period=600)
    emulator.seed(subscribers=[{"email": f"reader{n}@example.com", "id": str(n)} for n in range(1, 101)])
    script = tmp_path / "ending.py"
    script.write_text(ENDINGS[ending], encoding="utf-8")
    with emulator.serve() as base_url, started(str(script), base_url=base_url) as process:
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
