"""The pytest plugin: fixtures with an emulated account for each test, in process and over HTTP.

pytest loads this module in every run where the package is installed. So it imports nothing but pytest, and does nothing
for a test that uses none of its fixtures. See docs/testing.md.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

if TYPE_CHECKING:
    from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
    from mailerlite_async._clock import SystemClock
    from mailerlite_async.testing import Emulator, VirtualClock
    from mailerlite_async.testing._marker import Wishes
    from mailerlite_async.testing._standing_server import StandingServer

_BASE_URL: Final = "https://connect.mailerlite.com/api"
_GUARD_OPTION: Final = "mailerlite_block_network"
_SERVE_OPTION: Final = "mailerlite_serve"
_MARKER: Final = "mailerlite"
_SERVER: Final = "mailerlite_server"
# The windows of the emulator over HTTP, where time is real. In process a minute passes at once.
_REAL_PERIOD: Final = 1.0

_emulators: Final = pytest.StashKey["Emulator"]()
_served: Final = pytest.StashKey[bool]()
_failures: Final = pytest.StashKey[bool]()
# Of the whole run, if the ini file asks for them.
_standing: Final = pytest.StashKey["StandingServer"]()
_stopped: Final = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of the ini file."""
    parser.addini(
        _GUARD_OPTION,
        "fail every test that calls the real MailerLite API; without it, those that use fixtures of mailerlite-async",
        type="bool",
        default=False,
    )
    parser.addini(
        _SERVE_OPTION,
        "serve the emulator of mailerlite_server before any module is imported, for apps that make their client then",
        type="bool",
        default=False,
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """If the options say so, guard and serve the whole run, which begins with the import of conftest.py."""
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    if early_config.getini(_GUARD_OPTION):
        from ._network_guard import guarded

        early_config.stash[_stopped] = stack.enter_context(guarded())
    if early_config.getini(_SERVE_OPTION):
        from ._standing_server import serving

        early_config.stash[_standing] = stack.enter_context(serving())
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*, requests=120, imports=5, period=60.0, clock='virtual', seed={{}}, faults=[]): the account,"
        " limits and faults that the test finds in mailerlite_emulator",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Forget the test before."""
    item.stash[_failures] = False
    item.config.stash.get(_stopped, []).clear()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """If the whole run is guarded, see whether the test, or what was torn down after it, has hidden a failure."""
    yield
    _tell_hidden(item, item.config.stash.get(_stopped, []))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the requests that arrived to the report of a failure, and leave the inside of this package out of it."""
    emulator = item.stash.get(_emulators, None)
    if emulator is None:
        report = yield
    else:
        from ._hidden_frames import hidden_frames
        from ._request_report import describe_requests

        with hidden_frames():
            report = yield
        if report.failed and call.when != "teardown":
            report.sections.append((f"Captured MailerLite requests {call.when}", describe_requests(emulator)))
    # Only now: what a unittest.TestCase raised is known to its plugin until then.
    if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        item.stash[_failures] = True
    return report


# -- fixtures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailerlite_clock(
    _mailerlite_wishes: Wishes, request: pytest.FixtureRequest
) -> Iterator[VirtualClock | SystemClock]:
    """The time of the test: a `VirtualClock`, so that no wait takes long; with `mailerlite_server`, real time."""
    served = request.node.stash.get(_served, False) or _SERVER in request.fixturenames
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

    from ._environment import API_KEY

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

    from ._environment import API_KEY

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
    _mailerlite_served: None,
    mailerlite_emulator: Emulator,
    _mailerlite_wishes: Wishes,
    _mailerlite_standing_server: StandingServer,
) -> Iterator[str]:
    """The base URL of the emulated account over HTTP, which `MAILERLITE_BASE_URL` says too, besides a key."""
    from ._adoption import AdoptingClock
    from ._environment import environment_of

    if isinstance(mailerlite_emulator.clock, AdoptingClock) and _mailerlite_wishes.clock is None:
        pytest.fail(
            "the emulator was made, with a virtual clock, before mailerlite_server was asked for: ask for"
            " mailerlite_server first, name it among the arguments of the test or of a fixture, or say with"
            ' @pytest.mark.mailerlite(clock="real") or "virtual" which clock you want',
            pytrace=False,
        )
    url = _mailerlite_standing_server.base_url
    with environment_of(url), _mailerlite_standing_server.standing_for(mailerlite_emulator):
        yield url


# -- behind them -------------------------------------------------------------------------------------------------------


@pytest.fixture
def _mailerlite_wishes(request: pytest.FixtureRequest) -> Wishes:
    from ._marker import read_markers

    try:
        return read_markers([*request.node.iter_markers(_MARKER)])
    except (TypeError, ValueError) as error:
        _refuse(error)


@pytest.fixture
def _mailerlite_served(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tells a clock that is made later of a server that was asked for by `getfixturevalue`, which no list names."""
    request.node.stash[_served] = True
    yield
    del request.node.stash[_served]


@pytest.fixture(scope="session")
def _mailerlite_standing_server(request: pytest.FixtureRequest) -> Iterator[StandingServer]:
    if (standing := request.config.stash.get(_standing, None)) is not None:
        yield standing
        return
    from ._standing_server import StandingServer

    server = StandingServer()
    yield server
    server.stop()


@pytest.fixture
def _mailerlite_guard(request: pytest.FixtureRequest) -> Iterator[None]:
    if _stopped in request.config.stash:
        yield
        return
    from ._network_guard import guarded

    with guarded() as stopped:
        yield
    _tell_hidden(request.node, stopped)


def _tell_hidden(item: pytest.Item, stopped: list[str]) -> None:
    if stopped and not item.stash.get(_failures, False):
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
    raise pytest.fail.Exception(f"@pytest.mark.{_MARKER}: {error}", pytrace=False) from None
