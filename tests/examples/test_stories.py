"""The stories of the document: through either client they print what the document shows, and they do what it says."""

from __future__ import annotations

import ast
from functools import cached_property

import pytest

from mailerlite_async._sync._facade_resources import SyncResources
from tests.support.stories import DOCUMENT, Awaiting, Story, read_stories, tell

ACCOUNT, STORIES = read_stories(DOCUMENT.read_text(encoding="utf-8"))
FLAVOURS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@FLAVOURS
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title.split(",")[0].lower())
def test_story_prints_what_the_document_shows(story: Story, *, is_async: bool) -> None:
    assert story.printed
    printed, emulator = tell(ACCOUNT, story.of_flavour(is_async=is_async), is_async=is_async)
    assert printed == story.printed
    # What a story shows as refused is refused before anything is sent.
    assert {request.status for request in emulator.requests} <= {200, 201, 202, 204}


def test_both_clients_make_the_same_calls() -> None:
    for story in STORIES:
        calls = [
            [
                (request.method, request.path, request.query, request.body)
                for request in tell(ACCOUNT, story.of_flavour(is_async=is_async), is_async=is_async)[1].requests
            ]
            for is_async in (False, True)
        ]
        assert calls[0] == calls[1], story.title


def test_every_resource_has_its_story() -> None:
    called = {
        node.attr
        for story in STORIES
        for block in story.blocks
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ml"
    }
    resources = {name for name, value in vars(SyncResources).items() if isinstance(value, cached_property)}
    assert {"campaigns", "imports"} < resources
    # Imports of subscribers are in the README.
    assert called == resources - {"imports"}


def test_blocks_for_asyncio_stand_for_the_ones_before() -> None:
    replaced = [story for story in STORIES if story.of_flavour(is_async=True) != story.of_flavour(is_async=False)]
    assert [story.title for story in replaced] == ["Customers, orders and carts"]
    for story in STORIES:
        for block in story.of_flavour(is_async=False):
            assert "await" not in block
            assert max(map(len, block.splitlines())) <= 120


def test_translation_follows_the_rules_of_the_document() -> None:
    block = """
from mailerlite_async import MailerLite
names = [each.name for each in ml.groups.iter()]
for each in ml.groups.list().items:
    print(each.name)
for each in ml.fields.iter():
    print(ml.fields.update(each.id, "x").name)
"""
    expected = """
from mailerlite_async import AsyncMailerLite
names = [each.name async for each in ml.groups.iter()]
for each in (await ml.groups.list()).items:
    print(each.name)
async for each in ml.fields.iter():
    print((await ml.fields.update(each.id, 'x')).name)
"""
    assert ast.unparse(ast.fix_missing_locations(Awaiting().visit(ast.parse(block)))) == expected.strip()
