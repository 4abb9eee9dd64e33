"""The document on bulk work: its examples run as printed, and print what stands below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite
from mailerlite_async.testing import Emulator

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "bulk.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT, re.DOTALL)


def test_every_example_is_followed_by_what_it_prints() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("```python") >= 3


@pytest.mark.parametrize(("example", "printed"), EXAMPLES)
def test_example_prints_what_the_document_shows(example: str, printed: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    with Emulator().serve() as url:
        done = subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env={"MAILERLITE_API_KEY": "any", "MAILERLITE_BASE_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == printed
    assert list(tmp_path.iterdir()) == [script]


def test_the_table_names_every_method() -> None:
    named = {
        name for row in re.findall(r"^\| (`.*?) \|", DOCUMENT, re.MULTILINE) for name in re.findall(r"`(\w+)", row)
    }
    for client in (MailerLite("key"), AsyncMailerLite("key")):
        assert named == {name for name in dir(client.bulk) if not name.startswith("_")} - {"plan", "sync"}
