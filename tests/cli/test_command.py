"""The program itself: its options, bad input, which API it uses, and that the key is nowhere in what it prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async.cli.program import run
from mailerlite_async.testing import Emulator

from .conftest import KEY, PROGRAM, Result, addresses, environment, run_program, table

EMULATED = ("--group", "Book club", "--emulator")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(table(addresses(3)), encoding="utf-8")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> Result:
    status = run(arguments)
    captured = capsys.readouterr()
    return Result(status, captured.out, captured.err)


def test_the_emulator_in_a_process_of_its_own(folder: Path) -> None:
    broken = {"MAILERLITE_BASE_URL": "nonsense", "MAILERLITE_API_VERSION": "nonsense", "MAILERLITE_API_KEY": "\n"}
    result = run_program("import", "people.csv", *EMULATED, folder=folder, **broken)
    assert result.status == 0
    assert 'Imported people.csv into the group "Book club"' in result.out
    lines = result.err.splitlines()
    assert lines[0] == "Using the built-in emulator: nothing leaves this machine."
    assert lines[-1] == "The emulator's account is gone with the end of this command."
    assert "\x1b" not in result.err


def test_the_api_in_a_process_of_its_own(folder: Path) -> None:
    emulator = Emulator()
    with emulator.serve() as base_url:
        arguments = ("import", "people.csv", "--group", "Book club", "--json")
        result = run_program(*arguments, folder=folder, MAILERLITE_API_KEY=KEY, MAILERLITE_BASE_URL=base_url)
    assert result.status == 0
    assert result.err.splitlines()[0] == f"Using the MailerLite API at {base_url}."
    assert (result.json["imported"], result.json["api"]) == (3, base_url)
    assert KEY not in result.out + result.err
    assert len(emulator.requests) >= 5


def test_a_password_in_the_base_url_is_not_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILERLITE_API_KEY", KEY)
    monkeypatch.setenv("MAILERLITE_BASE_URL", "https://user:password@api.example.com/v1")
    result = call(capsys, "import", "none.csv", "--group", "Book club")
    assert result.status == 2
    assert "MAILERLITE_BASE_URL must be" in result.err
    assert "password@" not in result.err


def test_a_wrong_key(folder: Path) -> None:
    with Emulator().serve() as base_url:
        result = run_program(
            "import",
            "people.csv",
            "--group",
            "Book club",
            folder=folder,
            MAILERLITE_API_KEY="invalid",
            MAILERLITE_BASE_URL=base_url,
        )
    assert (result.status, result.out) == (2, "")
    assert "401 Unauthorized" in result.err
    assert "does not accept the key in MAILERLITE_API_KEY" in result.err
    assert "Traceback" not in result.err


def test_no_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = call(capsys, "import", "people.csv", "--group", "Book club")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("Error: no API key: set MAILERLITE_API_KEY, or add --emulator")
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MAILERLITE_BASE_URL", "nonsense"),
        ("MAILERLITE_API_VERSION", "nonsense"),
        ("MAILERLITE_API_KEY", f"{KEY}\n{KEY}"),
    ],
)
def test_a_broken_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("MAILERLITE_API_KEY", KEY)
    monkeypatch.setenv(variable, value)
    result = call(capsys, "import", "people.csv", "--group", "Book club")
    assert (result.status, result.out) == (2, "")
    assert variable in result.err
    assert KEY not in result.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "people.csv is empty"),
        (b"email,name\n", "people.csv has no rows below the header in line 1."),
        (b"email,name\n\n \n", "people.csv has no rows below the header in line 1."),
        (b"name,city\nAnn,York\n", "people.csv, line 1: no column is called email"),
        (b"email,name,Name\n", "people.csv, line 1: columns 2 and 3 are both called 'Name'"),
        (b"email\nok@example.com\n\xff\xfe\n", "people.csv, line 3: this is not UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "people.csv is a binary file"),
        (b"PK\x03\x04\x14\0", "people.csv is a spreadsheet or a ZIP file"),
        (b'email\n"a\nb', "people.csv, lines 2 to 3: this has a quotation mark"),
    ],
)
def test_files_that_cannot_be_imported(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (folder / "people.csv").write_bytes(content)
    result = call(capsys, "import", "people.csv", *EMULATED)
    assert (result.status, result.out) == (2, "")
    assert f"Error: {message}" in result.err
    assert "Nothing was sent." in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(("name", "message"), [("none.csv", "does not exist"), (".", "is a directory")])
def test_files_that_are_none(folder: Path, capsys: pytest.CaptureFixture[str], name: str, message: str) -> None:
    result = call(capsys, "import", name, *EMULATED)
    assert result.status == 2
    assert f"Error: {name} {message}" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either --group NAME or --group-id ID"),
        (("--group", "Book club", "--group-id", "1"), "either --group NAME or --group-id ID"),
        (("--group", "  "), "1 to 255 characters"),
        (("--group", "x" * 256), "1 to 255 characters"),
        (("--group-id", "first"), "made of digits"),
        (("--group", "Book club", "--delimiter", ";;"), "one character"),
        (("--group", "Book club", "--delimiter", '"'), "one character"),
        (("--group", "Book club", "--chunk-size", "0"), "--chunk-size"),
        (("--group", "Book club", "--chunk-size", "20001"), "--chunk-size"),
        (("--group", "Book club", "--wait-timeout", "-1"), "--wait-timeout"),
        (("--group", "Book club", "--wait-timeout", "inf"), "--wait-timeout"),
        (("--group", "Book club", "--unknown"), "--unknown"),
        (("--group", "Book club", "--encoding", "klingon"), "--encoding klingon"),
        (("--group", "Book club", "--email-column", "address"), "(--email-column)"),
    ],
)
def test_options_that_make_no_sense(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    result = call(capsys, "import", "people.csv", "--emulator", *arguments)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_options_reach_the_import(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "people.csv").write_bytes("Adresse|Tier\nann@example.com|gold\nbad|\n".encode("utf-16-le"))
    result = call(
        capsys,
        "import",
        "people.csv",
        *EMULATED,
        *("--dry-run", "--json", "--create-fields", "--chunk-size", "1"),
        *("--encoding", "utf-16-le", "--delimiter", "|", "--email-column", "adresse", "--report", "refused.csv"),
    )
    report = result.json
    assert (result.status, report["exit_status"], report["planned_imports"]) == (1, 1, [1])
    assert report["columns"] == {"address": "Adresse", "fields": {}, "ignored": [], "nameless": []}
    assert (folder / "refused.csv").read_text(encoding="utf-8").splitlines()[1].startswith("3,bad,malformed_address,")


def test_a_tab_can_be_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "people.csv").write_text("email,x\tname\nann@example.com\tAnn\n", encoding="utf-8")
    result = call(
        capsys, "import", "people.csv", *EMULATED, "--dry-run", "--delimiter", "tab", "--email-column", "email,x"
    )
    assert "'name' fills the field 'Name'" in result.out


def test_the_help_documents_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--help").status == 0
    result = call(capsys, "import", "--help")
    assert result.status == 0
    for line in ("0  every row was taken", "1  some rows were refused", "2  it could not run", "130  interrupted"):
        assert line in result.out


def test_version_and_unknown_commands(capsys: pytest.CaptureFixture[str]) -> None:
    from mailerlite_async import __version__

    assert __version__ in call(capsys, "--version").out
    result = call(capsys, "explode")
    assert (result.status, result.out) == (2, "")
    assert "explode" in result.err


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_how_to_install_it(folder: Path, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from mailerlite_async.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "import", "people.csv"],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f'mailerlite-async needs {missing}, which is not installed: pip install "mailerlite-async[cli]"'
    ]


def test_output_that_the_terminal_cannot_show(folder: Path) -> None:
    (folder / "people.csv").write_text("email,Größe\nadresse-ohne-ä\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "import", "people.csv", *EMULATED],
        cwd=folder,
        env=environment(PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
        capture_output=True,
        encoding="ascii",
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "adresse-ohne-\\xe4" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_live_bar_on_stderr_only(folder: Path) -> None:
    import os
    import pty

    reader, writer = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "import", "people.csv", *EMULATED],
        cwd=folder,
        env=environment(TERM="xterm", COLUMNS="100"),
        stdout=subprocess.PIPE,
        stderr=writer,
    ) as process:
        os.close(writer)
        shown = b""
        while True:
            try:
                block = os.read(reader, 4096)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            shown += block
        out = process.stdout.read() if process.stdout else b""
    os.close(reader)
    assert process.returncode == 0
    assert b"\x1b[" in shown
    assert b"Processing" in shown
    assert b"3/3" in shown
    assert b"Using the built-in emulator" in shown
    assert b"\x1b" not in out
    assert b"Imported people.csv" in out


def test_progress_where_there_is_no_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = call(capsys, "import", "people.csv", *EMULATED, "--dry-run", "--json")
    told = call(capsys, "import", "people.csv", *EMULATED, "--dry-run", "--json", "--progress")
    assert "Reading.\n" not in quiet.err
    assert "Reading.\n" in told.err
    assert told.json == quiet.json
