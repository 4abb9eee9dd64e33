"""A program to be interrupted: `python -m tests.support.interrupted FLAVOUR WHERE LIMITS CHECKPOINT`.

It says `ready`, waits for a line, and does what is interrupted; says `under way` once it waits for a token, or has a part of
a bulk job; then it says what it made of the interrupt, and goes on.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
from typing import Any

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from mailerlite_async.bulk import BulkResult, BulkSummary

IDS = [str(number) for number in range(1, 2001)]
FIRST = 50  # what one call takes


def say(*what: object) -> None:
    sys.stdout.write(" ".join(map(str, what)) + "\n")
    sys.stdout.flush()


def begin(ml: MailerLite | AsyncMailerLite, where: str) -> None:
    say("ready")
    sys.stdin.readline()
    if where == "wait":
        threading.Thread(target=watch, args=(ml,), daemon=True).start()


def watch(ml: MailerLite | AsyncMailerLite) -> None:
    while not ml.quota.requests.waiting:
        time.sleep(0.001)
    say("under way")


def note_first(summary: BulkSummary) -> None:
    if summary.done == FIRST:
        say("under way")


def done(results: list[BulkResult[Any]]) -> str:
    failed = sum(result.error is not None for result in results)
    return f"{len(results)} rows, {failed} failed, {sum(result.recovered for result in results)} recovered"


def sync(where: str, limits: RateLimits, checkpoint: str) -> None:
    with MailerLite("key", limits=limits) as ml:
        if where != "bulk":
            ml.subscribers.count()
        begin(ml, where)
        started = time.monotonic()
        try:
            if where == "bulk":
                ml.bulk.get(IDS, checkpoint=checkpoint, on_progress=note_first).run()
            else:
                ml.subscribers.count()
            say("not interrupted")
        except KeyboardInterrupt:
            say("interrupted", time.monotonic() - started < 8)
        if where == "bulk":
            say(done(list(ml.bulk.get(IDS, checkpoint=checkpoint))))
        elif where == "send":
            say("held", ml.quota.requests.held, "count", ml.subscribers.count())
        else:
            say("held", ml.quota.requests.held, "waiting", ml.quota.requests.waiting)


def with_loop(where: str, limits: RateLimits, checkpoint: str) -> None:
    ml = AsyncMailerLite("key", limits=limits)

    async def main() -> None:
        if where != "bulk":
            await ml.subscribers.count()
        begin(ml, where)
        if where == "bulk":
            await ml.bulk.get(IDS, checkpoint=checkpoint, on_progress=note_first).run()
        else:
            await ml.subscribers.count()
        say("not interrupted")

    async def go_on() -> None:
        async with ml:
            if where == "bulk":
                say(done([result async for result in ml.bulk.get(IDS, checkpoint=checkpoint)]))
            elif where == "send":
                say("held", ml.quota.requests.held, "count", await ml.subscribers.count())
            else:
                say("held", ml.quota.requests.held, "waiting", ml.quota.requests.waiting)

    started = time.monotonic()
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        say("interrupted", time.monotonic() - started < 8)
    asyncio.run(go_on())


if __name__ == "__main__":
    # A shell that runs the tests in the background hands on that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    flavour, where, limits, checkpoint = sys.argv[1:]
    (with_loop if flavour == "async" else sync)(where, RateLimits(**json.loads(limits)), checkpoint)
