"""The ways in which a code block of a page is run; `pages.py` says which page needs another than the usual one."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.testing import Emulator
from tests.support.command_line import PROGRAM, call
from tests.support.markdown import PYTHON, ROOT, Block, read_blocks

# A block, an empty folder to run it in, and what its page needs.
Runner = Callable[[Block, Path, "Page"], None]

STATUS = "echo $?"
_INSTALL = re.compile(r"""pip install (?P<quote>["']?)(?P<name>[\w-]+)(\[(?P<extras>[\w,-]+)\])?(?P=quote)( pytest)?""")
_SERVER = re.compile(rf"(python -m mailerlite_async\.testing|{PROGRAM} emulator)\b(?P<options>.*)")


@dataclass(frozen=True)
class Page:
    """What the blocks of one page need.

    Attributes:
        python: runs its blocks of Python.
        shell: runs those for a shell.
        seed: what is in the account of the emulator, as `Emulator.seed` takes it.
        links: files and folders of the checkout that are in the working directory.
        needs: packages that are no dependency, by a word that is in the blocks which need them.
        shows: for blocks that nothing printed stands below, a part of what each of them prints, in order.
    """

    python: Runner
    shell: Runner
    seed: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    shows: tuple[str, ...] = ()


def prepare(block: Block, folder: Path, page: Page) -> None:
    """Put into the folder what the page says is there; skips the test if a package is missing, but on CI fails."""
    for word, package in page.needs.items():
        if word in block.code and importlib.util.find_spec(package) is None:
            reason = f"the package {package} is not installed, which this block is about"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
    for name in page.links:
        (folder / name).symlink_to(ROOT / name)
    for file in read_blocks(block.page):
        if file.name:
            (folder / file.name).write_text(file.code, encoding="utf-8")


def environment(**more: str) -> dict[str, str]:
    """The environment of a program, nothing of MailerLite's in it but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILERLITE_")}
    folder = Path(sys.executable).parent
    return {**kept, "PATH": f"{folder}{os.pathsep}{kept['PATH']}", **more}


def run_here(block: Block, folder: Path, page: Page) -> None:
    """Run a block in this process, which is quicker than starting one, against an emulator over HTTP."""
    prepare(block, folder, page)
    before = set(folder.iterdir())
    out, err = io.StringIO(), io.StringIO()
    with served(page) as url, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MAILERLITE_API_KEY", "any")
        patch.setenv("MAILERLITE_BASE_URL", url)
        patch.delenv("MAILERLITE_API_VERSION", raising=False)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            exec(compile(block.code, str(block), "exec", dont_inherit=True), {"__name__": "__main__"})
    assert err.getvalue() == ""
    check_printed(block, page, out.getvalue())
    assert set(folder.iterdir()) == before, "the block leaves nothing behind"


def run_program(block: Block, folder: Path, page: Page) -> None:
    """Run a block as a program of its own, as its reader does, against an emulator over HTTP."""
    prepare(block, folder, page)
    before = set(folder.iterdir())
    script = folder / "example.py"
    script.write_text(block.code, encoding="utf-8")
    # If pytest-asyncio is installed, it warns where nothing is configured.
    runner = ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio"] if "def test_" in block.code else []
    with served(page) as url:
        done = subprocess.run(
            [sys.executable, "-W", "error", *runner, str(script)],
            env=environment(MAILERLITE_API_KEY="any", MAILERLITE_BASE_URL=url),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=folder,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    check_printed(block, page, done.stdout)
    assert set(folder.iterdir()) - {folder / "__pycache__"} == before | {script}, "the block leaves nothing behind"


@contextlib.contextmanager
def served(page: Page) -> Iterator[str]:
    """The base URL of an emulator with the account of a page."""
    emulator = Emulator()
    emulator.seed(**page.seed)
    with emulator.serve() as url:
        yield url


def check_printed(block: Block, page: Page, printed: str) -> None:
    """A block prints what stands below it, or what its page says, and otherwise nothing."""
    if block.printed is not None:
        assert printed == block.printed
    elif page.shows:
        position = [each.line for each in read_blocks(block.page) if each.language in PYTHON].index(block.line)
        assert page.shows[position] in printed
    else:
        assert printed == "", "what a block prints stands below it"


def part_of(program: str) -> Runner:
    """A runner for pages that explain a program which other tests run: the block has to be a part of it."""

    def compare(block: Block, _folder: Path, _page: Page) -> None:
        text = (ROOT / program).read_text(encoding="utf-8")
        assert block.code in text or textwrap.indent(block.code, "    ") in text
        ast.parse(text)

    return compare


def run_shell(block: Block, folder: Path, page: Page) -> None:
    """Run the lines of a block for a shell.

    With `$ ` before its commands, what stands below each is what it prints. An emulator is started, looked at and
    stopped; of an installation the name and the extras are checked.
    """
    prepare(block, folder, page)
    commands = _commands(block)
    if all(_INSTALL.fullmatch(line) for line, _ in commands):
        for line, _ in commands:
            _check_installation(line)
    elif (server := _SERVER.fullmatch(commands[0][0])) is not None:
        assert len(commands) == 1, "an emulator stands in a block of its own"
        _check_server(server["options"], block.printed or commands[0][1], folder)
    elif all(line == STATUS or (line.startswith(f"{PROGRAM} ") and ">" not in line) for line, _ in commands):
        _run_own_commands(commands, folder)
    else:
        _run_real_commands(block, commands, folder)


def _commands(block: Block) -> list[tuple[str, str]]:
    """Each command, and what stands below it."""
    if block.code.startswith("$ "):
        return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.code, re.MULTILINE)
    return [(line, "") for line in block.code.splitlines() if line]


def _check_installation(line: str) -> None:
    match = _INSTALL.fullmatch(line)
    assert match is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert match["name"] == project["name"]
    assert set((match["extras"] or "").split(",")) - {""} <= set(project["optional-dependencies"])


def _check_server(options: str, printed: str, folder: Path) -> None:
    """Start an emulator on a free port, look at what it prints, and stop it."""
    words = shlex.split(options)
    port = words[words.index("--port") + 1]
    words[words.index("--port") + 1] = "0"
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "mailerlite_async.testing", *words],
        env=environment(),
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        process.stdout.close()
    assert process.returncode == 0
    assert re.sub(r":\d+/", f":{port}/", url) == printed


def _run_own_commands(commands: list[tuple[str, str]], folder: Path) -> None:
    status = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION"):
            patch.delenv(name, raising=False)
        for line, shown in commands:
            if line == STATUS:
                assert shown == f"{status}\n"
            else:
                status, printed = call(line)
                assert printed == shown
    assert status == 0 or commands[-1][0] == STATUS, "an example that does not end with 0 says so"


def _run_real_commands(block: Block, commands: list[tuple[str, str]], folder: Path) -> None:
    for line, shown in commands:
        done = subprocess.run(
            ["sh", "-ec", line],
            env=environment(HOME=str(folder)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=folder,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout == (shown or block.printed or "")


USUAL = Page(run_here, run_shell)
