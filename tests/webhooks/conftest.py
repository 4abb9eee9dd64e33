"""Runs tests that are coroutines on an event loop of virtual time."""

from __future__ import annotations

import inspect

import pytest

from mailerlite_async.testing import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that moves only when everybody waits."""
    return VirtualClock()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine on the loop of its clock."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    clock = pyfuncitem.funcargs.get("clock") or VirtualClock()
    assert isinstance(clock, VirtualClock)
    clock.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
