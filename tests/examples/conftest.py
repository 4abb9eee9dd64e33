"""Fixtures: the two programs of the book club, and each test once for every flavour of the client."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


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
def website(facade: Facade) -> Iterator[ModuleType]:
    """The book club's program of the same flavour, as a module."""
    name = "book_club_async" if facade.is_async else "book_club"
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


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
