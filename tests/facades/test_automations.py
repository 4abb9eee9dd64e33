"""Automations, through both clients: what reaches the wire and what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from mailerlite_async import NotFoundError, ValidationError
from mailerlite_async.models import Automation, AutomationRun
from mailerlite_async.testing import Emulator
from tests.facades.test_fields import sent
from tests.support.facade import Facade
from tests.support.samples import action_step, automation, condition_step, run


@pytest.fixture(autouse=True)
def _seeded(emulator: Emulator) -> None:
    recorded = automation()
    runs = [{**run(), "id": str(number)} for number in range(100, 160)]
    emulator.seed(automations=[{**recorded, "enabled": True, "activity": runs}, "Other"])


ID = "112078014094771336"


async def test_list_and_iter(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(
        ml.automations.list(enabled=True, name="welcome", group=100093655191127682, limit=5, page=1)
    )
    assert sent(emulator)[2] == {
        "filter[enabled]": "true",
        "filter[name]": "welcome",
        "filter[group]": "100093655191127682",
        "limit": "5",
        "page": "1",
    }
    assert [(type(each), each.id) for each in page.items] == [(Automation, ID)]
    assert page.meta["aggregations"]["all"] == 2
    assert [each.name for each in await facade.collect(ml.automations.iter(enabled=False))] == ["Other"]
    assert sent(emulator)[2] == {"filter[enabled]": "false", "limit": "10"}


async def test_steps_of_every_type(facade: Facade) -> None:
    ml = facade.patient()
    found = await facade.call(ml.automations.get(ID))
    email, condition, action = found.steps
    assert (email.from_, email.email.from_) == ("person1@example.com", "person1@example.com")
    assert email.email.stats.open_rate.float == 0
    assert email.created_at == datetime(2024, 2, 2, 14, 58, 44, tzinfo=UTC)
    assert email.language_id == 4
    assert (condition.from_, condition.yes_step_id) == (None, condition_step()["yes_step_id"])
    assert (condition.conditions[0].action, condition.conditions[0].field.name) == ("contains", "City")
    assert (action.value, action.field.key, action.parent_id) == ("Vilnius", "city", action_step()["parent_id"])
    assert (found.trigger_data.valid, found.triggers[0].groups[0].name) == (True, "Grupa 1")


async def test_create_and_delete(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    draft = await facade.call(ml.automations.create("Draft"))
    assert sent(emulator) == ("POST", "/api/automations", {}, {"name": "Draft"})
    assert (draft.enabled, draft.steps, draft.triggers, draft.complete, draft.stats.sent) == (False, (), (), None, None)
    assert await facade.call(ml.automations.delete(draft.id)) is None
    with pytest.raises(NotFoundError):
        await facade.call(ml.automations.get(draft.id))
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.automations.create("x" * 256))
    assert caught.value.attempts == 0


async def test_activity(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    page = await facade.call(
        ml.automations.activity(
            ID, "completed", date_from=date(2022, 8, 1), date_to=date(2022, 8, 31), search="ann", limit=2, page=3
        )
    )
    assert sent(emulator)[2] == {
        "filter[status]": "completed",
        "filter[date_from]": "2022-08-01",
        "filter[date_to]": "2022-08-31",
        "filter[search]": "ann",
        "limit": "2",
        "page": "3",
    }
    found = page.items[0]
    assert (type(found), found.status, found.subscriber.email) == (AutomationRun, "Completed", "ann@example.com")
    assert [each.step_id for each in found.step_runs] == ["63060773780325602", "61226379035805534"]
    assert found.step_runs[0].scheduled_for == datetime(2022, 8, 10, 14, 12, 11, tzinfo=UTC)
    assert (found.current_step.from_, found.next_step.type) == ("bob@example.com", "condition")


async def test_iter_activity(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    assert len(await facade.collect(ml.automations.iter_activity(ID, "completed"))) == 60
    assert [dict(each.query) for each in emulator.requests] == [
        {"filter[status]": "completed", "limit": "50"},
        {"filter[status]": "completed", "limit": "50", "page": "2"},
    ]


async def test_aware_datetime_stands_for_its_day_in_utc(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    late = datetime(2025, 1, 1, 23, 0, tzinfo=timezone(timedelta(hours=-5)))
    await facade.call(ml.automations.activity(ID, "active", scheduled_from=late, scheduled_to=date(2025, 1, 3)))
    assert sent(emulator)[2] == {
        "filter[status]": "active",
        "filter[scheduled_from]": "2025-01-02",
        "filter[scheduled_to]": "2025-01-03",
    }


@pytest.mark.parametrize(
    ("status", "options", "argument"),
    [
        ("Completed", {}, "status"),
        ("", {}, "status"),
        ("active", {"date_from": date(2025, 1, 1)}, "date_from"),
        ("failed", {"scheduled_to": date(2025, 1, 1)}, "scheduled_to"),
    ],
)
async def test_limits_are_checked_before_sending(
    facade: Facade, emulator: Emulator, status: str, options: dict[str, Any], argument: str
) -> None:
    ml = facade.patient()
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.automations.activity(ID, status, **options))
    assert (caught.value.attempts, list(caught.value.errors)) == (0, [argument])
    assert emulator.requests == []


async def test_types_are_checked_before_sending(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    naive = datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match=r"^date_to must be"):
        await facade.call(ml.automations.activity(ID, "failed", date_to=naive))
    with pytest.raises(TypeError, match=r"^date_from must be a date"):
        await facade.call(ml.automations.activity(ID, "failed", date_from="2025-01-01"))
    with pytest.raises(TypeError, match=r"^enabled must be"):
        await facade.call(ml.automations.list(enabled="true"))
    with pytest.raises(ValueError, match=r"^group must be an id"):
        await facade.call(ml.automations.list(group="Readers"))
    assert emulator.requests == []
