"""How long bulk jobs take on the virtual clock, against what the limits allow at best, and who waits for them.

The bound is that of a fluid: calls / (120 - foreground calls a minute) minutes for the limit on all calls, and one minute
for each five imports. A job is behind the foreground, so what the foreground waits is measured with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailerlite_async import AsyncMailerLite
from mailerlite_async.testing import Emulator, VirtualClock

LATENCY = 0.3


class Run:
    """A job beside foreground calls.

    Args:
        people: how many subscribers the account has.
        latency: seconds a call takes.
    """

    def __init__(self, people: int = 0, latency: float = LATENCY) -> None:
        self.clock = VirtualClock()
        self.emulator = Emulator(clock=self.clock)
        self.emulator.seed(subscribers=[f"reader{number}@example.com" for number in range(people)])
        if latency:
            self.emulator.fault("latency", seconds=latency, times=None)
        self.waits: list[float] = []
        self.latency = latency
        self.seconds = 0.0
        self.done = 0
        self.summary: Any = None

    def carry_out(self, start: Callable[[AsyncMailerLite], Any], burst: int = 0, every: float = 0.0) -> None:
        """Run a job, with `burst` foreground calls at once `every` so many seconds."""

        async def call(ml: AsyncMailerLite) -> None:
            started = self.clock.monotonic()
            await ml.subscribers.count()
            self.waits.append(self.clock.monotonic() - started - self.latency)

        async def foreground(ml: AsyncMailerLite) -> None:
            while True:
                await asyncio.sleep(every)
                await asyncio.gather(*(call(ml) for _ in range(burst)))

        async def main() -> None:
            async with AsyncMailerLite("key", transport=self.emulator.transport(), clock=self.clock) as ml:
                person = asyncio.create_task(foreground(ml)) if burst else None
                job = start(ml)
                async for result in job:
                    assert result.row == self.done
                    assert result.error is None
                    self.done += 1
                self.seconds = self.clock.monotonic()
                self.summary = job.summary
                if person is not None:
                    person.cancel()

        self.clock.run(main())
        assert all(request.status != 429 for request in self.emulator.requests)

    @property
    def p95(self) -> float:
        """What the foreground waited for its turn, at the 95th percentile."""
        return sorted(self.waits)[int(0.95 * len(self.waits))]

    def group_ids(self) -> list[str]:
        """The ids of two new groups."""
        self.emulator.seed(groups=["A", "B"])
        found: list[str] = []

        async def main() -> None:
            async with AsyncMailerLite("key", transport=self.emulator.transport(), clock=self.clock) as ml:
                found.extend([group.id async for group in ml.groups.iter(sort="name")])

        self.clock.run(main())
        self.clock.advance(120)  # so that this has no part in the limits of the job
        return found


def updates(number: int) -> Callable[[AsyncMailerLite], Any]:
    # The emulator counts its ids up from here.
    first = 170000000000000001
    return lambda ml: ml.bulk.update({"id": first + index, "fields": {"name": "Ann"}} for index in range(number))


SIZES = [pytest.param(10_000), pytest.param(100_000, marks=pytest.mark.system)]


@pytest.mark.parametrize("rows", SIZES)
def test_updates_alone_take_the_time_the_limit_needs(rows: int) -> None:
    run = Run(people=rows)
    run.carry_out(updates(rows))
    assert run.done == rows
    assert run.summary.requests == rows / 50
    assert run.seconds <= 1.05 * (rows / 50 / 120) * 60


@pytest.mark.parametrize("rows", SIZES)
def test_a_foreground_call_every_five_seconds_does_not_wait_for_updates(rows: int) -> None:
    run = Run(people=rows)
    run.carry_out(updates(rows), burst=1, every=5.0)
    assert run.done == rows
    assert run.seconds <= 1.05 * (rows / 50 / (120 - 12)) * 60
    assert run.p95 < 0.1


@pytest.mark.system
def test_foreground_bursts_hardly_wait_for_updates() -> None:
    # A long run: nobody can know of the first burst, which is one of fifty here.
    rows = 100_000
    run = Run(people=rows)
    run.carry_out(updates(rows), burst=20, every=30.0)
    assert run.done == rows
    assert run.seconds <= 1.05 * (rows / 50 / (120 - 40)) * 60
    assert run.p95 < 2.0


def imports(group_id: str, rows: int) -> Callable[[AsyncMailerLite], Any]:
    def people() -> Iterator[dict[str, Any]]:
        for number in range(rows):
            yield {"email": f"reader{number}@example.com", "fields": {"name": "Ann"}}

    return lambda ml: ml.bulk.import_into(group_id, people())


@pytest.mark.system
@pytest.mark.parametrize("burst", [0, 1])
def test_a_hundred_thousand_imports_are_five_calls(burst: int) -> None:
    run = Run()
    group_id = run.group_ids()[0]
    started = run.clock.monotonic()
    run.carry_out(imports(group_id, 100_000), burst=burst, every=5.0)
    assert run.done == 100_000
    assert run.summary.imports == 5
    # Five imports may be made at once; the API's own work on 20,000 rows takes ten seconds here.
    assert run.seconds - started <= 1.05 * 60
    if burst:
        assert run.p95 < 0.1


@pytest.mark.parametrize("burst", [0, 1])
def test_upserts_with_status_and_groups_go_as_fast_as_the_import_limit_lets_them(burst: int) -> None:
    run = Run()
    groups = run.group_ids()
    started = run.clock.monotonic()
    rows = 5_000
    run.carry_out(
        lambda ml: ml.bulk.upsert(
            {"email": f"reader{number}@example.com", "groups": groups, "status": "active", "fields": {"name": "Ann"}}
            for number in range(rows)
        ),
        burst=burst,
        every=5.0,
    )
    assert run.done == rows
    assert run.summary.imports == 100
    # 250 rows a minute: 5 batches of 50.
    assert run.seconds - started <= 1.05 * (rows / 250) * 60
    if burst:
        assert run.p95 < 0.1
