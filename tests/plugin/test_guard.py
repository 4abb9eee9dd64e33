"""The guard: no test reaches the real API by accident. Names are looked up nowhere here, real or not."""

from __future__ import annotations

import os
import socket

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite

from .conftest import Run

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

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return looked_up


def test_option_guards_every_test(run: Run, pytester: pytest.Pytester, no_names: list[str]) -> None:
    pytester.makeini("[pytest]\nmailerlite_block_network = true\n")
    result = run(FORGOTTEN.format(mark=""), failed=3, passed=1, errors=1)
    assert no_names == []
    text = result.stdout.str()
    assert "Failed: the real API was called: connect.mailerlite.com. Give your app the client" in text
    assert "Failed: the real API was called: api.mailerlite.com." in text
    assert "the real API was called, and the app hid the failure: connect.mailerlite.com" in text


def test_fixtures_guard_their_test(run: Run, no_names: list[str]) -> None:
    run(FORGOTTEN.format(mark='@pytest.mark.usefixtures("mailerlite")'), failed=3, passed=1, errors=1)
    assert no_names == []


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


def test_clients_of_the_fixtures_pass(mailerlite: MailerLite, async_mailerlite: AsyncMailerLite) -> None:
    assert mailerlite.subscribers.count() == 0
    assert "connect.mailerlite.com" in repr(async_mailerlite)
