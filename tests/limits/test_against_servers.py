"""The whole limiter against servers of every kind: how long it takes, and how often it is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from mailerlite_async.testing import Emulator, VirtualClock
from tests.limits.drivers import minutes_after_the_first, run_tasks, run_threads, spread
from tests.support.servers import (
    CountingServer,
    FixedAligned,
    FixedFromFirst,
    LeakyBucket,
    SlidingLog,
    Window,
    busiest,
)

IDEAL = 540.0  # 1,200 calls: ten periods of 120, the first of which costs no time

WINDOWS = [FixedFromFirst, FixedAligned, SlidingLog, LeakyBucket]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("drive", [run_tasks, run_threads])
def test_alone_it_takes_the_whole_quota_and_is_never_refused(
    window: Callable[[], Window], drive: Callable[..., float]
) -> None:
    server = CountingServer(VirtualClock(), window(), latency=lambda: 0.3)
    seconds = drive(server, 1200)
    assert len(server.arrivals) == 1200
    assert not server.refused
    assert seconds <= 1.02 * IDEAL
    assert busiest(server.arrivals) <= 120


# Twice the refusals a minute of the table in the documents of the limiter's rule.
@pytest.mark.parametrize(
    ("window", "load", "refusals"),
    [
        (FixedFromFirst, {"calls": 1200, "foreign_per_minute": 60.0}, 2 * 1.0),
        (SlidingLog, {"calls": 1200, "foreign_per_minute": 60.0}, 2 * 0.4),
        (FixedFromFirst, {"calls": 1200, "foreign_per_minute": 108.0}, 2 * 1.0),
        (FixedFromFirst, {"calls": 480, "copies": 4}, 2 * 3.9),
        # Probes are refused while the burst of the start is remembered; an hour shows the steady state.
        (SlidingLog, {"calls": 1800, "copies": 4}, 2 * 0.1),
    ],
    ids=[
        "half-foreign-fixed",
        "half-foreign-sliding",
        "mostly-foreign-fixed",
        "four-copies-fixed",
        "four-copies-sliding",
    ],
)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.system)])
def test_with_others_on_the_account_refusals_stay_rare(
    window: Callable[[], Window], load: dict[str, float], refusals: float, seed: int
) -> None:
    server = CountingServer(VirtualClock(), window(), latency=spread(0.3, seed))
    run_tasks(server, **load, seed=seed)  # type: ignore[arg-type]  # the loads differ in type by name
    assert len(server.arrivals) - len(server.refused) == load["calls"] * load.get("copies", 1)
    assert minutes_after_the_first(server) <= refusals


def test_share_keeps_known_copies_apart_without_any_refusal() -> None:
    server = CountingServer(VirtualClock(), FixedFromFirst(), latency=spread(0.3, 1))
    run_tasks(server, calls=60, workers=10, copies=8, limits=RateLimits(share=1 / 8))
    assert not server.refused
    assert busiest(server.arrivals) <= 120


@pytest.mark.parametrize("window", [FixedFromFirst, SlidingLog])
def test_copies_that_keep_to_their_share_do_not_slow_each_other_down(window: Callable[[], Window]) -> None:
    server = CountingServer(VirtualClock(), window(), latency=spread(0.3, 1))
    seconds = run_tasks(server, calls=240, workers=12, copies=4, limits=RateLimits(share=1 / 4))
    assert not server.refused
    assert seconds <= 1.05 * 7 * 60  # 30 calls each in each of eight periods, the first of which begin at once


def test_the_emulator_on_a_virtual_clock_refuses_nothing_either() -> None:
    clock = VirtualClock()
    emulator = Emulator(clock=clock)
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        for _ in range(360):
            ml.subscribers.count()
    assert [entry.status for entry in emulator.requests] == [200] * 360
    assert clock.monotonic() == pytest.approx(120, abs=1)


def test_on_real_http_with_scaled_windows_nothing_is_refused() -> None:
    import asyncio

    emulator = Emulator(requests=60, imports=5, period=1.0)

    async def main(url: str) -> None:
        limits = RateLimits(requests=60, imports=5, period=1.0)
        async with AsyncMailerLite("key", base_url=url, limits=limits) as ml:
            work = iter(range(240))

            async def worker() -> None:
                for _ in work:
                    await ml.subscribers.count()

            await asyncio.gather(*(worker() for _ in range(20)))

    with emulator.serve() as url:
        asyncio.run(main(url))
    assert [entry.status for entry in emulator.requests] == [200] * 240


def test_imports_take_both_lanes_and_are_never_refused() -> None:
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(), lambda: 0.3, imports=FixedFromFirst(5))
    client = MailerLite("key", transport=server, clock=clock)

    def imports() -> None:
        for _ in range(5):
            client.groups.import_subscribers("1", [{"email": "ann@example.com"}])

    def calls() -> None:
        for _ in range(60):
            client.subscribers.count()

    clock.run_threads(imports, imports, imports, imports, calls, calls, calls, calls)
    assert not server.refused
    assert len(server.import_arrivals) == 20
    assert busiest(server.import_arrivals) <= 5
    assert busiest(server.arrivals) <= 120
    assert clock.monotonic() <= 1.05 * 180  # 20 imports: four periods of five, and 260 calls in less
