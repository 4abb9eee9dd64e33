"""Leaves the inside of this package out of the traceback of a failed test, which is about the app and not about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

_PACKAGE: Final = __name__.partition(".")[0]
# How pytest is told; `--full-trace` and `--tb=native` show all the same.
_HIDDEN: Final = "__tracebackhide__"


@contextmanager
def hidden_frames() -> Iterator[None]:
    """Hide the frames of this package while a report is made, unless the error is a fault of its own."""
    modules = [
        module
        for name, module in list(sys.modules.items())
        if module is not None and (name == _PACKAGE or name.startswith(f"{_PACKAGE}."))
    ]
    for module in modules:
        setattr(module, _HIDDEN, _raised_on_purpose)
    try:
        yield
    finally:
        for module in modules:
            vars(module).pop(_HIDDEN, None)


def _raised_on_purpose(excinfo: pytest.ExceptionInfo[BaseException] | None) -> bool:
    from mailerlite_async.errors import MailerLiteError

    # Wrong arguments are TypeErrors and ValueErrors; so are faults of ours, which must show where they are.
    return excinfo is not None and isinstance(excinfo.value, MailerLiteError)
