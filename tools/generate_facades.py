"""Writes both facades - `_async/_facade_*.py` and `_sync/_facade_*.py` - from the builders in `mailerlite_async/calls`.

The return annotation of a builder decides what becomes of it: `Call[T]` is executed, `Call[Page[T]]` is that and a
pager (`list` gives `iter`, `x` gives `iter_x`), `Flow[T]` is run. Signature and docstring are the builder's own.

    python tools/generate_facades.py           writes the files
    python tools/generate_facades.py --check   fails if a file is not what it would write
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "mailerlite_async"
WIDTH = 120

_PAGER_ARGUMENTS = (
    "    page_size: items a call reads; each call costs one request of the limit.",
    "    prefetch: True reads the next page while this one is worked on. The sync client has no thread to do so.",
)


@dataclass(frozen=True)
class Flavour:
    """What differs between the facades."""

    folder: str
    prefix: str
    define: str
    run: str
    pager: str


FLAVOURS = (
    Flavour("_async", "Async", "async def", "await ", "AsyncPager"),
    Flavour("_sync", "Sync", "def", "", "Pager"),
)


@dataclass(frozen=True)
class Parameter:
    """A parameter as written."""

    name: str
    annotation: str
    default: str | None
    keyword_only: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default is not None else "")


@dataclass(frozen=True)
class Builder:
    """A public function of a module in `calls`."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str
    docstring: str
    page_size: int | None

    @property
    def kind(self) -> str:
        """`Call` or `Flow`."""
        return self.returns.partition("[")[0]

    @property
    def value(self) -> str:
        """What the resource method returns."""
        return self.returns.partition("[")[2].removesuffix("]")

    @property
    def item(self) -> str | None:
        """The type of the items of a list, None for other calls."""
        match = re.fullmatch(r"Page\[(.*)\]", self.value)
        return match[1] if match else None


@dataclass(frozen=True)
class Module:
    """A module in `calls`."""

    name: str
    summary: str
    builders: tuple[Builder, ...]
    origins: dict[str, str]

    @property
    def class_name(self) -> str:
        """`SubscribersResource` without its flavour."""
        return "".join(part.title() for part in self.name.split("_"))


def _typing_only(tree: ast.Module) -> list[ast.stmt]:
    """What stands under `if TYPE_CHECKING:`."""
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return [node for block in blocks for node in block.body]


