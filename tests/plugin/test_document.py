"""docs/testing.md: all its files in one directory, and run as they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async.testing import Emulator
from mailerlite_async.testing._marker import NAMES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
FILES = {
    match[1]: text
    for language, text in BLOCKS
    if language in ("python", "ini") and (match := re.match(r"# ([\w.]+)\n", text))
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with all files of the document."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run_pytest(directory: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILERLITE_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", *arguments],
        cwd=directory,
        env=kept,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_every_block_is_a_file_or_checked_here() -> None:
    others = [language for language, _ in BLOCKS if language not in ("python", "ini")]
    assert others == ["bash", "text", "text", "bash", "text"]
    assert len(FILES) == sum(language in ("python", "ini") for language, _ in BLOCKS) >= 13


def test_files_pass_as_printed(directory: Path) -> None:
    tests = sum(len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE)) for text in FILES.values())
    cases = tests - 1 + 1  # without that of failing.py, and with the second case of the parametrized one
    assert f"{cases} passed" in run_pytest(directory)


def test_failure_reads_as_shown(directory: Path) -> None:
    printed = run_pytest(directory, "failing.py")
    line, section = [text for language, text in BLOCKS if language == "text"][:2]
    assert line in printed
    assert without_times(section) in without_times(printed)


def without_times(text: str) -> str:
    return re.sub(r"\d\.\d{3} s", "0.000 s", text)  # pauses between retries are dice


@pytest.mark.system
@pytest.mark.skipif(shutil.which("curl") is None, reason="the example uses curl")
def test_program_answers_as_shown(tmp_path: Path) -> None:
    script = [text for language, text in BLOCKS if language == "bash"][-1]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-mec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == [text for language, text in BLOCKS if language == "text"][-1].strip(), done.stderr


def test_tables_name_all_fixtures_and_arguments() -> None:
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", DOCUMENT, re.MULTILINE)))
    fixtures = {"mailerlite", "async_mailerlite", "mailerlite_emulator", "mailerlite_clock", "mailerlite_server"}
    assert set(named) == fixtures | set(NAMES)
    assert all(hasattr(Emulator, name) for name in ("seed", "fault", "requests", "deliver", "deliveries"))
