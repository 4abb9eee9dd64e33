"""The document on processes: each example shows what it prints, and the files it names are there."""

from __future__ import annotations

import re

from tests.support.markdown import ROOT, read_blocks

DOCUMENT = (ROOT / "docs" / "processes.md").read_text(encoding="utf-8")


def test_every_example_is_followed_by_what_it_prints() -> None:
    printed = [block.printed for block in read_blocks("docs/processes.md") if block.language == "python"]
    assert len(printed) == 4
    assert all(printed)


def test_files_it_names_are_there() -> None:
    named = re.findall(r"`(tests/\S+\.py)`", DOCUMENT)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