def read_module(path: Path) -> Module:
    """Read the builders of a module.

    Raises:
        SystemExit: if a builder is not written as the facades need it; it names the builder.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    page_sizes: dict[str, int] = {}
    origins: dict[str, str] = {}
    builders: list[Builder] = []
    for node in (*_typing_only(tree), *tree.body):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            origins |= {alias.name: node.module for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "PAGE_SIZES":
                page_sizes = ast.literal_eval(node.value)
            else:
                origins[name] = f"mailerlite_async.calls.{path.stem}"
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            builders.append(read_builder(node, page_sizes.get(node.name), path))
        elif isinstance(node, ast.AsyncFunctionDef):
            raise SystemExit(f"{path.name}: {node.name} must not be async: builders do no I/O")
    docstring = ast.get_docstring(tree)
    if not docstring:
        raise SystemExit(f"{path.name} needs a docstring, whose first line describes the resource")
    summary = docstring.splitlines()[0]
    return Module(path.stem, summary, tuple(builders), origins)


def read_builder(node: ast.FunctionDef, page_size: int | None, path: Path) -> Builder:
    """Read one function."""
    where = f"{path.name}: {node.name}"
    docstring = ast.get_docstring(node, clean=True)
    if docstring is None or node.returns is None:
        raise SystemExit(f"{where} needs a docstring and a return annotation")
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        raise SystemExit(f"{where} may have neither *args, **kwargs nor positional-only parameters")
    padding: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    positional = zip(arguments.args, [*padding, *arguments.defaults], strict=True)
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs = [(argument, default, False) for argument, default in positional]
    pairs += [(argument, default, True) for argument, default in keywords]
    parameters = []
    for argument, default, keyword_only in pairs:
        if argument.annotation is None:
            raise SystemExit(f"{where}: {argument.arg} needs an annotation")
        written = None if default is None else ast.unparse(default).replace("'", '"')
        parameters.append(Parameter(argument.arg, ast.unparse(argument.annotation), written, keyword_only))
    builder = Builder(node.name, tuple(parameters), ast.unparse(node.returns), docstring, page_size)
    if builder.kind not in ("Call", "Flow"):
        raise SystemExit(f"{where} must return Call[...] or Flow[...]")
    if builder.item is not None and page_size is None:
        raise SystemExit(f"{where} returns a page, so PAGE_SIZES must say how large iter's pages are")
    return builder


def method(builder: Builder, flavour: Flavour) -> str:
    """The method that makes one call or runs one flow."""
    action = "value" if builder.kind == "Call" else "run"
    return _function(
        f"{flavour.define} {builder.name}",
        builder.parameters,
        builder.value,
        builder.docstring,
        f"return {flavour.run}self._caller.{action}(",
        builder,
        {},
        ")",
    )


def pager(builder: Builder, flavour: Flavour) -> str:
    """The method that walks a list."""
    assert builder.item is not None
    name = "iter" if builder.name == "list" else f"iter_{builder.name}"
    kept = [parameter for parameter in builder.parameters if parameter.name not in ("limit", "page")]
    cursor = [parameter for parameter in kept if parameter.name == "cursor"]
    added = [
        *(parameter for parameter in kept if parameter.name != "cursor"),
        Parameter("page_size", "int", str(builder.page_size), keyword_only=True),
        *cursor,
        Parameter("prefetch", "bool", "False", keyword_only=True),
    ]
    return _function(
        f"def {name}",
        tuple(added),
        f"{flavour.pager}[{builder.item}]",
        pager_docstring(builder),
        "return self._caller.pager(",
        builder,
        {"limit": "page_size", "page": None},
        ", prefetch=prefetch)",
    )


def pager_docstring(builder: Builder) -> str:
    """The docstring of a list method, retold for its pager."""
    summary, _, rest = builder.docstring.partition("\n")
    # A section begins with a line that is not indented: `Args:`, `Returns:`, `Raises:`, `API: ...`.
    sections = [part.rstrip() for part in re.split(r"\n(?=\S)", rest) if part.strip()]
    arguments = [part for part in sections if part.startswith("Args:")]
    entries = re.split(r"\n(?=    \S)", arguments[0])[1:] if arguments else []
    kept = [entry for entry in entries if entry.split(":")[0].strip() not in ("limit", "page")]
    retold = {
        "Args:": "\n".join(["Args:", *kept, *_PAGER_ARGUMENTS]),
        "Returns:": "Returns:\n    The pager. Iterate over it for the items, over its `pages()` for whole pages.",
    }
    others = [part for part in sections if part.split("\n")[0] not in retold]
    before = [part for part in others if sections.index(part) < sections.index(arguments[0])] if arguments else []
    after = [part for part in others if part not in before]
    opening = summary.replace("One page of", "Every page of").removesuffix(".")
    return "\n\n".join([f"{opening}: walks `{builder.name}` to its end.", *before, *retold.values(), *after])


def _function(
    head: str,
    parameters: tuple[Parameter, ...],
    returns: str,
    docstring: str,
    opening: str,
    builder: Builder,
    renamed: dict[str, str | None],
    closing: str,
) -> str:
    written = ["self"]
    for index, parameter in enumerate(parameters):
        if parameter.keyword_only and (index == 0 or not parameters[index - 1].keyword_only):
            written.append("*")
        written.append(str(parameter))
    signature = f"    {head}({', '.join(written)}) -> {returns}:"
    if len(signature) > WIDTH:
        signature = f"    {head}(\n" + "".join(f"        {part},\n" for part in written) + f"    ) -> {returns}:"
    passed = []
    for parameter in builder.parameters:
        value = renamed.get(parameter.name, parameter.name)
        if value is not None:
            passed.append(f"{parameter.name}={value}" if parameter.keyword_only else value)
    call = f"_calls.{builder.name}({', '.join(passed)})"
    body = f"        {opening}{call}{closing}"
    if len(body) > WIDTH:
        inner = "".join(f"                {part},\n" for part in passed)
        tail = closing.removesuffix(")").removeprefix(", ")
        body = f"        {opening}\n            _calls.{builder.name}(\n{inner}            ),\n"
        body += f"            {tail},\n        )" if tail else "        )"
    ending = '\n"""' if "\n" in docstring else '"""'
    doc = textwrap.indent(f'"""{docstring}{ending}', "        ", lambda line: bool(line.strip()))
    return f"{signature}\n{doc}\n{body}\n"


