"""Ctrl-C, as a signal to a process that talks to a served emulator."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from mailerlite_async.testing import Emulator

from .conftest import KEY, POST_IMPORT, Result, addresses, started_program, table, wait_until

SAID = "said.txt"


def run_until(folder: Path, emulator: Emulator, rows: int, reached: Callable[[], object], *options: str) -> Result:
    (folder / "people.csv").write_text(table(addresses(rows)), encoding="utf-8")
    arguments = ("import", "people.csv", "--group", "Book club", *options)
    with emulator.serve() as base_url, (folder / SAID).open("w", encoding="utf-8") as said:
        account = {"MAILERLITE_API_KEY": KEY, "MAILERLITE_BASE_URL": base_url}
        with started_program(*arguments, folder=folder, stderr=said, **account) as process:
            wait_until(reached)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=15)
    result = Result(process.returncode, out, (folder / SAID).read_text(encoding="utf-8"))
    assert result.status == 130
    assert "Traceback" not in result.err
    assert KEY not in result.out + result.err
    return result


def count(emulator: Emulator, method: str, route: str) -> int:
    return sum((request.method, request.route) == (method, route) for request in emulator.requests)


def test_while_an_import_is_running(tmp_path: Path) -> None:
    emulator = Emulator()
    result = run_until(
        tmp_path,
        emulator,
        24_000,
        lambda: len({request.path for request in emulator.requests if "/subscribers/import/" in request.path}) == 2,
        *("--chunk-size", "12000"),
    )
    assert result.out == ""
    assert "Interrupted while waiting for the imports." in result.err
    assert "lines 2 to 12001, 12,000 rows: going on when last" in result.err
    assert "lines 12002 to 24001, 12,000 rows: going on when last" in result.err
    assert "Not sent" not in result.err


def test_while_a_chunk_is_on_its_way(tmp_path: Path) -> None:
    emulator = Emulator()
    emulator.fault("stall_after_commit", route=POST_IMPORT, seconds=20, times=None)
    result = run_until(
        tmp_path, emulator, 30, lambda: count(emulator, "POST", POST_IMPORT), "--chunk-size", "10", "--json"
    )
    report = json.loads(result.out)
    # The three are sent side by side: one has arrived, the others have been sent or not.
    assert (report["ending"], report["in_doubt"] + report["not_sent"]) == ("interrupted", 30)
    assert report["in_doubt"] >= 10
    assert "Interrupted while sending." in result.err
    assert "In doubt, the API may have taken it:\n  lines " in result.err


def test_while_waiting_for_the_limit_of_imports(tmp_path: Path) -> None:
    emulator = Emulator()

    def fifth_is_answered() -> bool:
        return (tmp_path / SAID).read_text(encoding="utf-8").count(" was taken: ") == 5

    result = run_until(tmp_path, emulator, 70, fifth_is_answered, "--chunk-size", "10")
    assert result.err.count("import 1") >= 5
    assert "Not sent: 20 rows, lines " in result.err


def test_before_anything_was_sent(tmp_path: Path) -> None:
    emulator = Emulator()
    emulator.fault("latency", route="/fields", seconds=20)
    result = run_until(tmp_path, emulator, 3, lambda: count(emulator, "GET", "/groups"))
    assert result.err.splitlines()[1:] == [
        "Interrupted while looking up the group and the fields.",
        "Nothing was sent.",
    ]
