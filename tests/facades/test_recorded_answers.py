"""Every recorded answer of the real service, given to both clients: each becomes a value or an error of its class."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from mailerlite_async import APIError, AuthenticationError, Call, NotFoundError, calls
from mailerlite_async._codec import Data, Nothing
from mailerlite_async.models import Campaign, Subscriber
from tests.support.facade import Facade
from tests.support.recorded import FOLDER, WRONG_PATH, Exchange, call_for, recordings

RECORDINGS = recordings()
BATCH = "batches-request-0"
ERRORS: dict[int, type[APIError]] = {401: AuthenticationError, 404: NotFoundError}


def asked(recorded: Exchange) -> Call[Any]:
    """The call that the recording answers, made by hand where no builder makes one like it."""
    if recorded.name == WRONG_PATH:
        return Call("POST", recorded.path, Nothing(), json=recorded.sent, repeatable=False)
    if recorded.name == BATCH:
        # The client that was recorded took `list` for an id, which no builder here accepts.
        inner: list[Call[Any]] = [
            Call("GET", "/subscribers/list", Data(Subscriber), repeatable=True),
            Call("GET", "/campaigns/list", Data(Campaign), repeatable=True),
        ]
        return calls.batch(inner)
    return call_for(recorded)


def replay(recorded: Exchange, seen: list[httpx.Request]) -> httpx.MockTransport:
    """A transport that answers everything with the recording."""

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(recorded.status, headers=recorded.headers, content=recorded.content)

    return httpx.MockTransport(answer)


def test_all_are_there() -> None:
    assert len(RECORDINGS) == 64
    assert len(list(FOLDER.glob("*.json"))) == 48
    assert Counter(each.status for each in RECORDINGS) == {200: 39, 201: 8, 204: 10, 404: 6, 401: 1}


@pytest.mark.parametrize("recorded", [each for each in RECORDINGS if each.status < 300], ids=lambda each: each.name)
async def test_success_becomes_a_value(facade: Facade, recorded: Exchange) -> None:
    seen: list[httpx.Request] = []
    ml = facade.open(transport=replay(recorded, seen))
    value = (await facade.call(ml.execute(asked(recorded)))).value
    assert (value is None) == (recorded.body is None)
    assert [(each.method, each.url.path) for each in seen] == [(recorded.method, f"/api{recorded.path}")]


@pytest.mark.parametrize("recorded", [each for each in RECORDINGS if each.status >= 300], ids=lambda each: each.name)
async def test_refusal_becomes_an_error_of_its_class(facade: Facade, recorded: Exchange) -> None:
    seen: list[httpx.Request] = []
    ml = facade.open(transport=replay(recorded, seen))
    with pytest.raises(APIError) as caught:
        await facade.call(ml.execute(asked(recorded)))
    assert type(caught.value) is ERRORS[recorded.status]
    assert caught.value.status == recorded.status
    assert caught.value.message == recorded.body["message"]
    assert len(seen) == 1


async def test_items_of_the_batch_become_errors_of_their_class(facade: Facade) -> None:
    recorded = next(each for each in RECORDINGS if each.name == BATCH)
    ml = facade.open(transport=replay(recorded, []))
    call = asked(recorded)
    assert call.json == recorded.sent
    result = (await facade.call(ml.execute(call))).value
    assert [(item.status, type(item.error)) for item in result.items] == [(404, NotFoundError)] * 2
    assert [item.error.message for item in result.failed] == [
        each["body"]["message"] for each in recorded.body["responses"]
    ]
    assert result.raw == recorded.body
