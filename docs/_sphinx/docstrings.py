"""A Sphinx extension that reads docstrings as this package writes them: code in single backticks, examples as code."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_HEADING = re.compile(r"Examples?:")
# What follows the last backtick at once, as the s of a plural does, has to be set off for reStructuredText.
_CODE = re.compile(r"(?<![`:\w])`([^`]+)`(?!`)(\w?)")
_FACTORY = re.compile(r"<factory>|\bNOTHING\b")


def as_restructured_text(docstring: list[str]) -> list[str]:
    """The lines of a docstring, its code marked as reStructuredText marks it.

    Single backticks become double ones, which napoleon knows not to look into for the colon that ends a type. What
    stands under `Example:` becomes a block of Python.
    """
    lines: list[str] = []
    inside = False
    for line in _CODE.sub(_in_double_backticks, "\n".join(docstring)).split("\n"):
        if inside and line and not line.startswith(" "):
            inside = False
        lines.append(f"    {line}" if inside and line else line)
        if _HEADING.fullmatch(line):
            inside = True
            lines += ["    .. code-block:: python", ""]
    return lines


def _in_double_backticks(match: re.Match[str]) -> str:
    return f"``{match[1]}``" + (f"\\ {match[2]}" if match[2] else "")


def _process(_app: Sphinx, _what: str, _name: str, _object: object, _options: Any, lines: list[str]) -> None:
    lines[:] = as_restructured_text(lines)


def _process_signature(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Write `...` for defaults that are made anew for each object, whose own form is no Python."""
    return (signature and _FACTORY.sub("...", signature)), returns


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension; it has to see docstrings before napoleon does."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    app.connect("autodoc-process-signature", _process_signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
