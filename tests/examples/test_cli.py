"""The document of the command line: its examples print what it shows, and it describes every key of the reports."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.cli.program import program, run
from mailerlite_async.testing import Emulator

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
FILES = re.findall(r"```\w+ (\S+)\n(.*?)```", DOCUMENT, re.DOTALL)
# What a shell does by itself; everything else is a line of the program.
STATUS = "echo $?"


def examples() -> list[list[tuple[str, str]]]:
    """The lines of each example, and what each prints."""
    blocks = re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL)
    return [re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE) for block in blocks]


def section(name: str) -> str:
    return DOCUMENT.split(f"\n## {name}\n")[1].split("\n## ")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    for name, content in FILES:
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def call(line: str) -> tuple[int, str]:
    """Run a line of an example; gives its exit status, and what it prints to stdout."""
    name, *arguments = shlex.split(line)
    assert name == "mailerlite-async"
    # The program writes bytes too, as long as they are the export's.
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = run(arguments)
    out.flush()
    return status, raw.getvalue().decode().replace("\r\n", "\n")


@pytest.mark.parametrize("lines", examples(), ids=lambda lines: lines[0][0].split()[1])
def test_example_prints_what_the_document_shows(folder: Path, lines: list[tuple[str, str]]) -> None:
    status = 0
    for line, shown in lines:
        if line == STATUS:
            assert shown == f"{status}\n"
        else:
            status, printed = call(line)
            assert printed == shown
    assert status == 0 or lines[-1][0] == STATUS, "an example that does not end with 0 says so"


def test_program_with_a_bar_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    with Emulator().serve() as url:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            env={"MAILERLITE_API_KEY": "any", "MAILERLITE_BASE_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "1000\n")


def test_every_command_has_its_section_and_its_line() -> None:
    names = re.findall(r"^\| \[`(\w+)`\]\(#\w+\) \|", DOCUMENT, re.MULTILINE)
    assert sorted(names) == sorted(program.commands)
    for name in names:
        assert f"$ mailerlite-async {name}" in section(name)


def keys(value: Any) -> set[str]:
    """The keys of a report, and of what is in its lists; those of `fields` and the like are the user's own."""
    found = set(value)
    for entries in value.values():
        for entry in entries if isinstance(entries, list) else ():
            found |= set(entry) if isinstance(entry, dict) else set()
    return found


@pytest.mark.parametrize(
    "line",
    [
        'import people.csv --group "Book club" --emulator',
        "export --emulator --seed account.json -o people.jsonl",
        'sync people.csv --group "Book club" --emulator --seed account.json --dry-run --max-removals 1',
        "plan upsert people.csv",
        "limits --emulator",
    ],
    ids=lambda line: line.split()[0],
)
def test_every_key_of_a_report_is_described(folder: Path, line: str) -> None:
    status, printed = call(f"mailerlite-async {line} --json")
    report = json.loads(printed)
    assert status in (0, 1)
    for key in keys(report):
        assert f"`{key}`" in section(line.split(maxsplit=1)[0]), key
