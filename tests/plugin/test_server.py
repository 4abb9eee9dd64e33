"""The fixture that serves HTTP, for apps that make their client themselves."""

from __future__ import annotations

import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mailerlite_async import ConnectionFailedError, MailerLite
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.webhooks import verify

from .conftest import Run

pytest_plugins = ["pytester"]


def test_app_that_takes_everything_from_the_environment(mailerlite_server: str, mailerlite_emulator: Emulator) -> None:
    assert os.environ["MAILERLITE_BASE_URL"] == mailerlite_server
    assert mailerlite_server.startswith("http://127.0.0.1:")
    with MailerLite() as app:
        app.subscribers.upsert("ann@example.com")
    (request,) = mailerlite_emulator.requests
    assert (request.method, request.route, request.status) == ("POST", "/subscribers", 201)


def test_environment_is_put_back_and_a_kept_client_reaches_the_next_account(run: Run) -> None:
    run(
        """
        import os
        import pytest
        from mailerlite_async import APIError, MailerLite

        clients = []

        @pytest.fixture(autouse=True, scope="module")
        def closed():
            yield
            clients[0].close()

        def test_first(mailerlite_server):
            clients.append(MailerLite())
            assert clients[0].subscribers.upsert("ann@example.com")

        def test_without():
            assert "MAILERLITE_BASE_URL" not in os.environ
            assert "MAILERLITE_API_KEY" not in os.environ
            with pytest.raises(APIError, match="421 .* has to use mailerlite_server") as caught:
                clients[0].subscribers.upsert("ann@example.com")
            assert caught.value.attempts == 1

        def test_next(mailerlite_server, monkeypatch):
            monkeypatch.undo()
            assert clients[0]._caller.engine.config.base_url == mailerlite_server == os.environ["MAILERLITE_BASE_URL"]
            assert clients[0].subscribers.count() == 0
        """,
        passed=3,
    )


def test_windows_over_http_are_short(
    mailerlite_server: str, mailerlite: MailerLite, mailerlite_emulator: Emulator
) -> None:
    assert mailerlite_emulator._calls.period == 1.0
    assert not isinstance(mailerlite_emulator.clock, VirtualClock)
    assert mailerlite.subscribers.count() == 0


@pytest.mark.mailerlite(period=60.0)
def test_windows_may_be_those_of_the_service(mailerlite_server: str, mailerlite_emulator: Emulator) -> None:
    assert mailerlite_emulator._calls.period == 60.0


@pytest.mark.mailerlite(clock="virtual")
def test_time_may_be_virtual_over_http(
    mailerlite_server: str, mailerlite_emulator: Emulator, mailerlite_clock: VirtualClock
) -> None:
    mailerlite_emulator.fault("latency", seconds=3600)
    with MailerLite() as app:
        assert app.subscribers.count() == 0
    assert mailerlite_clock.monotonic() == pytest.approx(3600, abs=0.01)


def test_faults_over_http(mailerlite_server: str, mailerlite_emulator: Emulator) -> None:
    mailerlite_emulator.fault("reset_after_commit")
    with MailerLite() as app, pytest.raises(ConnectionFailedError) as caught:
        app.groups.create("Book club")
    assert caught.value.maybe_received


def test_webhooks_are_posted_without_being_asked(mailerlite_server: str) -> None:
    arrived: queue.Queue[tuple[bytes, str]] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            arrived.put((body, self.headers["Signature"]))

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with MailerLite() as app:
                url = f"http://127.0.0.1:{receiver.server_port}/hook"
                hook = app.webhooks.create(url=url, events=["subscriber.created"])
                app.subscribers.upsert("ann@example.com")
            verify(*arrived.get(timeout=30), hook.secret)
        finally:
            receiver.shutdown()
            thread.join()


def test_server_may_be_asked_for_late_if_the_emulator_is_too(run: Run) -> None:
    run(
        """
        import pytest
        from mailerlite_async import MailerLite
        from mailerlite_async.testing import VirtualClock

        def test_first(request):
            request.getfixturevalue("mailerlite_server")
            emulator = request.getfixturevalue("mailerlite_emulator")
            emulator.seed(subscribers=["ann@example.com"])
            with MailerLite() as ml:
                assert ml.subscribers.count() == 1
            assert not isinstance(emulator.clock, VirtualClock)

        def test_named_last(mailerlite, mailerlite_server):
            assert mailerlite.subscribers.count() == 0

        @pytest.mark.mailerlite(clock="real")
        def test_decided(mailerlite, request):
            request.getfixturevalue("mailerlite_server")
        """,
        passed=3,
    )


def test_server_that_is_asked_for_too_late_says_so(run: Run) -> None:
    result = run(
        """
        def test_late(mailerlite, request):
            request.getfixturevalue("mailerlite_server")
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(
        ["the emulator was made, with a virtual clock, before mailerlite_server was asked for: ask for*"]
    )


# -- proxies -----------------------------------------------------------------------------------------------------------


def test_proxy_is_not_asked_for_this_machine(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    run(
        """
        import os
        import urllib.request
        import httpx
        from mailerlite_async import MailerLite

        AUTHORIZED = {"Authorization": "Bearer any"}

        def test_environment(mailerlite_server):
            with MailerLite() as ml:
                assert ml.subscribers.count() == 0
            assert httpx.get(f"{mailerlite_server}/groups", headers=AUTHORIZED).status_code == 200
            asked = urllib.request.Request(f"{mailerlite_server}/groups", headers=AUTHORIZED)
            with urllib.request.urlopen(asked) as answer:
                assert answer.status == 200
            for name in ("no_proxy", "NO_PROXY"):
                assert {"intranet.example.com", "127.0.0.1", "localhost"} <= {*os.environ[name].split(",")}

        def test_without():
            assert os.environ["NO_PROXY"] == "intranet.example.com"
            assert "no_proxy" not in os.environ
        """,
        passed=2,
    )


def test_where_no_proxy_is_used_at_all_that_stays_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "*")
    run(
        """
        import os

        def test_environment(mailerlite_server):
            assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "*"
        """,
        passed=1,
    )
