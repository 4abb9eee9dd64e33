"""The pacer of the sync engine admits exactly when aiolimiter does."""

from __future__ import annotations

import asyncio

import pytest
from aiolimiter import AsyncLimiter
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async._sync.pacer import Pacer
from mailerlite_async.testing import VirtualClock


@settings(max_examples=200, deadline=None)
@given(
    capacity=st.integers(1, 20),
    period=st.floats(0.5, 60),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0.0, 20.0)), min_size=1, max_size=60),
)
def test_admission_times_are_those_of_aiolimiter(capacity: int, period: float, gaps: list[float]) -> None:
    clock = VirtualClock()
    admitted: list[float] = []
    arrivals: list[float] = []

    async def main() -> None:
        limiter = AsyncLimiter(capacity, period)

        async def pass_it() -> None:
            await limiter.acquire()
            admitted.append(clock.monotonic())

        tasks = []
        for gap in gaps:
            if gap:
                await asyncio.sleep(gap)
            arrivals.append(clock.monotonic())
            tasks.append(asyncio.create_task(pass_it()))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    clock.run(main())
    pacer = Pacer(capacity, period)
    assert sorted(pacer.reserve(time) for time in arrivals) == pytest.approx(sorted(admitted), abs=1e-3)


def test_a_place_given_back_is_free_for_the_next() -> None:
    pacer = Pacer(1, 10.0)
    assert pacer.reserve(0.0) == 0.0
    assert pacer.reserve(0.0) == pytest.approx(10.0)
    pacer.give_back(0.0)
    assert pacer.reserve(0.0) == pytest.approx(10.0)
