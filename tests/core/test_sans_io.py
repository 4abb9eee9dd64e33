"""The core does no I/O and knows no event loop, importing the package is cheap, and its names are all there."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mailerlite_async
from tests.support.fresh import run_fresh

PACKAGE = Path(mailerlite_async.__file__).parent
FORBIDDEN = ("httpx", "httpcore", "asyncio", "anyio", "aiolimiter", "time", "socket", "selectors", "ssl")
# Of the bulk work, what the two shells have in common besides the job itself.
SHARED = ("_job", "_sync_work")
CORE = [
    *(
        "_bodies",
        "_call",
        "_flow",
        "_ledger",
        "_lanes",
        "_codec",
        "_draft",
        "_tolerant",
        "_paths",
        "_pages",
        "_unset",
        "errors",
        "limits",
    ),
    *("_batch", "_failures", "_memory", "_budget", "_addresses", "_fork", "_error_texts", "_redis.store"),
    *(f"bulk.{path.stem}" for path in sorted((PACKAGE / "bulk").glob("_[a-z]*.py")) if path.stem not in SHARED),
    *(f"calls.{path.stem}" for path in sorted((PACKAGE / "calls").glob("*.py")) if path.stem != "__init__"),
    *(f"models.{path.stem}" for path in sorted((PACKAGE / "models").glob("*.py")) if path.stem != "__init__"),
    *("webhooks._events", "webhooks._numbers", "webhooks._parsing", "webhooks._signatures"),
]
HEAVY = ("httpx", "httpcore", "anyio", "aiolimiter", "cattrs", "msgspec", "attrs", "attr", "click", "rich", "h11")


def source(module: str) -> Path:
    return PACKAGE / f"{module.replace('.', '/')}.py"


def imports(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """The modules that are imported anywhere below, and whether only for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield alias.name, False
        elif isinstance(child, ast.ImportFrom):
            yield child.module or "", False
            for alias in child.names:
                yield f"{child.module}.{alias.name}", False
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for name, _ in imports(ast.Module(child.body, [])):
                yield name, True
            yield from imports(ast.Module(child.orelse, []))
        else:
            yield from imports(child)


# -- no I/O ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", CORE)
def test_core_imports_no_io(module: str) -> None:
    for name, _ in imports(ast.parse(source(module).read_text(encoding="utf-8"))):
        assert name.split(".")[0] not in FORBIDDEN


@pytest.mark.parametrize("module", CORE)
def test_core_leans_on_the_core_only(module: str) -> None:
    allowed = {f"mailerlite_async.{each}" for each in CORE} | {"mailerlite_async.models", "mailerlite_async.calls"}
    for name, typing_only in imports(ast.parse(source(module).read_text(encoding="utf-8"))):
        if name.startswith("mailerlite_async.") and not typing_only:
            assert any(name == each or name.startswith(f"{each}.") for each in allowed)


BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {forbidden!r}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Block())
import importlib
for module in {modules!r}:
    importlib.import_module("mailerlite_async." + module)
assert not {{name.split(".")[0] for name in sys.modules}} & set({forbidden!r})

from mailerlite_async import calls
call = calls.groups.get("1")
body = b'{{"data": {{"id": 1}}}}'
try:
    call.returns.decode(body, call)
except Exception as error:
    assert type(error).__name__ == "DecodeError", error
"""


def test_core_works_without_any_of_them() -> None:
    # Interpreter and libraries have `time` and `selectors` for themselves; what our modules import is told by the tests above.
    forbidden = [name for name in FORBIDDEN if name not in ("time", "selectors", "socket", "ssl")]
    run_fresh(BLOCKED.format(forbidden=forbidden, modules=CORE))


def test_all_of_httpx_is_in_the_engines_and_their_helper() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for name, typing_only in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] == "httpx" and not typing_only
    }
    assert {name for name in users if not name.startswith(("testing/", "cli/"))} == {
        "_http.py",
        "_async/engine.py",
        "_sync/engine.py",
    }


# -- cheap to import ---------------------------------------------------------------------------------------------------


def test_importing_the_package_loads_no_library() -> None:
    loaded = run_fresh("import sys, mailerlite_async\nprint(*{name.split('.')[0] for name in sys.modules})").split()
    assert set(HEAVY) & set(loaded) == set()


def test_sync_client_loads_no_event_loop() -> None:
    code = (
        "import sys\n"
        "from mailerlite_async import MailerLite\n"
        "MailerLite('key')\n"
        "print(*(name for name in sys.modules if name.startswith(('mailerlite_async._async', 'aiolimiter', 'cattrs'))))\n"
    )
    assert run_fresh(code).split() == []


def test_resources_load_when_they_are_used() -> None:
    code = (
        "import sys\n"
        "from mailerlite_async import MailerLite\n"
        "ml = MailerLite('key')\n"
        "name = 'mailerlite_async._sync._facade_groups'\n"
        "print(name in sys.modules, ml.groups is ml.groups, name in sys.modules)\n"
    )
    assert run_fresh(code).split() == ["False", "True", "True"]


RECEIVING = """
import sys
from mailerlite_async import webhooks
print(*{name.partition(".")[0] for name in sys.modules}, ";")
webhooks.parse(b'{"type": "x"}')
print(*{name.partition(".")[0] for name in sys.modules}, ";")
webhooks.Inbox(print, secrets="secret")
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_receiving_webhooks_loads_no_framework_and_no_client() -> None:
    imported, parsing, inbox = (set(part.split()) for part in run_fresh(RECEIVING).split(";"))
    assert set(HEAVY) & imported == set()
    assert parsing & {"httpx", "anyio", "asyncio", "cattrs", "starlette", "aiohttp"} == set()
    assert inbox & {"httpx", "cattrs", "starlette", "aiohttp"} == set()


