"""What the guide to basic integrations promises, request by request as it prints them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async import NotFoundError, calls
from mailerlite_async.models import Group, Rate
from mailerlite_async.testing import Emulator
from tests.seeds.samples import SAMPLES
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

JOHN = "john@example.com"
TRUE_CRIME, ROMANCE = "4243829086487936", "14133878422767533"
ID = "31897397363737859"


@pytest.fixture
def ml(facade: Facade, emulator: Emulator) -> Any:
    """A client of the book club's account: two groups, and John in one of them."""
    emulator.seed(
        groups=[{"id": TRUE_CRIME, "name": "True crime"}, {"id": ROMANCE, "name": "Romance"}],
        subscribers=[{"id": ID, "email": JOHN, "groups": [ROMANCE], "fields": {"name": "John"}}],
    )
    return facade.patient()


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any, int | None]:
    """The last request, and the status of its answer."""
    last = emulator.requests[-1]
    return last.method, last.path, dict(last.query), last.body, last.status


async def groups_of(facade: Facade, ml: Any) -> list[str]:
    return [group.name for group in (await facade.call(ml.subscribers.get(ID))).groups]


# -- signing up --------------------------------------------------------------------------------------------------------


async def test_sign_up_is_the_request_of_the_guide(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    person = await facade.call(ml.subscribers.upsert(JOHN, fields={"name": "John", "last_name": "Wick"}))
    body = {"email": JOHN, "fields": {"name": "John", "last_name": "Wick"}}
    assert sent(emulator) == ("POST", "/api/subscribers", {}, body, 201)
    shown = SAMPLES["guide-upsert"]["data"]
    assert {key: getattr(person, key) for key in ("email", "status", "source")} == {
        key: shown[key] for key in ("email", "status", "source")
    }
    assert person.fields == shown["fields"]
    assert (person.groups, person.sent, person.opted_in_at) == ((), 0, None)


async def test_somebody_who_exists_is_updated_with_the_newest_values(
    facade: Facade, emulator: Emulator, ml: Any
) -> None:
    person = await facade.call(ml.subscribers.upsert(JOHN, fields={"name": "Johnny", "last_name": "Wick"}))
    assert (person.id, person.fields["name"], person.fields["last_name"]) == (ID, "Johnny", "Wick")
    assert emulator.requests[-1].status == 200
    assert await facade.call(ml.subscribers.count()) == 1


async def test_interests_go_along_as_groups(facade: Facade, emulator: Emulator, ml: Any) -> None:
    person = await facade.call(
        ml.subscribers.upsert(JOHN, fields={"name": "John", "last_name": "Wick"}, groups=[TRUE_CRIME, ROMANCE])
    )
    assert sent(emulator)[3] == {
        "email": JOHN,
        "fields": {"name": "John", "last_name": "Wick"},
        "groups": [TRUE_CRIME, ROMANCE],
    }
    assert {group.id for group in person.groups} == {TRUE_CRIME, ROMANCE}


async def test_stored_id_is_enough_for_every_further_call(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": ROMANCE, "name": "Romance"}])
    ml = facade.patient()
    stored = (await facade.call(ml.subscribers.upsert(JOHN))).id
    await facade.call(ml.groups.assign(stored, ROMANCE))
    await facade.call(ml.groups.unassign(stored, ROMANCE))
    await facade.call(ml.subscribers.update(stored, fields={"name": "John"}))
    assert (await facade.call(ml.subscribers.get(stored))).fields["name"] == "John"
    await facade.call(ml.subscribers.delete(stored))
    assert [request.status for request in emulator.requests] == [201, 200, 204, 200, 200, 204]


# -- groups ------------------------------------------------------------------------------------------------------------


async def test_groups_are_found_by_name(facade: Facade, emulator: Emulator, ml: Any) -> None:
    page = await facade.call(ml.groups.list(name="Romance"))
    assert sent(emulator) == ("GET", "/api/groups", {"filter[name]": "Romance"}, None, 200)
    assert [group.id for group in page.items] == [ROMANCE]
    assert (await facade.call(ml.groups.find("Romance"))).id == ROMANCE


async def test_the_answer_of_the_guide_is_a_group_with_its_counts(facade: Facade) -> None:
    # It has no `links`, unlike those of the reference.
    ml = facade.patient(transport=ScriptedTransport(reply(SAMPLES["guide-groups"])))
    page = await facade.call(ml.groups.list(name="Romance"))
    (group,) = page.items
    assert type(group) is Group
    assert (group.id, group.active_count, group.sent_count, group.opens_count) == (ROMANCE, 256, 124, 62)
    assert (group.open_rate, group.click_rate) == (Rate(0.5, "50%"), Rate(0.5, "50%"))
    assert (page.total, page.next, page.links) == (1, None, {})


async def test_unchecked_box_takes_out_of_the_group(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert await facade.call(ml.groups.unassign(ID, ROMANCE)) is None
    assert sent(emulator) == ("DELETE", f"/api/subscribers/{ID}/groups/{ROMANCE}", {}, None, 204)
    assert await groups_of(facade, ml) == []


async def test_address_will_do_in_a_pinch(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert await facade.call(ml.groups.unassign(JOHN, ROMANCE)) is None
    assert sent(emulator) == ("DELETE", f"/api/subscribers/{JOHN}/groups/{ROMANCE}", {}, None, 204)
    await facade.call(ml.groups.assign(JOHN, TRUE_CRIME))
    assert await groups_of(facade, ml) == ["True crime"]


async def test_address_that_was_changed_elsewhere_finds_nobody_and_the_id_still_does(
    facade: Facade, emulator: Emulator, ml: Any
) -> None:
    await facade.call(ml.subscribers.update(ID, email="john.wick@example.com"))
    with pytest.raises(NotFoundError):
        await facade.call(ml.groups.unassign(JOHN, ROMANCE))
    await facade.call(ml.groups.unassign(ID, ROMANCE))
    assert await groups_of(facade, ml) == []


async def test_checked_box_puts_into_the_group(facade: Facade, emulator: Emulator, ml: Any) -> None:
    group = await facade.call(ml.groups.assign(ID, TRUE_CRIME))
    # The guide shows 204 here, the reference 200 or 201 with the group. Recordings have 200 with the group.
    assert sent(emulator) == ("POST", f"/api/subscribers/{ID}/groups/{TRUE_CRIME}", {}, None, 200)
    assert (type(group), group.id, group.name) == (Group, TRUE_CRIME, "True crime")
    assert sorted(await groups_of(facade, ml)) == ["Romance", "True crime"]


async def test_checked_box_may_be_answered_as_the_guide_says(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(httpx.Response(204)))
    response = await facade.call(ml.execute(calls.groups.assign(ID, TRUE_CRIME)))
    assert (response.status, response.value) == (204, None)  # there is no group in such an answer


# -- leaving -----------------------------------------------------------------------------------------------------------


async def test_deleted_profile_is_removed_from_all_lists(facade: Facade, emulator: Emulator, ml: Any) -> None:
    assert await facade.call(ml.subscribers.delete(ID)) is None
    # The guide shows 200 here, the reference 204. Recordings have 204.
    assert sent(emulator) == ("DELETE", f"/api/subscribers/{ID}", {}, None, 204)
    assert await facade.collect(ml.subscribers.iter()) == []
    assert await facade.collect(ml.groups.iter_subscribers(ROMANCE)) == []


@pytest.mark.parametrize("answer", [reply(None, 200), reply({}, 200), reply(None, 204)], ids=["null", "object", "204"])
async def test_deletion_may_be_answered_as_the_guide_or_as_the_reference_says(facade: Facade, answer: Any) -> None:
    ml = facade.patient(transport=ScriptedTransport(answer))
    assert await facade.call(ml.subscribers.delete(ID)) is None
