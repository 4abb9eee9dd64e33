"""Properties of the limiter that hold whatever happens: latencies, timeouts, cancellations and refusals at random."""

from __future__ import annotations

import asyncio
import contextlib
import random

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailerlite_async import AsyncMailerLite, MailerLite, MailerLiteError, RateLimitError, RateLimits
from mailerlite_async.testing import VirtualClock
from tests.support.servers import (
    CountingServer,
    FixedAligned,
    FixedFromFirst,
    LeakyBucket,
    SlidingLog,
    Window,
    busiest,
)

LIMITS = RateLimits(requests=12, imports=3, period=6.0)

windows = st.sampled_from([FixedFromFirst, FixedAligned, SlidingLog, LeakyBucket])
loads = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def heavy_tailed(rng: random.Random) -> float:
    """Mostly short, sometimes far longer than the timeout."""
    return rng.choice([0.02, 0.3, 0.3, 1.0]) * rng.paretovariate(1.3)


@loads
@given(window=windows, seed=st.integers(0, 10**6), workers=st.integers(1, 30), calls=st.integers(1, 80))
def test_own_calls_never_exceed_either_limit_in_any_period(
    window: type[Window], seed: int, workers: int, calls: int
) -> None:
    rng = random.Random(seed)
    clock = VirtualClock()
    server = CountingServer(
        clock,
        window(12, 6.0),  # type: ignore[call-arg]
        lambda: heavy_tailed(rng),
        imports=window(3, 6.0),  # type: ignore[call-arg]
        faults=lambda: rng.choice([None, None, None, 500, 503, 404]),
    )

    async def main() -> None:
        async with AsyncMailerLite("key", transport=server, clock=clock, limits=LIMITS, timeout=2.0) as ml:
            work = iter(range(calls))

            async def worker() -> None:
                for _ in work:
                    call = (
                        ml.groups.import_subscribers("1", [{"email": "ann@example.com"}])
                        if rng.random() < 0.3
                        else ml.subscribers.count()
                    )
                    task = asyncio.ensure_future(call)
                    if rng.random() < 0.3:
                        asyncio.get_running_loop().call_later(rng.expovariate(0.5), task.cancel)
                    with contextlib.suppress(MailerLiteError, asyncio.CancelledError):
                        await task

            await asyncio.gather(*(worker() for _ in range(workers)))
            held = ml.quota
            assert held.requests.waiting == held.imports.waiting == 0

    clock.run(main())
    # However the server counts: no stretch of one period holds more.
    assert busiest(server.arrivals, 6.0) <= 12
    assert busiest(server.import_arrivals, 6.0) <= 3
    assert not server.refused


@loads
@given(seed=st.integers(0, 10**6), workers=st.integers(1, 12), foreign=st.floats(0.1, 3.0))
def test_with_foreign_traffic_every_call_ends_and_nothing_is_left_behind(
    seed: int, workers: int, foreign: float
) -> None:
    rng = random.Random(seed)
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(12, 6.0), lambda: rng.uniform(0.05, 0.5))
    ended = 0

    async def main() -> None:
        async with AsyncMailerLite("key", transport=server, clock=clock, limits=LIMITS, max_retries=100) as ml:

            async def foreigner() -> None:
                while True:
                    await asyncio.sleep(rng.expovariate(foreign))
                    server.foreign_call()

            async def worker() -> None:
                nonlocal ended
                for _ in range(4):
                    await ml.subscribers.count()
                    ended += 1

            others = asyncio.create_task(foreigner())
            await asyncio.gather(*(worker() for _ in range(workers)))
            others.cancel()
            assert ml.quota.requests.waiting == 0

    clock.run(main())
    assert ended == workers * 4
    # As the server counts: what it took, and at most a probe or two in each of its windows.
    assert busiest([time for time in server.arrivals if time not in server.refused], 6.0) <= 2 * 12


@loads
@given(seed=st.integers(0, 10**6), max_wait=st.floats(0, 20), workers=st.integers(1, 40), storm=st.booleans())
def test_no_call_waits_past_max_wait(seed: int, max_wait: float, workers: int, storm: bool) -> None:
    rng = random.Random(seed)
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(12, 6.0), lambda: 0.0)
    overlong: list[float] = []
    unsent: list[tuple[int | None, bool]] = []

    async def main() -> None:
        async with AsyncMailerLite(
            "key", transport=server, clock=clock, limits=LIMITS, max_wait=max_wait, max_retries=10
        ) as ml:

            async def worker() -> None:
                for _ in range(4):
                    if storm and rng.random() < 0.3:
                        server.foreign_call()
                    started = clock.monotonic()
                    try:
                        await ml.subscribers.count()
                    except RateLimitError as error:
                        if error.attempts == 0:
                            unsent.append((error.status, error.retry_after is not None))
                    waited = clock.monotonic() - started
                    if waited > max_wait + 0.001:  # latency is 0, so all of it was waiting
                        overlong.append(waited)

            await asyncio.gather(*(worker() for _ in range(workers)))

    clock.run(main())
    assert not overlong
    assert len(server.arrivals) <= workers * 4 + len(server.refused)
    assert set(unsent) <= {(None, True)}  # no status, and a time to come back
    if not storm:
        assert len(server.arrivals) + len(unsent) == workers * 4


def test_a_refusal_is_certain_at_once_when_the_wait_cannot_be_short_enough() -> None:
    clock = VirtualClock()
    server = CountingServer(clock, FixedFromFirst(12, 6.0), lambda: 0.0)
    with MailerLite("key", transport=server, clock=clock, limits=LIMITS) as ml:
        for _ in range(12):
            ml.subscribers.count()
        with pytest.raises(RateLimitError) as caught:
            ml.with_options(max_wait=3).subscribers.count()
    assert clock.monotonic() < 0.001  # latencies of 0 still move a virtual clock by a microsecond
    assert caught.value.attempts == 0
    assert caught.value.retry_after == pytest.approx(6.0, abs=0.001)
    assert caught.value.lane == "requests"


@loads
@given(seed=st.integers(0, 10**6), outcomes=st.lists(st.sampled_from(["lost", "refused", "late", "ok"]), max_size=6))
def test_an_unsafe_call_is_sent_at_most_once_after_it_may_have_been_received(seed: int, outcomes: list[str]) -> None:
    clock = VirtualClock()
    script = iter(outcomes)
    received = 0

    class Scripted(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal received
            outcome = next(script, "ok")
            if outcome == "refused":
                return httpx.Response(429, headers={"retry-after": "1"}, json={"message": "Too Many Attempts."})
            if outcome == "lost":
                raise httpx.ConnectError("no route", request=request)
            received += 1
            if outcome == "late":
                raise httpx.ReadTimeout("late", request=request)
            return httpx.Response(201, json={"data": {}})

    with MailerLite("key", transport=Scripted(), clock=clock, max_retries=10) as ml:
        with contextlib.suppress(MailerLiteError):
            ml.groups.create("Book club")
    assert received <= 1
