"""CONTRIBUTING.md: its worked example, applied to a copy of the code, gives an endpoint on both clients."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import worked_example
from tests.support.fresh import ROOT

pytestmark = pytest.mark.system

DOCUMENT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLE = DOCUMENT.split("\n## A new endpoint")[1].split("\n## ")[0]
COPIED = (
    *("mailerlite_async", "tools", "tests", "docs", "examples", "pyproject.toml", "noxfile.py"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code, where it may be changed."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(root: Path, *command: str) -> str:
    """What a command prints that uses the code of a copy."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_worked_example_gives_an_endpoint_on_both_clients(copy: Path) -> None:
    touched = worked_example.apply(EXAMPLE, copy)
    assert len(touched) == EXAMPLE.count("```python") + EXAMPLE.count("```diff") == 11
    # The commands of `nox -s generate`, without its environment.
    run(copy, "tools/generate_facades.py")
    run(copy, "tools/generate_coverage.py")
    edited = [path for path in touched if path.endswith(".py")]
    run(copy, "-m", "ruff", "check", *edited)
    run(copy, "-m", "ruff", "format", "--check", *edited)
    (tests,) = re.findall(r"^\.venv/bin/pytest (.*)$", EXAMPLE, re.MULTILINE)
    # Those of the command that depend on what the example adds or changes; the others have sessions of their own.
    own = "accounts or signatures or generator or readme or coverage or sans_io"
    printed = run(copy, "-m", "pytest", "-v", "-p", "no:cacheprovider", *tests.split(), "-k", own)
    for flavour in ("async", "sync"):
        assert f"test_accounts.py::test_accounts[{flavour}] PASSED" in printed
        assert f"::test_method_reaches_its_endpoint[{flavour}-GET /accounts] PASSED" in printed


def test_edit_that_no_longer_fits_is_refused(copy: Path) -> None:
    (copy / "tools/generate_coverage.py").write_text("", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"tools/generate_coverage\.py must have these lines exactly once"):
        worked_example.apply(EXAMPLE, copy)
