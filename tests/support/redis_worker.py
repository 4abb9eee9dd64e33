"""A process that calls as fast as its limits let it; started with a description in JSON, ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import threading
import time
from typing import Any

from mailerlite_async import AsyncMailerLite, MailerLite, MailerLiteError, RateLimitError, RateLimits, RedisStore

KEY = "a-key-that-must-not-be-in-redis"


def limits(work: dict[str, Any]) -> RateLimits:
    store = RedisStore(work["redis"], **work.get("store", {})) if work.get("redis") else None
    return RateLimits(requests=120, imports=5, period=6.0, store=store, **work.get("limits", {}))


class Tally:
    """What became of the calls."""

    def __init__(self) -> None:
        self.done = 0
        self.failed: list[str] = []
        self.longest = 0.0

    def add(self, started: float, error: MailerLiteError | None = None) -> None:
        self.longest = max(self.longest, time.monotonic() - started)
        if error is None:
            self.done += 1
        else:
            self.failed.append(str(error))


async def run_async(work: dict[str, Any], tally: Tally) -> None:
    end = time.monotonic() + work["seconds"]
    options = {"base_url": work["url"], "user_agent": work["name"], "timeout": 10.0, "max_retries": 50}
    async with AsyncMailerLite(KEY, limits=limits(work), **options) as client:
        ml = client.with_options(background=work.get("background", False))

        async def task() -> None:
            while (started := time.monotonic()) < end:
                try:
                    if work.get("imports"):
                        await ml.groups.import_subscribers("1", [{"email": "ann@example.com"}])
                    else:
                        await ml.subscribers.count()
                    tally.add(started)
                except MailerLiteError as error:
                    tally.add(started, error)
                if work.get("pause"):
                    await asyncio.sleep(work["pause"])

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(task()) for _ in range(work["tasks"])]
            group.create_task(asyncio.sleep(max(0.0, end - time.monotonic()))).add_done_callback(
                lambda _: [each.cancel() for each in tasks]
            )


def run_threads(work: dict[str, Any], tally: Tally) -> None:
    end = time.monotonic() + work["seconds"]
    options = {"base_url": work["url"], "user_agent": work["name"], "timeout": 10.0, "max_retries": 50}
    with MailerLite(KEY, limits=limits(work), **options) as client:

        def thread() -> None:
            while (started := time.monotonic()) < end:
                ml = client.with_options(max_wait=max(0.0, end - started))
                try:
                    ml.subscribers.count()
                    tally.add(started)
                except MailerLiteError as error:
                    if not (isinstance(error, RateLimitError) and time.monotonic() + (error.retry_after or 0.0) >= end):
                        tally.add(started, error)

        threads = [threading.Thread(target=thread) for _ in range(work["tasks"])]
        for each in threads:
            each.start()
        for each in threads:
            each.join()


def main() -> None:
    work = json.loads(sys.argv[1])
    logging.basicConfig(stream=sys.stderr, format="%(name)s %(levelname)s %(message)s", level=logging.WARNING)
    tally = Tally()
    if work.get("threads"):
        run_threads(work, tally)
    else:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(run_async(work, tally))
    sys.stdout.write(json.dumps({"done": tally.done, "failed": tally.failed, "longest": tally.longest}))


if __name__ == "__main__":
    main()
