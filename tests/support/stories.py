"""Reads the stories of the document, makes asyncio programs of them, and tells them."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from mailerlite_async.testing import Emulator

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "stories.md"
WEEK = 7 * 24 * 3600.0
# The methods of a client's resources that give a pager.
PAGERS = re.compile(r"iter(_\w+)?")


@dataclass(frozen=True)
class Story:
    """One section of the document.

    Attributes:
        title: its heading.
        blocks: its code, in order.
        printed: what all of it prints.
    """

    title: str
    blocks: tuple[str, ...]
    printed: str

    def of_flavour(self, *, is_async: bool) -> list[str]:
        """The blocks for one client: one with `await` in it stands for the one before."""
        chosen: list[str] = []
        for block in self.blocks:
            written_for_async = "await " in block
            if written_for_async and is_async:
                chosen.pop()
            if not written_for_async or is_async:
                chosen.append(block)
        return chosen


def read_stories(document: str) -> tuple[str, list[Story]]:
    """The block that makes the account, and the stories."""
    sections = [section.split("\n", 1) for section in re.split(r"^## ", document, flags=re.MULTILINE)[1:]]
    stories = []
    for title, text in sections:
        printed = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
        assert len(printed) <= 1, title
        stories.append(Story(title, tuple(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), "".join(printed)))
    setup = stories.pop(0)
    (account,) = setup.blocks
    return account, stories


def tell(account: str, blocks: list[str], *, is_async: bool) -> tuple[str, Emulator]:
    """Run the blocks on a new account, a week apart.

    Returns:
        What they print, and the account.
    """
    names: dict[str, Any] = {}
    programs = [compiled(block, is_async=is_async) for block in (account, *blocks)]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        eval(programs[0], names)
        if is_async:
            names["clock"].run(_run_async(programs[1:], names))
        else:
            with names["ml"]:
                for _ in _weekly(programs[1:], names):
                    pass
    return printed.getvalue(), names["emulator"]


def compiled(block: str, *, is_async: bool) -> CodeType:
    """A block for one client; running the one for asyncio gives a coroutine if it awaits anything."""
    tree = ast.parse(block)
    if is_async:
        tree = ast.fix_missing_locations(Awaiting().visit(tree))
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if is_async else 0
    code = compile(tree, f"<a block of {DOCUMENT.name}>", "exec", flags=flags, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def _weekly(programs: list[CodeType], names: dict[str, Any]) -> Iterator[object]:
    """Run each program, and give what is left to await."""
    for position, program in enumerate(programs):
        if position:
            names["clock"].advance(WEEK)
        yield eval(program, names)


async def _run_async(programs: list[CodeType], names: dict[str, Any]) -> None:
    async with names["ml"]:
        for rest in _weekly(programs, names):
            if inspect.isawaitable(rest):
                await rest


class Awaiting(ast.NodeTransformer):
    """Makes of a program for threads the one for asyncio, by the rules that the document gives and no others."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            alias.name = {"MailerLite": "AsyncMailerLite"}.get(alias.name, alias.name)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name({"MailerLite": "AsyncMailerLite"}.get(node.id, node.id), node.ctx)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return node  # written for asyncio

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        method = _method(node)
        return node if method is None or PAGERS.fullmatch(method) else ast.Await(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        return ast.AsyncFor(**dict(ast.iter_fields(node))) if _is_pager(node.iter) else node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.is_async = int(_is_pager(node.iter))
        return node


def _method(node: ast.AST) -> str | None:
    """The name of the method, if this calls one of a resource of the client."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="ml")), attr=method)):
            return method
    return None


def _is_pager(node: ast.AST) -> bool:
    return PAGERS.fullmatch(_method(node) or "") is not None
