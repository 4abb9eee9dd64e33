"""Every sample answer of the documents: it decodes with no key lost, and the emulator's answers have the same keys."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async import Page, calls
from mailerlite_async.testing import Emulator, VirtualClock
from tests.seeds.documents import CALLS, EMAIL, GROUP_ID, SUBSCRIBER_ID
from tests.seeds.samples import SAMPLES, lost, missing
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, reply

OBJECTS = {
    "guide-upsert": "POST /subscribers",
    "subscribers-upsert": "POST /subscribers",
    "subscribers-update": "PUT /subscribers/{id}",
    "subscribers-get": "GET /subscribers/{id}",
    "subscribers-forget": "POST /subscribers/{id}/forget",
    "imports-get": "GET /subscribers/import/{id}",
    "groups-import-report": "GET /subscribers/import/{id}",
    "groups-create": "POST /groups",
    "groups-update": "PUT /groups/{id}",
    "groups-assign": "POST /subscribers/{id}/groups/{gid}",
}
LISTS = {
    "guide-groups": "GET /groups",
    "groups-list": "GET /groups",
    "subscribers-list": "GET /subscribers",
    "groups-subscribers": "GET /groups/{id}/subscribers",
}
OTHERS = {
    "subscribers-count": "GET /subscribers?limit=0",
    "groups-import": "POST /groups/{id}/import-subscribers",
    "batch": "POST /batch",
}
ERRORS = {name for name in SAMPLES if "error" in name} | {"batch-failed-item"}

# What the documents show and the service does not send, as recorded from it: see the rows of promises.md on them.
NOT_SENT = {
    "subscribers-list": {"$.data[].groups"},
    "subscribers-forget": {
        "$.data.email_changed_at",
        "$.data.fields.zip",
        "$.data.groups[].processing",
        "$.data.groups[].used_in_forms",
        "$.data.groups[].used_in_sites",
    },
    "imports-get": {"$.data.file_path", "$.data.match_route", "$.data.source_label"},
}


def scripted(name: str) -> ScriptedTransport:
    return ScriptedTransport(reply(SAMPLES[name]))


def test_every_sample_is_used() -> None:
    assert OBJECTS.keys() | LISTS.keys() | OTHERS.keys() | ERRORS == SAMPLES.keys()


@pytest.mark.parametrize("name", OBJECTS)
async def test_object_loses_no_key(facade: Facade, name: str) -> None:
    ml = facade.patient(transport=scripted(name))
    value = (await facade.call(ml.execute(CALLS[OBJECTS[name]]))).value
    assert lost(SAMPLES[name]["data"], value) == []


@pytest.mark.parametrize("name", LISTS)
async def test_list_loses_no_key(facade: Facade, name: str) -> None:
    ml = facade.patient(transport=scripted(name))
    page = (await facade.call(ml.execute(CALLS[LISTS[name]]))).value
    assert type(page) is Page
    assert lost(SAMPLES[name]["data"], page.items) == []
    assert (page.links, page.meta) == (SAMPLES[name].get("links", {}), SAMPLES[name]["meta"])


async def test_small_answers_lose_nothing(facade: Facade) -> None:
    assert await facade.call(facade.patient(transport=scripted("subscribers-count")).subscribers.count()) == 100
    job = (
        await facade.call(
            facade.patient(transport=scripted("groups-import")).execute(CALLS["POST /groups/{id}/import-subscribers"])
        )
    ).value
    assert (job.id, job.url) == ("100000000000000000", SAMPLES["groups-import"]["import_progress_url"])


async def test_batch_loses_nothing(facade: Facade) -> None:
    result = await facade.call(facade.patient(transport=scripted("batch")).batch([calls.fields.list()]))
    (item,) = result.items
    assert (item.status, item.error) == (200, None)
    assert lost(SAMPLES["batch"]["responses"][0]["body"]["data"], item.value.items) == []
    assert result.raw == SAMPLES["batch"]


def test_comparison_sees_what_is_lost() -> None:
    sample = {"a": 1, "b": [{"c": None}], "d": "x"}
    assert lost(sample, sample) == []
    assert lost(sample, {"a": 2, "b": [{"c": 0}]}) == ["$.d", "$.a", "$.b[0].c"]
    assert lost(sample, {"a": 1, "b": [], "d": "x"}) == ["$.b"]
    assert missing(sample, {"b": [{}], "d": None}) == {"$.a", "$.b[].c"}


# -- the emulator ------------------------------------------------------------------------------------------------------


def account(emulator: Emulator) -> None:
    """Put into the account what the samples are about: a subscriber in two groups."""
    emulator.seed(
        groups=[{"id": GROUP_ID, "name": "Romance"}, {"id": "4243829086487936", "name": "True crime"}],
        subscribers=[{"id": SUBSCRIBER_ID, "email": EMAIL, "groups": [GROUP_ID]}],
    )


@pytest.mark.parametrize("name", [*OBJECTS, *LISTS, *OTHERS])
async def test_emulator_answers_with_the_keys_of_the_sample(
    facade: Facade, emulator: Emulator, clock: VirtualClock, name: str
) -> None:
    account(emulator)
    seen: list[Any] = []
    ml = facade.patient(transport=Overheard(emulator, seen))
    call = CALLS[{**OBJECTS, **LISTS, **OTHERS}[name]]
    if name == "batch":
        call = calls.batch([calls.fields.list()])
    elif call.route == "/subscribers/import/{id}":
        job = await facade.call(ml.imports.create([{"email": EMAIL}]))
        clock.advance(60)
        call = calls.imports.get(job)
    await facade.call(ml.execute(call))
    assert missing(SAMPLES[name], seen[-1]) == NOT_SENT.get(name, set())


class Overheard(ScriptedTransport):
    """The emulator, with what it answered written down."""

    def __init__(self, emulator: Emulator, seen: list[Any]) -> None:
        transport = emulator.transport()

        def answer(request: Any) -> Any:
            response = transport.handle_request(request)
            response.read()
            seen.append(response.json())
            return response

        super().__init__(answer)
