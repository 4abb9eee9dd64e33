"""Batches: their items one by one, both lanes, both answers of a batch of upserts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async.testing import EmulatedRequest, Emulator, InnerCall, VirtualClock

from .conftest import BASE_URL, HEADERS

UNPREFIXED = ("groups", "/groups", "api", "/api", "//api/groups", "API/groups", f"{BASE_URL}/groups", " ")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
IMPORT_LIMIT = {"message": "You're being rate limited on import creation."}
NOBODY = {"message": "No query results for model [App\\Models\\Subscriber\\Subscriber]."}


def item(method: str, path: str, body: object = None) -> dict[str, object]:
    return {"method": method, "path": path} | ({} if body is None else {"body": body})


def upsert(email: str, **body: object) -> dict[str, object]:
    return item("POST", "api/subscribers", {"email": email, **body})


def post(client: httpx.Client, *items: object) -> httpx.Response:
    return client.post("/batch", json={"requests": items})


def run(client: httpx.Client, *items: object) -> list[dict[str, Any]]:
    """The answers to the items of a batch that is valid."""
    answer = post(client, *items)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == ["total", "successful", "failed", "responses"]
    responses: list[dict[str, Any]] = body["responses"]
    assert all(list(response) == ["code", "body"] for response in responses)
    good = sum(response["code"] < 300 for response in responses)
    assert (body["total"], body["successful"], body["failed"]) == (len(items), good, len(items) - good)
    return responses


def errors(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422
    body = answer.json()
    assert body["message"] == "The given data was invalid."
    found: dict[str, list[str]] = body["errors"]
    return found


def limited(**limits: int) -> tuple[Emulator, httpx.Client]:
    emulator = Emulator(clock=VirtualClock(), **limits)
    return emulator, httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS)


# -- items -----------------------------------------------------------------------------------------------------------------


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


# -- validation ------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("body", ["x", 5, 0, False, [1]])
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


# -- lanes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "lane"),
    [
        ([upsert("a@example.com")], "import"),
        ([upsert("a@example.com"), item("post", "/api/subscribers?x=1"), item("Post", "api/subscribers/")], "import"),
        ([upsert("nonsense"), {**upsert("a@example.com"), "body": None}], "import"),
        ([upsert("a@example.com")] * 51, "import"),
        ([upsert("a@example.com"), item("GET", "api/subscribers")], "global"),
        ([upsert("a@example.com"), item("PUT", "api/subscribers/1")], "global"),
        ([item("POST", "api/subscribers/import", {"subscribers": [{"email": "a@example.com"}]})], "global"),
        ([item("POST", "api/groups", {"name": "g"})], "global"),
        ([upsert("a@example.com"), item("POST", "subscribers")], "global"),
        ([upsert("a@example.com"), {"path": "api/subscribers"}], "global"),
        ([upsert("a@example.com"), "x"], "global"),
        ([], "global"),
        ("x", "global"),
        ({"method": "POST", "path": "api/subscribers"}, "global"),
    ],
)
def test_batch_of_upserts_only_is_in_the_import_lane(
    emulator: Emulator, client: httpx.Client, items: object, lane: str
) -> None:
    client.post("/batch", json={"requests": items})
    assert emulator.requests[0].lane == lane


def test_import_lane_refuses_the_whole_batch() -> None:
    emulator, client = limited(requests=10, imports=2)
    assert [post(client, upsert(f"{number}@example.com")).status_code for number in range(2)] == [200, 200]
    refused = post(client, upsert("late@example.com"))
    assert (refused.status_code, refused.json(), refused.headers["retry-after"]) == (429, IMPORT_LIMIT, "60")
    assert not [name for name in refused.headers if name.startswith("x-ratelimit")]
    mixed = post(client, upsert("late@example.com"), item("GET", "api/groups"))
    assert (mixed.status_code, mixed.headers["x-ratelimit-remaining"]) == (200, "6")
    assert client.post("/subscribers/import", json={"subscribers": [{"email": "x@example.com"}]}).status_code == 429
    assert [request.inner for request in emulator.requests][2] == ()


def test_batch_costs_one_call_whatever_its_size() -> None:
    _, client = limited(requests=3)
    sizes = [1, 50, 3, 2]
    answers = [post(client, *[item("GET", "api/groups")] * size) for size in sizes]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].json() == {"message": "Too Many Attempts."}


def test_imports_in_a_batch_are_not_counted() -> None:
    emulator, client = limited(imports=1)
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    rows = {"subscribers": [{"email": "ann@example.com"}]}
    answers = run(client, *[item("POST", "api/groups/11/import-subscribers", rows)] * 3)
    assert [answer["code"] for answer in answers] == [200] * 3
    url = answers[0]["body"]["import_progress_url"].removeprefix("https://connect.mailerlite.com/")
    (report,) = run(client, item("GET", url))
    assert report["body"]["data"]["total"] == 1
    assert client.post("/subscribers/import", json=rows).status_code == 200


# -- the log ---------------------------------------------------------------------------------------------------------------


def test_log_has_one_entry_with_the_inner_calls(emulator: Emulator, client: httpx.Client) -> None:
    items = [
        item("post", "/api/groups?x=1", {"name": "g"}),
        item("GET", "api/subscribers/nobody@example.com"),
        item("PATCH", "api/groups"),
        item("GET", "api/nowhere"),
        item("GET", "api/webhooks"),
        item("POST", "api/batch"),
    ]
    post(client, *items)
    client.get("/groups")
    batch, alone = emulator.requests
    assert (batch.method, batch.path, batch.route, batch.status) == ("POST", "/api/batch", "/batch", 200)
    assert batch.body == {"requests": items}
    assert batch.inner == (
        InnerCall("POST", "/groups", 201),
        ("GET", "/subscribers/{id}", 404),
        ("PATCH", "/groups", 405),
        ("GET", None, 404),
        ("GET", None, 422),
        ("POST", "/batch", 422),
    )
    assert alone.inner == ()


# -- faults ----------------------------------------------------------------------------------------------------------------


def test_faults_strike_the_batch_and_not_its_items(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("error", route="/groups", times=None)
    emulator.fault("latency", route="/groups", seconds=5, times=None)
    created, _ = run(client, item("POST", "api/groups", {"name": "g"}), item("GET", "api/groups"))
    assert created["code"] == 201
    assert emulator.requests[0].at == 0
    emulator.fault("error", route="/batch")
    assert post(client, item("POST", "api/fields", {"name": "f", "type": "text"})).status_code == 500
    assert emulator.requests[1].inner == ()
    emulator.fault("error_after_commit", status=503)
    assert post(client, item("POST", "api/fields", {"name": "f", "type": "text"})).status_code == 503
    assert emulator.requests[2].inner == (("POST", "/fields", 201),)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("revoked_key", 401, {"message": "Unauthenticated."}),
        ("rate_limit", 429, {"message": "Too Many Attempts."}),
        ("import_rate_limit", 429, IMPORT_LIMIT),
        (
            "plan_limit",
            422,
            {
                "message": "The given data was invalid.",
                "errors": {"emails.0.content": ["Content submission is only available on Premium plan."]},
            },
        ),
    ],
)
def test_refusals_commit_nothing(
    emulator: Emulator, client: httpx.Client, kind: str, status: int, body: object
) -> None:
    emulator.fault(kind, route="/batch")
    answer = post(client, upsert("ann@example.com"))
    assert (answer.status_code, answer.json()) == (status, body)
    assert client.get("/subscribers?limit=0").json() == {"total": 0}
    assert run(client, upsert("ann@example.com"))[0]["code"] == 201


def test_import_rate_limit_spares_a_mixed_batch(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("import_rate_limit", seconds=60)
    assert post(client, upsert("ann@example.com"), item("GET", "api/groups")).status_code == 200
    assert post(client, upsert("ann@example.com")).headers["retry-after"] == "60"


def test_batch_of_upserts_is_answered_item_by_item(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=["old@example.com", {"id": "21", "email": "gone@example.com", "status": "unsubscribed"}])
    answers = run(
        client, upsert("new@example.com"), upsert("old@example.com"), upsert("gone@example.com"), upsert("nonsense")
    )
    assert [answer["code"] for answer in answers] == [201, 200, 422, 422]
    assert answers[0]["body"]["data"]["source"] == "api"
    assert answers[2]["body"]["subscriber"] == "21"
    assert answers[3]["body"]["errors"] == {"email": ["The email must be a valid email address."]}


def test_batch_of_upserts_answered_as_an_import(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(
        groups=[{"id": "11", "name": "Readers"}],
        subscribers=[
            {"id": "20", "email": "old@example.com"},
            {"id": "21", "email": "gone@example.com", "status": "unsubscribed"},
        ],
    )
    emulator.fault("import_batch_answer")
    answer = post(
        client,
        upsert("new@example.com", status="unconfirmed", groups=["11"], fields={"name": "New"}),
        upsert("old@example.com"),
        upsert("gone@example.com"),
        upsert("nonsense"),
        item("POST", "api/subscribers"),
    )
    assert answer.status_code == 200
    assert list(answer.json()) == ["import_progress_url"]
    assert "x-ratelimit-remaining" in answer.headers
    url = answer.json()["import_progress_url"]
    assert url == f"{BASE_URL}/subscribers/import/{url.rpartition('/')[2]}"
    new = client.get("/subscribers/new@example.com").json()["data"]
    assert (new["status"], new["groups"][0]["id"], new["fields"]["name"]) == ("unconfirmed", "11", "New")
    report = client.get(url).json()["data"]
    assert (report["total"], report["processed"], report["percent"], report["done"]) == (5, 5, 100, True)
    assert (report["imported"], report["updated"], report["errored"]) == (1, 1, 3)
    assert report["changed"] == [{"id": "20", "email": "old@example.com"}]
    assert report["unsubscribed"] == [{"id": "21", "email": "gone@example.com"}]
    assert [row["email"] for row in report["invalid"]] == ["nonsense", ""]
    assert [call.status for call in emulator.requests[0].inner] == [201, 200, 422, 422, 422]


def test_answer_as_an_import_is_for_valid_batches_of_upserts(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("import_batch_answer", method="POST", route="/batch")
    person = upsert("ann@example.com")
    assert "responses" in post(client, person, item("GET", "api/groups")).json()
    assert post(client, {**person, "body": "x"}).status_code == 422
    rows = {"subscribers": [{"email": "bob@example.com"}]}
    assert client.get(client.post("/subscribers/import", json=rows).json()["import_progress_url"]).status_code == 200
    assert "import_progress_url" in post(client, person).json()
    assert "responses" in post(client, person).json()


def test_answer_as_an_import_may_be_lost(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("import_batch_answer")
    emulator.fault("reset_after_commit")
    with pytest.raises(httpx.ReadError):
        post(client, upsert("ann@example.com"))
    assert client.get("/subscribers?limit=0").json() == {"total": 1}


def test_batch_over_http(emulator: Emulator) -> None:
    emulator.seed(groups=["a", "b"])
    with emulator.serve() as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        (answer,) = run(client, item("GET", "api/groups", {"limit": 1}))
        assert answer["body"]["links"]["next"] == f"{url}/groups?page=2"


# -- keys ------------------------------------------------------------------------------------------------------------------


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
