"""One address for a whole run of tests, and behind it the emulator of the test that is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ._courier import Courier
from ._environment import environment_of
from ._exchange import Exchange
from ._kept_clients import forget_the_account
from ._server import Server
from ._wire import EmulatedRequest, EmulatedResponse, json_response

if TYPE_CHECKING:
    from ._emulator import Emulator

# A status that no client tries again, and that stands for nothing an app would handle.
_MISDIRECTED: Final = 421
_NO_ACCOUNT: Final = "no test with an account is running: the test that makes this call has to use mailerlite_server"


class StandingServer:
    """Serves HTTP for one emulator after the other, so that an app that keeps its client may keep its address.

    Attributes:
        base_url: of the API.
    """

    def __init__(self) -> None:
        self._emulator: Emulator | None = None
        self._server = Server(self._open, 0)
        self.base_url: str = self._server.base_url
        self._server.start()

    @contextmanager
    def standing_for(self, emulator: Emulator) -> Iterator[None]:
        """Let an emulator answer, and deliver its webhooks, meanwhile."""
        forget_the_account(self.base_url)
        courier = Courier(emulator)
        self._emulator = emulator
        courier.start()
        try:
            yield
        finally:
            self._emulator = None
            courier.stop()

    def stop(self) -> None:
        """Close all connections."""
        self._server.stop()

    def _open(self, request: EmulatedRequest) -> Exchange:
        emulator = self._emulator
        return Exchange(_refuse, 0.0) if emulator is None else emulator.open(request)


@contextmanager
def serving() -> Iterator[StandingServer]:
    """A server that the environment points to."""
    server = StandingServer()
    try:
        with environment_of(server.base_url):
            yield server
    finally:
        server.stop()


def _refuse(_: Exchange) -> EmulatedResponse:
    return json_response(_MISDIRECTED, {"message": _NO_ACCOUNT})
