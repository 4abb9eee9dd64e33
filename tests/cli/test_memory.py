"""Memory: it does not grow with the file."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from mailerlite_async import MailerLite, calls
from mailerlite_async._call import Page
from mailerlite_async.cli.exporting import ExportOptions, run_export
from mailerlite_async.models import Subscriber
from tests.support.fresh import run_fresh

from .conftest import KEY, Bench

ROWS = 200_000

pytestmark = pytest.mark.system  # each takes ten seconds and more

READ_AND_STAGE = """
import tracemalloc
from mailerlite_async.cli.rows import CsvFile
from mailerlite_async.cli.staging import Staging

tracemalloc.start()
with Staging() as staging, CsvFile(PATH, "utf-8", None, lambda header: "email" in header) as source:
    repeated = sum(staging.add(row.line, row.cells[0], {1: row.cells[1]}) is not None for row in source)
    print(staging.count(), repeated, staging.line_of("PERSON99999@EXAMPLE.COM"), tracemalloc.get_traced_memory()[1])
"""


def test_reading_and_staging_take_the_same_memory_however_long_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("email,name\n")
        file.writelines(f"person{number}@example.com,Name {number}\n" for number in range(ROWS // 2))
        file.writelines(f"PERSON{number}@example.com,Name {number}\n" for number in range(ROWS // 2))
    # In a process of its own, since whatever other threads take meanwhile would be counted, too.
    added, repeated, first, peak = map(int, run_fresh(f"PATH = {str(path)!r}\n{READ_AND_STAGE}").split())
    assert (added, repeated, first) == (ROWS // 2, ROWS // 2, 100_001)
    assert peak < 500_000
    assert peak > io.DEFAULT_BUFFER_SIZE, "the measurement saw nothing"


def test_an_import_takes_the_same_memory_however_long_the_file_is(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        """Answer as if all rows had been imported: the emulator would keep them."""
        is_report = "/subscribers/import/" in request.url.path
        if not (is_report or request.url.path.endswith("/import-subscribers")):
            return None
        if is_report not in answers:
            answers[is_report] = json.loads(inner.handle_request(request).read())
        if is_report:
            report = answers[True]["data"]
            counts = dict.fromkeys(("total", "processed", "imported"), 100)
            return httpx.Response(200, json={"data": {**report, **counts, "done": True, "percent": 100}})
        return httpx.Response(200, json=answers[False])

    answers: dict[bool, Any] = {}
    inner = bench.transport
    bench.tamper(tamper)

    def peak(number: int) -> int:
        path = bench.write("email,name\n" + "".join(f"person{each}@example.com,{each}\n" for each in range(number)))
        tracemalloc.start()
        try:
            assert bench.run(path, chunk_rows=100).status == 0
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few = peak(5_000)
    assert peak(15_000) < 1.5 * few


def test_an_export_takes_the_same_memory_however_many_subscribers_there_are(bench: Bench) -> None:
    bench.emulator.seed(subscribers=["ann@example.com"])
    with MailerLite(KEY, transport=bench.transport, clock=bench.clock) as ml:
        person = ml.subscribers.get("ann@example.com")
    pages = 200

    def endless() -> Iterator[Page[Subscriber]]:
        for number in range(1, pages + 1):
            following = calls.subscribers.list(cursor=str(number)) if number < pages else None
            yield Page((person,) * 100, next=following)

    source = SimpleNamespace(subscribers=SimpleNamespace(iter=lambda **_: SimpleNamespace(pages=endless)))
    output = bench.folder / "people.jsonl"
    options = ExportOptions(output=str(output), fields=None)
    tracemalloc.start()
    try:
        status = run_export(cast("Any", source), options, io.StringIO(), io.StringIO())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert status == 0
    assert output.stat().st_size > 6_000_000
    assert 100_000 < peak < 2_000_000
