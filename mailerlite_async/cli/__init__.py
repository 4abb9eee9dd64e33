"""The program `mailerlite-async`, which the extra `[cli]` makes complete."""

from __future__ import annotations

import importlib
import sys

_COULD_NOT_RUN = 2
_INTERRUPTED = 130
_NEEDED = ("click", "rich")


def main() -> int:
    """Run the program with the arguments of the process.

    Returns:
        The exit status.
    """
    try:
        for name in _NEEDED:
            importlib.import_module(name)
        # The package must be importable without the extra, if only to say that it is missing.
        from mailerlite_async.cli.program import run
    except ModuleNotFoundError as error:
        if error.name not in _NEEDED:
            raise
        print(
            f'mailerlite-async needs {error.name}, which is not installed: pip install "mailerlite-async[cli]"',
            file=sys.stderr,
        )
        return _COULD_NOT_RUN
    except KeyboardInterrupt:
        return _INTERRUPTED
    return run()
