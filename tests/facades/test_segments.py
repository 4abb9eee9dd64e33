"""Segments, through both clients: what reaches the wire and what comes back."""

from __future__ import annotations

import pytest

from mailerlite_async import NotFoundError, ValidationError
from mailerlite_async.models import Segment, Subscriber
from mailerlite_async.testing import Emulator
from tests.facades.test_fields import sent
from tests.support.facade import Facade

PEOPLE = [f"user{number}@example.com" for number in range(5)]


@pytest.fixture(autouse=True)
def _seeded(emulator: Emulator) -> None:
    emulator.seed(subscribers=PEOPLE, segments=[{"id": "77", "name": "Loyal", "subscribers": PEOPLE}, "Other"])


async def test_list_and_iter(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(ml.segments.list(limit=1, page=2))
    assert sent(emulator) == ("GET", "/api/segments", {"limit": "1", "page": "2"}, None)
    assert [(type(each), each.name, each.automations_using_segment_count) for each in page.items] == [
        (Segment, "Other", 0)
    ]
    assert [each.name for each in await facade.collect(ml.segments.iter())] == ["Loyal", "Other"]
    assert sent(emulator)[2] == {"limit": "250"}


async def test_get_update_delete(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    segment = await facade.call(ml.segments.get(77))
    assert (segment.id, segment.total, segment.automations_using_segment_count) == ("77", 5, None)
    renamed = await facade.call(ml.segments.update("77", "Faithful"))
    assert sent(emulator) == ("PUT", "/api/segments/77", {}, {"name": "Faithful"})
    assert renamed.name == "Faithful"
    assert await facade.call(ml.segments.delete("77")) is None
    with pytest.raises(NotFoundError):
        await facade.call(ml.segments.get("77"))


async def test_walk_of_members_stops_at_the_empty_page(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    people = await facade.collect(ml.segments.iter_subscribers("77", status="active", page_size=2))
    assert [person.email for person in people] == PEOPLE[::-1]
    assert isinstance(people[0], Subscriber)
    assert people[0].groups == ()
    walked = [dict(each.query) for each in emulator.requests]
    # Three pages with members, and the empty one that ends it.
    assert len(walked) == 4
    assert all(query["limit"] == "2" and query["filter[status]"] == "active" for query in walked)
    assert len({query.get("cursor") for query in walked}) == 4


async def test_members_after_one(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(ml.segments.subscribers("77", limit=3))
    rest = await facade.call(ml.segments.subscribers("77", after=page.items[-1].id))
    assert sent(emulator)[2] == {"after": page.items[-1].id}
    assert [person.email for person in rest.items] == PEOPLE[1::-1]
    following = await facade.call(ml.segments.subscribers("77", cursor=page.next_cursor))
    assert following.items == rest.items


@pytest.mark.parametrize("name", ["", "x" * 256])
async def test_name_is_checked_before_sending(facade: Facade, emulator: Emulator, name: str) -> None:
    ml = facade.patient()
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.segments.update("77", name))
    assert (caught.value.attempts, list(caught.value.errors)) == (0, ["name"])
    assert emulator.requests == []
