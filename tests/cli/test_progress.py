"""Progress: the bar for bulk jobs of any program, and the plain lines of the commands."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from mailerlite_async.bulk import BulkSummary
from mailerlite_async.cli.progress import Progress
from mailerlite_async.progress import progress_bar

from .conftest import environment


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_how_far_a_job_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    with progress_bar("Importing [all]", file=terminal) as show:
        show(BulkSummary(read=900, done=500))
        show(BulkSummary(read=900, done=880, failed=20, total=1200))
    shown = terminal.getvalue()
    assert "Importing [all]" in shown
    assert "900 of 1,200 rows, 20 failed" in shown


def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_INTERACTIVE", raising=False)
    file = io.StringIO()
    with progress_bar("Importing", file=file) as show:
        show(BulkSummary(read=900, done=500))
    assert file.getvalue() == ""


def test_without_rich_it_says_how_to_install_it() -> None:
    code = (
        "import sys; sys.modules['rich.console'] = None; sys.modules['rich'] = None\n"
        "from mailerlite_async.progress import progress_bar\n"
        "try:\n    progress_bar('Importing').__enter__()\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment(), timeout=30, check=True
    )
    assert done.stdout == ('progress_bar needs rich, which is not installed: pip install "mailerlite-async[cli]"\n')


def test_plain_lines_come_every_few_seconds() -> None:
    now = 0.0
    err = io.StringIO()
    with Progress(err, plain=True, monotonic=lambda: now) as progress:
        progress.stage("Sending", 9000)
        for now in (1.0, 4.9, 5.0, 6.0, 11.0):
            progress.show(int(now * 1000) // 2)
        progress.stage("Waiting", None)
        now = 20.0
        progress.show(7, "Waiting longer")
    assert err.getvalue().splitlines() == [
        "Sending.",
        "Sending: 2,500 of 9,000 rows.",
        "Sending: 5,500 of 9,000 rows.",
        "Waiting.",
        "Waiting longer: 7 rows.",
    ]


def test_nothing_is_said_that_nobody_asked_for() -> None:
    err = io.StringIO()
    with Progress(err) as progress:
        progress.stage("Sending", 10)
        progress.show(5)
        progress.say("Read 10 rows.")
    assert err.getvalue() == "Read 10 rows.\n"
