"""Fails unless a tag such as `v1.2.3` is the version, in the changelog, of a package that says where it lives.

python tools/check_release.py v1.2.3
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def problems(tag: str, root: Path) -> list[str]:
    """What is wrong with a tag; empty if it may be released.

    Args:
        tag: the tag's name.
        root: the folder of the checkout.
    """
    source = (root / "mailerlite_async" / "_version.py").read_text(encoding="utf-8")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    if match is None:
        return ["mailerlite_async/_version.py says no version"]
    version = match[1]
    found: list[str] = []
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if not project.get("urls"):
        found.append("pyproject.toml has no [project.urls]: PyPI would not say where the sources are")
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, and the version {version}")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    own = [each for each in sections if re.match(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d\n", each)]
    if not own:
        found.append(f"CHANGELOG.md has no section `## {version} - YYYY-MM-DD`")
    elif not re.search(r"^- ", own[0], re.MULTILINE):
        found.append(f"the section {version} of CHANGELOG.md is empty")
    if any(each.startswith("Unreleased\n") and re.search(r"^- ", each, re.MULTILINE) for each in sections):
        found.append("CHANGELOG.md has changes under `Unreleased`: they belong to this version")
    return found


def main() -> int:
    """Check the tag of the command line."""
    parser = argparse.ArgumentParser(description="Check that a tag may be released.")
    parser.add_argument("tag", help="such as v1.2.3")
    found = problems(parser.parse_args().tag, ROOT)
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
