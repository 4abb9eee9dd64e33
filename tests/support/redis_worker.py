"""A process that calls as fast as its limits let it; started with a description in JSON, ends by itself."""

from __future__ import annotations

import asyncio
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

    def add(self, started: float, error: MailerLiteError | None = None, end: float = 0.0) -> None:
        now = time.monotonic()
        if error is None:
            self.done += 1
            self.longest = max(self.longest, now - started)
        elif not isinstance(error, RateLimitError) or now + (error.retry_after or 0.0) < end:
            self.failed.append(str(error))  # others only could not be sent before the end


async def run_async(work: dict[str, Any], tally: Tally) -> None:
    end = time.monotonic() + work["seconds"]
    options = {"base_url": work["url"], "user_agent": work["name"], "timeout": 10.0, "max_retries": 50}
    async with AsyncMailerLite(KEY, limits=limits(work), **options) as client:

        async def task() -> None:
            while (started := time.monotonic()) < end:
                ml = client.with_options(background=work.get("background", False), max_wait=end - started)
                try:
                    if work.get("imports"):
                        await ml.groups.import_subscribers("1", [{"email": "ann@example.com"}])
                    else:
                        await ml.subscribers.count()
                    tally.add(started)
                except MailerLiteError as error:
                    tally.add(started, error, end)
                if work.get("pause"):
                    await asyncio.sleep(work["pause"])

        await asyncio.gather(*(task() for _ in range(work["tasks"])))


def run_threads(work: dict[str, Any], tally: Tally) -> None:
    end = time.monotonic() + work["seconds"]
    options = {"base_url": work["url"], "user_agent": work["name"], "timeout": 10.0, "max_retries": 50}
    with MailerLite(KEY, limits=limits(work), **options) as client:

        def thread() -> None:
            while (started := time.monotonic()) < end:
                ml = client.with_options(max_wait=end - started)
                try:
                    ml.subscribers.count()
                    tally.add(started)
                except MailerLiteError as error:
                    tally.add(started, error, end)

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
        asyncio.run(run_async(work, tally))
    sys.stdout.write(json.dumps({"done": tally.done, "failed": tally.failed, "longest": tally.longest}))


if __name__ == "__main__":
    main()
