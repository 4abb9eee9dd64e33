"""Fixtures: a bench that runs the import on a virtual clock, and the program in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from mailerlite_async import MailerLite
from mailerlite_async.cli.importing import ImportOptions, run_import
from mailerlite_async.testing import Emulator, VirtualClock

KEY = "secret-key-of-the-account"
POST_IMPORT = "/groups/{id}/import-subscribers"
# A shell that runs the tests in the background hands on that Ctrl-C is ignored.
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mailerlite_async.cli import main; sys.exit(main())"
)


@dataclass(frozen=True)
class Result:
    """What a run printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value

    @property
    def refusals(self) -> dict[int, tuple[str, str]]:
        """Reason and address by line, of a report in JSON."""
        return {entry["line"]: (entry["reason"], entry["email"]) for entry in self.json["refusals"]}


class Tampering(httpx.BaseTransport):
    """Lets a function answer a request, or raise, before the emulator sees it."""

    def __init__(self, inner: httpx.BaseTransport, tamper: Callable[[httpx.Request], httpx.Response | None]) -> None:
        self._inner = inner
        self._tamper = tamper

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._tamper(request) or self._inner.handle_request(request)


class Bench:
    """An emulator on a virtual clock, and the import against it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.emulator = Emulator(clock=self.clock)
        self.transport: httpx.BaseTransport = self.emulator.transport()
        self.err = io.StringIO()

    def write(self, content: str | bytes, name: str = "people.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def tamper(self, function: Callable[[httpx.Request], httpx.Response | None]) -> None:
        self.transport = Tampering(self.transport, function)

    def run(self, source: str | bytes | Path, **options: Any) -> Result:
        path = source if isinstance(source, Path) else self.write(source)
        if "group_id" not in options:
            options.setdefault("group", "Book club")
        out, self.err = io.StringIO(), io.StringIO()
        with MailerLite(KEY, transport=self.transport, clock=self.clock) as ml:
            wanted = ImportOptions(file=str(path), **options)
            status = run_import(ml, wanted, out, self.err)
        return Result(status, out.getvalue(), self.err.getvalue())

    def run_json(self, source: str | bytes | Path, **options: Any) -> Result:
        return self.run(source, as_json=True, **options)

    def posted(self) -> list[list[dict[str, Any]]]:
        """The rows of every import that reached the emulator."""
        return [request.body["subscribers"] for request in self.log("POST", POST_IMPORT)]

    def log(self, method: str, route: str) -> list[Any]:
        return [request for request in self.emulator.requests if (request.method, request.route) == (method, route)]

    def members(self, status: str = "active") -> set[str]:
        (group,) = self.groups()
        with MailerLite(KEY, transport=self.emulator.transport(), clock=self.clock) as ml:
            return {person.email for person in ml.groups.iter_subscribers(group, status=status)}

    def fields_of(self, email: str) -> dict[str, Any]:
        with MailerLite(KEY, transport=self.emulator.transport(), clock=self.clock) as ml:
            return {key: value for key, value in ml.subscribers.get(email).fields.items() if value is not None}

    def groups(self, name: str = "Book club") -> list[str]:
        with MailerLite(KEY, transport=self.emulator.transport(), clock=self.clock) as ml:
            return [group.id for group in ml.groups.iter() if group.name == name]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def addresses(count: int, start: int = 0) -> list[str]:
    return [f"person{number}@example.com" for number in range(start, start + count)]


def table(emails: Iterable[str], header: str = "email") -> str:
    return "\n".join([header, *emails]) + "\n"


# -- processes ---------------------------------------------------------------------------------------------------------


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILERLITE_")}
    return {**kept, "PYTHONIOENCODING": "utf-8", **variables}


def run_program(*arguments: str, folder: Path, **variables: str) -> Result:
    """Run the program to its end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@contextmanager
def started_program(
    *arguments: str, folder: Path, stderr: IO[str] | int = subprocess.PIPE, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Start the program, and see to it that it ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for another process."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
