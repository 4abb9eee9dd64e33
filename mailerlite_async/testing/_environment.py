"""The environment of whatever is tested: where the API is, with which key, and what no proxy is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

API_KEY: Final = "test-key"
# Libraries read one or the other. Lower case wins where both are set.
_NO_PROXY: Final = ("no_proxy", "NO_PROXY")
_EVERYTHING: Final = "*"
_THIS_MACHINE: Final = ("127.0.0.1", "localhost")


@contextmanager
def environment_of(base_url: str) -> Iterator[None]:
    """Have clients that take everything from the environment talk to a server on this machine."""
    # Not the fixture monkeypatch: a test may undo what that did.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILERLITE_BASE_URL", base_url)
        patch.setenv("MAILERLITE_API_KEY", API_KEY)
        bypass_proxies(patch, *_THIS_MACHINE)
        yield


def bypass_proxies(patch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Have hosts connected to directly, besides those that are already."""
    given = {variable: os.environ.get(variable, "") for variable in _NO_PROXY}
    for variable, value in given.items():
        # Where only one is set it counts for both, and must not be hidden by the other.
        known = [host.strip() for host in (value or "".join(given.values())).split(",") if host.strip()]
        if _EVERYTHING not in known:
            patch.setenv(variable, ",".join([*known, *(host for host in hosts if host not in known)]))
