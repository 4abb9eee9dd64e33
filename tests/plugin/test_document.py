"""docs/testing.md: all its files in one directory, and run as they are."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async.testing import Emulator
from mailerlite_async.testing._marker import NAMES
from tests.examples.test_frameworks import FILES as RECIPES
from tests.examples.test_frameworks import SETTINGS, URLS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
FILES = {
    match[1]: text
    for language, text in BLOCKS
    if language in ("python", "ini") and (match := re.match(r"# ([\w.]+)\n", text))
}
FRAMEWORKS = {
    "test_flask_app.py": "flask",
    "test_fastapi_app.py": "fastapi",
    "test_aiohttp_app.py": "aiohttp",
    "test_django_site.py": "django",
    "test_tasks.py": "celery",
}
# Starlette wants a successor of httpx for its test client.
HTTPX_WITH_STARLETTE = ("-W", "ignore:Using `httpx` with")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with all files of the document, but for those that test a framework."""
    for name, text in FILES.items():
        if name not in FRAMEWORKS:
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
    assert len(FILES) == sum(language in ("python", "ini") for language, _ in BLOCKS) >= 18
    assert {*FRAMEWORKS} <= {*FILES}


def number_of_tests(*names: str) -> int:
    return sum(len(re.findall(r"^(?:async )?def test_", FILES[name], re.MULTILINE)) for name in names)


def test_files_pass_as_printed(directory: Path) -> None:
    cases = number_of_tests(*{*FILES} - {*FRAMEWORKS})
    cases += -1 + 1  # without that of failing.py, and with the second case of the parametrized one
    assert f"{cases} passed" in run_pytest(directory)


@pytest.mark.system
def test_recipes_of_frameworks_pass_as_printed(tmp_path: Path) -> None:
    there = [name for name, module in FRAMEWORKS.items() if importlib.util.find_spec(module) is not None]
    if len(there) < len(FRAMEWORKS) and os.environ.get("CI"):
        pytest.fail(f"not all of {', '.join(FRAMEWORKS.values())} are installed")
    if not there:
        pytest.skip("no framework is installed")
    texts = {**RECIPES, **{name: FILES[name] for name in ("pytest.ini", *there)}}
    texts["bookclub/settings.py"] = SETTINGS + RECIPES["bookclub/settings.py"]
    texts["bookclub/urls.py"] = URLS
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert f"{number_of_tests(*there)} passed" in run_pytest(tmp_path, *HTTPX_WITH_STARLETTE)


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
