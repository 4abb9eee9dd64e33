"""The pytest plugin: fixtures with an emulated account for each test, in process and over HTTP.

pytest loads this module in every run where the package is installed. So it imports nothing but pytest, and does nothing
for a test that uses none of its fixtures. See docs/testing.md.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

if TYPE_CHECKING:
    from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
    from mailerlite_async._clock import SystemClock
    from mailerlite_async.testing import Emulator, VirtualClock
    from mailerlite_async.testing._marker import Wishes
    from mailerlite_async.testing._standing_server import StandingServer

API_KEY: Final = "test-key"
_BASE_URL: Final = "https://connect.mailerlite.com/api"
_GUARD_OPTION: Final = "mailerlite_block_network"
_MARKER: Final = "mailerlite"
_SERVER: Final = "mailerlite_server"
_GUARD: Final = "_mailerlite_guard"
# The windows of the emulator over HTTP, where time is real. In process a minute passes at once.
_REAL_PERIOD: Final = 1.0

_emulators: Final = pytest.StashKey["Emulator"]()
_failures: Final = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the option of the ini file."""
    parser.addini(
        _GUARD_OPTION,
        "fail every test that calls the real MailerLite API; without it, those that use fixtures of mailerlite-async",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*, requests=120, imports=5, period=60.0, clock='virtual', seed={{}}, faults=[]): the account,"
        " limits and faults that the test finds in mailerlite_emulator",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """If the option is set, guard the test, before any other of its fixtures; `mailerlite_emulator` always does."""
    if item.config.getini(_GUARD_OPTION):
        names: list[str] | None = getattr(item, "fixturenames", None)
        if names is not None and _GUARD not in names:
            names.insert(0, _GUARD)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the requests that arrived to the report of a failure, and leave the inside of this package out of it."""
    if call.excinfo is None or call.excinfo.errisinstance(pytest.skip.Exception):
        return (yield)
    item.stash[_failures] = True
    emulator = item.stash.get(_emulators, None)
    if emulator is None:
        return (yield)
    from ._hidden_frames import hidden_frames
    from ._request_report import describe_requests

    if call.when in ("setup", "call"):
        item.add_report_section(call.when, "MailerLite requests", describe_requests(emulator))
    with hidden_frames():
        return (yield)


# -- fixtures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailerlite_clock(
    _mailerlite_wishes: Wishes, request: pytest.FixtureRequest
) -> Iterator[VirtualClock | SystemClock]:
    """The time of the test: a `VirtualClock`, so that no wait takes long; with `mailerlite_server`, real time."""
    served = _SERVER in request.fixturenames
    if (_mailerlite_wishes.clock or ("real" if served else "virtual")) == "real":
        from mailerlite_async._clock import SystemClock

        yield SystemClock()
        return
    from ._adoption import AdoptingClock

    clock = AdoptingClock()
    yield clock
    clock.release()


@pytest.fixture
def mailerlite_emulator(
    _mailerlite_guard: None,
    _mailerlite_wishes: Wishes,
    mailerlite_clock: VirtualClock | SystemClock,
    request: pytest.FixtureRequest,
) -> Iterator[Emulator]:
    """An emulated account of this test alone, empty but for what `@pytest.mark.mailerlite(seed=...)` puts into it."""
    from ._virtual import VirtualClock

    try:
        emulator = _mailerlite_wishes.emulator(
            mailerlite_clock, 60.0 if isinstance(mailerlite_clock, VirtualClock) else _REAL_PERIOD
        )
    except (TypeError, ValueError) as error:
        _refuse(error)
    request.node.stash[_emulators] = emulator
    yield emulator
    del request.node.stash[_emulators]


@pytest.fixture
def mailerlite(mailerlite_emulator: Emulator) -> Iterator[MailerLite]:
    """A `MailerLite` of the emulated account, in process."""
    from mailerlite_async import MailerLite

    with MailerLite(
        API_KEY,
        base_url=_BASE_URL,
        transport=mailerlite_emulator.transport(),
        limits=_limits_of(mailerlite_emulator),
        clock=mailerlite_emulator.clock,
    ) as client:
        yield client


@pytest.fixture
def async_mailerlite(mailerlite_emulator: Emulator) -> Iterator[AsyncMailerLite]:
    """An `AsyncMailerLite` of the emulated account, in process, for any loop of asyncio."""
    from mailerlite_async import AsyncMailerLite

    client = AsyncMailerLite(
        API_KEY,
        base_url=_BASE_URL,
        transport=mailerlite_emulator.transport(),
        limits=_limits_of(mailerlite_emulator),
        clock=mailerlite_emulator.clock,
    )
    yield client
    _finish(client.aclose())


@pytest.fixture
def mailerlite_server(
    mailerlite_emulator: Emulator, _mailerlite_wishes: Wishes, _mailerlite_standing_server: StandingServer
) -> Iterator[str]:
    """The base URL of the emulated account over HTTP, which `MAILERLITE_BASE_URL` says too, besides a key."""
    from ._adoption import AdoptingClock

    if isinstance(mailerlite_emulator.clock, AdoptingClock) and _mailerlite_wishes.clock is None:
        pytest.fail(
            "mailerlite_server was asked for when the emulator had its clock: name it among the arguments of the test"
            " or of a fixture, or say with @pytest.mark.mailerlite(clock=...) which clock you want",
            pytrace=False,
        )
    url = _mailerlite_standing_server.base_url
    # Not the fixture monkeypatch: a test may undo what that did.
    with pytest.MonkeyPatch.context() as patch, _mailerlite_standing_server.standing_for(mailerlite_emulator):
        patch.setenv("MAILERLITE_BASE_URL", url)
        patch.setenv("MAILERLITE_API_KEY", API_KEY)
        yield url


# -- behind them -------------------------------------------------------------------------------------------------------


@pytest.fixture
def _mailerlite_wishes(request: pytest.FixtureRequest) -> Wishes:
    from ._marker import read_markers

    try:
        return read_markers([*request.node.iter_markers(_MARKER)])
    except (TypeError, ValueError) as error:
        _refuse(error)


@pytest.fixture(scope="session")
def _mailerlite_standing_server() -> Iterator[StandingServer]:
    from ._standing_server import StandingServer

    server = StandingServer()
    yield server
    server.stop()


@pytest.fixture(name=_GUARD)
def _guard(request: pytest.FixtureRequest) -> Iterator[None]:
    from ._network_guard import guarded

    with guarded() as stopped:
        yield
    if stopped and not request.node.stash.get(_failures, False):
        pytest.fail(f"the real API was called, and the app hid the failure: {stopped[0]}", pytrace=False)


def _limits_of(emulator: Emulator) -> RateLimits:
    from mailerlite_async import RateLimits

    return RateLimits(requests=emulator._calls.limit, imports=emulator._imports.limit, period=emulator._calls.period)


def _finish(closing: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits, whether or not there is a loop: in process there is no connection to close."""
    with suppress(StopIteration):
        closing.send(None)
        closing.close()
        raise RuntimeError("closing a client without connections had to wait")


def _refuse(error: Exception) -> NoReturn:
    pytest.fail(f"@pytest.mark.{_MARKER}: {error}", pytrace=False)
