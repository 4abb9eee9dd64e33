"""The document on processes: its examples run as printed, and print what stands below them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async.testing import Emulator
from tests.support.fresh import ROOT

DOCUMENT = (ROOT / "docs" / "processes.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT, re.DOTALL)


def test_every_example_is_followed_by_what_it_prints() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("```python") == 4


def test_files_it_names_are_there() -> None:
    named = re.findall(r"`(tests/\S+\.py)`", DOCUMENT)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks and no timers here")
@pytest.mark.parametrize(("example", "printed"), EXAMPLES)
def test_example_prints_what_the_document_shows(example: str, printed: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    with Emulator().serve() as url:
        done = subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env={"MAILERLITE_API_KEY": "any", "MAILERLITE_BASE_URL": url, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == printed
