"""The emulator in the foreground: make it, fill it from a file, serve it until a signal comes."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from ._emulator import Emulator

SEED_KEYS: Final = ("subscribers", "groups", "fields", "segments", "automations", "forms")
# Some platforms deliver signals only between two waits.
_WAIT: Final = 0.5


class UnusableError(Exception):
    """Something the caller has to change, in one line."""


def run(
    port: int, *, requests: int, imports: int, period: float, seed: Path | None, ready: Callable[[str], object]
) -> None:
    """Serve an emulator until SIGTERM or SIGINT.

    Args:
        port: on 127.0.0.1; 0 for a free one.
        requests: calls in a period.
        imports: import calls in a period.
        period: seconds.
        seed: a file with what the account holds.
        ready: is given the base URL when the emulator answers.

    Raises:
        UnusableError: if it cannot start.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        emulator = Emulator(requests=requests, imports=imports, period=period)
    except ValueError as error:
        raise UnusableError(str(error)) from None
    if seed is not None:
        seed_from(emulator, seed)
    with ExitStack() as stack:
        try:
            base_url = stack.enter_context(emulator.serve(port))
        except ValueError as error:
            raise UnusableError(str(error)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnusableError(f"cannot listen on port {port}: {reason}") from None
        ready(base_url)
        while not stopping.wait(_WAIT):
            pass


def seed_from(emulator: Emulator, path: Path) -> None:
    """Fill the account from a JSON file: an object of arrays under the keys of `SEED_KEYS`.

    Raises:
        UnusableError: if the file cannot be read or understood; it names the file.
    """
    try:
        seeds: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise UnusableError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"{path} is not JSON: {error}") from None
    if not isinstance(seeds, dict):
        raise UnusableError(f"{path} must hold an object with {', '.join(SEED_KEYS)}")
    for key, entries in seeds.items():
        if key not in SEED_KEYS:
            raise UnusableError(f"{path}: {key!r} is not a known key; keys are {', '.join(SEED_KEYS)}")
        if not isinstance(entries, list):
            raise UnusableError(f"{path}: {key} must be an array")
    try:
        emulator.seed(**seeds)
    except ValueError as error:
        raise UnusableError(f"{path}: {error}") from None
