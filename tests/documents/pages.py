"""What the blocks of some pages need that the others do not; a page that is not here is run the usual way."""

from __future__ import annotations

import ast
import importlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents.running import USUAL, Page, Runner, part_of, run_program
from tests.support.markdown import ROOT, Block, read_blocks
from tests.support.stories import DOCUMENT, read_stories, tell


def tell_story(block: Block, _folder: Path, _page: Page) -> None:
    """Tell the story that the block is a part of, through the client it is written for."""
    account, stories = read_stories(DOCUMENT.read_text(encoding="utf-8"))
    if block.code == account:
        assert tell(account, [], is_async=False)[0] == ""
        return
    (story,) = [story for story in stories if block.code in story.blocks]
    is_async = "await " in block.code
    chosen = story.of_flavour(is_async=is_async)
    # The block for threads that one for asyncio stands for is told with the others for threads.
    assert block.code in chosen
    assert tell(account, chosen, is_async=is_async)[0] == story.printed


def in_tests_of_its_own(path: str, name: Callable[[Block], str]) -> Runner:
    """A runner for pages whose code is run by tests that know the page: they, or a block that they run, name each block.

    Args:
        path: the module of these tests.
        name: what they call a block.
    """

    def look(block: Block, _folder: Path, _page: Page) -> None:
        others = [each.code for each in read_blocks(block.page) if each.code != block.code]
        text = "\n".join([(ROOT / path).read_text(encoding="utf-8"), *others])
        assert re.search(rf"\b{re.escape(name(block))}\b", text)
        ast.parse(block.code)

    return look


def in_the_files_of(path: str) -> Runner:
    """A runner for pages whose tests put all blocks of a page into a folder, by the names in their first lines.

    Args:
        path: the module of these tests; its `FILES` are what they put there.
    """

    def look(block: Block, _folder: Path, _page: Page) -> None:
        assert block.code in importlib.import_module(path).FILES.values()

    return look


def module_of(block: Block) -> str:
    """The name by which the file that a block is, by the comment in its first line, is imported or called."""
    comment = re.match(r"# (?:\w+/)*(\w+)\.py\b", block.code)
    assert comment is not None, "the first line names the file"
    return comment[1]


def run_where_processes_fork(block: Block, folder: Path, page: Page) -> None:
    """Run a program of the page on forks and signals."""
    if not hasattr(os, "fork"):
        pytest.skip("there are no forks and no timers here")
    run_program(block, folder, page)


def run_with_the_official_sdk(block: Block, folder: Path, page: Page) -> None:
    """Run a program, of which the official SDK talks to the emulator if it is used."""
    host = "import os, mailerlite; mailerlite.ApiClient.HOST = os.environ['MAILERLITE_BASE_URL'].removesuffix('api')\n"
    code = f"{host}{block.code}" if "import mailerlite\n" in block.code else block.code
    run_program(replace(block, code=code), folder, page)


def in_the_worked_example(block: Block, _folder: Path, _page: Page) -> None:
    """Be sure that a block is part of the example that a system test carries out, block by block."""
    assert block.code in importlib.import_module("tests.system.test_contributing").EXAMPLE


PAGES: dict[str, Page] = {
    "CONTRIBUTING.md": replace(USUAL, python=in_the_worked_example),
    "README.md": replace(
        USUAL,
        python=run_program,
        seed={"groups": ["Book club"]},
        shows=("2 imported", "Book club 0", "1000 rows, 1 import", "1 passed"),
    ),
    "docs/book-club.md": replace(USUAL, python=part_of("examples/book_club.py"), links=("examples",)),
    "docs/cli.md": replace(USUAL, shows=("1000\n",)),
    "docs/frameworks.md": replace(USUAL, python=in_tests_of_its_own("tests/examples/test_frameworks.py", module_of)),
    "docs/limits.md": replace(USUAL, needs={"redis": "redis"}),
    "docs/observability.md": replace(USUAL, python=run_program, needs={"opentelemetry": "opentelemetry"}),
    "docs/official-sdk.md": replace(
        USUAL,
        python=run_with_the_official_sdk,
        seed={"groups": [{"id": "7", "name": "Book club"}]},
        needs={"import mailerlite\n": "mailerlite"},
    ),
    "docs/processes.md": replace(USUAL, python=run_where_processes_fork),
    "docs/quickstart.md": replace(USUAL, python=run_program),
    "docs/speed.md": replace(USUAL, python=run_program, needs={"import httpx_aiohttp": "httpx_aiohttp"}),
    "docs/stories.md": replace(USUAL, python=tell_story),
    "docs/testing.md": replace(USUAL, python=in_the_files_of("tests.plugin.test_document")),
    "docs/webhooks.md": replace(
        USUAL, python=in_tests_of_its_own("tests/examples/test_webhooks.py", lambda block: block.section)
    ),
}
