"""The document on bulk work: its table is complete, and each example shows what it prints."""

from __future__ import annotations

import re

from mailerlite_async import AsyncMailerLite, MailerLite
from tests.support.markdown import ROOT, read_blocks

DOCUMENT = (ROOT / "docs" / "bulk.md").read_text(encoding="utf-8")


def test_every_example_is_followed_by_what_it_prints() -> None:
    printed = [block.printed for block in read_blocks("docs/bulk.md") if block.language == "python"]
    assert len(printed) >= 3
    assert all(printed)


def test_the_table_names_every_method() -> None:
    named = {
        name for row in re.findall(r"^\| (`.*?) \|", DOCUMENT, re.MULTILINE) for name in re.findall(r"`(\w+)", row)
    }
    for client in (MailerLite("key"), AsyncMailerLite("key")):
        assert named == {name for name in dir(client.bulk) if not name.startswith("_")} - {"plan", "sync"}
