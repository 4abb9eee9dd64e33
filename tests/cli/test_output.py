"""Output that cannot be written: to a full disk, to a closed pipe, or nowhere at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailerlite_async.testing import Emulator

from .conftest import KEY, PROGRAM, Result, addresses, environment, table

FULL = Path("/dev/full")
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full to stand for a full disk"),
]

NO_SPACE = "Error: the output cannot be written: No space left on device."
DONE = " What was to be done is done, unless something else is said above."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(table(addresses(3)), encoding="utf-8")
    # A report that does not fit into a buffer.
    (tmp_path / "bad.csv").write_text(table([*addresses(1), *(f"nobody{n}" for n in range(1000))]), encoding="utf-8")
    seed = {"groups": [{"id": "7", "name": "Book club"}], "subscribers": addresses(2)}
    (tmp_path / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
    return tmp_path


@pytest.fixture
def emulator() -> Iterator[tuple[Emulator, dict[str, str]]]:
    emulator = Emulator()
    emulator.seed(groups=[{"id": "7", "name": "Book club"}])
    with emulator.serve() as base_url:
        yield emulator, {"MAILERLITE_API_KEY": KEY, "MAILERLITE_BASE_URL": base_url}


def run_shell(redirection: str, *arguments: str, folder: Path, opened: str = "", **variables: str) -> Result:
    """Run the program with one of its streams turned elsewhere by a shell."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'{opened}"$@" {redirection}', "sh", sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("file", ["people.csv", "bad.csv"])
@pytest.mark.parametrize("options", [("import",), ("sync", "--yes"), ("import", "--json")])
def test_a_report_to_a_full_disk(
    folder: Path, emulator: tuple[Emulator, dict[str, str]], options: tuple[str, ...], file: str
) -> None:
    api, account = emulator
    command, *rest = options
    result = run_shell(f">{FULL}", command, file, "--group-id", "7", *rest, folder=folder, **account)
    assert result.status == 2
    assert result.err.splitlines()[-1] == NO_SPACE + DONE
    assert "Traceback" not in result.err
    assert any(request.method == "POST" for request in api.requests)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("import", "--help"),
        ("plan", "upsert", "people.csv"),
        ("limits", "--emulator"),
    ],
)
def test_what_only_prints_something(folder: Path, arguments: tuple[str, ...]) -> None:
    full = run_shell(f">{FULL}", *arguments, folder=folder)
    assert full.status == 2
    assert full.err.splitlines()[-1] == NO_SPACE
    assert "Traceback" not in full.err
    # The status is that of the program, not of what reads it.
    unread = run_shell('; echo "status $?" >&2; } | true', *arguments, folder=folder, opened="{ ")
    assert "status 2" in unread.err
    assert "Error: nobody reads the output any more." in unread.err
    assert "Traceback" not in unread.err


def test_an_export_to_a_full_disk(folder: Path) -> None:
    arguments = ("export", "--emulator", "--seed", "seed.json")
    result = run_shell(f">{FULL}", *arguments, folder=folder)
    assert result.status == 2
    assert result.err.splitlines()[1:3] == [
        "Error: - cannot be written: No space left on device.",
        "0 subscribers were written, perhaps a part of the next ones too.",
    ]
    assert "Traceback" not in result.err
    result = run_shell(f">{FULL}", *arguments, "-o", "out.csv", folder=folder)
    assert (result.status, result.err.splitlines()[-1]) == (2, NO_SPACE + DONE)
    assert len((folder / "out.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_without_stdout(folder: Path, emulator: tuple[Emulator, dict[str, str]]) -> None:
    api, account = emulator
    result = run_shell(">&-", "import", "people.csv", "--group-id", "7", folder=folder, **account)
    assert (result.status, "Error" in result.err) == (0, False)
    assert any(request.method == "POST" for request in api.requests)
    assert run_shell(">&-", "--help", folder=folder).status == 0
    result = run_shell(">&-", "export", "--emulator", folder=folder)
    assert result.status == 2
    assert "stdout is closed: name a file with -o FILE" in result.err
    assert run_shell(">&-", "export", "--emulator", "-o", "out.csv", folder=folder).status == 0


def test_without_stdin_and_without_stderr(folder: Path) -> None:
    arguments = ("sync", "people.csv", "--group-id", "7", "--emulator", "--seed", "seed.json")
    result = run_shell("<&-", *arguments, folder=folder)
    assert result.status == 2
    assert "nobody can be asked: add --yes" in result.err
    result = run_shell("2>&-", *arguments, "--yes", folder=folder)
    assert result.status == 0
    assert "has changed the group" in result.out