def resource_file(module: Module, flavour: Flavour) -> str:
    """The facade of one resource."""
    class_name = f"{flavour.prefix}{module.class_name}"
    methods: list[str] = []
    annotations: list[str] = []
    for builder in module.builders:
        methods.append(method(builder, flavour))
        annotations += [builder.value, *(parameter.annotation for parameter in builder.parameters)]
        if builder.item is not None:
            methods.append(pager(builder, flavour))
    used = {name for text in annotations for name in re.findall(r"[A-Za-z_]\w*", text)}
    imports: dict[str, set[str]] = {}
    for name in used & module.origins.keys():
        imports.setdefault(module.origins[name], set()).add(name)
    folder = f"mailerlite_async.{flavour.folder}"
    imports.setdefault(f"{folder}.caller", set()).add(f"{flavour.prefix}Caller")
    if any(builder.item for builder in module.builders):
        imports.setdefault(f"{folder}.pager", set()).add(flavour.pager)
    runtime = "UNSET" if any(p.default == "UNSET" for b in module.builders for p in b.parameters) else ""
    typed = textwrap.indent("\n".join(_import_lines(imports)), "    ")
    return (
        f'"""{module.summary}"""\n\n'
        "# Generated by tools/generate_facades.py from "
        f"mailerlite_async/calls/{module.name}.py; do not edit.\n\n"
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING\n\n"
        + (f"from mailerlite_async._unset import {runtime}\n" if runtime else "")
        + f"from mailerlite_async.calls import {module.name} as _calls\n\n"
        f"if TYPE_CHECKING:\n{typed}\n\n\n"
        f"class {class_name}:\n"
        f'    """{module.summary}"""\n\n'
        '    __slots__ = ("_caller",)\n\n'
        f"    def __init__(self, caller: {flavour.prefix}Caller) -> None:\n"
        "        self._caller = caller\n\n" + "\n".join(methods)
    )


def _import_lines(imports: dict[str, set[str]]) -> list[str]:
    """Import statements, those of the standard library first."""
    standard = sorted(origin for origin in imports if not origin.startswith("mailerlite_async"))
    own = sorted(origin for origin in imports if origin.startswith("mailerlite_async"))
    lines = [f"from {origin} import {', '.join(sorted(imports[origin]))}" for origin in standard]
    if standard and own:
        lines.append("")
    for origin in own:
        names = sorted(imports[origin], key=_isort_key)
        line = f"from {origin} import {', '.join(names)}"
        if len(line) > WIDTH - len("    "):
            line = f"from {origin} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        lines.append(line)
    return lines


def _isort_key(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def resources_file(modules: list[Module], flavour: Flavour) -> str:
    """The class that gives a client its resources."""
    folder = f"mailerlite_async.{flavour.folder}"
    typed = "".join(
        f"    from {folder}._facade_{module.name} import {flavour.prefix}{module.class_name}\n" for module in modules
    )
    properties = []
    for module in modules:
        name = f"{flavour.prefix}{module.class_name}"
        properties.append(
            "    @undivided_property\n"
            f"    def {module.name}(self) -> {name}:\n"
            f'        """{module.summary}"""\n'
            f"        from {folder}._facade_{module.name} import {name}\n\n"
            f"        return {name}(self._caller)\n"
        )
    return (
        '"""The resources of a client, each loaded when it is first used."""\n\n'
        "# Generated by tools/generate_facades.py from mailerlite_async/calls; do not edit.\n\n"
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING\n\n"
        "from mailerlite_async._fork import undivided_property\n\n"
        f"if TYPE_CHECKING:\n{typed}    from {folder}.caller import {flavour.prefix}Caller\n\n\n"
        f"class {flavour.prefix}Resources:\n"
        '    """One attribute for each resource of the API."""\n\n'
        f"    _caller: {flavour.prefix}Caller\n\n" + "\n".join(properties)
    )


def generate() -> dict[Path, str]:
    """All files and what they should hold."""
    paths = sorted((PACKAGE / "calls").glob("[!_]*.py"))
    modules = [read_module(path) for path in paths]
    files: dict[Path, str] = {}
    for flavour in FLAVOURS:
        folder = PACKAGE / flavour.folder
        for module in modules:
            files[folder / f"_facade_{module.name}.py"] = resource_file(module, flavour)
        files[folder / "_facade_resources.py"] = resources_file(modules, flavour)
    return files


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description="Write the facades from the builders.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a file is out of date")
    arguments = parser.parse_args()
    files = generate()
    present = {path for flavour in FLAVOURS for path in (PACKAGE / flavour.folder).glob("_facade_*.py")}
    if arguments.check:
        stale = sorted(
            path.name for path, text in files.items() if path not in present or path.read_text(encoding="utf-8") != text
        )
        stale += sorted(path.name for path in present - files.keys())
        if stale:
            print(f"out of date: {', '.join(stale)}; run: nox -s generate", file=sys.stderr)
            return 1
        print(f"{len(files)} generated files are up to date")
        return 0
    for path in present - files.keys():
        path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    print(f"wrote {len(files)} files")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
