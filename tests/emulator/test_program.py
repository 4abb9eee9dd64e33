"""The program: its one line, its signals, and its complaints."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mailerlite_async.testing.__main__ import main

from .conftest import HEADERS

ROOT = Path(__file__).parents[2]


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    # Unbuffered output would hide a line that is not flushed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-W", "error", "-m", "mailerlite_async.testing", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    seeds = tmp_path / "seeds.json"
    seeds.write_text(
        json.dumps(
            {
                "groups": ["g"],
                "subscribers": [{"email": "ann@example.com", "groups": ["g"]}],
                "segments": [{"name": "s", "subscribers": ["ann@example.com"]}],
                "automations": ["a"],
                "forms": ["f"],
            }
        )
    )
    with program("--port", "0", "--requests", "2", "--seed", str(seeds)) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=line.strip(), headers=HEADERS) as client:
            assert client.get("/groups").json()["data"][0]["active_count"] == 1
            client.get("/groups")
            assert client.get("/groups").status_code == 429
            # The connection is still open: the program does not wait for it.
            process.send_signal(number)
            rest, complaints = process.communicate(timeout=10)
        assert (process.returncode, rest, complaints) == (0, "", "")


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert main(arguments) == 2
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err


def test_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"cannot listen on port {port}: " in complaint(capsys, "--port", port)


def test_port_that_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert "port must be 0 to 65535" in complaint(capsys, "--port", "70000")


@pytest.mark.parametrize("arguments", [("--requests", "0"), ("--imports", "0"), ("--period", "0")])
def test_senseless_limits(capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]) -> None:
    assert arguments[0][2:] in complaint(capsys, *arguments)


def test_missing_seed_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "cannot read" in complaint(capsys, "--seed", str(tmp_path / "none.json"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold an object"),
        ('{"people": []}', "'people' is not a known key"),
        ('{"groups": {}}', "groups must be an array"),
        ('{"subscribers": ["ann@example.com", {"email": "bob@example.com", "status": "x"}]}', "subscribers[1].status"),
    ],
)
def test_malformed_seed_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "seeds.json"
    path.write_text(text)
    assert expected in complaint(capsys, "--port", "0", "--seed", str(path))
