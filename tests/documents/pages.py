"""What the blocks of some pages need that the others do not; a page that is not here is run the usual way."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents.running import USUAL, Page, part_of, run_program
from tests.support.markdown import Block
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


PAGES: dict[str, Page] = {
    "README.md": replace(
        USUAL,
        python=run_program,
        seed={"groups": ["Book club"]},
        shows=("2 imported", "Book club 0", "1000 rows, 1 import", ""),
    ),
    "docs/book-club.md": replace(USUAL, python=part_of("examples/book_club.py"), links=("examples",)),
    "docs/cli.md": replace(USUAL, shows=("1000\n",)),
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
}
