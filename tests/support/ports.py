"""Ports of loopback for servers that are started by number, or that are not there at all."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
from collections.abc import Iterator

# Below those that the system gives to whoever connects or asks for any port: none of these is taken between the look and
# the start of the server, nor while a server is away that comes back.
_FIRST, _LAST = 15_000, 31_999

# Processes of one run begin at different places, and none gives a port twice.
_candidates = itertools.cycle(random.Random(os.getpid()).sample(range(_FIRST, _LAST + 1), _LAST + 1 - _FIRST))


def free_port() -> int:
    """A port that nobody listens on, and that is given only once."""
    for port in itertools.islice(_candidates, 1000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("there is no free port")


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """A port on which every connection is refused: it is taken, so that nobody else begins to listen there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
