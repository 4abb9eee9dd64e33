"""A client that `http_client` makes may do what it is set up for, and takes nothing away from errors and limits."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from mailerlite_async import (
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    RateLimitError,
    RateLimits,
    ValidationError,
)
from mailerlite_async.testing import VirtualClock
from tests.support.facade import Facade
from tests.support.scripted import ScriptedTransport, Step, reply

TOTAL = reply({"total": 1})


def strict(facade: Facade, *script: Step) -> tuple[ScriptedTransport, Any]:
    """A transport, and a factory of clients with the hook that httpx's documentation has as its example."""
    transport = ScriptedTransport(*script)

    async def raise_async(response: httpx.Response) -> None:
        response.raise_for_status()

    def raise_sync(response: httpx.Response) -> None:
        response.raise_for_status()

    def make() -> Any:
        options: dict[str, Any] = {"transport": transport}
        if facade.is_async:
            return httpx.AsyncClient(event_hooks={"response": [raise_async]}, **options)
        return httpx.Client(event_hooks={"response": [raise_sync]}, **options)

    return transport, make


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (422, ValidationError)])
async def test_hook_that_raises_for_a_status_changes_no_error(
    facade: Facade, status: int, error: type[Exception]
) -> None:
    transport, make = strict(facade, reply({"message": "..."}, status))
    with pytest.raises(error):
        await facade.call(facade.patient(http_client=make).groups.create("Readers"))
    assert len(transport.requests) == 1


async def test_hook_that_raises_for_a_429_closes_the_lane(facade: Facade, clock: VirtualClock) -> None:
    transport, make = strict(facade, reply({}, 429, retry_after="30"), TOTAL)
    ml = facade.open(http_client=make)
    assert await facade.call(ml.subscribers.count()) == 1
    assert clock.monotonic() == pytest.approx(30, abs=1)
    assert len(transport.requests) == 2
    _, make = strict(facade, reply({}, 429, retry_after="30"))
    ml = facade.open(http_client=make, max_wait=5)
    with pytest.raises(RateLimitError) as caught:
        await facade.call(ml.groups.create("Readers"))
    assert (caught.value.attempts, ml.quota.requests.available) == (1, 0)


async def test_answer_that_breaks_the_protocol_sends_no_unsafe_call_again(facade: Facade) -> None:
    transport = ScriptedTransport(httpx.LocalProtocolError("as httpcore has it of HTTP/2"))
    with pytest.raises(ConnectionFailedError) as caught:
        await facade.call(facade.patient(transport=transport).groups.create("Readers"))
    assert (caught.value.maybe_received, len(transport.requests)) == (True, 1)


async def test_factory_that_makes_something_else_is_named_before_anything_is_sent(facade: Facade) -> None:
    transport = ScriptedTransport(TOTAL)
    other: Any = httpx.Client if facade.is_async else httpx.AsyncClient
    kind = "httpx.AsyncClient" if facade.is_async else "httpx.Client"

    async def later() -> Any:
        return httpx.AsyncClient(transport=transport)

    for factory, words in (
        (lambda: other(transport=transport), f"what http_client makes must be an {kind}, not {other.__name__}"),
        (later, f"what http_client makes must be an {kind}, not coroutine"),
        (lambda: None, "http_client must return the client that it makes"),
    ):
        ml = facade.open(http_client=factory, limits=RateLimits(requests=1))
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=words):
                await facade.call(ml.subscribers.count())
        assert ml.quota.requests.available == 1
    assert transport.requests == []


async def test_httpx_logs_no_address_and_breaks_no_call(facade: Facade, caplog: pytest.LogCaptureFixture) -> None:
    ml = facade.patient()
    with caplog.at_level(logging.INFO, logger="httpx"):
        await facade.call(ml.subscribers.list(email="a&secretive@example.com"))
        await facade.call(ml.groups.list(name="M\u00fcller & Co. @ secretive"))
        await facade.call(ml.fields.list(keyword="a\n&secretive@c"))
        await facade.call(ml.groups.list(name="Romance", limit=5))
        with pytest.raises(NotFoundError):
            await facade.call(ml.subscribers.get("secretive@example.com"))
    lines = [record.getMessage().split('"')[0] for record in caplog.records]
    base = "HTTP Request: GET https://connect.mailerlite.com/api"
    assert lines == [
        f"{base}/subscribers?filter%5Bemail%5D=<address> ",
        f"{base}/groups?filter%5Bname%5D=<address> ",
        f"{base}/fields?filter%5Bkeyword%5D=<address> ",
        f"{base}/groups?filter%5Bname%5D=Romance&limit=5 ",
        f"{base}/subscribers/<address> ",
    ]
