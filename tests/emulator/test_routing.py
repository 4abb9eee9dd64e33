"""What is decided before a handler runs: keys, paths, methods, and bodies that cannot be read."""

from __future__ import annotations

import httpx
import pytest

from mailerlite_async.testing import EmulatedRequest, Emulator, VirtualClock

from .conftest import BASE_URL, HEADERS


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer invalid", "Basic key", "key"])
@pytest.mark.parametrize("path", ["/api/groups", "/api/nowhere", "/elsewhere"])
def test_authentication_comes_before_routing(emulator: Emulator, header: str | None, path: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = emulator.handle(EmulatedRequest("GET", path, (), headers))
    assert answer.status == 401
    assert answer.json() == {"message": "Unauthenticated."}
    assert answer.headers == {"content-type": "application/json"}


@pytest.mark.parametrize("key", ["key", "x" * 2000, "Invalid", "invalid2"])
def test_every_other_key_is_accepted(emulator: Emulator, key: str) -> None:
    answer = emulator.handle(EmulatedRequest("get", "/api/groups", (), {"authorization": f"bearer {key}"}))
    assert answer.status == 200


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("0123456789abcdef" * 2, 401),
        ("0123456789ABCDEF" * 2, 200),
        ("0123456789abcdef" * 2 + "0", 200),
        ("0123456789abcdeg" * 2, 200),
    ],
)
def test_keys_of_the_classic_api_are_refused(emulator: Emulator, key: str, status: int) -> None:
    answer = emulator.handle(EmulatedRequest("GET", "/api/groups", (), {"authorization": f"Bearer {key}"}))
    assert answer.status == status
    if status == 401:
        assert answer.json() == {"message": "Unauthenticated."}


@pytest.mark.parametrize(
    "path", ["campaigns/list/x", "subscribers/1/groups", "groups/1/nothing", "groups//subscribers"]
)
def test_unknown_path(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/{path}")
    assert answer.status_code == 404
    assert answer.json() == {"message": f"The route api/{path} could not be found."}
    assert "x-ratelimit-remaining" in answer.headers


def test_path_outside_the_base(client: httpx.Client) -> None:
    answer = client.get("https://connect.mailerlite.com/groups")
    assert answer.json() == {"message": "The route groups could not be found."}


def test_method_that_a_path_does_not_have(emulator: Emulator, client: httpx.Client) -> None:
    answer = client.get("/groups/1/import-subscribers")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json() == {
        "message": "The GET method is not supported for route api/groups/1/import-subscribers. Supported methods: POST."
    }
    assert client.patch("/subscribers/import").headers["allow"] == "POST, GET, PUT, DELETE"
    assert emulator.requests[-1].route == "/subscribers/import"


def test_word_in_place_of_an_id_is_looked_up_as_an_address(client: httpx.Client) -> None:
    for path in ("/subscribers/list", "/subscribers/import"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"message": "No query results for model [App\\Models\\Subscriber\\Subscriber]."}


def test_trailing_slash_is_accepted(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["a", "b"])
    assert client.get("/subscribers/?limit=0").json() == {"total": 0}
    answer = client.get("/groups/?limit=1").json()
    assert answer["links"]["next"] == "https://connect.mailerlite.com/api/groups?page=2"
    assert answer["meta"]["path"] == "https://connect.mailerlite.com/api/groups"


def test_encoded_slash_stays_in_its_segment(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=["ann/groups@example.com"], groups=[{"id": "5", "name": "g"}])
    found = client.get("/subscribers/ann%2Fgroups%40example.com")
    assert found.json()["data"]["email"] == "ann/groups@example.com"
    assert client.get("/groups%2F5").json() == {"message": "The route api/groups/5 could not be found."}
    assert client.delete("/subscribers/..%2Fgroups%2F5").status_code == 404
    assert client.get("/groups/5").status_code == 200


@pytest.mark.parametrize("identity", ["0", "05", "06", "-1", "1.0", "٣", "9" * 30, "1e3"])
def test_not_an_id(emulator: Emulator, client: httpx.Client, identity: str) -> None:
    emulator.seed(groups=[{"id": "5", "name": "g"}], subscribers=[{"id": "6", "email": "ann@example.com"}])
    assert client.get(f"/groups/{identity}").status_code == 404
    assert client.delete(f"/subscribers/{identity}").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"name"', b"\xff", b'{"name": NaN}', b"[" * 100_000, b"null"])
def test_unreadable_body_is_an_empty_one(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/groups", content=body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"name": ["The name field is required."]}


def test_brackets_of_a_query_may_be_encoded(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=["one@example.com", {"email": "two@example.com", "status": "junk"}])
    for query in ("filter[status]=junk", "filter%5Bstatus%5D=junk"):
        items = client.get(f"/subscribers?{query}").json()["data"]
        assert [item["email"] for item in items] == ["two@example.com"]


def test_answers_are_written_as_php_writes_them(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["Žalia/Green"])
    text = client.get("/groups").text
    assert '"name":"\\u017dalia\\/Green"' in text
    assert client.get("/groups").json()["data"][0]["name"] == "Žalia/Green"


def test_log_tells_what_arrived_and_keeps_no_key(emulator: Emulator, client: httpx.Client) -> None:
    client.post("/groups?x=1", json={"name": "g"}, headers={"X-Version": "2026-01-01"})
    client.get("/nowhere")
    created, lost = emulator.requests
    assert (created.method, created.path, created.route, created.status) == ("POST", "/api/groups", "/groups", 201)
    assert created.query == (("x", "1"),)
    assert created.body == {"name": "g"}
    assert created.headers["x-version"] == "2026-01-01"
    assert "authorization" not in created.headers
    assert (lost.route, lost.status, lost.body) == (None, 404, None)


def test_reset_makes_it_as_new() -> None:
    emulator = Emulator(requests=2, imports=1, clock=VirtualClock())
    client = httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS)
    rows = {"subscribers": [{"email": "two@example.com"}]}
    first = client.post("/subscribers", json={"email": "one@example.com"}).json()
    assert client.post("/subscribers/import", json=rows).status_code == 200
    emulator.fault("error", times=None)
    emulator.reset()
    assert emulator.requests == []
    assert client.post("/subscribers", json={"email": "one@example.com"}).json() == first
    assert client.post("/subscribers/import", json=rows).status_code == 200
    emulator.reset()
    assert client.get("/subscribers?limit=0").json() == {"total": 0}
