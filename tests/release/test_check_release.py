"""A tag is released only if it is the version, and if the changelog tells what is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.fresh import ROOT
from tools.check_release import problems

GOOD = "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-01-31\n\n### Added\n\n- A thing.\n\n## 1.2.2 - 2026-01-01\n\n- Another.\n"
URLS = '[project.urls]\nSource = "https://example.com/sources"\n'


def checkout(root: Path, changelog: str, version: str = '__version__ = "1.2.3"\n', urls: str = URLS) -> Path:
    """What the tool reads of a checkout."""
    (root / "mailerlite_async").mkdir()
    (root / "mailerlite_async" / "_version.py").write_text(version, encoding="utf-8")
    (root / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    (root / "pyproject.toml").write_text(f"[project]\n{urls}", encoding="utf-8")
    return root


def test_right_tag_has_no_problems(tmp_path: Path) -> None:
    assert problems("v1.2.3", checkout(tmp_path, GOOD)) == []


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.4", "v1.2", "v1.2.3rc1", ""])
def test_other_tag_is_refused(tmp_path: Path, tag: str) -> None:
    assert problems(tag, checkout(tmp_path, GOOD)) == [f"the tag is {tag}, and the version 1.2.3"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("## 1.2.3 - 2026-01-31", "## 1.2.3", "no section `## 1.2.3 - YYYY-MM-DD`"),
        ("## 1.2.3 - 2026-01-31", "## 1.2.30 - 2026-01-31", "no section `## 1.2.3 - YYYY-MM-DD`"),
        ("- A thing.\n", "", "the section 1.2.3 of CHANGELOG.md is empty"),
        ("## Unreleased\n", "## Unreleased\n\n- Forgotten.\n", "has changes under `Unreleased`"),
    ],
)
def test_changelog_that_does_not_tell_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    (found,) = problems("v1.2.3", checkout(tmp_path, GOOD.replace(old, new)))
    assert problem in found


def test_package_that_does_not_say_where_it_lives_is_refused(tmp_path: Path) -> None:
    (found,) = problems("v1.2.3", checkout(tmp_path, GOOD, urls=""))
    assert "[project.urls]" in found


def test_package_without_a_version_is_refused(tmp_path: Path) -> None:
    assert problems("v1.2.3", checkout(tmp_path, GOOD, "")) == ["mailerlite_async/_version.py says no version"]


def test_command_fails_and_says_why() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/check_release.py"), "v0.0.0.dev0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Where the tests run against an installed wheel, the sources of the package are not beside the tool.
    assert done.returncode == 1
    assert "v0.0.0.dev0" in done.stderr or "_version.py" in done.stderr
