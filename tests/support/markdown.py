"""Reads the code blocks of the project's pages, and the reasons why some of them are not run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PYTHON = frozenset({"python"})
SHELL = frozenset({"sh", "bash", "console"})
# What is shown, and not run.
DATA = frozenset({"text", "diff", "json", "csv", "toml", "ini", "html"})

_FENCE = re.compile(r"( *)(`{3,})(.*)")
_HEADING = re.compile(r"#+ (.+)")
_REASON = re.compile(r"<!-- not run here: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        page: the path of its page from the root of the checkout.
        line: where its fence stands, counted from 1.
        language: the first word after the fence; empty if there is none.
        name: the second word, the name of the file that it is.
        section: the heading that it stands under.
        code: what stands in it.
        printed: the block of text that follows with nothing between; None if none does.
        reason: why it is not run, by the comment above it; None if it is.
    """

    page: str
    line: int
    language: str
    name: str
    section: str
    code: str
    printed: str | None = None
    reason: str | None = None

    @property
    def is_directive(self) -> bool:
        """Whether this is Sphinx's and no code."""
        return self.language.startswith("{")

    @property
    def is_run(self) -> bool:
        """Whether a test has to run it."""
        return self.language in PYTHON | SHELL and self.reason is None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """The paths of all pages."""
    found = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def read_blocks(page: str) -> list[Block]:
    """All code blocks of a page, in order."""
    return parse_blocks(page, (ROOT / page).read_text(encoding="utf-8"))


def parse_blocks(page: str, text: str) -> list[Block]:
    """All code blocks of the text of a page, in order."""
    return list(_blocks(page, text))


def all_blocks() -> list[Block]:
    """All code blocks of all pages."""
    return [block for page in pages() for block in read_blocks(page)]


def _blocks(page: str, text: str) -> Iterator[Block]:
    pending: Block | None = None
    reason: str | None = None
    section = ""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        fence = _FENCE.fullmatch(line)
        if fence is None:
            if line.strip():
                match = _REASON.fullmatch(line.strip())
                reason = match[1] if match else None
                heading = _HEADING.fullmatch(line)
                section = heading[1] if heading else section
                if pending:
                    yield pending
                    pending = None
            continue
        indent, ticks, info = fence.groups()
        words = info.split()
        code = "".join(f"{content.removeprefix(indent)}\n" for content in _until(lines, ticks))
        block = Block(page, number, words[0] if words else "", " ".join(words[1:]), section, code, reason=reason)
        reason = None
        if pending:
            if block.language == "text" and pending.is_run:
                pending = replace(pending, printed=code)
            yield pending
        pending = block
    if pending:
        yield pending


def _until(lines: Iterator[tuple[int, str]], ticks: str) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == ticks:
            return
        yield line
    raise AssertionError("a code block has no end")
