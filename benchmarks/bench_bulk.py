"""Bulk jobs over real HTTP on loopback: the memory of the whole process, and what the client costs for each row.

The emulator runs in a process of its own, its limits and the pace of its imports out of the way. Memory is the largest
resident set of a fresh process that makes its rows as they are needed and drops the results. Its peer is a loop written
by hand over httpx that sends the same rows in the same chunks out of a list. The cost of updates is the CPU time of the
client's process, beside `json.dumps` of the bodies of the same batches in the same run.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measuring import Figure, Table, emulator, in_turn, ratios
from benchmarks.running import main
from mailerlite_async import MailerLite, RateLimits
from mailerlite_async.bulk._chunk import MOST_IMPORT_ROWS

GROUP = "7001"
GROUPS = f"emulator.seed(groups=[{{'name': 'Book club', 'id': '{GROUP}'}}])"
MANY = RateLimits(requests=1_000_000, imports=1_000_000)
HEADERS = {"Authorization": "Bearer key", "Accept": "application/json", "Content-Type": "application/json"}
BATCH = 50
TARGET = 150
# The peer takes milliseconds, too few for a clock of CPU time.
REPEATS = 20


def row(number: int) -> dict[str, Any]:
    return {
        "email": f"reader{number}@example.com",
        "fields": {"name": f"Reader {number}", "last_name": "Lovelace", "city": "Vilnius", "country": "Lithuania"},
    }


def rows(count: int) -> Iterator[dict[str, Any]]:
    return (row(number) for number in range(count))


# -- memory: each of these runs in a process of its own ----------------------------------------------------------------


def import_with_client(url: str, count: int) -> None:
    with MailerLite("key", base_url=url, limits=MANY) as ml:
        summary = ml.bulk.import_into(GROUP, rows(count)).run()
    assert (summary.done, summary.failed) == (count, 0)


def import_with_checkpoint(url: str, count: int) -> None:
    with tempfile.TemporaryDirectory() as place, MailerLite("key", base_url=url, limits=MANY) as ml:
        summary = ml.bulk.import_into(GROUP, rows(count), checkpoint=Path(place, "checkpoint")).run()
    assert (summary.done, summary.failed) == (count, 0)


def import_by_hand(url: str, count: int) -> None:
    given = list(rows(count))
    with httpx.Client(headers=HEADERS, timeout=60) as client:
        reports = []
        for start in range(0, count, MOST_IMPORT_ROWS):
            body = {"subscribers": given[start : start + MOST_IMPORT_ROWS]}
            answer = client.post(f"{url}/groups/{GROUP}/import-subscribers", json=body).raise_for_status()
            reports.append(answer.json()["import_progress_url"])
        for report in reports:
            while not client.get(report).raise_for_status().json()["data"]["done"]:
                time.sleep(1)


def sync_with_client(url: str, count: int) -> None:
    with MailerLite("key", base_url=url, limits=MANY) as ml:
        report = ml.bulk.sync(rows(count), group=GROUP)
    assert report.added == count


def nothing(url: str, _: int) -> None:
    MailerLite("key", base_url=url, limits=MANY).close()


MEASURED: dict[str, Callable[[str, int], None]] = {
    each.__name__: each
    for each in (nothing, import_with_client, import_with_checkpoint, import_by_hand, sync_with_client)
}


def child(name: str, url: str, count: int) -> None:
    started, busy = time.perf_counter(), time.process_time()
    MEASURED[name](url, count)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mib = most / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps([mib, time.perf_counter() - started, time.process_time() - busy]))


def measured(name: str, count: int) -> tuple[float, float, float]:
    with emulator(GROUPS) as url:
        done = subprocess.run(
            [sys.executable, __file__, "--child", name, url, str(count)], stdout=subprocess.PIPE, text=True, check=True
        )
    mib, seconds, busy = json.loads(done.stdout)
    return mib, seconds, busy


def memory(many: int, fewer: int) -> list[Table]:
    most = Table("bulk-memory", "bulk jobs", "MiB, largest resident set", digits=0)
    cost = Table("bulk-cpu", "bulk jobs", "seconds of processor time", digits=1)
    for title, name, count, target in (
        ("a client that does nothing", "nothing", 0, None),
        (f"bulk.import_into, {many:,} rows", "import_with_client", many, TARGET),
        (f"the same with a checkpoint, {many:,} rows", "import_with_checkpoint", many, TARGET),
        (f"httpx by hand, {many:,} rows in a list", "import_by_hand", many, None),
        (f"bulk.sync into an empty group, {fewer:,} rows", "sync_with_client", fewer, TARGET),
    ):
        mib, _, busy = measured(name, count)
        most.figures.append(Figure.of(title, [mib], target))
        cost.figures.append(Figure.of(title, [busy]))
    return [most, cost]


# -- cost --------------------------------------------------------------------------------------------------------------


def updates(url: str, count: int) -> list[dict[str, Any]]:
    with MailerLite("key", base_url=url, limits=MANY) as ml:
        return [
            {"id": person.id, "fields": {"name": "Ada", "last_name": "Lovelace", "city": "Vilnius"}}
            for person in ml.subscribers.iter()
        ][:count]


def bodies(given: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The batches, as somebody would write them by hand."""
    calls = [
        {"method": "PUT", "path": f"api/subscribers/{each['id']}", "body": {"fields": each["fields"]}} for each in given
    ]
    return ({"requests": calls[start : start + BATCH]} for start in range(0, len(calls), BATCH))


def cost(rounds: int, count: int) -> Table:
    people = f"subscribers=[f'reader{{number}}@example.com' for number in range({count})]"
    with emulator(f"emulator.seed({people})") as url, MailerLite("key", base_url=url, limits=MANY) as ml:
        given = updates(url, count)

        def ours() -> float:
            started = time.process_time()
            assert ml.bulk.update(given).run().done == count
            return time.process_time() - started

        def peer() -> float:
            started = time.process_time()
            for _ in range(REPEATS):
                for body in bodies(given):
                    json.dumps(body)
            return (time.process_time() - started) / REPEATS

        times = in_turn({"ours": ours, "peer": peer}, rounds)
    table = Table("bulk-update", "updates", "processor time, multiple of json.dumps of the same batches", digits=1)
    table.figures.append(Figure.of("bulk.update", ratios(times["ours"], times["peer"])))
    return table


def measure(short: bool) -> list[Table]:
    many, fewer = (2_000, 500) if short else (1_000_000, 200_000)
    return [*memory(many, fewer), cost(*((2, 100) if short else (7, 5_000)))]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(measure, __doc__)
