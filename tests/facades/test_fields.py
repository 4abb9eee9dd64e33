"""Fields, through both clients: what reaches the wire and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import NotFoundError, ValidationError
from mailerlite_async.models import Field
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any]:
    """The last request: method, path, query and body."""
    last = emulator.requests[-1]
    return last.method, last.path, dict(last.query), last.body


async def test_list_sends_its_parameters_and_gives_fields(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(fields=[{"name": "Team size", "type": "number"}])
    ml = facade.patient()
    page = await facade.call(ml.fields.list())
    assert sent(emulator) == ("GET", "/api/fields", {}, None)
    assert [type(field) for field in page.items] == [Field] * 9
    assert page.total == 9
    name = next(field for field in page.items if field.key == "name")
    assert (name.id, name.is_default, name.used_in_automations) == ("1", True, False)
    page = await facade.call(ml.fields.list(keyword="size", type="number", sort="-name", limit=3, page=1))
    assert sent(emulator)[2] == {
        "filter[keyword]": "size",
        "filter[type]": "number",
        "sort": "-name",
        "limit": "3",
        "page": "1",
    }
    assert [(field.name, field.key) for field in page.items] == [("Team size", "team_size")]


async def test_iter_sends_its_parameters(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    assert len(await facade.collect(ml.fields.iter())) == 8
    assert sent(emulator)[2] == {"limit": "100"}
    found = await facade.collect(ml.fields.iter(keyword="name", type="text", sort="type", page_size=1, prefetch=True))
    assert [field.key for field in found] == ["name", "last_name"]
    assert sent(emulator)[2] == {
        "filter[keyword]": "name",
        "filter[type]": "text",
        "sort": "type",
        "limit": "1",
        "page": "2",
    }


async def test_create(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    field = await facade.call(ml.fields.create("Shoe size", "number"))
    assert sent(emulator) == ("POST", "/api/fields", {}, {"name": "Shoe size", "type": "number"})
    assert (field.key, field.type, field.is_default, field.used_in_automations) == ("shoe_size", "number", False, None)
    await facade.call(ml.fields.create("Hobby"))
    assert sent(emulator)[3] == {"name": "Hobby", "type": "text"}


async def test_second_field_of_a_name_is_refused(facade: Facade) -> None:
    ml = facade.patient()
    await facade.call(ml.fields.create("Hobby"))
    with pytest.raises(ValidationError, match=r"^POST /fields: 422 .*Field name must be unique \(name\)$") as caught:
        await facade.call(ml.fields.create("Hobby", type="date"))
    assert caught.value.errors == {"name": ["Field name must be unique"]}


async def test_update_keeps_the_key(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(fields=[{"id": "501", "name": "Hobby"}])
    ml = facade.patient()
    field = await facade.call(ml.fields.update(501, "Pastime"))
    assert sent(emulator) == ("PUT", "/api/fields/501", {}, {"name": "Pastime"})
    assert (field.name, field.key) == ("Pastime", "hobby")
    with pytest.raises(NotFoundError):
        await facade.call(ml.fields.update("999", "x"))


async def test_delete(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(fields=[{"id": "501", "name": "Hobby"}])
    ml = facade.patient()
    assert await facade.call(ml.fields.delete("501")) is None
    assert sent(emulator) == ("DELETE", "/api/fields/501", {}, None)
    with pytest.raises(NotFoundError, match=r"^DELETE /fields/\{id\}: 404 Not Found: No query results"):
        await facade.call(ml.fields.delete("501"))


async def test_subscribers_have_every_field(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(fields=[{"name": "Team size", "type": "number"}])
    ml = facade.patient()
    person = await facade.call(ml.subscribers.upsert("ann@example.com", fields={"team_size": 7}))
    assert len(person.fields) == 9
    assert (person.fields["team_size"], person.fields["name"]) == (7, None)
