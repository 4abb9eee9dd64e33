"""The table of endpoints in the documentation: up to date, and honest about what the API does not document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async.testing._route_table import ROUTES
from tests.coverage.test_endpoints import OFFERED
from tests.support.fresh import ROOT
from tools import generate_coverage

DOCUMENT = ROOT / "docs" / "coverage.md"


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the tool writes, where it may be changed."""
    path = tmp_path / "coverage.md"
    monkeypatch.setattr(generate_coverage, "TARGET", path)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["generate_coverage.py", *arguments])
    return generate_coverage.main()


def test_document_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/generate_coverage.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "up to date" in done.stdout


def test_check_finds_what_generating_mends(
    target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--check") == 1
    assert capsys.readouterr().err == "out of date: docs/coverage.md; run: nox -s generate\n"
    assert not target.exists()
    assert run(monkeypatch) == 0
    assert run(monkeypatch, "--check") == 0
    target.write_text(target.read_text(encoding="utf-8").replace("| import | no |", "| import | yes |"), "utf-8")
    assert run(monkeypatch, "--check") == 1


def test_rows_say_what_the_builders_say() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for line in (
        "| `GET /subscribers` | `subscribers.list` | global | yes | cursor | yes |",
        "| `GET /subscribers?limit=0` | `subscribers.count` | global | yes | - | yes |",
        "| `POST /groups/{id}/import-subscribers` | `groups.import_subscribers` | import | no | - | yes |",
        "| `POST /campaigns/{id}/schedule` | `campaigns.schedule` | global | no | - | yes |",
        "| `POST /batch` | `batch` | as its calls | as its calls | - | yes |",
        "| `GET /forms/{type}` | `forms.list` | global | yes | page | yes |",
    ):
        assert line in lines


def test_undocumented_endpoints_say_so() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    notes = [row.note for row in generate_coverage.table() if row.note]
    assert len(notes) == sum(not endpoint.documented for endpoint in OFFERED)
    for number, note in enumerate(dict.fromkeys(notes), 1):
        assert f"\n{number}. {note}\n" in text
        assert text.count(f"` [{number}] |") == notes.count(note)
    for (method, path), reason in generate_coverage.NOT_OFFERED.items():
        assert f"\n| `{method} {path}` | {reason} |\n" in text


def test_missing_route_of_the_emulator_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [route for route in ROUTES if route.template != "/timezones"]
    monkeypatch.setattr(generate_coverage, "ROUTES", kept)
    assert "| `timezones.list` | global | yes | - | no |" in generate_coverage.render()
