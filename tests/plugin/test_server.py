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
        from mailerlite_async import ConnectionFailedError, MailerLite

        clients = []

        @pytest.fixture(autouse=True, scope="module")
        def closed():
            yield
            clients[0].close()

        def test_first(mailerlite_server):
            clients.append(MailerLite(max_retries=0))
            assert clients[0].subscribers.upsert("ann@example.com")

        def test_without():
            assert "MAILERLITE_BASE_URL" not in os.environ
            assert "MAILERLITE_API_KEY" not in os.environ
            with pytest.raises(ConnectionFailedError):
                clients[0].with_options(max_wait=0).subscribers.upsert("ann@example.com")

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


def test_server_that_is_asked_for_too_late_says_so(run: Run) -> None:
    result = run(
        """
        import pytest

        def test_late(mailerlite, request):
            request.getfixturevalue("mailerlite_server")

        @pytest.mark.mailerlite(clock="real")
        def test_decided(mailerlite, request):
            request.getfixturevalue("mailerlite_server")
        """,
        passed=1,
        failed=1,
    )
    result.stdout.fnmatch_lines(["mailerlite_server was asked for when the emulator had its clock: name it among*"])
