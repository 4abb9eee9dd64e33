"""A Sphinx extension that documents the resources of a client under the names by which users call their methods."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

from docstrings import as_restructured_text
from docutils import nodes
from docutils.statemachine import StringList
from names import public_names
from sphinx.application import Sphinx
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import stringify_signature
from sphinx.util.typing import stringify_annotation

import mailerlite_async

CLIENT = "AsyncMailerLite"


class Resource(SphinxDirective):
    """Documents `client.<resource>` and each of its methods as `AsyncMailerLite.<resource>.<method>`.

    They are methods of private classes: autodoc would show paths that nobody may import.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the resource as reStructuredText, and parse it."""
        (resource,) = self.arguments
        context = self.env.ref_context
        within = {"py:module": "mailerlite_async", "py:class": CLIENT, "py:classes": [CLIENT]}
        before = {key: context[key] for key in within if key in context}
        context.update(within)
        try:
            parent = nodes.Element()
            parent.document = self.state.document
            lines = StringList(list(self._lines(resource)), source=self.get_source_info()[0])
            self.state.nested_parse(lines, 0, parent)
            return parent.children
        finally:
            for key in within:
                del context[key]
            context.update(before)

    def _lines(self, resource: str) -> Iterator[str]:
        kind = type(getattr(getattr(mailerlite_async, CLIENT)("no-key"), resource))
        about = as_restructured_text((inspect.getdoc(kind) or "").split("\nArgs:")[0].splitlines())
        yield from ("", f".. py:property:: {resource}", "", *(f"   {line}".rstrip() for line in about), "")
        for name, method in vars(kind).items():
            if not name.startswith("_"):
                yield from self._method(f"{resource}.{name}", method)

    def _method(self, name: str, method: Any) -> Iterator[str]:
        signature = inspect.signature(method)
        namespace = _namespace(method)
        parameters = [
            each.replace(annotation=_expanded(each.annotation, namespace))
            for each in list(signature.parameters.values())[1:]
        ]
        shown = stringify_signature(signature.replace(parameters=parameters), unqualified_typehints=True)
        yield f".. py:method:: {name}{shown}"
        if inspect.iscoroutinefunction(method):
            yield "   :async:"
        yield ""
        text = as_restructured_text((inspect.getdoc(method) or "").splitlines())
        for line in GoogleDocstring(text, self.config, what="method", name=name).lines():
            yield f"   {line}".rstrip()
        yield ""


def _namespace(method: Any) -> dict[str, Any]:
    """What the annotations of a method speak of; those of a generated one are its builder's."""
    here = method.__globals__
    found: dict[str, Any] = vars(here["_calls"]) if "_calls" in here else here
    return found


def _expanded(annotation: str, namespace: dict[str, Any]) -> str:
    """The annotation, and if an alias is in it that is not public, what it stands for."""
    names = set(re.findall(r"[A-Za-z_]\w*", annotation)) & namespace.keys()
    private = {
        name
        for name in names - public_names().keys()
        if not isinstance(namespace[name], type) and not inspect.ismodule(namespace[name]) and name not in _TYPING
    }
    if not private:
        return annotation
    return stringify_annotation(eval(annotation, dict(namespace)), mode="smart", short_literals=True)  # noqa: S307


_TYPING = vars(sys.modules["typing"]).keys()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("resource", Resource)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
