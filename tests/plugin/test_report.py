"""What a failing test shows of its requests."""

from __future__ import annotations

import pytest

import mailerlite_async
from mailerlite_async.testing import Emulator
from mailerlite_async.testing._request_report import describe_requests

from .conftest import Run

pytest_plugins = ["pytester"]

HEADING = "*Captured MailerLite requests {phase}*"


def test_failure_shows_routes_and_statuses_and_nothing_personal(run: Run) -> None:
    result = run(
        """
        from mailerlite_async import calls

        def test_signup(mailerlite, mailerlite_emulator, mailerlite_clock):
            mailerlite.webhooks.create(url="https://example.com/hook?token=1", events=["subscriber.created"])
            mailerlite_emulator.fault("reset")
            mailerlite.subscribers.upsert("ann@example.com", fields={"name": "Ann"})
            mailerlite.batch([calls.groups.create("Secret"), calls.subscribers.delete("1")])
            mailerlite_emulator.deliver(lambda url, headers, body: 500)
            mailerlite_clock.advance(1)
            assert mailerlite.groups.list().items == ["something else"]
        """,
        failed=1,
    )
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if "Captured MailerLite requests call" in line)
    section = lines[start + 1 : start + 9]
    assert section[0] == "    0.000 s  POST /webhooks -> 201"
    assert [line[13:] for line in section] == [
        "POST /webhooks -> 201",
        "POST /subscribers -> connection dropped",
        "POST /subscribers -> 201",
        "POST /batch -> 200",
        "POST /groups -> 201",
        "DELETE /subscribers/{id} -> 404",
        "webhook subscriber.created, attempt 1 -> 500",
        "GET /groups -> 200",
    ]
    assert not any(word in line for line in section for word in ("ann", "Ann", "Secret", "token", "example"))


REFUSED = """
    def sign_up(ml):
        ml.subscribers.upsert("no address")

    def test_app(mailerlite):
        sign_up(mailerlite)
"""


def test_failure_shows_the_app_and_not_the_inside_of_this_package(run: Run) -> None:
    result = run(REFUSED, failed=1)
    result.stdout.fnmatch_lines(
        ["*sign_up(mailerlite)*", ">       ml.subscribers.upsert(*", "E *ValidationError: *422*"]
    )
    result.stdout.no_fnmatch_line("*engine.py*")
    assert not hasattr(mailerlite_async, "__tracebackhide__")


def test_whole_traceback_is_there_for_whoever_asks(run: Run) -> None:
    run(REFUSED, "--full-trace", failed=1).stdout.fnmatch_lines(["*_sync/engine.py*", "E *ValidationError: *422*"])


def test_error_that_is_not_raised_on_purpose_shows_where_it_was_raised(run: Run) -> None:
    result = run("def test_app(mailerlite): mailerlite.subscribers.get('..')", failed=1)
    result.stdout.fnmatch_lines(["*mailerlite_async/_paths.py*"])


def test_failure_in_another_fixture_shows_them_too(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture
        def app(mailerlite):
            mailerlite.groups.list()
            raise ValueError

        def test_app(app):
            pass
        """,
        errors=1,
    )
    result.stdout.fnmatch_lines([HEADING.format(phase="setup"), "*GET /groups -> 200"])


def test_others_show_nothing(run: Run) -> None:
    result = run(
        """
        import pytest

        def test_passes(mailerlite):
            mailerlite.groups.list()

        def test_skips(mailerlite):
            mailerlite.groups.list()
            pytest.skip("for a reason")

        def test_fails():
            assert False
        """,
        "-rA",
        passed=1,
        skipped=1,
        failed=1,
    )
    result.stdout.no_fnmatch_line("*Captured MailerLite*")


def test_no_request_is_told_too(run: Run) -> None:
    result = run("def test_app(mailerlite): assert False", failed=1)
    result.stdout.fnmatch_lines([HEADING.format(phase="call"), "no request arrived"])


def test_long_log_is_cut(mailerlite_emulator: Emulator) -> None:
    transport = mailerlite_emulator.transport()
    import httpx

    with httpx.Client(transport=transport, base_url="https://connect.mailerlite.com") as client:
        for _ in range(60):
            client.get("/api/people/ann@example.com")
    lines = describe_requests(mailerlite_emulator).splitlines()
    assert lines[0] == "... and 10 before"
    assert lines[1:] == ["    0.000 s  GET (unknown path) -> 401"] * 50


CASE = """
import unittest
import pytest
from mailerlite_async import MailerLite

class TestApp(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def client(self, mailerlite):
        self.ml = mailerlite
"""


def test_failure_of_a_unittest_shows_the_same(run: Run) -> None:
    result = run(
        f"""{CASE}
    def test_refused(self):
        self.ml.subscribers.upsert("no address")

    @unittest.skip("for a reason")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.ml.subscribers.upsert("no address")
        """,
        failed=1,
        skipped=1,
        xfailed=1,
    )
    result.stdout.fnmatch_lines(
        [
            ">       self.ml.subscribers.upsert(*",
            "E *ValidationError: *422*",
            HEADING.format(phase="call"),
            "*POST /subscribers -> 422",
        ]
    )
    result.stdout.no_fnmatch_line("*engine.py*")
    assert result.stdout.str().count("MailerLite requests") == 1


def test_unittest_that_is_stopped_by_the_guard_fails_once(run: Run) -> None:
    result = run(
        f"""{CASE}
    def test_real(self):
        with MailerLite("key") as ml:
            ml.subscribers.count()

    def test_hidden(self):
        try:
            MailerLite("key").subscribers.count()
        except BaseException:
            pass
        """,
        failed=1,
        passed=1,
        errors=1,
    )
    result.stdout.fnmatch_lines_random(["ERROR *::TestApp::test_hidden*", "FAILED *::TestApp::test_real*"])


@pytest.mark.parametrize("argument", ["--show-capture=no", "--show-capture=stdout"])
def test_it_can_be_turned_off_as_other_sections(run: Run, argument: str) -> None:
    run("def test_app(mailerlite): assert False", argument, failed=1).stdout.no_fnmatch_line("*MailerLite requests*")
