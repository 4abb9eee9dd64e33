"""Fixtures: a clock, an emulator on it, each test once for every flavour of the client, and a client of no flavour."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import KEY, Facade


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that moves only when everybody waits."""
    return VirtualClock()


@pytest.fixture
def emulator(clock: VirtualClock) -> Emulator:
    """An emulator whose limits are out of the way."""
    return Emulator(requests=100_000, imports=1_000, clock=clock)


@pytest.fixture(params=["async", "sync"])
def facade(request: pytest.FixtureRequest, clock: VirtualClock, emulator: Emulator) -> Facade:
    """The client of one flavour."""
    return Facade(request.param, clock, emulator)


@pytest.fixture
def http(emulator: Emulator) -> Iterator[httpx.Client]:
    """Plain HTTP to the emulator, for what the clients do not let through."""
    headers = {"Authorization": f"Bearer {KEY}"}
    base_url = "https://connect.mailerlite.com/api"
    with httpx.Client(transport=emulator.transport(), base_url=base_url, headers=headers) as client:
        yield client


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine the way its flavour runs."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    facade = pyfuncitem.funcargs["facade"]
    assert isinstance(facade, Facade)
    facade.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
