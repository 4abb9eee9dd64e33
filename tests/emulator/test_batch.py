"""Batches: what each item is answered, and which batches are refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async.testing import Emulator

from .batches import errors, item, limited, post, run, upsert
from .conftest import BASE_URL, HEADERS

UNPREFIXED = ("groups", "/groups", "api", "/api", "//api/groups", "API/groups", f"{BASE_URL}/groups", " ")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
NOBODY = {"message": "No query results for model [App\\Models\\Subscriber\\Subscriber]."}


def test_items_run_in_order_and_failures_stop_nothing(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=[{"id": "21", "email": "ann@example.com"}], groups=[{"id": "11", "name": "Readers"}])
    answers = run(
        client,
        item("GET", "api/subscribers/bob@example.com"),
        upsert("bob@example.com"),
        item("GET", "api/subscribers/bob@example.com"),
        item("POST", "api/subscribers/bob@example.com/groups/11"),
        item("POST", "api/groups", {}),
        item("PATCH", "api/groups"),
        item("GET", "api/nowhere"),
        item("DELETE", "api/subscribers/21"),
        item("DELETE", "api/subscribers/21"),
    )
    assert [answer["code"] for answer in answers] == [404, 201, 200, 200, 422, 405, 404, 204, 404]
    assert answers[0]["body"] == NOBODY
    assert answers[2]["body"]["data"]["email"] == "bob@example.com"
    assert answers[7]["body"] is None
    assert client.get("/groups/11").json()["data"]["active_count"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "subscribers?limit=0", None),
        ("GET", "subscribers/nobody@example.com", None),
        ("GET", "groups/11", None),
        ("GET", "fields?limit=2", None),
        ("GET", "subscribers/", None),
        ("GET", "nowhere/at/all", None),
        ("GET", "groups/11/import-subscribers", None),
        ("GET", "groups?limit=x", None),
        ("POST", "groups", {"name": ""}),
        ("POST", "fields", {"name": "Team", "type": "colour"}),
        ("PUT", "groups/11", {"name": "Authors"}),
        ("PUT", "groups/99", {"name": "Authors"}),
        ("PATCH", "subscribers/import", None),
        ("POST", "subscribers", {"email": "gone@example.com"}),
        ("POST", "subscribers", {"email": "ann@example.com", "groups": ["11", "99"]}),
        ("POST", "subscribers/nobody@example.com/groups/11", None),
        ("DELETE", "subscribers/21/groups/11", None),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_item_is_answered_as_the_call_on_its_own(method: str, path: str, body: Any, slash: str) -> None:
    def prepare() -> httpx.Client:
        emulator, client = limited()
        emulator.seed(
            groups=[{"id": "11", "name": "Readers"}],
            subscribers=["one@example.com", {"id": "21", "email": "gone@example.com", "status": "unsubscribed"}],
        )
        return client

    alone = prepare().request(method, f"/{path}", json=body)
    (answer,) = run(prepare(), item(method, f"{slash}api/{path}", body))
    assert (answer["code"], answer["body"]) == (alone.status_code, alone.json())


def test_method_in_any_letter_case(client: httpx.Client) -> None:
    answers = run(client, item("post", "api/groups", {"name": "g"}), item("get", "api/groups"))
    assert [answer["code"] for answer in answers] == [201, 200]


def test_path_segments_are_decoded(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=["ann/groups+x@example.com"], groups=[{"id": "5", "name": "g"}])
    found, other = run(
        client, item("GET", "api/subscribers/ann%2Fgroups%2Bx%40example.com"), item("GET", "api/groups%2F5")
    )
    assert found["body"]["data"]["email"] == "ann/groups+x@example.com"
    assert other["body"] == {"message": "The route api/groups/5 could not be found."}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("api/subscribers", {"filter": {"status": "junk"}, "limit": 1}),
        ("api/subscribers", {"filter[status]": "junk", "limit": "1"}),
        ("api/subscribers?filter[status]=junk&limit=1", {}),
        ("api/subscribers?filter%5Bstatus%5D=junk", {"limit": 1}),
        ("api/subscribers?filter[status]=active&limit=9", {"filter": {"status": "junk"}, "limit": 1}),
        ("/api/subscribers/?limit=1", {"filter": {"status": "junk", "email": None}, "sort": None, "include": []}),
    ],
)
def test_query_of_a_get_is_its_path_and_its_body(
    emulator: Emulator, client: httpx.Client, path: str, body: object
) -> None:
    emulator.seed(
        subscribers=[{"id": str(number), "email": f"u{number}@example.com", "status": "junk"} for number in (1, 2, 3)]
    )
    emulator.seed(subscribers=["active@example.com"])
    (answer,) = run(client, item("GET", path, body))
    assert [each["id"] for each in answer["body"]["data"]] == ["3"]
    assert answer["body"]["meta"]["per_page"] == 1


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (1001, "The limit may not be greater than 1000."),
        (2.5, "The limit must be an integer."),
        (True, "The limit must be an integer."),
    ],
)
def test_query_in_a_body_is_validated(client: httpx.Client, limit: object, text: str) -> None:
    (answer,) = run(client, item("GET", "api/groups", {"limit": limit}))
    assert (answer["code"], answer["body"]["errors"]) == (422, {"limit": [text]})


def test_query_of_other_methods_is_no_body(client: httpx.Client) -> None:
    answers = run(client, item("POST", "api/groups?name=query", {}), item("POST", "api/groups?x=1", {"name": "body"}))
    assert [answer["code"] for answer in answers] == [422, 201]


def test_links_have_the_host_of_the_batch(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["a", "b"], subscribers=["a@example.com", "b@example.com"])
    answer = client.post(
        "http://localhost:8025/api/batch",
        json={
            "requests": [
                item("GET", "/api/groups/?limit=1"),
                item("GET", "api/subscribers", {"limit": 1}),
                item("POST", "api/subscribers/import", {"subscribers": [{"email": "c@example.com"}]}),
            ]
        },
    )
    groups, subscribers, started = (each["body"] for each in answer.json()["responses"])
    assert groups["links"]["next"] == "http://localhost:8025/api/groups?page=2"
    assert subscribers["links"]["next"].startswith("http://localhost:8025/api/subscribers?cursor=")
    assert started["import_progress_url"].startswith("http://localhost:8025/api/subscribers/import/")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["api/webhooks", "/api/webhooks/1", "api/webhooks?limit=1", "api/%77ebhooks/"])
def test_webhooks_are_refused_one_by_one(client: httpx.Client, method: str, path: str) -> None:
    refused, other = run(client, item(method, path, {"name": "hook"}), item("GET", "api/groups"))
    text = "Webhooks are not supported in batch requests."
    assert refused == {"code": 422, "body": {"message": text, "errors": {"path": [text]}}}
    assert other["code"] == 200


def test_batch_in_a_batch_is_refused(client: httpx.Client) -> None:
    refused, other = run(
        client, item("POST", "api/batch", {"requests": [upsert("ann@example.com")]}), item("GET", "api/groups")
    )
    assert (refused["code"], refused["body"]["message"]) == (422, "Batches are not supported in batch requests.")
    assert other["code"] == 200
    assert client.get("/subscribers?limit=0").json() == {"total": 0}


def test_path_of_nothing_but_the_base(client: httpx.Client) -> None:
    (answer,) = run(client, item("GET", "api/"))
    assert answer == {"code": 404, "body": {"message": "The route api could not be found."}}


@pytest.mark.parametrize("body", [None, {}, {"requests": None}, {"requests": []}, {"requests": ""}, [], "x"])
def test_requests_are_required(client: httpx.Client, body: object) -> None:
    assert errors(client.post("/batch", json=body)) == {"requests": ["The requests field is required."]}


@pytest.mark.parametrize("requests", ["x", 5, True, {"0": item("GET", "api/groups")}])
def test_requests_are_an_array(client: httpx.Client, requests: object) -> None:
    found = errors(client.post("/batch", json={"requests": requests}))
    assert found == {"requests": ["The requests must be an array."]}


def test_fifty_items_and_not_one_more(client: httpx.Client) -> None:
    assert len(run(client, *[item("GET", "api/groups")] * 50)) == 50
    refused = post(client, *[item("POST", "api/groups", {"name": "g"})] * 51)
    assert errors(refused) == {"requests": ["The requests may not have more than 50 items."]}
    assert client.get("/groups").json()["data"] == []


@pytest.mark.parametrize("given", [{}, {"method": None, "path": None}, {"method": "", "path": ""}, "x", None, 5, []])
def test_method_and_path_are_required(client: httpx.Client, given: object) -> None:
    assert errors(post(client, given)) == {
        "requests.0.method": ["The requests.0.method field is required."],
        "requests.0.path": ["The requests.0.path field is required."],
    }


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "FETCH", " ", 5, ["GET"]])
def test_method_is_one_of_five(client: httpx.Client, method: object) -> None:
    found = errors(post(client, item("GET", "api/groups"), {"method": method, "path": "api/groups"}))
    assert found == {"requests.1.method": ["The selected requests.1.method is invalid."]}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        *((text, "must start with one of the following: api/.") for text in UNPREFIXED),
        (5, "must be a string."),
        (["api/groups"], "must be a string."),
        ({}, "must be a string."),
    ],
)
def test_path_starts_with_the_base(client: httpx.Client, path: object, text: str) -> None:
    found = errors(post(client, {"method": "GET", "path": path}))
    assert found == {"requests.0.path": [f"The requests.0.path {text}"]}


@pytest.mark.parametrize("body", ["x", 5, 0, False, True])
def test_body_is_an_object(client: httpx.Client, body: object) -> None:
    found = errors(post(client, {**item("GET", "api/groups"), "body": body}))
    assert found == {"requests.0.body": ["The requests.0.body must be an array."]}


@pytest.mark.parametrize("body", [None, [], {}])
def test_no_body_is_an_empty_one(client: httpx.Client, body: object) -> None:
    get, create = run(client, {**item("GET", "api/groups"), "body": body}, {**item("POST", "api/groups"), "body": body})
    assert (get["code"], create["code"]) == (200, 422)


def test_nothing_runs_if_one_item_is_malformed(client: httpx.Client) -> None:
    found = errors(post(client, upsert("ann@example.com"), {"method": "GET"}, {"path": "api/groups"}))
    assert list(found) == ["requests.1.path", "requests.2.method"]
    assert client.get("/subscribers?limit=0").json() == {"total": 0}


def test_batch_has_no_other_method(client: httpx.Client) -> None:
    answer = client.get("/batch")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_body_of_great_depth(client: httpx.Client) -> None:
    deep = '{"a":' * 500 + "1" + "}" * 500
    content = f'{{"requests": [{{"method": "GET", "path": "api/groups", "body": {deep}}}]}}'
    assert client.post("/batch", content=content).json()["successful"] == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a[]b.", max_size=4), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from(["groups", "groups/1", "subscribers", "fields", "subscribers/import", "batch", "webhooks/1"])
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "method": st.sampled_from([*METHODS, "get", "x"]) | JSON,
        "path": PATHS.map("api/{}".format)
        | st.tuples(PATHS, st.text(max_size=9)).map(lambda pair: f"api/{pair[0]}?{pair[1]}")
        | JSON,
        "body": st.dictionaries(st.sampled_from(["filter", "filter[status]", "limit", "email"]), JSON) | JSON,
    },
)


@settings(deadline=None)
@given(st.lists(ITEMS | JSON, max_size=4))
def test_any_batch_has_an_answer(items: list[object]) -> None:
    _, client = limited()
    answer = post(client, *items)
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert len(answer.json()["responses"]) == len(items)


def test_batch_over_http(emulator: Emulator) -> None:
    emulator.seed(groups=["a", "b"])
    with emulator.serve() as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        (answer,) = run(client, item("GET", "api/groups", {"limit": 1}))
        assert answer["body"]["links"]["next"] == f"{url}/groups?page=2"
