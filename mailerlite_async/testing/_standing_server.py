"""One address for a whole run of tests, and behind it the emulator of the test that is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._courier import Courier
from ._exchange import Exchange
from ._server import Server
from ._wire import EmulatedRequest, EmulatedResponse, dropped

if TYPE_CHECKING:
    from ._emulator import Emulator


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
        return Exchange(_drop, 0.0) if emulator is None else emulator.open(request)


def _drop(_: Exchange) -> EmulatedResponse:
    return dropped()  # somebody has outlived the test
