"""The emulator as a program: `python -m mailerlite_async.testing --port 8025`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ._program import SEED_KEYS, UnusableError, run

_USAGE_ERROR: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        arguments: the command line, that of the process if left out.

    Returns:
        The exit status: 0 after a signal, 2 if it could not start.
    """
    options = _parser().parse_args(arguments)
    try:
        run(
            options.port,
            requests=options.requests,
            imports=options.imports,
            period=options.period,
            seed=options.seed,
            ready=_announce,
        )
    except UnusableError as error:
        sys.stderr.write(f"mailerlite_async.testing: {error}\n")
        return _USAGE_ERROR
    return 0


def _announce(base_url: str) -> None:
    sys.stdout.write(f"{base_url}\n")
    sys.stdout.flush()


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
        "--seed", type=Path, metavar="FILE", help=f"JSON: an object of arrays under {', '.join(SEED_KEYS)}"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
