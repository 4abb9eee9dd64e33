"""What a user may observe: the hook for each attempt, and the line in the log of a call that had to wait."""

from __future__ import annotations

import logging

import attrs
import pytest

from mailerlite_async import Attempt, ConfigurationError, MailerLiteError, RateLimits
from mailerlite_async.testing import Emulator
from tests.support.facade import KEY, Facade


async def test_hook_is_told_of_every_attempt(facade: Facade, emulator: Emulator) -> None:
    seen: list[Attempt] = []
    emulator.seed(subscribers=["secretive@example.com"])
    ml = facade.patient(on_attempt=seen.append)
    emulator.fault("latency", seconds=0.4, times=None)
    emulator.fault("error", status=503)
    emulator.fault("reset")
    await facade.call(ml.subscribers.get("secretive@example.com"))
    assert [(each.attempt, each.status, each.fault) for each in seen] == [
        (1, None, "ReadError"),
        (2, 503, None),
        (3, 200, None),
    ]
    assert {(each.method, each.route, each.lane) for each in seen} == {("GET", "/subscribers/{id}", "requests")}
    assert seen[1].seconds == pytest.approx(0.4, abs=0.01)
    assert 0 == seen[0].waited <= seen[1].waited <= seen[2].waited
    for each in seen:
        assert "secretive" not in str(attrs.asdict(each))
        assert KEY not in str(attrs.asdict(each))


async def test_hook_knows_the_lane_of_imports(facade: Facade) -> None:
    seen: list[Attempt] = []
    ml = facade.patient(on_attempt=seen.append)
    await facade.call(ml.imports.create([{"email": "ann@example.com"}]))
    assert [(each.route, each.lane) for each in seen] == [("/subscribers/import", "imports")]


async def test_hook_sees_waiting_for_the_limit(facade: Facade) -> None:
    seen: list[Attempt] = []
    limited = Emulator(requests=2, clock=facade.clock)
    ml = facade.open(transport=limited.transport(), on_attempt=seen.append, limits=RateLimits(requests=2))
    for _ in range(3):
        await facade.call(ml.subscribers.count())
    assert [round(each.waited) for each in seen] == [0, 0, 60]


async def test_failing_hook_breaks_no_call(facade: Facade, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Attempt) -> None:
        raise RuntimeError("secretive@example.com")

    ml = facade.patient(on_attempt=broken)
    with caplog.at_level(logging.WARNING, logger="mailerlite_async"):
        assert await facade.call(ml.subscribers.count()) == 0
    assert [record.getMessage() for record in caplog.records] == ["on_attempt failed with RuntimeError"]


async def test_hook_that_is_no_function_is_refused(facade: Facade) -> None:
    with pytest.raises(ConfigurationError, match="on_attempt"):
        facade.open(on_attempt="print")


async def test_long_wait_is_logged_with_its_reason(facade: Facade, caplog: pytest.LogCaptureFixture) -> None:
    limited = Emulator(requests=2, clock=facade.clock)
    ml = facade.open(transport=limited.transport(), limits=RateLimits(requests=2))
    with caplog.at_level(logging.INFO, logger="mailerlite_async"):
        for _ in range(3):
            await facade.call(ml.groups.list())
    (line,) = [record.getMessage() for record in caplog.records if record.name == "mailerlite_async"]
    assert line == "GET /groups waited 60.0 s: the limit is used up"


async def test_wait_after_429_is_logged_with_its_reason(
    facade: Facade, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fault("rate_limit", seconds=119)
    ml = facade.patient()
    with caplog.at_level(logging.INFO, logger="mailerlite_async"):
        await facade.call(ml.groups.list())
    lines = [record.getMessage() for record in caplog.records if record.name == "mailerlite_async"]
    assert lines == ["GET /groups waited 120.0 s: the API answered 429 and told us to wait"]


async def test_short_waits_and_failures_are_not_logged(
    facade: Facade, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fault("error", status=500, times=None)
    ml = facade.patient(max_retries=0)
    with caplog.at_level(logging.DEBUG, logger="mailerlite_async"), pytest.raises(MailerLiteError):
        await facade.call(ml.groups.list())
    assert [record for record in caplog.records if record.name == "mailerlite_async"] == []
