"""Forms, through both clients: what reaches the wire and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mailerlite_async import NotFoundError, ValidationError
from mailerlite_async.models import Form
from mailerlite_async.testing import Emulator
from tests.facades.test_fields import sent
from tests.support.facade import Facade

PEOPLE = ["ann@example.com", "bob@example.com", "cas@example.com"]


@pytest.fixture(autouse=True)
def _seeded(emulator: Emulator) -> None:
    registered = "2025-02-03T11:48:01.000000Z"
    emulator.seed(
        subscribers=PEOPLE,
        groups=["Readers"],
        forms=[
            {
                "id": "31",
                "name": "Beta",
                "subscribers": PEOPLE,
                "groups": ["Readers"],
                "last_registration_at": registered,
            },
            {"id": "33", "name": "In page", "type": "embedded"},
        ],
    )


async def test_list_and_iter(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(ml.forms.list("popup", name="bet", sort="-visitors", limit=5, page=1))
    assert sent(emulator) == (
        "GET",
        "/api/forms/popup",
        {"filter[name]": "bet", "sort": "-visitors", "limit": "5", "page": "1"},
        None,
    )
    assert [(type(each), each.name) for each in page.items] == [(Form, "Beta")]
    assert page.meta["aggregations"] == {"popup": 1, "embedded": 1, "promotion": 0}
    assert [each.id for each in await facade.collect(ml.forms.iter("embedded"))] == ["33"]
    assert sent(emulator)[1:3] == ("/api/forms/embedded", {"limit": "25"})


async def test_get_update_delete(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    form = await facade.call(ml.forms.get(31))
    assert form.last_registration_at == datetime(2025, 2, 3, 11, 48, 1, tzinfo=UTC)
    assert (form.groups[0].name, form.settings, form.can) == ("Readers", {"double_optin": True}, {"update": True})
    renamed = await facade.call(ml.forms.update("31", "Gamma"))
    assert sent(emulator) == ("PUT", "/api/forms/31", {}, {"name": "Gamma"})
    assert renamed.name == "Gamma"
    assert await facade.call(ml.forms.delete("31")) is None
    with pytest.raises(NotFoundError):
        await facade.call(ml.forms.get("31"))


async def test_subscribers(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(ml.forms.subscribers("31", status="active", limit=2))
    assert sent(emulator)[1:3] == ("/api/forms/31/subscribers", {"filter[status]": "active", "limit": "2"})
    assert [each.groups for each in page.items] == [None, None]
    people = await facade.collect(ml.forms.iter_subscribers("31", page_size=2))
    assert [each.email for each in people] == PEOPLE[::-1]
    assert len(emulator.requests) == 3


async def test_limits_are_checked_before_sending(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: ml.forms.list("banner"), "type"),
        (lambda: ml.forms.list("../groups"), "type"),
        (lambda: ml.forms.list("popup", sort="colour"), "sort"),
        (lambda: ml.forms.update("31", ""), "name"),
        (lambda: ml.forms.update("31", "x" * 256), "name"),
    ]
    for refused, argument in cases:
        with pytest.raises(ValidationError) as caught:
            await facade.call(refused())
        assert (caught.value.attempts, list(caught.value.errors)) == (0, [argument])
    with pytest.raises(ValueError, match=r"^form_id must be an id"):
        await facade.call(ml.forms.get("popup"))
    assert emulator.requests == []
