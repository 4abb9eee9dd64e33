"""Four processes of one account share its limits in Redis, whatever happens to them and to Redis."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable

import pytest

from tests.redis.conftest import Worker
from tests.support.limited_http import LimitedServer
from tests.support.redis_server import RedisServer
from tests.support.servers import FixedFromFirst, SlidingLog, Window

pytestmark = pytest.mark.system

WINDOW = 6.0
QUOTA = 120
# Less than the outages here take, and more than a busy machine may need.
PATIENCE = 2.5


@pytest.fixture
def four(redis_server: RedisServer, start_worker: Callable[..., Worker]) -> Callable[..., list[Worker]]:
    """Four processes with 16 calls under way each, half of them async and half of them threads."""

    def start(server: LimitedServer, seconds: float) -> list[Worker]:
        return [
            start_worker(
                url=server.url,
                redis=redis_server.url,
                store={"timeout": PATIENCE},
                name=f"p{n}",
                tasks=16,
                seconds=seconds,
                threads=n % 2 == 1,
            )
            for n in range(4)
        ]

    return start


def first_call(server: LimitedServer) -> float:
    while not server.arrivals:
        time.sleep(0.05)
    return server.arrivals[0].time


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def test_they_use_the_whole_quota_and_are_never_refused(four: Callable[..., list[Worker]]) -> None:
    with LimitedServer(SlidingLog(QUOTA, WINDOW)) as server:
        workers = four(server, 10 * WINDOW + 2)
        results = [worker.result() for worker in workers]
        start = server.arrivals[0].time
    assert server.taken(start, start + 10 * WINDOW) >= 0.95 * 10 * QUOTA
    assert not server.refused
    assert all(result["failed"] == [] and result["logged"] == [] for result in results)
    assert all(sum(call.who == f"p{n}" for call in server.arrivals) >= 0.15 * 10 * QUOTA for n in range(4))


def test_one_killed_and_one_stopped_cost_nothing_after_a_window(four: Callable[..., list[Worker]]) -> None:
    with LimitedServer(FixedFromFirst(QUOTA, WINDOW)) as server:
        workers = four(server, 8 * WINDOW + 2)
        start = first_call(server)
        wait_until(start + 2.3 * WINDOW)
        workers[0].process.kill()
        workers[1].process.send_signal(signal.SIGSTOP)
        wait_until(start + 3.3 * WINDOW)
        workers[1].process.send_signal(signal.SIGCONT)
        results = [worker.result() for worker in workers[1:]]
    assert server.taken(start, start + 8 * WINDOW) >= 0.95 * 8 * QUOTA
    assert server.taken(start + 4 * WINDOW, start + 8 * WINDOW) >= 0.95 * 4 * QUOTA
    assert not server.refused
    assert all(result["failed"] == [] for result in results)
    # The one that was stopped takes part again.
    assert sum(call.who == "p1" and call.time > start + 4 * WINDOW for call in server.arrivals) >= QUOTA // 2


def test_redis_killed_and_restarted_loses_no_call(four: Callable[..., list[Worker]], redis_server: RedisServer) -> None:
    with LimitedServer(FixedFromFirst(QUOTA, WINDOW)) as server:
        workers = four(server, 8 * WINDOW + 2)
        start = first_call(server)
        wait_until(start + 1.5 * WINDOW)
        redis_server.kill()
        redis_server.start()
        restarted = time.monotonic()
        wait_until(start + 3.5 * WINDOW)
        redis_server.kill()
        # Not when the calls of a window come: those of the next two are counted from here.
        wait_until(start + 4.7 * WINDOW)
        redis_server.start()
        back = time.monotonic()
        results = [worker.result() for worker in workers]
    assert all(result["failed"] == [] for result in results)
    assert sum(result["done"] for result in results) == len(server.arrivals) - len(server.refused)
    # Refusals only while it was away, and until all have told it what they hold.
    away = [(1.5 * WINDOW, restarted - start + WINDOW), (3.5 * WINDOW, back - start + WINDOW)]
    assert all(any(a <= call.time - start <= b for a, b in away) for call in server.refused)
    assert server.taken(back + WINDOW, back + 3 * WINDOW) >= 0.95 * 2 * QUOTA
    # One warning for each time it was gone, and a kill with a restart at once may pass unnoticed.
    assert all(1 <= len(result["logged"]) <= 2 for result in results)


def test_calls_go_on_while_redis_hangs(redis_server: RedisServer, four: Callable[..., list[Worker]]) -> None:
    with LimitedServer(SlidingLog(QUOTA, WINDOW)) as server:
        workers = four(server, 5 * WINDOW + 3)
        start = first_call(server)
        wait_until(start + 1.5 * WINDOW)
        assert redis_server.process is not None
        redis_server.process.send_signal(signal.SIGSTOP)
        wait_until(start + 2.5 * WINDOW)
        redis_server.process.send_signal(signal.SIGCONT)
        results = [worker.result() for worker in workers]
    assert all(result["failed"] == [] for result in results)
    # The others now look like somebody else's, beside whom calls are spread over the window.
    assert server.taken(start + 1.5 * WINDOW, start + 2.5 * WINDOW) >= 0.4 * QUOTA
    assert server.taken(start + 3 * WINDOW, start + 5 * WINDOW) >= 0.8 * 2 * QUOTA
    assert all(len(result["logged"]) == 1 and "TimeoutError" in result["logged"][0] for result in results)


# On a sliding log refusals come several at once and then none for long, so that few windows say little.
@pytest.mark.parametrize(("window", "windows"), [(FixedFromFirst, 6), (SlidingLog, 12)], ids=["fixed", "sliding"])
def test_beside_somebody_who_takes_half_of_the_quota_they_are_rarely_refused(
    window: Callable[[int, float], Window], windows: int, four: Callable[..., list[Worker]]
) -> None:
    rng = random.Random(1)
    with LimitedServer(window(QUOTA, WINDOW)) as server:
        workers = four(server, windows * WINDOW)
        ended = threading.Event()

        def foreigner() -> None:
            while not ended.wait(rng.expovariate(QUOTA / 2 / WINDOW)):
                server.foreign_call()

        thread = threading.Thread(target=foreigner)
        thread.start()
        results = [worker.result() for worker in workers]
        ended.set()
        thread.join()
        start = server.arrivals[0].time
    assert all(result["failed"] == [] for result in results)
    later = [call for call in server.refused if call.who != "foreign" and call.time > start + WINDOW]
    # One a window at most in the long run, as for one process alone; so few windows scatter.
    assert len(later) <= 2 * (windows - 1)
    assert server.taken(start, start + windows * WINDOW) >= 0.35 * windows * QUOTA
