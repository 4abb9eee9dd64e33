"""The command `emulator`: it serves until it is told to stop, and says what keeps it from starting."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from mailerlite_async import MailerLite
from mailerlite_async.cli.program import run

from .conftest import KEY, started_program


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_comes(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "seed.json").write_text('{"groups": ["Book club"]}', encoding="utf-8")
    arguments = ("emulator", "--port", "0", "--requests", "7", "--seed", "seed.json")
    with started_program(*arguments, folder=tmp_path) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        with MailerLite(KEY, base_url=base_url) as ml:
            assert [group.name for group in ml.groups.iter()] == ["Book club"]
            assert ml.quota.requests.limit == 7
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_its_url_for_programs(tmp_path: Path) -> None:
    with started_program("emulator", "--port", "0", "--json", folder=tmp_path) as process:
        assert process.stdout is not None
        answer = json.loads(process.stdout.readline())
    assert answer.keys() == {"base_url"}
    assert answer["base_url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--requests", "0"], "requests"),
        (["--seed", "none.json"], "cannot read none.json"),
        (["--seed", "seed.json"], "seed.json: 'people' is not a known key"),
        (["--port", "70000"], "port"),
    ],
)
def test_what_it_cannot_start_with(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    # The command takes the process's signals.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "seed.json").write_text('{"people": []}', encoding="utf-8")
    assert run(["emulator", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Error: ")
    assert message in captured.err


def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["emulator", "--port", str(port)]) == 2
    assert f"cannot listen on port {port}" in capsys.readouterr().err