# What the first call of a sync client needs of this package, and no more: every module costs time at the start.
FIRST_CALL = {
    *(
        "_budget",
        "_bodies",
        "_call",
        "_clock",
        "_codec",
        "_draft",
        "_engine",
        "_error_texts",
        "_failures",
        "_flow",
        "_fork",
        "_http",
        "_lanes",
        "_lazy",
        "_ledger",
    ),
    *("_memory", "_pages", "_paths", "_unset", "_version", "config", "errors", "limits"),
    *("_sync", "_sync._facade_resources", "_sync._facade_subscribers", "_sync.caller", "_sync.client"),
    *("_sync.engine", "_sync.halt", "_sync.pacer", "_sync.pager", "_sync.pool"),
    *("calls", "calls._values", "calls.subscribers"),
    *("models", "models._dates", "models._rate", "models.groups", "models.subscribers"),
}
# And of libraries, besides those of httpx: `attr` is the inside of attrs, the last one is loaded by msgspec.
FIRST_LIBRARIES = {"attr", "attrs", "msgspec", "typing_extensions"}

FIRST_ANSWER = """
import sys, httpx
before = set(sys.modules)
from mailerlite_async import MailerLite
answer = httpx.Response(200, text='{"data": [], "links": {}, "meta": {}}')
with MailerLite("key", transport=httpx.MockTransport(lambda request: answer)) as ml:
    ml.subscribers.list()
print(*set(sys.modules) - before)
"""


def test_first_call_loads_what_it_needs_and_no_more() -> None:
    loaded = run_fresh(FIRST_ANSWER).split()
    ours = {name.removeprefix("mailerlite_async.") for name in loaded if name.startswith("mailerlite_async.")}
    assert sorted(ours - FIRST_CALL) == []
    tops = {name.partition(".")[0] for name in loaded} - {"mailerlite_async"}
    assert sorted(name for name in tops - FIRST_LIBRARIES if name not in sys.stdlib_module_names) == []


# -- names -------------------------------------------------------------------------------------------------------------


def test_every_public_name_resolves() -> None:
    for name in mailerlite_async.__all__:
        assert getattr(mailerlite_async, name) is not None
    assert len(set(mailerlite_async.__all__)) == len(mailerlite_async.__all__)


def test_public_names_are_listed() -> None:
    assert set(mailerlite_async.__all__) <= set(dir(mailerlite_async))
    assert "AsyncMailerLite" in run_fresh("import mailerlite_async\nprint(*dir(mailerlite_async))").split()


def test_star_import_gives_the_public_names() -> None:
    names = run_fresh("from mailerlite_async import *\nprint(*sorted(vars()))").split()
    assert set(mailerlite_async.__all__) - set(names) == set()


def test_name_is_found_without_detour_the_second_time() -> None:
    assert run_fresh(
        "import mailerlite_async as m\nprint('Call' in vars(m)); m.Call; print('Call' in vars(m))"
    ).split() == ["False", "True"]


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mailerlite_async' has no attribute 'Client'"):
        mailerlite_async.Client  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Client'"):
        exec("from mailerlite_async import Client")


@pytest.mark.parametrize("package", [mailerlite_async, mailerlite_async.calls, mailerlite_async.models])
def test_type_checkers_and_interpreter_are_told_the_same(package: ModuleType) -> None:
    tree = ast.parse(Path(package.__file__ or "").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    told: dict[str, str] = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        origin = (node.module or "").removeprefix("mailerlite_async").removeprefix(".")
        for alias in node.names:
            is_module = node.module == package.__name__
            told[alias.name] = f"{origin}.{alias.name}".removeprefix(".") if is_module else origin
    assert told == package._ORIGINS
    assert {*told, "__version__"} == {*package.__all__, "__version__"}
    assert all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.parametrize("module", ["calls", "models"])
def test_subpackages_export_what_they_say(module: str) -> None:
    package = importlib.import_module(f"mailerlite_async.{module}")
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    assert package.__all__ == sorted(package.__all__)


def test_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
