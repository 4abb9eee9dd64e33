"""Batches against the emulator: one call of the limit, every item for itself, and the import lane of upserts."""

from __future__ import annotations

import pytest

from mailerlite_async import NotFoundError, RateLimitError, RateLimits, ValidationError, calls
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

UPSERTS = [calls.subscribers.upsert(f"reader{number}@example.com", fields={"name": "R"}) for number in range(3)]


async def test_items_are_typed_and_in_order(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "77", "name": "Romance"}], subscribers=["ann@example.com"])
    ml = facade.patient()
    result = await facade.call(
        ml.batch(
            [
                calls.groups.assign("ann@example.com", "77"),
                calls.groups.unassign("ann@example.com", "78"),
                calls.subscribers.upsert("not an address"),
                calls.subscribers.list(status="active", limit=1),
                calls.groups.unassign("ann@example.com", "77"),
                calls.subscribers.count(),
            ]
        )
    )
    assert [item.status for item in result.items] == [200, 404, 422, 200, 204, 200]
    assert result.items[0].value.name == "Romance"
    assert isinstance(result.items[1].error, NotFoundError)
    assert isinstance(result.items[2].error, ValidationError)
    assert result.items[2].error.errors == {"email": ["The email must be a valid email address."]}
    assert [person.email for person in result.items[3].value.items] == ["ann@example.com"]
    assert (result.items[4].value, result.items[4].error) == (None, None)
    assert result.items[5].value == 1
    assert len(result.failed) == 2
    assert len(emulator.requests) == 1


async def test_batch_costs_one_call_of_the_limit(facade: Facade) -> None:
    limited = Emulator(requests=2, clock=facade.clock)
    ml = facade.open(transport=limited.transport(), limits=RateLimits(requests=2))
    for _ in range(2):
        await facade.call(ml.batch([calls.subscribers.count()] * 50))
    assert facade.clock.monotonic() < 1
    assert ml.quota.requests.held == 2


async def test_next_page_of_an_item_goes_on_by_itself(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(subscribers=[f"reader{number}@example.com" for number in range(5)])
    ml = facade.patient()
    result = await facade.call(ml.batch([calls.subscribers.list(status="active", limit=3)]))
    page = result.items[0].value
    following = (await facade.call(ml.execute(page.next))).value
    assert len(page.items) + len(following.items) == 5
    assert emulator.requests[-1].route == "/subscribers"


async def test_upserts_alone_use_the_import_lane(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    result = await facade.call(ml.batch(UPSERTS))
    assert [item.status for item in result.items] == [201, 201, 201]
    assert ml.quota.imports.held == 1
    await facade.call(ml.batch([*UPSERTS, calls.subscribers.count()]))
    assert ml.quota.imports.held == 1
    assert [request.lane for request in emulator.requests] == ["import", "global"]


async def test_undocumented_answer_to_upserts_is_kept_and_no_error(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("import_batch_answer", route="/batch")
    ml = facade.patient()
    result = await facade.call(ml.batch(UPSERTS))
    assert [(item.status, item.value, item.error) for item in result.items] == [(None, None, None)] * 3
    assert result.items[0].raw == result.raw
    facade.clock.advance(10)
    assert await facade.call(ml.subscribers.count()) == 3


async def test_refused_batch_of_upserts_waits_for_the_import_lane_and_goes_again(
    facade: Facade, emulator: Emulator
) -> None:
    emulator.fault("import_rate_limit", seconds=60)
    ml = facade.patient()
    with pytest.raises(RateLimitError) as caught:
        await facade.call(ml.with_options(max_retries=0).batch(UPSERTS))
    assert (caught.value.lane, caught.value.retry_after) == ("imports", 60)
    assert await facade.call(ml.subscribers.count()) == 0
    assert facade.clock.monotonic() < 1
    result = await facade.call(ml.batch(UPSERTS))
    assert len(result.items) == 3
    assert facade.clock.monotonic() >= 60


async def test_lost_answer_to_a_safe_batch_is_asked_for_again(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "77", "name": "Romance"}], subscribers=["ann@example.com"])
    ml = facade.patient()
    await facade.call(ml.groups.assign("ann@example.com", "77"))
    emulator.fault("reset_after_commit", route="/batch")
    result = await facade.call(ml.batch([calls.groups.unassign("ann@example.com", "77"), calls.subscribers.count()]))
    assert [item.error for item in result.items] == [None, None]
    assert len([request for request in emulator.requests if request.route == "/batch"]) == 2


async def test_lost_answer_to_an_unsafe_batch_is_not(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("error_after_commit", route="/batch", status=503)
    ml = facade.patient()
    with pytest.raises(Exception, match="503") as caught:
        await facade.call(ml.batch([calls.groups.create("Romance"), calls.subscribers.count()]))
    assert getattr(caught.value, "attempts", None) == 1
    assert [group.name for group in await facade.collect(ml.groups.iter())] == ["Romance"]
