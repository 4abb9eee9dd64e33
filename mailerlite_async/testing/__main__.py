"""The emulator as a program: `python -m mailerlite_async.testing --port 8025`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from ._emulator import Emulator

_USAGE_ERROR: Final = 2
_SEED_KEYS: Final = ("subscribers", "groups", "fields", "segments", "automations", "forms")
# Some platforms deliver signals only between two waits.
_WAIT: Final = 0.5


class _UsageError(Exception):
    """Something the caller has to change, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        arguments: the command line, that of the process if left out.

    Returns:
        The exit status: 0 after a signal, 2 if it could not start.
    """
    options = _parser().parse_args(arguments)
    stopping = threading.Event()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        emulator = _make_emulator(options)
        _serve(emulator, options.port, stopping)
    except _UsageError as error:
        sys.stderr.write(f"mailerlite_async.testing: {error}\n")
        return _USAGE_ERROR
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mailerlite_async.testing",
        description="Serve an emulator of the MailerLite API on 127.0.0.1. Every API key is accepted but 'invalid' and"
        " keys of 32 lower-case hexadecimal digits, the form of the older Classic API.",
    )
    parser.add_argument("--port", type=int, default=8025, help="TCP port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=120, help="calls in a period (default: %(default)s)")
    parser.add_argument("--imports", type=int, default=5, help="import calls in a period (default: %(default)s)")
    parser.add_argument("--period", type=float, default=60.0, help="seconds of a period (default: %(default)s)")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help=f"JSON: an object of arrays under {', '.join(_SEED_KEYS)}"
    )
    return parser


def _make_emulator(options: argparse.Namespace) -> Emulator:
    try:
        emulator = Emulator(requests=options.requests, imports=options.imports, period=options.period)
    except ValueError as error:
        raise _UsageError(str(error)) from None
    if options.seed is not None:
        _seed(emulator, options.seed)
    return emulator


def _seed(emulator: Emulator, path: Path) -> None:
    try:
        seeds: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise _UsageError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise _UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(seeds, dict):
        raise _UsageError(f"{path} must hold an object with {', '.join(_SEED_KEYS)}")
    for key, entries in seeds.items():
        if key not in _SEED_KEYS:
            raise _UsageError(f"{path}: {key!r} is not a known key; keys are {', '.join(_SEED_KEYS)}")
        if not isinstance(entries, list):
            raise _UsageError(f"{path}: {key} must be an array")
    try:
        emulator.seed(**seeds)
    except ValueError as error:
        raise _UsageError(f"{path}: {error}") from None


def _serve(emulator: Emulator, port: int, stopping: threading.Event) -> None:
    with ExitStack() as stack:
        try:
            base_url = stack.enter_context(emulator.serve(port))
        except ValueError as error:
            raise _UsageError(str(error)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise _UsageError(f"cannot listen on port {port}: {reason}") from None
        sys.stdout.write(f"{base_url}\n")
        sys.stdout.flush()
        while not stopping.wait(_WAIT):
            pass


if __name__ == "__main__":
    sys.exit(main())
