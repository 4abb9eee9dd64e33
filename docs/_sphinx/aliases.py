"""A Sphinx extension with the directive `aliases`: the public names of a module that stand for a choice of values."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

from docstrings import as_restructured_text
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def is_alias(name: str, value: object) -> bool:
    """Whether this is another name of something and no class of its own."""
    return not isinstance(value, type) or value.__name__ != name


def definitions(folder: Path) -> dict[str, tuple[str, str]]:
    """What each name that is assigned to in a package stands for, and its docstring.

    They are read from the source, because a choice is spelled out for type checkers only: at run time it is `str`.
    """
    found: dict[str, tuple[str, str]] = {}
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        blocks = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
        for body in blocks:
            for node, following in zip(body, [*body[1:], None], strict=True):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value):
                        found[name] = ast.unparse(value), _text(following)
    return found


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return ""


class Aliases(SphinxDirective):
    """Documents the aliases of a package, and what each stands for."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write each alias as reStructuredText, and parse it."""
        (path,) = self.arguments
        module = importlib.import_module(path)
        meanings = definitions(Path(str(module.__file__)).parent)
        lines = ["", f".. py:currentmodule:: {path}", ""]
        for name in module.__all__:
            if is_alias(name, getattr(module, name)):
                meaning, text = meanings[name]
                lines += [f".. py:type:: {name}", f"   :canonical: {meaning}", ""]
                lines += [f"   {line}" for line in as_restructured_text(text.splitlines())] + [""]
        parent = nodes.Element()
        parent.document = self.state.document
        self.state.nested_parse(StringList(lines, source=self.get_source_info()[0]), 0, parent)
        return parent.children


def _skip(_app: Sphinx, what: str, name: str, value: object, skip: bool, _options: Any) -> bool | None:
    return True if skip or (what == "module" and isinstance(value, type) and is_alias(name, value)) else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive; autodoc leaves to it what it documents."""
    app.add_directive("aliases", Aliases)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
