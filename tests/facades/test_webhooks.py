"""Webhooks, through both clients: what reaches the wire and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import NotFoundError, ServerError, ValidationError
from mailerlite_async.models import Webhook
from mailerlite_async.testing import Emulator
from tests.facades.test_fields import sent
from tests.support.facade import Facade
from tests.support.samples import SAMPLES
from tests.support.scripted import ScriptedTransport, reply

URL = "https://example.com/hook"


async def test_create_sends_what_is_given(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    made = await facade.call(ml.webhooks.create(URL, ["subscriber.created"]))
    assert sent(emulator) == ("POST", "/api/webhooks", {}, {"url": URL, "events": ["subscriber.created"]})
    assert (type(made), made.events, made.enabled, made.batchable) == (Webhook, ("subscriber.created",), True, False)
    assert len(made.secret) == 10
    assert made.secret not in repr(made)
    options: dict[str, Any] = {"name": "Mine", "enabled": False, "batchable": True}
    made = await facade.call(ml.webhooks.create(URL, {"campaign.open"}, **options))
    assert sent(emulator)[3] == {"url": URL, "events": ["campaign.open"], **options}
    assert (made.name, made.enabled, made.batchable) == ("Mine", False, True)


async def test_list_iter_get_update_delete(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    made = await facade.call(ml.webhooks.create(URL, ["subscriber.created"], name="Mine"))
    assert await facade.call(ml.webhooks.get(made.id)) == made
    page = await facade.call(ml.webhooks.list(limit=10, page=1))
    assert sent(emulator)[2] == {"limit": "10", "page": "1"}
    assert page.items == (made,)
    assert await facade.collect(ml.webhooks.iter()) == [made]
    assert sent(emulator)[2] == {"limit": "50"}
    changed = await facade.call(ml.webhooks.update(made.id, enabled=False, name=None))
    assert sent(emulator) == ("PUT", f"/api/webhooks/{made.id}", {}, {"name": None, "enabled": False})
    assert (changed.enabled, changed.name, changed.url, changed.secret) == (False, None, URL, made.secret)
    await facade.call(ml.webhooks.update(made.id, url=f"{URL}/2", events=["campaign.sent"], batchable=True))
    assert sent(emulator)[3] == {"url": f"{URL}/2", "events": ["campaign.sent"], "batchable": True}
    assert await facade.call(ml.webhooks.delete(made.id)) is None
    with pytest.raises(NotFoundError):
        await facade.call(ml.webhooks.get(made.id))


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"events": []}, "events"),
        ({"events": [""]}, "events"),
        ({"url": ""}, "url"),
        ({"events": ["subscriber.deleted"]}, "batchable"),
        ({"events": ["campaign.sent", "campaign.open"], "batchable": False}, "batchable"),
        ({"events": ["campaign.click"]}, "batchable"),
    ],
)
async def test_limits_are_checked_before_sending(
    facade: Facade, emulator: Emulator, options: dict[str, Any], argument: str
) -> None:
    ml = facade.patient()
    refused = [ml.webhooks.create]
    if argument != "batchable" or "batchable" in options:
        refused.append(lambda **changes: ml.webhooks.update("5", **changes))
    for method in refused:
        with pytest.raises(ValidationError) as caught:
            await facade.call(method(**{"url": URL, "events": ["subscriber.created"], **options}))
        assert (caught.value.attempts, caught.value.status, list(caught.value.errors)) == (0, None, [argument])
    assert emulator.requests == []


async def test_event_that_this_package_does_not_know_is_for_the_api_to_judge(facade: Facade) -> None:
    ml = facade.patient()
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.webhooks.create(URL, ["subscriber.cloned"]))
    assert (caught.value.status, list(caught.value.errors)) == (422, ["events.0"])
    transport = ScriptedTransport(reply({"data": {**SAMPLES["webhook"].body["data"], "events": ["subscriber.cloned"]}}))
    made = await facade.call(facade.patient(transport=transport).webhooks.create(URL, ["subscriber.cloned"]))
    assert made.events == ("subscriber.cloned",)


async def test_update_leaves_open_whether_the_webhook_is_batchable(facade: Facade) -> None:
    ml = facade.patient()
    made = await facade.call(ml.webhooks.create(URL, ["campaign.sent"], batchable=True))
    assert (await facade.call(ml.webhooks.update(made.id, events=["campaign.click"]))).events == ("campaign.click",)


@pytest.mark.parametrize(
    "options",
    [{"events": "subscriber.created"}, {"events": 5}, {"url": 5}, {"name": 5}, {"enabled": "yes"}, {"batchable": None}],
)
async def test_types_are_checked_before_sending(facade: Facade, emulator: Emulator, options: dict[str, Any]) -> None:
    ml = facade.patient()
    with pytest.raises(TypeError, match=f"^{next(iter(options))} must be"):
        await facade.call(ml.webhooks.create(**{"url": URL, "events": ["subscriber.created"], **options}))
    assert emulator.requests == []


async def test_creation_is_not_repeated_blindly(facade: Facade, emulator: Emulator) -> None:
    emulator.fault("error_after_commit", status=502)
    ml = facade.patient()
    with pytest.raises(ServerError):
        await facade.call(ml.webhooks.create(URL, ["subscriber.created"]))
    assert len(emulator.requests) == 1
    emulator.fault("error", status=502)
    assert len(await facade.collect(ml.webhooks.iter())) == 1
