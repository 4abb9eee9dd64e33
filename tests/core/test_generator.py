"""The generator of the facades: its check fails on anything out of date, and it says what a builder lacks."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.fresh import ROOT

TOOL = Path("tools/generate_facades.py")
HEADER = '"""Things: an example."""\n\nfrom mailerlite_async._call import Call, Page\n\nPAGE_SIZES = {"list": 10}\n\n'
GOOD = HEADER + 'def get(thing_id: str | int) -> Call[Page]:\n    """One thing."""\n    return Call()\n'


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tool with builders and facades, where they may be changed."""
    for folder in ("tools", "mailerlite_async/calls", "mailerlite_async/_async", "mailerlite_async/_sync"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def load(root: Path) -> ModuleType:
    """The tool of a copy as a module of its own."""
    spec = importlib.util.spec_from_file_location("generate_facades_copy", root / TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["generate_facades.py", *arguments])
    code: int = load(root).main()
    return code


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(root: Path, source: str) -> str:
    """What the tool says of a builder module."""
    path = root / "mailerlite_async/calls/things.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        load(root).generate()
    return str(caught.value)


# -- the check ---------------------------------------------------------------------------------------------------------


def test_facades_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(TOOL), "--check"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "up to date" in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("mailerlite_async/calls/groups.py", "def create(name: str)", "def create(title: str)"),
        ("mailerlite_async/calls/groups.py", "Make a group.", "Create a group."),
        ("mailerlite_async/calls/groups.py", '"subscribers": 1000', '"subscribers": 500'),
        ("mailerlite_async/calls/fields.py", ") -> Call[Field]:", ") -> Call[None]:"),
        ("mailerlite_async/calls/imports.py", "timeout: float = 600.0", "timeout: float = 60.0"),
        ("mailerlite_async/_sync/_facade_groups.py", "self._caller.value", "self._caller.execute"),
        ("mailerlite_async/_async/_facade_subscribers.py", "await ", ""),
        ("mailerlite_async/_async/_facade_resources.py", "return AsyncGroups", "return AsyncFields"),
    ],
)
def test_changed_builder_or_facade_fails_the_check(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str
) -> None:
    assert run(copy, monkeypatch, "--check") == 0
    edit(copy / file, old, new)
    assert run(copy, monkeypatch, "--check") == 1
    name = file.rpartition("/")[2]
    expected = name if name.startswith("_facade") else f"_facade_{name}"
    assert f"out of date: {expected}" in capsys.readouterr().err


def test_missing_and_left_over_facades_fail_the_check(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "mailerlite_async/_sync/_facade_groups.py").unlink()
    (copy / "mailerlite_async/_async/_facade_old.py").write_text("", encoding="utf-8")
    assert run(copy, monkeypatch, "--check") == 1
    assert "out of date: _facade_groups.py, _facade_old.py" in capsys.readouterr().err


def test_check_changes_nothing(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facade = copy / "mailerlite_async/_sync/_facade_groups.py"
    facade.write_text("# lost\n", encoding="utf-8")
    run(copy, monkeypatch, "--check")
    assert facade.read_text(encoding="utf-8") == "# lost\n"


def test_generating_mends_what_the_check_finds(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "mailerlite_async/_sync/_facade_groups.py").unlink()
    (copy / "mailerlite_async/_async/_facade_old.py").write_text("", encoding="utf-8")
    edit(copy / "mailerlite_async/calls/groups.py", "def create(name: str)", "def create(title: str)")
    assert run(copy, monkeypatch) == 0
    assert run(copy, monkeypatch, "--check") == 0
    assert not (copy / "mailerlite_async/_async/_facade_old.py").exists()
    for flavour in ("_async", "_sync"):
        assert "create(self, title: str)" in (copy / f"mailerlite_async/{flavour}/_facade_groups.py").read_text("utf-8")


def test_new_resource_appears_in_both_flavours(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = GOOD.replace(
        "def get(thing_id: str | int) -> Call[Page]", "def list(*, limit: int | None = None) -> Call[Page[int]]"
    )
    (copy / "mailerlite_async/calls/things.py").write_text(source, encoding="utf-8")
    run(copy, monkeypatch)
    for flavour, prefix, pager in (("_async", "Async", "AsyncPager"), ("_sync", "Sync", "Pager")):
        facade = (copy / f"mailerlite_async/{flavour}/_facade_things.py").read_text(encoding="utf-8")
        assert f"class {prefix}Things:" in facade
        assert f"def iter(self, *, page_size: int = 10, prefetch: bool = False) -> {pager}[int]:" in facade
        resources = (copy / f"mailerlite_async/{flavour}/_facade_resources.py").read_text(encoding="utf-8")
        assert f"def things(self) -> {prefix}Things:" in resources


# -- what builders must have -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"""One thing."""', "pass", "things.py: get needs a docstring and a return annotation"),
        (" -> Call[Page]", "", "things.py: get needs a docstring and a return annotation"),
        ("thing_id: str | int", "thing_id", "things.py: get: thing_id needs an annotation"),
        ("thing_id: str | int", "*, thing_id=1", "things.py: get: thing_id needs an annotation"),
        ("thing_id: str | int", "*thing_ids: str", "things.py: get may have neither *args"),
        ("thing_id: str | int", "**thing_ids: str", "things.py: get may have neither *args"),
        ("thing_id: str | int", "thing_id: str, /", "nor positional-only parameters"),
        ("Call[Page]", "Page", "things.py: get must return Call[...] or Flow[...]"),
        ("Call[Page]", "Call[Page[int]]", "things.py: get returns a page, so PAGE_SIZES must say"),
    ],
)
def test_builder_that_lacks_something_is_named(copy: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    assert message in refusal(copy, GOOD.replace(old, new))


def test_module_without_a_docstring_is_named(copy: Path) -> None:
    assert "things.py" in refusal(copy, GOOD.removeprefix('"""Things: an example."""'))


def test_asynchronous_builder_is_refused(copy: Path) -> None:
    assert "things.py: get" in refusal(copy, GOOD.replace("def get", "async def get"))


def test_private_functions_are_left_alone(copy: Path) -> None:
    (copy / "mailerlite_async/calls/things.py").write_text(
        GOOD + "\n\ndef _helper(x):\n    return x\n", encoding="utf-8"
    )
    files = load(copy).generate()
    (facade,) = (
        text for path, text in files.items() if path.name == "_facade_things.py" and path.parent.name == "_sync"
    )
    assert "def get" in facade
    assert "_helper" not in facade
