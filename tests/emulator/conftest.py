"""Fixtures: an emulator on a virtual clock, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock

BASE_URL = "https://connect.mailerlite.com/api"
HEADERS = {"Authorization": "Bearer key", "Accept": "application/json"}


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that moves only when told to."""
    return VirtualClock()


@pytest.fixture
def emulator(clock: VirtualClock) -> Emulator:
    """An emulator whose limits are out of the way."""
    return Emulator(requests=1_000_000, imports=1_000, clock=clock)


@pytest.fixture
def client(emulator: Emulator) -> Iterator[httpx.Client]:
    """A client of that emulator."""
    with httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS) as client:
        yield client
