"""Every endpoint of the API's table has a builder, a method of both clients and a route of the emulator, all reached.

`endpoints.json` is the table of the API's reference: `ok` are the statuses of a success, empty where they are not
established, and `retry` says whether the call may be repeated blindly.
"""

from __future__ import annotations

import inspect
import json
import re
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite
from mailerlite_async._async.pager import AsyncPager
from mailerlite_async._sync.pager import Pager
from mailerlite_async.testing import Emulator, LoggedRequest, VirtualClock
from mailerlite_async.testing._route_table import ROUTES
from tests.coverage.account import STEPS, furnish, seed
from tests.support.facade import Facade
from tools import generate_coverage


class Endpoint(NamedTuple):
    """A row of the API's table."""

    method: str
    path: str
    ok: list[int]
    page: str
    lane: str
    retry: str
    documented: bool

    @property
    def key(self) -> tuple[str, str]:
        return key(self.method, self.path)


def key(method: str, path: str) -> tuple[str, str]:
    """What two spellings of an endpoint have in common; of `{type}` and `{id}` of forms the name matters."""
    return method, re.sub(r"\{(?!type\})[^}]*\}", "{}", path)


ENDPOINTS = [
    Endpoint(**row) for row in json.loads((Path(__file__).parent / "endpoints.json").read_text(encoding="utf-8"))
]
NOT_OFFERED = {key(*endpoint): reason for endpoint, reason in generate_coverage.NOT_OFFERED.items()}
OFFERED = [endpoint for endpoint in ENDPOINTS if endpoint.key not in NOT_OFFERED]
BUILDERS = {key(row.method, row.path): row for row in generate_coverage.table()}

# Other spellings of calls that are made otherwise: documents and clients differ in the verb, and the emulator takes both.
OTHER_VERBS = {
    key("GET", "/campaigns/{id}/reports/subscriber-activity"),
    key("PUT", "/ecommerce/shops/{s}/categories/{c}/products/{p}"),
}


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def asked(request: LoggedRequest) -> tuple[str, str]:
    """The endpoint that a request reached."""
    route = re.sub(r"^/forms/(popup|embedded|promotion)$", "/forms/{type}", str(request.route))
    return key(request.method, route + "?limit=0" * (dict(request.query).get("limit") == "0"))


def pager_of(name: str) -> str:
    resource, _, method = name.rpartition(".")
    return f"{resource}.iter" if method == "list" else f"{resource}.iter_{method}"


# -- the tables agree --------------------------------------------------------------------------------------------------


def test_no_endpoint_is_missing_or_there_twice() -> None:
    assert len(ENDPOINTS) == len({endpoint.key for endpoint in ENDPOINTS}) == 109
    assert NOT_OFFERED.keys() <= {endpoint.key for endpoint in ENDPOINTS}
    assert len(BUILDERS) == len(list(generate_coverage.builders()))


def test_builders_have_the_endpoints_that_are_offered_and_no_others() -> None:
    assert BUILDERS.keys() == {endpoint.key for endpoint in OFFERED}
    assert STEPS.keys() == {row.name for row in BUILDERS.values()}


def test_emulator_has_these_endpoints_and_no_others() -> None:
    routes = {key(route.method, re.sub(r"^/forms/[a-z]+$", "/forms/{type}", route.template)) for route in ROUTES}
    assert routes - OTHER_VERBS == {(method, path.partition("?")[0]) for method, path in BUILDERS}
    assert routes >= OTHER_VERBS


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each not in OFFERED], ids=name_of)
def test_endpoint_that_is_not_offered_has_a_reason(endpoint: Endpoint) -> None:
    assert NOT_OFFERED[endpoint.key]
    assert endpoint.key not in BUILDERS


@pytest.mark.parametrize("endpoint", OFFERED, ids=name_of)
def test_builder_says_what_the_table_says(endpoint: Endpoint) -> None:
    row = BUILDERS[endpoint.key]
    pages = {"-": "none"}.get(row.pages, row.pages)
    assert (row.method, row.lane, row.repeated, pages) == (
        endpoint.method,
        endpoint.lane,
        endpoint.retry,
        endpoint.page,
    )
    assert row.emulated
    assert (row.note == "") == endpoint.documented


# -- every endpoint is reached -----------------------------------------------------------------------------------------


async def requests_of(
    endpoint: Endpoint, name: str, facade: Facade, emulator: Emulator, clock: VirtualClock
) -> list[LoggedRequest]:
    """The requests that a method makes in an account with one of everything."""
    world = seed(emulator)
    ml = facade.patient()
    assert isinstance(ml, AsyncMailerLite if facade.is_async else MailerLite)
    await furnish(world, endpoint.path.split("/")[1], facade, ml, clock)
    before = len(emulator.requests)
    positional, named = STEPS[BUILDERS[endpoint.key].name](world)
    result = attrgetter(name)(ml)(*positional, **named)
    if isinstance(result, AsyncPager | Pager):
        await facade.collect(result)
    else:
        assert inspect.isawaitable(result) == facade.is_async
        await facade.call(result)
    return emulator.requests[before:]


def assert_reached(endpoint: Endpoint, request: LoggedRequest) -> None:
    assert asked(request) == endpoint.key
    assert request.status is not None
    assert request.status in endpoint.ok if endpoint.ok else 200 <= request.status < 300
    assert endpoint.lane in (request.lane, generate_coverage.AS_ITS_CALLS)


@pytest.mark.parametrize("endpoint", OFFERED, ids=name_of)
async def test_method_reaches_its_endpoint(
    facade: Facade, emulator: Emulator, clock: VirtualClock, endpoint: Endpoint
) -> None:
    (request,) = await requests_of(endpoint, BUILDERS[endpoint.key].name, facade, emulator, clock)
    assert_reached(endpoint, request)


@pytest.mark.parametrize("endpoint", [each for each in OFFERED if each.page != "none"], ids=name_of)
async def test_pager_reaches_its_endpoint(
    facade: Facade, emulator: Emulator, clock: VirtualClock, endpoint: Endpoint
) -> None:
    requests = await requests_of(endpoint, pager_of(BUILDERS[endpoint.key].name), facade, emulator, clock)
    assert requests
    for request in requests:
        assert_reached(endpoint, request)
