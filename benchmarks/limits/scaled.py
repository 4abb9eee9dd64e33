"""Clients against a scaled limit over real HTTP on loopback: each of their processes is one, and so is the server."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs

from benchmarks.limits.clients import CLIENTS, Client, Place, in_threads
from benchmarks.limits.counting import BODY, Counter, Run, Scale

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# A client that takes this many times the ideal is stuck.
PATIENCE = 4


def run(client: Client, server: str, scale: Scale) -> Run:
    """Let all processes of a client make their calls."""
    with ExitStack() as stack:
        store = stack.enter_context(_redis()) if client.needs_store else None
        counting = stack.enter_context(_process("server", server, scale=scale))
        url = _line(counting)
        processes = [
            stack.enter_context(_process("client", client.name, url, store or "", scale=scale))
            for _ in range(client.copies)
        ]
        for process in processes:
            _line(process)  # it has loaded all it needs
        for process in processes:
            _tell(process, "go")
        for process in processes:
            # The longest wait of all; what is left of a process after it is ended by `_process`.
            if process.wait(timeout=PATIENCE * scale.ideal + 30):
                raise RuntimeError(f"a process of {client.title} failed with {process.returncode}")
        accepted, refused = json.loads(counting.communicate(timeout=30)[0])
    return Run.of(client.title, "scaled", server, scale, accepted, refused)


def store_missing() -> str | None:
    """Why there can be no common store; None if there can."""
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    if importlib.util.find_spec("redis") is None:
        return "the package redis is not installed"
    return None


@contextmanager
def _process(*arguments: str, scale: Scale) -> Iterator[subprocess.Popen[str]]:
    given = [*arguments, json.dumps(attrs.asdict(scale))]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.limits.scaled", *given],
        cwd=ROOT,
        env={**os.environ, "NO_PROXY": HOST, "no_proxy": HOST},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        with contextlib.suppress(BrokenPipeError, ValueError):  # told to go on after it had ended; communicated already
            process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"a process ended with {process.wait(timeout=30)} before it was ready")
    return line


def _tell(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


@contextmanager
def _redis() -> Iterator[str]:
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no", "--dir", place],
            stdout=subprocess.DEVNULL,
        )
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                    break
                time.sleep(0.05)
            else:
                raise RuntimeError("redis-server does not answer")
            yield f"redis://{HOST}:{port}/0"
        finally:
            process.terminate()
            process.wait(timeout=10)


# -- the process of a server -------------------------------------------------------------------------------------------


class _Connection(asyncio.Protocol):
    """Answers GET requests, which have no body, in order; no client sends the next one before it has its answer."""

    def __init__(self, counter: Counter, latency: float) -> None:
        self._counter, self._half = counter, latency / 2
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"\r\n\r\n"):
            self._received = b""
            self._loop.call_later(self._half, self._arrive)

    def _arrive(self) -> None:
        status, headers = self._counter.arrive(self._loop.time())
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        text = f"HTTP/1.1 {status} -\r\n{head}content-length: {len(BODY)}\r\n\r\n"
        self._loop.call_later(self._half, self._transport.write, text.encode() + BODY)


async def _serve(server: str, scale: Scale) -> None:
    loop = asyncio.get_running_loop()
    counter = Counter(scale, server)
    listening = await loop.create_server(lambda: _Connection(counter, scale.latency), HOST, 0, backlog=1024)
    port = listening.sockets[0].getsockname()[1]
    print(f"http://{HOST}:{port}/api", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # until the parent closes it
    print(json.dumps([counter.accepted, counter.refused]))


# -- the process of a client -------------------------------------------------------------------------------------------


def _work(name: str, url: str, store: str, scale: Scale) -> None:
    (client,) = (client for client in CLIENTS if client.name == name)
    place = Place(
        scale=scale,
        calls=scale.calls // client.copies,
        at_once=scale.at_once // client.copies,
        url=url,
        run_threads=in_threads,
        store=store or None,
    )
    if inspect.iscoroutinefunction(client.work):
        asyncio.run(_when_told(client, place))
    else:
        _wait_for_start(client)
        client.work(place)


async def _when_told(client: Client, place: Place) -> None:
    _wait_for_start(client)
    await client.work(place)  # type: ignore[misc]


def _wait_for_start(client: Client) -> None:
    importlib.import_module(client.module)
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    """Be the process that the arguments ask for."""
    kind, *arguments, scale = sys.argv[1:]
    given = Scale(**json.loads(scale))
    if kind == "server":
        asyncio.run(_serve(arguments[0], given))
    else:
        _work(arguments[0], arguments[1], arguments[2], given)


if __name__ == "__main__":
    main()
