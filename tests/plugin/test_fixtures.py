"""The fixtures in process: an account for each test, the marker, and time that nobody waits for."""

from __future__ import annotations

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, ServerError
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._marker import read_markers

from .conftest import PLUGIN, Run

pytest_plugins = ["pytester"]


def test_fixtures_belong_together(
    mailerlite: MailerLite,
    async_mailerlite: AsyncMailerLite,
    mailerlite_emulator: Emulator,
    mailerlite_clock: VirtualClock,
) -> None:
    mailerlite_emulator.seed(subscribers=["ann@example.com"])
    assert mailerlite.subscribers.count() == 1
    assert mailerlite_clock.run(counted(async_mailerlite)) == 1
    assert mailerlite_emulator.clock is mailerlite_clock
    assert [request.route for request in mailerlite_emulator.requests] == ["/subscribers", "/subscribers"]


async def counted(client: AsyncMailerLite) -> int:
    return await client.subscribers.count()


def test_clients_are_closed_after_the_test(run: Run) -> None:
    run(
        """
        import asyncio
        import pytest

        kept = []

        def test_first(mailerlite, async_mailerlite, mailerlite_clock):
            mailerlite.groups.list()
            mailerlite_clock.run(async_mailerlite.groups.list())
            kept.extend([mailerlite, async_mailerlite])

        def test_second():
            with pytest.raises(RuntimeError, match="closed"):
                kept[0].groups.list()
            with pytest.raises(RuntimeError, match="closed"):
                asyncio.run(kept[1].groups.list())
        """,
        passed=2,
    )


def test_every_test_finds_a_new_account(run: Run) -> None:
    run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(3))
        def test_alone(mailerlite, mailerlite_emulator, mailerlite_clock, number):
            assert mailerlite_clock.monotonic() == 0
            assert mailerlite_emulator.requests == []
            assert mailerlite.subscribers.count() == 0
            mailerlite.subscribers.upsert("ann@example.com")
            mailerlite_emulator.fault("error", times=None)
            mailerlite_clock.advance(30)
        """,
        passed=3,
    )


@pytest.mark.system
def test_tests_may_run_in_several_processes(run: Run) -> None:
    run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_alone(mailerlite, mailerlite_server, number):
            assert mailerlite.subscribers.count() == 0
            mailerlite.subscribers.upsert("ann@example.com")
        """,
        "-n2",
        plugins=["xdist.plugin"],
        passed=6,
    )


def test_clients_in_process_take_nothing_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILERLITE_API_KEY", "a key of the developer")
    monkeypatch.setenv("MAILERLITE_BASE_URL", "nonsense")
    run(
        """
        def test_call(mailerlite, async_mailerlite, mailerlite_clock):
            assert mailerlite.subscribers.count() == 0
            assert mailerlite_clock.run(async_mailerlite.subscribers.count()) == 0
        """,
        passed=1,
    )


