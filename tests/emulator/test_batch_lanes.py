"""Batches as a whole: both lanes, the log, faults, and both answers of a batch of upserts."""

from __future__ import annotations

import httpx
import pytest

from mailerlite_async.testing import Emulator, InnerCall

from .batches import item, limited, post, run, upsert
from .conftest import BASE_URL

IMPORT_LIMIT = {"message": "You're being rate limited on import creation."}


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
        ("GET", "/webhooks", 422),
        ("POST", "/batch", 422),
    )
    assert alone.inner == ()


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
