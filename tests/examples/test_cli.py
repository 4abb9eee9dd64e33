"""The document of the command line: it has every command, and describes every key of the reports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.cli.program import program
from tests.support.command_line import call
from tests.support.markdown import ROOT, read_blocks

DOCUMENT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    return DOCUMENT.split(f"\n## {name}\n")[1].split("\n## ")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    for block in read_blocks("docs/cli.md"):
        if block.name:
            (tmp_path / block.name).write_text(block.code, encoding="utf-8")
    return tmp_path


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
        'sync club.csv --group "Book club" --emulator --seed account.json --dry-run --max-removals 1',
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
