"""The guard: no test reaches the real API by accident. Names are looked up nowhere here, real or not."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite
from tests.examples.test_frameworks import need

from .conftest import PLUGIN, STRICT, Run

pytest_plugins = ["pytester"]

FORGOTTEN = """
import asyncio
import urllib.request
import pytest
from mailerlite_async import AsyncMailerLite, MailerLite
{mark}
def test_sync():
    with MailerLite("key") as ml:
        ml.subscribers.count()

{mark}
def test_async():
    async def main():
        async with AsyncMailerLite("key") as ml:
            await ml.subscribers.count()
    asyncio.run(main())

{mark}
def test_other_library():
    urllib.request.urlopen("https://api.mailerlite.com/api/v2")

{mark}
def test_hidden():
    try:
        MailerLite("key").subscribers.count()
    except BaseException:
        pass
"""


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for the resolver of the machine."""
    looked_up: list[str] = []

    def refuse(host: object, *args: object, **options: object) -> None:
        looked_up.append(str(host))
        raise socket.gaierror("no names here")

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        monkeypatch.setattr(socket, name, refuse)
    return looked_up


def test_option_guards_every_test(run: Run, pytester: pytest.Pytester, no_names: list[str]) -> None:
    pytester.makeini("[pytest]\nmailerlite_block_network = true\n")
    result = run(FORGOTTEN.format(mark=""), failed=3, passed=1, errors=1)
    assert no_names == []
    text = result.stdout.str()
    assert "Failed: the real API was called: connect.mailerlite.com. Give your app the client" in text
    assert "Failed: the real API was called: api.mailerlite.com." in text
    assert "the real API was called, and the app hid the failure: connect.mailerlite.com" in text
    assert "A client made before the fixture, as when a module is imported, needs mailerlite_serve = true" in text


def test_fixtures_guard_their_test(run: Run, no_names: list[str]) -> None:
    run(FORGOTTEN.format(mark='@pytest.mark.usefixtures("mailerlite")'), failed=3, passed=1, errors=1)
    assert no_names == []


FUNCTIONS = """
import socket
import pytest

@pytest.mark.parametrize("host", ["connect.mailerlite.com", "MAILERLITE.com.", b"api.mailerlite.com"])
@pytest.mark.parametrize("name", ["gethostbyname", "gethostbyname_ex", "gethostbyaddr"])
def test_function(name, host):
    getattr(socket, name)(host)
"""
GUARD = "[pytest]\nmailerlite_block_network = true\n"


def test_all_functions_that_look_names_up_are_guarded(run: Run, pytester: pytest.Pytester, no_names: list[str]) -> None:
    pytester.makeini(GUARD)
    run(FUNCTIONS, failed=9)
    assert no_names == []


LATE = """
import socket
import pytest

def call():
    socket.getaddrinfo("connect.mailerlite.com", 443)

def call_and_hide():
    try:
        call()
    except BaseException:
        pass

@pytest.fixture(scope="session")
def session():
    yield
    {session}()

@pytest.fixture(scope="module", autouse=True)
def module():
    yield
    {module}()

def test_passes(session):
    pass
"""


@pytest.mark.parametrize(
    ("session", "module", "said"),
    [
        ("call", "int", "the real API was called: connect.mailerlite.com. Give your app"),
        ("int", "call", "the real API was called: connect.mailerlite.com. Give your app"),
        ("call_and_hide", "int", "the real API was called, and the app hid the failure: connect.mailerlite.com"),
        ("int", "call_and_hide", "the real API was called, and the app hid the failure: connect.mailerlite.com"),
    ],
)
def test_option_guards_what_is_torn_down_last(
    run: Run, pytester: pytest.Pytester, no_names: list[str], session: str, module: str, said: str
) -> None:
    pytester.makeini(GUARD)
    assert said in run(LATE.format(session=session, module=module), passed=1, errors=1).stdout.str()
    assert no_names == []


def test_option_guards_imports(run: Run, pytester: pytest.Pytester, no_names: list[str]) -> None:
    pytester.makeini(GUARD)
    text = "import socket\nsocket.getaddrinfo('connect.mailerlite.com', 443)\n"
    run(text, errors=1).stdout.fnmatch_lines(["E *Failed: the real API was called: connect.mailerlite.com*"])
    assert no_names == []


def test_one_test_is_not_blamed_for_another(run: Run, pytester: pytest.Pytester) -> None:
    """Neither for what was hidden when the module was imported, nor for a failure that another test has shown."""
    pytester.makeini(GUARD)
    run(
        """
        import socket
        import pytest

        try:
            socket.getaddrinfo("connect.mailerlite.com", 443)
        except BaseException:
            pass

        @pytest.fixture
        def late():
            yield
            socket.getaddrinfo("connect.mailerlite.com", 443)

        def test_first(): pass
        def test_second(late): pass
        def test_third(): pass
        """,
        passed=3,
        errors=1,
    )


