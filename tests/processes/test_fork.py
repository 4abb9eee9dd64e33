"""A client made before a fork works in the child, and takes nothing from the parent."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, MemoryStore, RateLimits, calls
from mailerlite_async._fork import undivided_property
from mailerlite_async._ledger import Ledger
from mailerlite_async.testing import Emulator
from tests.support.forking import in_child, start_child
from tests.support.fresh import ROOT
from tests.support.scripted import ScriptedTransport, reply

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    # Python 3.12 warns of any fork beside threads, and the emulator serves from one.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

TOTAL = reply({"total": 1})
AMPLE = RateLimits(requests=100_000)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(requests=100_000)


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as base_url:
        yield base_url


def local_ports(ml: Any) -> set[int]:
    """The ports of the connections of a client, which tell them apart."""
    pool = ml._caller.engine._client._transport._pool
    streams = [connection._connection._network_stream for connection in pool.connections]
    return {stream.get_extra_info("client_addr")[1] for stream in streams}


# -- connections -------------------------------------------------------------------------------------------------------


def test_child_makes_connections_of_its_own_and_the_parent_keeps_its(base_url: str) -> None:
    with MailerLite("key", base_url=base_url) as ml:
        ml.groups.create("Readers")
        ports = local_ports(ml)
        view = ml.with_options(max_retries=0)

        def use() -> tuple[int, int, set[int]]:
            return len(ml.groups.list().items), len(view.groups.list().items), local_ports(ml)

        children = [start_child(use) for _ in range(4)]
        for _ in range(20):
            assert ml.groups.list().items[0].name == "Readers"
        seen = [child() for child in children]
        assert [(one, other) for one, other, _ in seen] == [(1, 1)] * 4
        assert len(set.union(ports, *(theirs for _, _, theirs in seen))) == 5
        assert local_ports(ml) == ports


def test_child_that_closes_its_client_leaves_that_of_the_parent_open(base_url: str) -> None:
    with MailerLite("key", base_url=base_url) as ml:
        ml.subscribers.count()
        ports = local_ports(ml)
        assert in_child(ml.close) is None
        assert ml.subscribers.count() == 0
        assert local_ports(ml) == ports


def test_async_client_used_before_the_fork(base_url: str) -> None:
    ml = AsyncMailerLite("key", base_url=base_url)

    async def use() -> set[int]:
        await asyncio.gather(*(ml.subscribers.count() for _ in range(3)))
        assert local_ports(ml)
        return local_ports(ml)

    async def main() -> None:
        ports = await use()
        # The loop is running here: the child begins in the middle of it, and has to make another.
        theirs = in_child(lambda: asyncio.run(use()))
        assert not theirs & ports
        assert await use() == ports

    asyncio.run(main())
    assert in_child(lambda: len(asyncio.run(use()))) >= 1


def test_worker_processes_of_multiprocessing(base_url: str) -> None:
    with MailerLite("key", base_url=base_url, limits=AMPLE) as ml:
        ml.groups.create("first")
        _Shared.client = ml
        with multiprocessing.get_context("fork").Pool(4) as pool:
            names = pool.map(_create, range(100))
        assert sorted(names) == sorted(f"group {number}" for number in range(100))
        assert {group.name for group in ml.groups.iter()} == {"first", *names}


class _Shared:
    client: MailerLite


def _create(number: int) -> str:
    return _Shared.client.groups.create(f"group {number}").name


def test_http_client_makes_another_client_in_the_child(base_url: str) -> None:
    made: list[int] = []

    def make() -> httpx.Client:
        made.append(os.getpid())
        return httpx.Client()

    with MailerLite("key", base_url=base_url, http_client=make) as ml:
        ml.subscribers.count()
        assert in_child(lambda: (ml.subscribers.count(), made == [os.getppid(), os.getpid()])) == (0, True)


def test_http_client_that_gives_the_same_client_is_refused_in_the_child(base_url: str) -> None:
    with httpx.Client() as only, MailerLite("key", base_url=base_url, http_client=lambda: only) as ml:
        ml.subscribers.count()

        def use() -> None:
            with pytest.raises(RuntimeError, match="http_client gave the client of the process this one was forked"):
                ml.subscribers.count()

        in_child(use)
        assert ml.subscribers.count() == 0


def test_transport_with_connections_is_refused_in_the_child(base_url: str) -> None:
    with MailerLite("key", base_url=base_url, transport=httpx.HTTPTransport()) as ml:
        ml.subscribers.count()

        def use() -> None:
            with pytest.raises(RuntimeError, match=r"connections of another process.* give http_client"):
                ml.subscribers.count()

        in_child(use)
        assert ml.subscribers.count() == 0


def test_transport_without_connections_goes_on_in_the_child() -> None:
    with MailerLite("key", transport=ScriptedTransport(TOTAL)) as ml:
        ml.subscribers.count()
        assert in_child(ml.subscribers.count) == 1


# -- locks -------------------------------------------------------------------------------------------------------------


def test_locks_that_others_held_at_the_fork_do_not_stop_the_child(emulator: Emulator, base_url: str) -> None:
    emulator.seed(groups=["Readers"])
    store = MemoryStore()
    limits = RateLimits(burst=1, store=store)
    with MailerLite("key", base_url=base_url, limits=limits) as ml:
        ml.subscribers.count()
        engine = ml._caller.engine
        assert isinstance(engine.ledger, Ledger)
        pacers = [pacer for _, pacer in engine._pacers.values()]
        assert pacers
        locks = [engine._lock, engine.ledger._lock, engine._memory._lock, store._lock, *(each._lock for each in pacers)]
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with contextlib.ExitStack() as stack:
                for lock in locks:
                    stack.enter_context(lock)
                held.set()
                done.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()

        def use() -> list[object]:
            other = MailerLite("key", base_url=base_url, limits=limits)
            assert other._caller.engine.ledger is engine.ledger
            return [client.groups.find("Readers", max_age=60) for client in (ml, ml, other)]

        try:
            assert None not in in_child(use)
        finally:
            done.set()
            thread.join()


def test_forks_in_the_middle_of_the_work_of_many_threads(base_url: str) -> None:
    with MailerLite("key", base_url=base_url, limits=AMPLE) as ml:
        over = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                while not over.is_set():
                    ml.subscribers.count()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(40):
                assert in_child(lambda: [ml.subscribers.count() for _ in range(3)]) == [0, 0, 0]
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert failures == []


def test_fork_waits_until_a_tls_context_is_made(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, made = threading.Event(), threading.Event()
    make = ssl.create_default_context

    def slowly(*args: Any, **options: Any) -> ssl.SSLContext:
        begun.set()
        time.sleep(0.3)
        context = make(*args, **options)
        made.set()
        return context

    monkeypatch.setattr(ssl, "create_default_context", slowly)
    with MailerLite("key", base_url=base_url, limits=AMPLE) as ml:
        thread = threading.Thread(target=ml.subscribers.count)
        thread.start()
        assert begun.wait(10)
        assert in_child(made.is_set)
        thread.join()
        assert ml.subscribers.count() == 0


def test_fork_waits_until_a_resource_is_loaded() -> None:
    begun, loaded = threading.Event(), threading.Event()

    class Client:
        @undivided_property
        def resource(self) -> str:
            begun.set()
            time.sleep(0.3)
            loaded.set()
            return "loaded"

    client = Client()
    thread = threading.Thread(target=lambda: client.resource)
    thread.start()
    assert begun.wait(10)
    assert in_child(lambda: (loaded.is_set(), client.resource)) == (True, "loaded")
    thread.join()


# -- limits ------------------------------------------------------------------------------------------------------------


def test_child_inherits_the_tokens_of_answers_but_not_what_is_in_flight() -> None:
    answering = threading.Event()

    def slowly(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            answering.wait()
        return TOTAL

    limits = RateLimits(requests=4, period=3600)
    with MailerLite("key", transport=ScriptedTransport(slowly), limits=limits, max_wait=0) as ml:
        ml.subscribers.count()
        ml.subscribers.count()
        unbounded = ml.with_options(max_wait=None)
        threads = [
            threading.Thread(target=lambda: unbounded.execute(calls.batch([calls.subscribers.count()])), daemon=True)
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        while (ml.quota.requests.held, ml.quota.requests.waiting) != (4, 2):
            time.sleep(0.001)

        def use() -> tuple[int, ...]:
            before = ml.quota.requests
            ml.subscribers.count()
            after = ml.quota.requests
            return before.held, before.waiting, before.available, after.held, after.available

        assert in_child(use) == (2, 0, 2, 3, 1)
        assert (ml.quota.requests.held, ml.quota.requests.waiting) == (4, 2)


def test_children_begin_with_few_calls() -> None:
    """Or each of them would send a whole limit at once."""
    changed, flying, most, remaining, wanted = threading.Condition(), 0, 0, 100, 1

    def count(_: httpx.Request) -> httpx.Response:
        nonlocal flying, most, remaining
        with changed:
            flying += 1
            remaining -= 1
            most = max(most, flying)
            changed.notify_all()
            changed.wait_for(lambda: most >= wanted, 60)
            flying -= 1
            return reply({"total": 1}, x_ratelimit_limit="100", x_ratelimit_remaining=str(remaining))

    def storm(ml: MailerLite) -> None:
        threads = [threading.Thread(target=ml.subscribers.count) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with MailerLite("key", transport=ScriptedTransport(count), limits=RateLimits(requests=100)) as ml:
        storm(ml)
        wanted = 20  # nobody is answered before all are under way
        storm(ml)
        assert most == 20

        def first_calls() -> int:
            nonlocal most, wanted
            most, wanted = 0, 21  # no answer comes, so none lets more of them go
            threads = [threading.Thread(target=ml.subscribers.count, daemon=True) for _ in range(20)]
            for thread in threads:
                thread.start()
            while flying + ml.quota.requests.waiting < 20:
                time.sleep(0.001)
            with changed:
                changed.wait_for(lambda: most >= 4, 10)
            time.sleep(0.3)  # for those that should not go
            return most

        assert in_child(first_calls) == 4


def test_children_take_chances_of_their_own() -> None:
    with MailerLite("key", transport=ScriptedTransport(TOTAL)) as ml:
        engine, ledger = ml._caller.engine, ml._caller.engine.ledger
        assert isinstance(ledger, Ledger)
        assert len({in_child(lambda: (engine._random.random(), ledger._rng.random())) for _ in range(3)}) == 3


# -- bulk work ---------------------------------------------------------------------------------------------------------


def test_job_under_way_can_only_go_on_where_it_was_started(emulator: Emulator, base_url: str) -> None:
    emulator.seed(subscribers=[f"reader{number}@example.com" for number in range(400)])
    with MailerLite("key", base_url=base_url, limits=AMPLE) as ml:
        people = [person.id for person in ml.subscribers.iter()]
        results = iter(ml.bulk.get(people))
        first = next(results)

        def go_on() -> int:
            with pytest.raises(RuntimeError, match="before this process was forked"):
                for _ in results:
                    pass
            return len(list(ml.bulk.get(people[:60])))

        assert in_child(go_on) == 60
        assert [first.row, *(result.row for result in results)] == list(range(400))


# -- the end of a child ------------------------------------------------------------------------------------------------

ENDING = """
import asyncio, os, sys, warnings
from mailerlite_async import AsyncMailerLite, MailerLite

warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
ml, aml = MailerLite("key"), AsyncMailerLite("key")
rows = iter(ml.bulk.get(range(1, 200)))

async def main():
    await aml.subscribers.count()
    if os.fork() == 0:
        raise SystemExit  # through the finalisation of the interpreter, and of what was copied
    os.wait()
    await aml.subscribers.count()

ml.subscribers.count()
next(rows)
if os.fork() == 0:
    ml.subscribers.count()
    sys.exit()
os.wait()
ml.subscribers.count()
list(rows)
asyncio.run(main())
print("done", os.getpid())
"""


def test_child_ends_as_any_process(base_url: str, tmp_path: Path) -> None:
    script = tmp_path / "ending.py"
    script.write_text(ENDING, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MAILERLITE_BASE_URL": base_url}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(script)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output == f"done {process.pid}\n"
