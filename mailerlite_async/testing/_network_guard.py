"""Keeps tests from the real API: whoever looks up its address is stopped, whatever library that is."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import ModuleType
from typing import Any, Final

import pytest

from ._environment import bypass_proxies
from ._import_watch import watched

_DOMAIN: Final = "mailerlite.com"
_FUNCTIONS: Final = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
# What looks names up without these functions: by module, methods of classes and the place of the host among arguments.
_Methods = tuple[tuple[str, str, int], ...]
_METHODS: Final[dict[str, _Methods]] = {
    "aiohttp.resolver": (("AsyncResolver", "resolve", 1), ("ThreadedResolver", "resolve", 1)),
    "uvloop": (("Loop", "getaddrinfo", 1), ("Loop", "create_connection", 2)),
}


@contextmanager
def guarded() -> Iterator[list[str]]:
    """Let every look-up of a host of MailerLite fail the test meanwhile.

    Yields:
        The hosts that were looked up.
    """
    stopped: list[str] = []

    def guard(look_up: Callable[..., Any], place: int) -> Callable[..., Any]:
        def guarded_look_up(*args: Any, **options: Any) -> Any:
            __tracebackhide__ = True
            _refuse(args[place] if len(args) > place else options.get("host"), stopped)
            return look_up(*args, **options)

        return guarded_look_up

    def guard_methods(methods: _Methods, patch: pytest.MonkeyPatch, module: ModuleType) -> None:
        for name, method, place in methods:
            if (kind := getattr(module, name, None)) is not None:
                patch.setattr(kind, method, guard(getattr(kind, method), place))

    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name in _FUNCTIONS:
            patch.setattr(socket, name, guard(getattr(socket, name), 0))
        for module, methods in _METHODS.items():
            stack.enter_context(watched(module, partial(guard_methods, methods, patch)))
        bypass_proxies(patch, f".{_DOMAIN}")  # a proxy would look the name up in our place
        yield stopped


def _refuse(host: object, stopped: list[str]) -> None:
    __tracebackhide__ = True
    name = (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).lower().rstrip(".")
    if name == _DOMAIN or name.endswith(f".{_DOMAIN}"):
        stopped.append(name)
        # Neither a retry nor an `except Exception` may hide it.
        pytest.fail(
            f"the real API was called: {name}. Give your app the client of the fixture mailerlite or"
            " async_mailerlite, or, if it makes its own, use the fixture mailerlite_server. A client made before"
            " the fixture, as when a module is imported, needs mailerlite_serve = true in the ini file as well"
        )
