"""The option that serves from before the first import, for apps whose client is older than any fixture."""

from __future__ import annotations

import os

import pytest

from .conftest import Run

pytest_plugins = ["pytester"]

APP = """
from mailerlite_async import MailerLite

ml = MailerLite(max_wait=2)
"""
# Without the option its import fails, since there is no key.
TESTS = """
import os
import pytest
from mailerlite_async import APIError
from app import ml

@pytest.fixture(autouse=True, scope="module")
def closed():
    yield
    ml.close()

@pytest.fixture(scope="session")
def answer_in_a_fixture_of_the_session():
    with pytest.raises(APIError) as caught:
        ml.groups.create("Too early")
    return str(caught.value)

@pytest.mark.parametrize("number", range(3))
def test_account(mailerlite_server, mailerlite, mailerlite_emulator, number):
    assert ml._caller.engine.config.base_url == mailerlite_server == os.environ["MAILERLITE_BASE_URL"]
    ml.subscribers.upsert("ann@example.com")
    assert ml.subscribers.count() == mailerlite.subscribers.count() == 1

def test_fixture_of_the_session(answer_in_a_fixture_of_the_session, mailerlite_server):
    assert "421" in answer_in_a_fixture_of_the_session
    assert not ml.groups.list().items

def test_without_an_account():
    assert os.environ["MAILERLITE_API_KEY"]
    with pytest.raises(APIError, match="421 Misdirected Request: no test with an account is running") as caught:
        ml.groups.list()
    assert caught.value.attempts == 1

def test_in_process(mailerlite, mailerlite_clock):
    mailerlite_clock.advance(60)
    assert mailerlite.subscribers.count() == 0
"""


@pytest.fixture
def app(pytester: pytest.Pytester) -> None:
    """An app whose client is made when it is imported, and the option."""
    pytester.makepyfile(app=APP)
    pytester.makeini("[pytest]\npythonpath = .\nmailerlite_serve = true\nmailerlite_block_network = true\n")


@pytest.mark.usefixtures("app")
def test_client_of_a_module_talks_to_the_account_of_the_test(run: Run) -> None:
    run(TESTS, passed=6)
    assert not any(name.startswith("MAILERLITE") for name in os.environ)


@pytest.mark.usefixtures("app")
def test_without_the_option_such_an_app_cannot_be_imported(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npythonpath = .\n")
    run(TESTS, errors=1).stdout.fnmatch_lines(["E *ConfigurationError: no API key*"])


@pytest.mark.usefixtures("app")
def test_conftest_and_other_plugins_may_import_it(run: Run, pytester: pytest.Pytester) -> None:
    """Such as that of Django, which reads the settings, and with them the environment, before any conftest.py."""
    pytester.makepyfile(
        eager="""
        import os
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_load_initial_conftests():
            os.environ["READ_EARLY"] = os.environ["MAILERLITE_API_KEY"]
        """
    )
    pytester.syspathinsert()
    pytester.makeconftest("import app")
    run(
        """
        import os
        import sys

        def test_call(mailerlite_server):
            assert os.environ.pop("READ_EARLY") == os.environ["MAILERLITE_API_KEY"]
            with sys.modules["app"].ml as ml:
                assert ml.subscribers.count() == 0
        """,
        plugins=["eager"],
        passed=1,
    )


@pytest.mark.usefixtures("app")
def test_failure_without_an_account_says_what_is_missing(run: Run) -> None:
    result = run(
        """
        from app import ml

        def test_call():
            with ml:
                ml.subscribers.count()
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(["E *APIError: GET /subscribers: 421 *: no test with an account is running: the test*"])


@pytest.mark.system
@pytest.mark.usefixtures("app")
def test_each_process_has_a_server_of_its_own(run: Run) -> None:
    run(TESTS.replace("range(3)", "range(20)"), "-n2", "--dist=load", plugins=["xdist.plugin"], passed=23)
