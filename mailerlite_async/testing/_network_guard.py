"""Keeps tests from the real API: whoever looks up its address is stopped, whatever library that is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

_DOMAIN: Final = "mailerlite.com"
# A proxy would look the name up in our place. Lower case wins where both are set.
_NO_PROXY: Final = ("no_proxy", "NO_PROXY")


@contextmanager
def guarded() -> Iterator[list[str]]:
    """Let every look-up of a host of MailerLite fail the test meanwhile.

    Yields:
        The hosts that were looked up.
    """
    stopped: list[str] = []
    look_up = socket.getaddrinfo

    def refuse(host: Any, *args: Any, **options: Any) -> Any:
        name = (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).lower().rstrip(".")
        if name == _DOMAIN or name.endswith(f".{_DOMAIN}"):
            stopped.append(name)
            # Neither a retry nor an `except Exception` may hide it.
            pytest.fail(
                f"the real API was called: {name}. Give your app the client of the fixture mailerlite or"
                " async_mailerlite, or, if it makes its own, use the fixture mailerlite_server"
            )
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse)
        for variable in _NO_PROXY:
            others = os.environ.get(variable)
            patch.setenv(variable, f"{others},.{_DOMAIN}" if others else f".{_DOMAIN}")
        yield stopped
