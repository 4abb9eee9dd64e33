"""Faults on demand: what each does, what it leaves undone, and whom it strikes."""

from __future__ import annotations

import inspect
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._faults import KINDS
from mailerlite_async.testing._route_table import ROUTES

from .conftest import BASE_URL, HEADERS

PERSON = {"email": "ann@example.com"}


def total(client: httpx.Client) -> int:
    found: int = client.get("/subscribers?limit=0").json()["total"]
    return found


def test_error_commits_nothing_but_counts(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("error")
    answer = client.post("/subscribers", json=PERSON)
    assert (answer.status_code, answer.json()) == (500, {"message": "Server Error"})
    assert answer.headers["x-ratelimit-remaining"] == "999999"
    assert total(client) == 0
    assert client.post("/subscribers", json=PERSON).status_code == 201


@pytest.mark.parametrize(
    ("status", "message"), [(503, "Service Unavailable"), (408, "Request Timeout"), (599, "Error")]
)
def test_error_after_commit_commits(client: httpx.Client, emulator: Emulator, status: int, message: str) -> None:
    emulator.fault("error_after_commit", status=status)
    answer = client.post("/subscribers", json=PERSON)
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert total(client) == 1


def test_reset_before_and_after_commit(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("reset")
    with pytest.raises(httpx.ReadError):
        client.post("/subscribers", json=PERSON)
    assert total(client) == 0
    emulator.fault("reset_after_commit")
    with pytest.raises(httpx.ReadError):
        client.post("/subscribers", json=PERSON)
    assert total(client) == 1
    assert [request.status for request in emulator.requests] == [None, 200, 201, 200]
    # Of the two dropped calls only the second one was counted.
    assert client.get("/groups").headers["x-ratelimit-remaining"] == str(1_000_000 - 4)


def test_html_comes_from_the_edge(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("html")
    answer = client.post("/subscribers", json=PERSON)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.text.startswith("<html>")
    assert total(client) == 0
    assert client.get("/groups").headers["x-ratelimit-remaining"] == str(1_000_000 - 2)


def test_rate_limit_with_and_without_a_wait(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("rate_limit")
    emulator.fault("rate_limit", seconds=119)
    bare, dated = client.get("/groups"), client.get("/groups")
    assert bare.status_code == dated.status_code == 429
    assert bare.json() == {"message": "Too Many Attempts."}
    assert bare.headers["x-ratelimit-remaining"] == "0"
    assert ("retry-after" in bare.headers, dated.headers["retry-after"]) == (False, "119")
    assert client.get("/groups").headers["x-ratelimit-remaining"] == "999999"


def test_import_rate_limit_strikes_imports_only(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("import_rate_limit", seconds=60)
    assert client.get("/groups").status_code == 200
    answer = client.post("/subscribers/import", json={"subscribers": [PERSON]})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "x-ratelimit-limit" not in answer.headers
    assert client.post("/subscribers/import", json={"subscribers": [PERSON]}).status_code == 200


def test_revoked_key(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("revoked_key", times=None)
    for _ in range(3):
        answer = client.post("/subscribers", json=PERSON)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
        assert "x-ratelimit-remaining" not in answer.headers


def test_foreign_traffic_uses_up_the_limit() -> None:
    emulator = Emulator(requests=5, clock=VirtualClock())
    client = httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS)
    emulator.fault("foreign_traffic", times=2)
    remaining = [client.get("/groups").headers["x-ratelimit-remaining"] for _ in range(3)]
    assert remaining == ["3", "1", "0"]
    assert client.get("/groups").status_code == 429


def test_plan_limit(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("plan_limit")
    answer = client.post("/subscribers", json=PERSON)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"emails.0.content": ["Content submission is only available on Premium plan."]}
    assert total(client) == 0


def test_fault_strikes_as_often_as_told(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("error", times=2)
    assert [client.get("/groups").status_code for _ in range(3)] == [500, 500, 200]
    emulator.fault("error", times=None)
    assert {client.get("/groups").status_code for _ in range(20)} == {500}


def test_fault_strikes_only_its_method_and_route(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault("error", method="post", route="/subscribers/{id}/forget", times=None)
    emulator.seed(subscribers=[{"id": "21", "email": "ann@example.com"}])
    assert client.get("/subscribers/21").status_code == 200
    assert client.post("/subscribers", json=PERSON).status_code == 200
    assert client.post("/subscribers/21/forget").status_code == 500


def test_probability_is_the_same_in_every_run() -> None:
    def run(emulator: Emulator) -> list[int]:
        client = httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS)
        emulator.fault("error", probability=0.3, times=None)
        return [client.get("/groups").status_code for _ in range(100)]

    emulator = Emulator(requests=1000)
    first = run(emulator)
    assert 15 < first.count(500) < 45
    emulator.reset()
    assert run(emulator) == run(Emulator(requests=1000)) == first


def test_faults_of_two_kinds_meet_in_one_request(client: httpx.Client, emulator: Emulator, clock: VirtualClock) -> None:
    emulator.fault("latency", seconds=1)
    emulator.fault("latency", seconds=3)
    emulator.fault("error")
    assert client.get("/groups").status_code == 500
    assert clock.monotonic() == 4
    assert emulator.requests[0].at == 2


@pytest.mark.parametrize(
    ("kind", "arguments", "names"),
    [
        ("explosion", {}, "kind 'explosion'.*latency"),
        ("error", {"route": "/subscriber"}, "route '/subscriber'.*/subscribers/{id}"),
        ("error", {"method": "FETCH"}, "method 'FETCH'.*GET"),
        ("error", {"method": "PUT", "route": "/groups"}, "method 'PUT'.*GET, POST"),
        ("import_batch_answer", {"route": "/groups"}, "route '/groups'.*/batch"),
        ("import_batch_answer", {"method": "GET"}, "method 'GET'.*POST"),
        ("import_batch_answer", {"seconds": 1.0}, "seconds 1.0"),
        ("error", {"status": 200}, "status 200"),
        ("reset", {"status": 500}, "status 500"),
        ("latency", {}, "seconds"),
        ("stall_after_commit", {}, "seconds"),
        ("reset", {"seconds": 1.0}, "seconds 1.0"),
        ("rate_limit", {"seconds": -1.0}, "seconds -1.0"),
        ("error", {"times": 0}, "times 0"),
        ("error", {"probability": 0.0}, "probability 0.0"),
        ("error", {"probability": 1.1}, "probability 1.1"),
    ],
)
def test_senseless_faults_are_refused(emulator: Emulator, kind: str, arguments: dict[str, Any], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        emulator.fault(kind, **arguments)


def test_documentation_names_every_kind_and_route() -> None:
    text = inspect.getdoc(Emulator.fault) or ""
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
    assert {route.template for route in ROUTES if f"`{route.template}`" not in text} == set()
