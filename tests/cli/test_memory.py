"""Memory: it does not grow with the file."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

from mailerlite_async.cli.rows import CsvFile
from mailerlite_async.cli.staging import Staging

ROWS = 200_000


def test_reading_and_staging_take_the_same_memory_however_long_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("email,name\n")
        file.writelines(f"person{number}@example.com,Name {number}\n" for number in range(ROWS // 2))
        file.writelines(f"PERSON{number}@example.com,Name {number}\n" for number in range(ROWS // 2))
    tracemalloc.start()
    try:
        with Staging() as staging, CsvFile(str(path), "utf-8", None, lambda header: "email" in header) as source:
            repeated = sum(staging.add(row.line, row.cells[0], {1: row.cells[1]}) is not None for row in source)
            added = staging.count()
            first = staging.line_of("PERSON99999@EXAMPLE.COM")
            peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (added, repeated, first) == (ROWS // 2, ROWS // 2, 100_001)
    assert peak < 500_000
    assert peak > io.DEFAULT_BUFFER_SIZE, "the measurement saw nothing"
