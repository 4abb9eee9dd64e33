"""Names to ids: `find` and `get_or_create`, also when somebody else does the same at the same moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mailerlite_async import AsyncMailerLite, ConnectionFailedError, MailerLite, RateLimits, ServerError, calls
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade


def group_names(emulator: Emulator) -> list[str]:
    """The names of all groups, the oldest first."""
    with MailerLite("key", transport=emulator.transport()) as ml:
        return [group.name for group in ml.groups.iter()]


async def test_find_takes_the_whole_name_only(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=["Romance novels", "romance", {"id": "77", "name": "Romance"}, "True Romance"])
    ml = facade.open()
    assert (await facade.call(ml.groups.find("Romance"))).id == "77"
    assert await facade.call(ml.groups.find("Roman")) is None


async def test_find_looks_on_every_page(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[f"Club {number}" for number in range(600)])
    ml = facade.open()
    found = await facade.call(ml.groups.find("Club 599"))
    assert found.name == "Club 599"
    assert (await facade.call(ml.groups.find("Club"))) is None
    asked = [dict(request.query) for request in emulator.requests]
    assert [each.get("page") for each in asked[1:]] == [None, "2", "3"]
    assert {each["filter[name]"] for each in asked[1:]} == {"Club"}


async def test_of_several_groups_of_one_name_the_oldest_is_found(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "90", "name": "Club"}, {"id": "9", "name": "Club"}])
    assert (await facade.call(facade.open().groups.find("Club"))).id == "9"


async def test_fields_are_found_by_key_and_by_name(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(fields=[{"name": "Favourite book", "type": "text"}])
    ml = facade.open()
    assert (await facade.call(ml.fields.find("favourite_book"))).name == "Favourite book"
    assert (await facade.call(ml.fields.find("Favourite book"))).key == "favourite_book"
    assert (await facade.call(ml.fields.find("z_i_p"))).name == "Zip"
    assert await facade.call(ml.fields.find("Favourite")) is None


async def test_a_finding_is_kept_for_as_long_as_asked(facade: Facade, emulator: Emulator, clock: VirtualClock) -> None:
    emulator.seed(groups=["Romance"])
    ml = facade.open()
    first = await facade.call(ml.groups.find("Romance", max_age=60))
    for seconds, calls_made in ((30.0, 1), (29.9, 1), (0.2, 2)):
        clock.advance(seconds)
        assert await facade.call(ml.groups.find("Romance", max_age=60)) == first
        assert len(emulator.requests) == calls_made
    assert await facade.call(ml.groups.find("Romance")) == first  # not asked for: the API is
    assert len(emulator.requests) == 3
    view = ml.with_options(timeout=5)
    assert await facade.call(view.groups.find("Romance", max_age=60)) == first  # a view shares what is known
    assert len(emulator.requests) == 3


async def test_that_nothing_was_found_is_not_kept(facade: Facade, emulator: Emulator) -> None:
    ml = facade.open()
    assert await facade.call(ml.groups.find("Romance", max_age=60)) is None
    await facade.call(ml.groups.create("Romance"))
    assert (await facade.call(ml.groups.find("Romance", max_age=60))).name == "Romance"


@pytest.mark.parametrize(("name", "error"), [("", ValueError), (7, TypeError)])
async def test_what_is_no_name_is_refused(
    facade: Facade, emulator: Emulator, name: Any, error: type[Exception]
) -> None:
    ml = facade.open()
    for act in (ml.groups.find, ml.groups.get_or_create, ml.fields.find):
        with pytest.raises(error, match="name"):
            await facade.call(act(name))
    with pytest.raises(ValueError, match="max_age"):
        await facade.call(ml.groups.find("Romance", max_age=-1))
    assert not emulator.requests


async def test_get_or_create_makes_a_group_once(facade: Facade, emulator: Emulator) -> None:
    ml = facade.open()
    made = await facade.call(ml.groups.get_or_create("Romance"))
    assert (await facade.call(ml.groups.get_or_create("Romance"))).id == made.id
    assert group_names(emulator) == ["Romance"]


@pytest.mark.parametrize("kind", ["reset_after_commit", "error_after_commit"])
async def test_a_lost_answer_does_not_make_a_second_group(facade: Facade, emulator: Emulator, kind: str) -> None:
    emulator.fault(kind, method="POST", route="/groups")
    made = await facade.call(facade.open().groups.get_or_create("Romance"))
    assert made.name == "Romance"
    assert group_names(emulator) == ["Romance"]


@pytest.mark.parametrize(("kind", "error"), [("reset", ConnectionFailedError), ("error", ServerError)])
async def test_a_creation_that_failed_says_so(
    facade: Facade, emulator: Emulator, kind: str, error: type[Exception]
) -> None:
    emulator.fault(kind, method="POST", route="/groups")
    with pytest.raises(error):
        await facade.call(facade.open().groups.get_or_create("Romance"))
    assert group_names(emulator) == []


async def test_the_younger_of_two_groups_made_at_once_is_given_up(facade: Facade, emulator: Emulator) -> None:
    """Somebody else makes the group between our looking for it and our making it."""
    ml = facade.open()
    other = MailerLite("other", transport=emulator.transport(), clock=facade.clock)

    made: list[str] = []
    transport = emulator.transport()

    class Racing(type(transport)):  # type: ignore[misc]  # the class of the transport is not public
        def _race(self, request: Any) -> None:
            if request.method == "POST" and request.url.path.endswith("/groups") and not made:
                made.append("")
                made[0] = other.groups.create("Romance").id

        def handle_request(self, request: Any) -> Any:
            self._race(request)
            return transport.handle_request(request)

        async def handle_async_request(self, request: Any) -> Any:
            self._race(request)
            return await transport.handle_async_request(request)

    ml = facade.open(transport=object.__new__(Racing))
    assert (await facade.call(ml.groups.get_or_create("Romance"))).id == made[0]
    assert group_names(emulator) == ["Romance"]


def test_many_racing_callers_agree_on_one_group() -> None:
    clock = VirtualClock()
    emulator = Emulator(requests=100_000, clock=clock)
    emulator.fault("latency", seconds=0.3, times=None)
    limits = RateLimits(requests=100_000)

    async def main() -> set[str]:
        async def caller(number: int) -> str:
            async with AsyncMailerLite("key", transport=emulator.transport(), clock=clock, limits=limits) as ml:
                await asyncio.sleep(0.1 * number)
                return (await ml.groups.get_or_create("Romance")).id

        return set(await asyncio.gather(*(caller(number) for number in range(20))))

    assert len(clock.run(main())) == 1
    emulator.fault("latency", seconds=0.0, times=None)
    assert group_names(emulator) == ["Romance"]


def test_calls_of_the_builders_are_flows() -> None:
    """They can be driven without a client."""
    flow = calls.groups.find("Romance")
    assert next(flow).route == "/groups"  # type: ignore[union-attr]  # the first thing it asks for is a call
