"""A bulk job as a process of its own, to be killed: `python -m tests.support.bulk_child JOB`, a JSON object.

It writes its results to a file when it has them all. With `hold` it reads no row after the first before it is killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from mailerlite_async.bulk import BulkResult, _cutting
from mailerlite_async.calls import imports


def rows(job: dict[str, Any]) -> Iterator[Any]:
    for number, row in enumerate(json.loads(Path(job["rows"]).read_bytes())):
        while number == 1 and job.get("hold"):
            sys.stdout.write("holding\n")
            sys.stdout.flush()
            time.sleep(60)
        yield row


def carry_out(ml: Any, job: dict[str, Any]) -> Any:
    given = rows(job)
    if job["operation"] == "import_into":
        return ml.bulk.import_into(job["group"], given, checkpoint=job["checkpoint"])
    return getattr(ml.bulk, job["operation"])(given, checkpoint=job["checkpoint"])


def described(result: BulkResult[Any]) -> dict[str, Any]:
    return {
        "row": result.row,
        "input": result.input,
        "error": None if result.error is None else type(result.error).__name__,
        "doubt": result.doubt,
        "recovered": result.recovered,
        "attempts": result.attempts,
    }


async def with_tasks(job: dict[str, Any], limits: RateLimits) -> list[dict[str, Any]]:
    async with AsyncMailerLite("key", base_url=job["url"], limits=limits) as ml:
        return [described(result) async for result in carry_out(ml, job)]


def with_threads(job: dict[str, Any], limits: RateLimits) -> list[dict[str, Any]]:
    with MailerLite("key", base_url=job["url"], limits=limits) as ml:
        return [described(result) for result in carry_out(ml, job)]


def main() -> None:
    job = json.loads(sys.argv[1])
    _cutting.MOST_IMPORT_ROWS = job["import_rows"]  # type: ignore[attr-defined]
    imports._FIRST_PAUSE = imports._LONGEST_PAUSE = 0.1
    limits = RateLimits(**job["limits"])
    results = asyncio.run(with_tasks(job, limits)) if job["flavour"] == "async" else with_threads(job, limits)
    Path(job["results"]).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
