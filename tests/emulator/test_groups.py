"""Groups: names, counts, membership and sorting."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator

INVALID_ID = {"message": "The given data was invalid.", "errors": {"id": ["The selected id is invalid."]}}


@pytest.fixture(autouse=True)
def _one_of_each(emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}], subscribers=[{"id": "21", "email": "ann@example.com"}])


def group(client: httpx.Client, key: str = "11") -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/groups/{key}").json()["data"]
    return found


def names(client: httpx.Client, query: str = "") -> list[str]:
    return [each["name"] for each in client.get(f"/groups?{query}").json()["data"]]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "The name field is required."),
        ({"name": "  "}, "The name field is required."),
        ({"name": 5}, "The name must be a string."),
        ({"name": "x" * 256}, "The name may not be greater than 255 characters."),
    ],
)
def test_names_are_validated(client: httpx.Client, body: dict[str, object], text: str) -> None:
    for answer in (client.post("/groups", json=body), client.put("/groups/11", json=body)):
        assert answer.status_code == 422
        assert answer.json() == {"message": "The given data was invalid.", "errors": {"name": [text]}}
    assert names(client) == ["Readers"]


def test_create_rename_delete(client: httpx.Client) -> None:
    created = client.post("/groups", json={"name": "x" * 255})
    assert created.status_code == 201
    key = created.json()["data"]["id"]
    assert client.put(f"/groups/{key}", json={"name": "Writers"}).json()["data"]["name"] == "Writers"
    assert names(client) == ["Readers", "Writers"]
    assert client.delete(f"/groups/{key}").status_code == 204
    gone = {"message": f"No query results for model [App\\Models\\Group\\Group] {key}"}
    for method in ("GET", "PUT", "DELETE"):
        answer = client.request(method, f"/groups/{key}", json={"name": "again"})
        assert (answer.status_code, answer.json()) == (404, gone)
    assert client.get(f"/groups/{key}/subscribers").json() == gone


def test_two_groups_may_have_one_name(client: httpx.Client) -> None:
    assert client.post("/groups", json={"name": "Readers"}).status_code == 201
    assert names(client) == ["Readers", "Readers"]


def test_account_holds_a_thousand_groups(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[f"group {number}" for number in range(999)])
    refused = client.post("/groups", json={"name": "one more"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"name": ["The account may not have more than 1000 groups."]}
    client.delete("/groups/11")
    assert client.post("/groups", json={"name": "one more"}).status_code == 201


def test_assigning_answers_with_the_counts_of_before(client: httpx.Client) -> None:
    first = client.post("/subscribers/21/groups/11")
    assert first.status_code == 200
    assert first.json()["data"]["active_count"] == 0
    assert group(client)["active_count"] == 1
    again = client.post("/subscribers/ANN@example.com/groups/11")
    assert (again.status_code, again.json()["data"]["active_count"]) == (200, 1)
    assert group(client)["active_count"] == 1


@pytest.mark.parametrize(
    "path", ["/subscribers/22/groups/11", "/subscribers/21/groups/12", "/subscribers/b@example.com/groups/11"]
)
def test_assigning_what_does_not_exist(client: httpx.Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.json()) == (422, INVALID_ID)


def test_unassigning(client: httpx.Client) -> None:
    client.post("/subscribers/21/groups/11")
    assert client.delete("/subscribers/ann@example.com/groups/11").status_code == 204
    assert group(client)["active_count"] == 0
    for path in ("/subscribers/21/groups/11", "/subscribers/22/groups/11", "/subscribers/21/groups/12"):
        answer = client.delete(path)
        assert (answer.status_code, answer.json()) == (404, {"message": ""})


def test_deleting_a_group_keeps_its_members(client: httpx.Client) -> None:
    client.post("/subscribers/21/groups/11")
    client.delete("/groups/11")
    assert client.get("/subscribers/21").json()["data"]["groups"] == []
    assert client.delete("/subscribers/21").status_code == 204


def test_members_are_active_ones_unless_asked_for_others(emulator: Emulator, client: httpx.Client) -> None:
    statuses = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
    emulator.seed(
        subscribers=[{"email": f"{each}@example.com", "status": each, "groups": ["Readers"]} for each in statuses]
    )

    def members(query: str = "") -> list[str]:
        return [each["email"] for each in client.get(f"/groups/11/subscribers?{query}").json()["data"]]

    assert members() == ["active@example.com"]
    for status in statuses:
        assert members(f"filter[status]={status}") == [f"{status}@example.com"]
        assert group(client)[f"{status}_count"] == 1
    assert client.get("/groups/11/subscribers?include=groups").json()["data"][0]["groups"] == [group(client)]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "filter[status]=all"])
def test_member_parameters_are_validated(client: httpx.Client, query: str) -> None:
    assert client.get(f"/groups/11/subscribers?{query}").status_code == 422


def test_largest_page_of_members_is_accepted(client: httpx.Client) -> None:
    assert client.get("/groups/11/subscribers?limit=1000").json()["meta"]["per_page"] == 1000
    assert client.get("/groups/11/subscribers").json()["meta"]["per_page"] == 50


def test_names_are_filtered_in_part_and_in_any_case(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["Romance readers", "Crime"])
    assert names(client, "filter[name]=READ") == ["Readers", "Romance readers"]
    assert names(client, "filter[name]=nothing") == []


def test_groups_are_sorted(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(
        groups=[
            {"name": "b", "sent_count": 10, "opens_count": 1, "clicks_count": 9, "created_at": "2021-01-01 00:00:00"},
            {"name": "A", "sent_count": 10, "opens_count": 9, "clicks_count": 1, "created_at": "2022-01-01 00:00:00"},
            {"name": "c", "created_at": "2020-01-01 00:00:00"},
        ],
        subscribers=[
            {"email": "one@example.com", "groups": ["b", "c"]},
            {"email": "two@example.com", "groups": ["b"]},
            {"email": "off@example.com", "groups": ["A"], "status": "junk"},
        ],
    )
    client.delete("/groups/11")
    assert names(client) == ["b", "A", "c"]
    assert names(client, "sort=name") == ["A", "b", "c"]
    assert names(client, "sort=-name") == ["c", "b", "A"]
    assert names(client, "sort=total") == ["A", "c", "b"]
    assert names(client, "sort=-total") == ["b", "c", "A"]
    assert names(client, "sort=open_rate") == ["c", "b", "A"]
    assert names(client, "sort=-click_rate") == ["b", "A", "c"]
    assert names(client, "sort=created_at") == ["c", "b", "A"]
    refused = client.get("/groups?sort=active_count")
    assert (refused.status_code, refused.json()["errors"]) == (422, {"sort": ["The selected sort is invalid."]})


@pytest.mark.parametrize(
    ("sent", "opened", "expected"),
    [
        (0, 0, {"float": 0, "string": "0%"}),
        (4, 4, {"float": 1, "string": "100%"}),
        (8, 7, {"float": 0.875, "string": "87.5%"}),
        (9, 7, {"float": 0.77777777777778, "string": "77.78%"}),
    ],
)
def test_rates_are_fractions_with_a_text(
    emulator: Emulator, client: httpx.Client, sent: int, opened: int, expected: dict[str, object]
) -> None:
    emulator.seed(groups=[{"id": "12", "name": "g", "sent_count": sent, "opens_count": opened}])
    rate = group(client, "12")["open_rate"]
    assert rate == expected
    assert type(rate["float"]) is type(expected["float"])
