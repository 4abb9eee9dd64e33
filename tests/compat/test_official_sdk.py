"""The official SDK pointed at the emulator: each of its methods works, or fails for a defect of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mailerlite_async import MailerLite
from mailerlite_async.testing import Emulator, VirtualClock
from tests.compat.account import ANN, BOB, HASH, LOYAL, READERS, Broken, Known, Working, furnish
from tests.compat.audience_methods import AUDIENCE
from tests.compat.defects import BROKEN, INTEGERS_ONLY
from tests.compat.other_methods import OTHERS
from tests.support.recorded import exchange

official = pytest.importorskip("mailerlite", reason="the official SDK is not installed")
requests = pytest.importorskip("requests", reason="the official SDK is not installed")

WORKING = {**AUDIENCE, **OTHERS}
# What makes no request.
SETTINGS = {"api_client.set_config"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Emulator, VirtualClock, str]]:
    clock = VirtualClock()
    emulator = Emulator(requests=100_000, imports=100_000, clock=clock)
    with emulator.serve() as base_url:
        yield emulator, clock, base_url.removesuffix("api")


@pytest.fixture
def emulator(served: tuple[Emulator, VirtualClock, str]) -> Emulator:
    served[0].reset()
    return served[0]


@pytest.fixture
def known(served: tuple[Emulator, VirtualClock, str], emulator: Emulator) -> Known:
    return furnish(emulator, served[1])


@pytest.fixture
def sdk(served: tuple[Emulator, VirtualClock, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The official client, of which nothing is changed but its host."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(official.ApiClient, "HOST", served[2])
    return official.Client({"api_key": "key"})


@pytest.fixture
def ml(served: tuple[Emulator, VirtualClock, str], emulator: Emulator) -> Iterator[MailerLite]:
    with MailerLite("key", transport=emulator.transport(), clock=served[1]) as client:
        yield client


def methods(sdk: Any) -> dict[str, Callable[..., Any]]:
    """All public methods of everything that hangs on the client, by dotted name."""
    return {
        f"{resource}.{name}": method
        for resource, holder in vars(sdk).items()
        for name, method in inspect.getmembers(holder, inspect.ismethod)
        if not name.startswith("_")
    }


def outline(answer: Any, like: Any) -> object:
    """The keys of an answer, of its one record or its first, and of what says which page it is.

    Args:
        answer: the answer.
        like: the one it is compared with; if that one lists nothing, records are left out.
    """
    parts = {key: answer[key] for key in ("data", "meta", "links") if key in answer}
    if isinstance(parts.get("data"), list):
        parts["data"] = parts["data"][0] if like["data"] and answer["data"] else {}
    return set(answer), {key: set(value) for key, value in parts.items()}


def test_every_method_is_listed(sdk: Any) -> None:
    assert set(WORKING) | {each.method for each in BROKEN} | SETTINGS == set(methods(sdk))
    assert {each.method for each in BROKEN} - set(WORKING) == {"groups.import_subscribers_to_group"}


@pytest.mark.parametrize("name", WORKING)
def test_method_works(name: str, sdk: Any, emulator: Emulator, known: Known, ml: MailerLite) -> None:
    case: Working = WORKING[name]
    answer = case.call(methods(sdk)[name], known)
    last = emulator.requests[-1]
    assert (f"{last.method} {last.route}", last.status, dict(last.query)) == (case.request, case.status, case.query)
    assert last.headers["user-agent"] == "MailerLite-Python-SDK-Client"
    assert case.shown(answer) == case.expected
    if case.recorded is not None:
        recorded = exchange(case.recorded).body
        assert outline(answer, recorded) == outline(recorded, answer)
    if case.effect is not None:
        assert case.effect(ml, known) == case.after


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.method}: {case.reason}")
def test_defect_of_its_own(case: Broken, sdk: Any, emulator: Emulator, known: Known, ml: MailerLite) -> None:
    method, before = methods(sdk)[case.method], len(emulator.requests)
    if case.error is None:
        case.call(method, known)
    elif isinstance(case.error, int):
        with pytest.raises(requests.HTTPError) as refused:
            case.call(method, known)
        assert refused.value.response.status_code == case.error
        assert refused.value.response.json()["message"] == case.text
        assert emulator.requests[-1].path == case.request
    else:
        with pytest.raises(case.error, match=case.text):
            case.call(method, known)
        assert len(emulator.requests) == before
    if case.effect is not None:
        assert case.effect(ml, known) == case.after


def test_what_it_cannot_do_can_be_done(emulator: Emulator, known: Known, ml: MailerLite) -> None:
    assert ml.groups.import_subscribers(READERS, [{"email": "new@example.com"}]).id
    assert ml.webhooks.create("https://example.com/second", ["subscriber.deleted"], batchable=True).name is None
    assert not ml.webhooks.update(known.webhook, name="Other").enabled
    assert [each.id for each in ml.segments.subscribers(LOYAL, status="unsubscribed").items] == [str(BOB)]
    assert ml.subscribers.get(HASH).email == HASH
    assert ml.subscribers.upsert("ann-@example.com").status == "active"
    assert ml.subscribers.upsert("bob@example.com", status="active", resubscribe=True).status == "active"


def test_ids_as_the_service_writes_them_are_refused(sdk: Any, emulator: Emulator) -> None:
    refused, taken = set(), set()
    for name, method in methods(sdk).items():
        needed = [each for each in inspect.signature(method).parameters.values() if each.default is each.empty]
        positional = [each.name for each in needed if each.kind is not each.VAR_KEYWORD]
        if not positional or not positional[0].endswith("_id"):
            continue
        try:
            method(*("404" for _ in positional))
        except TypeError:
            refused.add(name)
        except requests.HTTPError:
            taken.add(name)
    assert refused == INTEGERS_ONLY
    assert taken == {"automations.get", "automations.activity", "fields.delete"}
    assert [request.status for request in emulator.requests] == [404] * len(taken)


def test_settings_go_out_as_headers(sdk: Any, emulator: Emulator, known: Known) -> None:
    sdk.api_client.set_config({"api_key": "another", "api_version": "2038-01-19", "timeout": 5})
    assert sdk.subscribers.count() == {"total": 3}
    assert emulator.requests[-1].headers["x-version"] == "2038-01-19"
    sdk.api_client.set_config({"api_key": "invalid"})
    with pytest.raises(requests.HTTPError, match="401 Client Error") as refused:
        sdk.subscribers.count()
    assert refused.value.response.json() == {"message": "Unauthenticated."}


def test_pages_follow_each_other(sdk: Any, known: Known) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = sdk.subscribers.list(limit=2, **cursor)
        found += [each["email"] for each in page["data"]]
        if page["links"]["next"] is None:
            break
        (text,) = parse_qs(urlsplit(page["links"]["next"]).query)["cursor"]
        assert text == page["meta"]["next_cursor"]
        cursor = {"cursor": text}
    assert found == ["hash#tag@example.com", "bob@example.com", "ann@example.com"]


def test_address_of_a_page_can_be_asked_as_it_is(sdk: Any, known: Known) -> None:
    page = sdk.groups.list(limit=1)
    assert page["links"]["last"].startswith(sdk.api_client.HOST)
    answer = sdk.api_client.request("GET", page["links"]["last"], {"limit": 1}).json()
    assert [each["name"] for each in answer["data"]] == ["Writers"]


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [("rate_limit", 429, "Too Many Attempts."), ("error", 500, "Server Error")],
)
def test_refusals_reach_the_caller(
    fault: str, status: int, message: str, sdk: Any, emulator: Emulator, known: Known
) -> None:
    emulator.fault(fault, seconds=7 if fault == "rate_limit" else None)
    with pytest.raises(requests.HTTPError) as refused:
        sdk.subscribers.get(ANN)
    response = refused.value.response
    assert (response.status_code, response.json()["message"]) == (status, message)
    assert response.headers.get("Retry-After") == ("7" if fault == "rate_limit" else None)


def test_invalid_data_is_told_by_key(sdk: Any, known: Known) -> None:
    with pytest.raises(requests.HTTPError) as refused:
        sdk.subscribers.create("ann@example.com", groups=["404"], status="gone")
    assert refused.value.response.status_code == 422
    assert set(refused.value.response.json()["errors"]) == {"groups.0", "status"}


def test_lost_connection_is_its_own_error(sdk: Any, emulator: Emulator, known: Known) -> None:
    emulator.fault("reset")
    with pytest.raises(requests.ConnectionError):
        sdk.subscribers.count()
    assert sdk.subscribers.count() == {"total": 3}
