"""Applies the edits that a document describes: new files as Python blocks, changes as diffs without line numbers."""

from __future__ import annotations

import re
from pathlib import Path

_NEW_FILE = re.compile(r"^`([^`\n]+)`, new:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DIFF = re.compile(r"^```diff\n--- (\S+)\n\+\+\+ (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def apply(document: str, root: Path) -> list[str]:
    """Make the edits below a folder.

    Args:
        document: Markdown.
        root: the folder that the paths are relative to.

    Returns:
        The paths of the files that were made or changed.

    Raises:
        AssertionError: if a new file is there already, or if what a change leans on is not there exactly once.
    """
    touched: list[str] = []
    for path, text in _NEW_FILE.findall(document):
        assert not (root / path).exists(), f"{path} is there already"
        (root / path).write_text(text, encoding="utf-8")
        touched.append(path)
    for path, renamed, hunks in _DIFF.findall(document):
        assert path == renamed
        text = (root / path).read_text(encoding="utf-8")
        for hunk in re.split(r"^@@\n", hunks, flags=re.MULTILINE)[1:]:
            lines = [line or " " for line in hunk.splitlines()]
            old = _side(lines, "-")
            assert f"\n{text}".count(f"\n{old}") == 1, f"{path} must have these lines exactly once:\n{old}"
            text = f"\n{text}".replace(f"\n{old}", f"\n{_side(lines, '+')}")[1:]
        (root / path).write_text(text, encoding="utf-8")
        touched.append(path)
    return touched


def _side(lines: list[str], sign: str) -> str:
    """One side of a hunk: the lines that are kept, and those with the sign."""
    return "".join(f"{line[1:]}\n" for line in lines if line[0] in (" ", sign))
