"""A Sphinx extension that finds what annotations call by a short or private name under the name it is public by."""

from __future__ import annotations

import importlib

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

# Some names are public in two of them, and documented in one.
MODULES = tuple(f"mailerlite_async{name}" for name in ("", ".models", ".bulk", ".webhooks", ".testing"))


def public_names() -> dict[str, list[str]]:
    """From the last part of each public name to the names it can be imported by."""
    names: dict[str, list[str]] = {}
    for module in MODULES:
        for name in importlib.import_module(module).__all__:
            names.setdefault(name, []).append(f"{module}.{name}")
    return names


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.Element | None:
    if node.get("refdomain") != "py":
        return None
    domain = env.domains["py"]
    for target in public_names().get(str(node["reftarget"]).rpartition(".")[2], ()):
        if target in domain.objects:
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, content)
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