def test_a_suite_may_replace_a_fixture(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def mailerlite_emulator(mailerlite_emulator):
            mailerlite_emulator.seed(groups=["Book club"])
            return mailerlite_emulator
        """
    )
    run("def test_seeded(mailerlite): assert mailerlite.groups.find('Book club').name == 'Book club'", passed=1)


# -- time --------------------------------------------------------------------------------------------------------------


def test_limits_and_retries_cost_no_time(
    mailerlite: MailerLite, mailerlite_emulator: Emulator, mailerlite_clock: VirtualClock
) -> None:
    mailerlite_emulator.fault("error", status=503, times=2)
    mailerlite_emulator.fault("latency", seconds=10)
    for _ in range(250):
        mailerlite.groups.list()
    statuses = [request.status for request in mailerlite_emulator.requests]
    assert statuses == [503, 503, *[200] * 250]
    assert mailerlite_clock.monotonic() >= 120


@pytest.mark.mailerlite(clock="real")
def test_time_may_be_real(mailerlite: MailerLite, mailerlite_emulator: Emulator) -> None:
    assert not isinstance(mailerlite_emulator.clock, VirtualClock)
    assert mailerlite.subscribers.count() == 0
    assert mailerlite_emulator._calls.period == 1.0


# -- the marker --------------------------------------------------------------------------------------------------------


@pytest.mark.mailerlite(requests=2, imports=1, period=30.0)
def test_limits_are_those_of_the_account_and_of_its_clients(
    mailerlite: MailerLite, mailerlite_emulator: Emulator, mailerlite_clock: VirtualClock
) -> None:
    for _ in range(5):
        mailerlite.groups.list()
    # The clients know the limits: nothing is refused.
    assert {request.status for request in mailerlite_emulator.requests} == {200}
    assert mailerlite_clock.monotonic() == pytest.approx(60, abs=0.01)
    assert mailerlite.quota.imports.limit == 1


@pytest.mark.mailerlite(
    seed={"groups": ["Book club"], "subscribers": [{"email": "ann@example.com", "groups": ["Book club"]}]},
    faults=["reset", {"kind": "error", "status": 500, "method": "POST", "times": None}],
)
def test_account_and_faults(mailerlite: MailerLite, mailerlite_emulator: Emulator) -> None:
    assert [group.active_count for group in mailerlite.groups.iter()] == [1]
    assert [request.status for request in mailerlite_emulator.requests] == [None, 200]
    with pytest.raises(ServerError):
        mailerlite.groups.create("Another")


def test_markers_add_up_and_the_closest_limit_counts(run: Run) -> None:
    run(
        """
        import pytest

        pytestmark = pytest.mark.mailerlite(requests=3, imports=3, seed={"groups": ["of the module"]})

        @pytest.mark.mailerlite(requests=7, faults=["reset"])
        class TestClass:
            @pytest.mark.mailerlite(
                seed={"subscribers": [{"email": "ann@example.com", "groups": ["of the module"]}]},
                faults=["revoked_key"],
            )
            def test_all(self, mailerlite, mailerlite_emulator):
                assert mailerlite.quota.requests.limit == 7
                assert mailerlite.quota.imports.limit == 3
                with pytest.raises(Exception, match="401"):
                    mailerlite.groups.list()
                assert [request.status for request in mailerlite_emulator.requests] == [None, 401]
                assert mailerlite.groups.list().items[0].active_count == 1

        def test_of_the_module(mailerlite):
            assert mailerlite.quota.requests.limit == 3
            assert [group.name for group in mailerlite.groups.iter()] == ["of the module"]

        def test_without_a_fixture():
            pass
        """,
        passed=3,
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("5", "takes keywords only: requests, imports, period, clock, seed, faults"),
        ("limit=5", "limit is not known; it takes requests, imports, period, clock, seed, faults"),
        ("requests='5'", "requests must be an int, not '5'"),
        ("requests=1.5", "requests must be an int, not 1.5"),
        ("imports=True", "imports must be an int, not True"),
        ("period='1'", "period must be a number, not '1'"),
        ("requests=0", "requests must be at least 1"),
        ("period=0", "period must be a positive number of seconds"),
        ("clock='slow'", "clock must be 'virtual' or 'real', not 'slow'"),
        ("seed=['ann@example.com']", "seed must be a mapping of the arguments of Emulator.seed, not list"),
        ("seed={'people': []}", "seed: people is not known; it takes subscribers, groups, fields, segments"),
        ("seed={'subscribers': 5}", "'int' object is not iterable"),
        ("seed={'subscribers': [{'email': 'ann@example.com', 'status': 'x'}]}", "subscribers[0].status"),
        ("faults='reset'", "faults must be a list of kinds, or of mappings of the arguments of Emulator.fault"),
        ("faults=[5]", "faults[0] must be a kind or a mapping with the key kind"),
        ("faults=['reset', {'status': 500}]", "faults[1] must be a kind or a mapping with the key kind"),
        ("faults=[{'kind': 'error', 'code': 500}]", "faults[0]: code is not known; it takes kind, method, route"),
        ("faults=['flood']", "kind 'flood'"),
        ("faults=[{'kind': 5}]", "kind must be text, not 5"),
        ("faults=[{'kind': 'reset', 'method': 5}]", "method must be text, not 5"),
        ("faults=[{'kind': 'reset', 'route': ['/groups']}]", "route must be text, not ['/groups']"),
        ("faults=[{'kind': 'latency', 'seconds': '2'}]", "seconds must be a number, not '2'"),
        ("faults=[{'kind': 'error', 'status': '500'}]", "status must be an int, not '500'"),
        ("faults=[{'kind': 'error', 'status': 500.0}]", "status must be an int, not 500.0"),
        ("faults=[{'kind': 'reset', 'times': 1.5}]", "times must be an int, not 1.5"),
        ("faults=[{'kind': 'reset', 'times': True}]", "times must be an int, not True"),
        ("faults=[{'kind': 'reset', 'probability': '1'}]", "probability must be a number, not '1'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: str, complaint: str) -> None:
    marker = eval(f"pytest.mark.mailerlite({arguments})").mark  # the text names the case
    with pytest.raises((TypeError, ValueError)) as caught:
        read_markers([marker]).emulator(VirtualClock(), 60.0)
    assert complaint in str(caught.value)


def test_refusal_is_an_error_of_one_line(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.mailerlite(requests=0)
        def test_call(mailerlite):
            pass

        @pytest.mark.mailerlite(request=0)
        def test_another(mailerlite):
            pass
        """,
        errors=2,
    )
    result.stdout.no_fnmatch_line("*During handling of the above exception*")
    # Once where it failed, and once, cut, in the summary.
    assert [line for line in result.outlines if line.startswith("@pytest.mark.mailerlite")] == [
        "@pytest.mark.mailerlite: requests must be at least 1",
        "@pytest.mark.mailerlite: request is not known; it takes requests, imports, period, clock, seed, faults",
    ]
    assert not any(line.startswith("E ") for line in result.outlines)


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("--markers", "@pytest.mark.mailerlite(*, requests=120, imports=5, period=60.0, clock='virtual', *"),
        ("--help", "*mailerlite_block_network*"),
        ("--help", "*mailerlite_serve*"),
        ("--fixtures", "mailerlite_server*"),
    ],
)
def test_pytest_lists_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, argument: str, shown: str) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.runpytest_inprocess("-p", PLUGIN, argument).stdout.fnmatch_lines([shown])
