"""Shell completion: the scripts, and what a shell that runs them gets, without a key and without HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailerlite_async.cli.program import program, run

from .conftest import PROGRAM, environment


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_the_program_back(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_MAILERLITE_ASYNC_COMPLETE={shell}_complete" in script
    assert "mailerlite-async" in script


def test_a_shell_without_completion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of" in capsys.readouterr().err


def completed(line: str, *, code: str = PROGRAM) -> list[str]:
    """What the shell is offered for the last word of a line."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(
            _MAILERLITE_ASYNC_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1)
        ),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_options_values_and_files() -> None:
    assert completed("mailerlite-async ") == [f"plain,{name}" for name in sorted(program.commands)]
    assert "plain,--group-id" in completed("mailerlite-async import --gr")
    assert completed("mailerlite-async completion b") == ["plain,bash"]
    assert completed("mailerlite-async import peo") == ["file,peo"]


def test_completing_loads_no_http_client() -> None:
    code = "import sys; sys.modules['httpx'] = None; from mailerlite_async.cli import main; sys.exit(main())"
    assert completed("mailerlite-async comp", code=code) == ["plain,completion"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_takes_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out, encoding="utf-8")
    done = subprocess.run(
        ["bash", "--norc", "-c", ". ./script && complete -p mailerlite-async"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "-F _mailerlite_async_completion mailerlite-async" in done.stdout