def test_nothing_else_is_guarded(run: Run, no_names: list[str]) -> None:
    run(
        """
        import pytest
        from mailerlite_async import ConnectionFailedError, MailerLite

        def test_call():
            with MailerLite("key", max_retries=0) as ml, pytest.raises(ConnectionFailedError):
                ml.subscribers.count()
        """,
        passed=1,
    )
    assert no_names == ["connect.mailerlite.com"]


@pytest.mark.usefixtures("mailerlite")
def test_other_hosts_and_the_environment(no_names: list[str]) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("notmailerlite.com", 443)
    assert no_names == ["notmailerlite.com"]
    assert os.environ["no_proxy"].endswith(".mailerlite.com")


def test_environment_is_put_back() -> None:
    assert ".mailerlite.com" not in os.environ.get("no_proxy", "")


def test_proxy_does_not_lead_around_it(
    monkeypatch: pytest.MonkeyPatch, run: Run, pytester: pytest.Pytester, no_names: list[str]
) -> None:
    for variable in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://proxy.example.com:3128")
    pytester.makeini("[pytest]\nmailerlite_block_network = true\n")
    run(FORGOTTEN.format(mark=""), failed=3, passed=1, errors=1)
    assert no_names == []


# -- libraries with resolvers of their own -----------------------------------------------------------------------------

# Stands in for the resolver of c-ares, which asks name servers by itself.
AIODNS = """
class DNSResolver:
    def __init__(self, **options): pass
    def gethostbyname(self, *args, **options): raise AssertionError("looked up")
    def getaddrinfo(self, *args, **options): raise AssertionError("looked up")
    def cancel(self): pass
class error:
    class DNSError(Exception): pass
"""
WITH_AIOHTTP = """
import asyncio
import sys
import pytest
from mailerlite_async import AsyncMailerLite
{early}
def test_library():
    assert ("aiohttp" in sys.modules) is {loaded}
    import aiohttp
    async def main():
        async with aiohttp.ClientSession() as session:
            assert type(session.connector._resolver) is aiohttp.AsyncResolver
            await session.get("https://connect.mailerlite.com/api")
    asyncio.run(main())

def test_client():
    import httpx_aiohttp
    async def main():
        async with AsyncMailerLite("key", http_client=httpx_aiohttp.HttpxAiohttpClient) as ml:
            await ml.subscribers.count()
    asyncio.run(main())

def test_other_host():
    import aiohttp
    async def main():
        async with aiohttp.ClientSession() as session:
            await session.get("https://api.example.com")
    with pytest.raises(AssertionError, match="looked up"):
        asyncio.run(main())
"""


@pytest.mark.parametrize(("early", "loaded"), [("import aiohttp", True), ("", False)])
def test_aiohttp_is_guarded_whenever_it_is_loaded(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, early: str, loaded: bool
) -> None:
    need("httpx_aiohttp")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(aiodns=AIODNS, test_it=WITH_AIOHTTP.format(early=early, loaded=loaded))
    pytester.makeini(GUARD)
    # In a process of its own, where nobody has loaded it yet.
    result = pytester.runpytest_subprocess(*STRICT, "-p", PLUGIN, "--import-mode=prepend")
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["E *Failed: the real API was called: connect.mailerlite.com*"] * 2)


def test_uvloop_is_guarded(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for it here has the methods of its loop, which ask the resolver of the machine in C."""
    monkeypatch.delitem(sys.modules, "uvloop", raising=False)
    pytester.makepyfile(
        uvloop="""
        class Loop:
            async def getaddrinfo(self, host, port, *, flags=0): return [host]
            async def create_connection(self, protocol_factory, host=None, port=None, **options): return host
        """
    )
    pytester.syspathinsert()
    run(
        """
        import asyncio
        import pytest

        HOSTS = pytest.mark.parametrize("host", ["connect.mailerlite.com", "api.example.com"])

        @HOSTS
        def test_loop(mailerlite, host):
            import uvloop
            assert asyncio.run(uvloop.Loop().getaddrinfo(host, 443)) == [host]

        @HOSTS
        def test_connection(mailerlite, host):
            import uvloop
            assert asyncio.run(uvloop.Loop().create_connection(object, port=443, host=host)) == host
            assert asyncio.run(uvloop.Loop().create_connection(object, host)) == host

        def test_without():
            import uvloop
            assert asyncio.run(uvloop.Loop().getaddrinfo("connect.mailerlite.com", 443))
        """,
        passed=3,
        failed=2,
    )


def test_clients_of_the_fixtures_pass(mailerlite: MailerLite, async_mailerlite: AsyncMailerLite) -> None:
    assert mailerlite.subscribers.count() == 0
    assert "connect.mailerlite.com" in repr(async_mailerlite)
