"""Faults between client and service: what is repeated, what is not, and what the account holds in the end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async import (
    AuthenticationError,
    ConnectionFailedError,
    RateLimitError,
    RateLimits,
    RequestTimeoutError,
    ServerError,
    ValidationError,
    calls,
)
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

ANN = "ann@example.com"
ROWS = [{"email": ANN}]

# The fault, and whether the service has done its work by then.
OPEN_FAULTS: list[tuple[str, dict[str, Any], bool]] = [
    ("reset", {}, False),
    ("reset_after_commit", {}, True),
    ("html", {}, False),
    ("error", {"status": 408}, False),
    ("error", {"status": 500}, False),
    ("error", {"status": 503}, False),
    ("error_after_commit", {"status": 504}, True),
    ("latency", {"seconds": 100}, False),
    ("stall_after_commit", {"seconds": 100}, True),
]


async def names(facade: Facade, ml: Any) -> list[str]:
    """The groups of the account."""
    return [group.name for group in await facade.collect(ml.groups.iter())]


def statuses(emulator: Emulator, method: str) -> list[int | None]:
    return [request.status for request in emulator.requests if request.method == method]


# -- faults that leave open what happened ------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "options", "committed"), OPEN_FAULTS)
async def test_safe_call_gets_through(
    facade: Facade, emulator: Emulator, kind: str, options: dict[str, Any], committed: bool
) -> None:
    ml = facade.patient()
    emulator.fault(kind, **options)
    response = await facade.call(ml.execute(calls.subscribers.upsert(ANN, fields={"name": "Ann"})))
    assert response.attempts == 2
    # The second try finds what the first one has done.
    assert response.status == (200 if committed else 201)
    assert await facade.call(ml.subscribers.count()) == 1


@pytest.mark.parametrize(("kind", "options", "committed"), OPEN_FAULTS)
async def test_unsafe_call_is_left_alone(
    facade: Facade, emulator: Emulator, kind: str, options: dict[str, Any], committed: bool
) -> None:
    ml = facade.patient()
    emulator.fault(kind, **options)
    with pytest.raises((ServerError, ConnectionFailedError, RequestTimeoutError)) as caught:
        await facade.call(ml.groups.create("Readers"))
    error: Any = caught.value
    assert error.attempts == 1
    assert isinstance(error, ServerError) or error.maybe_received
    assert await names(facade, ml) == (["Readers"] if committed else [])


@pytest.mark.parametrize(("kind", "options", "committed"), OPEN_FAULTS)
async def test_deletion_gets_through(
    facade: Facade, emulator: Emulator, kind: str, options: dict[str, Any], committed: bool
) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    ml = facade.patient()
    emulator.fault(kind, method="DELETE", **options)
    response = await facade.call(ml.execute(calls.groups.delete("11")))
    assert (response.value, response.attempts) == (None, 2)
    assert response.status == (404 if committed else 204)
    assert await names(facade, ml) == []


@pytest.mark.parametrize(
    ("call", "safe"),
    [
        (calls.subscribers.forget("77"), False),
        (calls.fields.create("Hobby"), False),
        (calls.imports.create(ROWS), False),
        (calls.groups.import_subscribers("11", ROWS), False),
        (calls.groups.assign("77", "11"), True),
        (calls.groups.unassign("77", "12"), True),
        (calls.groups.update("11", "Novels"), True),
        (calls.subscribers.update("77", fields={}), True),
        (calls.subscribers.delete("77"), True),
        (calls.fields.update("501", "Pastime"), True),
        (calls.fields.delete("501"), True),
        (calls.subscribers.list(), True),
    ],
    ids=str,
)
async def test_every_call_is_repeated_or_not_as_its_builder_says(
    facade: Facade, emulator: Emulator, call: Any, safe: bool
) -> None:
    emulator.seed(
        groups=[{"id": "11", "name": "Readers"}, {"id": "12", "name": "Writers"}],
        fields=[{"id": "501", "name": "Hobby horse"}],
        subscribers=[{"id": "77", "email": ANN, "groups": ["12"]}],
    )
    ml = facade.patient()
    emulator.fault("reset_after_commit")
    if safe:
        assert (await facade.call(ml.execute(call))).attempts == 2
    else:
        with pytest.raises(ConnectionFailedError, match="the API may have received the call"):
            await facade.call(ml.execute(call))
    assert len(emulator.requests) == (2 if safe else 1)


async def test_unsafe_timeout_is_reported_after_the_time(
    facade: Facade, emulator: Emulator, clock: VirtualClock
) -> None:
    ml = facade.patient(timeout=5)
    emulator.fault("stall_after_commit", seconds=100)
    with pytest.raises(RequestTimeoutError, match=r"^POST /groups: ReadTimeout; the API may have received the call$"):
        await facade.call(ml.groups.create("Readers"))
    assert clock.monotonic() == pytest.approx(5, abs=1e-3)


async def test_client_is_usable_after_every_fault(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient(max_retries=0)
    for kind, options, _ in OPEN_FAULTS:
        emulator.fault(kind, **options)
        with pytest.raises((ServerError, ConnectionFailedError, RequestTimeoutError)):
            await facade.call(ml.subscribers.count())
    assert await facade.call(ml.subscribers.count()) == 0


# -- never sent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")], ids=repr
)
async def test_unsafe_call_that_was_never_sent_is_repeated(facade: Facade, error: Exception) -> None:
    job = reply({"import_progress_url": "https://example.com/api/subscribers/import/5"})
    transport = ScriptedTransport(error, error, job)
    response = await facade.call(facade.patient(transport=transport).execute(calls.imports.create(ROWS)))
    assert (response.value.id, response.attempts) == ("5", 3)


async def test_call_that_never_gets_out_says_so(facade: Facade) -> None:
    transport = ScriptedTransport(httpx.ConnectError(f"https://example.com/{ANN}"))
    ml = facade.patient(transport=transport, max_retries=2)
    with pytest.raises(ConnectionFailedError) as caught:
        await facade.call(ml.groups.create("Readers"))
    assert str(caught.value) == "POST /groups: ConnectError; nothing was sent (after 3 attempts)"
    assert not caught.value.maybe_received
    assert ml.quota.requests.held == 0


# -- refused by a limit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1, 60, 119])
async def test_refused_call_waits_as_long_as_it_is_told(
    facade: Facade, emulator: Emulator, clock: VirtualClock, seconds: float
) -> None:
    ml = facade.patient()
    emulator.fault("rate_limit", seconds=seconds)
    response = await facade.call(ml.execute(calls.groups.create("Readers")))
    assert response.attempts == 2
    assert statuses(emulator, "POST") == [429, 201]
    assert seconds <= emulator.requests[1].at <= seconds + 2


async def test_refused_call_without_a_time_to_wait_is_repeated(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    emulator.fault("rate_limit", times=2)
    assert (await facade.call(ml.execute(calls.groups.create("Readers")))).attempts == 3
    assert await names(facade, ml) == ["Readers"]


async def test_refused_import_is_repeated_and_other_calls_go_on(
    facade: Facade, emulator: Emulator, clock: VirtualClock
) -> None:
    ml = facade.patient()
    emulator.fault("import_rate_limit", seconds=60)
    impatient = ml.with_options(max_wait=5)
    with pytest.raises(RateLimitError) as caught:
        await facade.call(impatient.imports.create(ROWS))
    assert (caught.value.status, caught.value.lane, caught.value.attempts) == (429, "imports", 1)
    assert caught.value.retry_after == pytest.approx(61, abs=1)
    assert await facade.call(impatient.subscribers.count()) == 0
    assert clock.monotonic() < 1
    job = await facade.call(ml.imports.create(ROWS))
    assert (await facade.call(ml.imports.wait(job))).done
    assert 60 <= clock.monotonic() < 70


async def test_limit_is_kept_without_being_refused(facade: Facade, clock: VirtualClock) -> None:
    emulator = Emulator(requests=10, imports=2, clock=clock)
    ml = facade.open(transport=emulator.transport(), limits=RateLimits(requests=10, imports=2))
    for _ in range(25):
        await facade.call(ml.subscribers.count())
    for _ in range(3):
        await facade.call(ml.imports.create(ROWS))
    assert {request.status for request in emulator.requests} == {200}
    assert 120 <= clock.monotonic() < 250


async def test_endless_refusal_ends_with_the_retries(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient(max_retries=3)
    emulator.fault("rate_limit", times=None, seconds=1)
    with pytest.raises(RateLimitError) as caught:
        await facade.call(ml.subscribers.count())
    assert (caught.value.status, caught.value.attempts, len(emulator.requests)) == (429, 4, 4)


async def test_max_wait_of_a_call_that_would_wait_too_long(
    facade: Facade, emulator: Emulator, clock: VirtualClock
) -> None:
    ml = facade.patient(max_wait=10)
    emulator.fault("rate_limit", seconds=119)
    with pytest.raises(RateLimitError) as caught:
        await facade.call(ml.groups.create("Readers"))
    assert (caught.value.status, caught.value.attempts, caught.value.lane) == (429, 1, "requests")
    with pytest.raises(RateLimitError, match=r"not sent: the wait for the limit would pass max_wait") as caught:
        await facade.call(ml.groups.create("Readers"))
    assert (caught.value.status, caught.value.attempts) == (None, 0)
    assert caught.value.retry_after == pytest.approx(120, abs=2)
    assert len(emulator.requests) == 1
    assert clock.monotonic() < 1


# -- refused for good --------------------------------------------------------------------------------------------------


async def test_revoked_key_is_not_tried_again(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("revoked_key", times=None)
    with pytest.raises(AuthenticationError) as caught:
        await facade.call(facade.patient().subscribers.count())
    assert (caught.value.attempts, len(emulator.requests)) == (1, 1)


async def test_plan_limit_is_a_validation_error(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("plan_limit")
    with pytest.raises(ValidationError) as caught:
        await facade.call(facade.patient().subscribers.upsert(ANN))
    assert list(caught.value.errors) == ["emails.0.content"]
    assert len(emulator.requests) == 1


async def test_html_of_the_edge_reads_well(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("html")
    with pytest.raises(ServerError) as caught:
        await facade.call(facade.patient().groups.create("Readers"))
    assert str(caught.value) == "POST /groups: 502 Bad Gateway"
    assert (caught.value.message, caught.value.errors) == ("", {})


async def test_pause_of_a_server_fault_is_kept(facade: Facade, clock: VirtualClock) -> None:
    transport = ScriptedTransport(reply({}, 503, retry_after="90"), reply({"total": 1}))
    assert await facade.call(facade.patient(transport=transport).subscribers.count()) == 1
    assert 90 <= clock.monotonic() < 91


async def test_backoff_grows(facade: Facade, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = ScriptedTransport(reply({}, 500))
    ml = facade.patient(transport=transport, max_retries=3)
    monkeypatch.setattr(ml._caller.engine._random, "random", lambda: 1.0)
    with pytest.raises(ServerError):
        await facade.call(ml.subscribers.count())
    assert clock.monotonic() == pytest.approx(0.5 + 1 + 2, abs=1e-3)
