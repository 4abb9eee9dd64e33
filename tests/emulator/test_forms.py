"""Forms: lists by type, counts, renaming, deleting, and who signed up."""

from __future__ import annotations

import httpx
import pytest

from mailerlite_async.testing import Emulator


@pytest.fixture(autouse=True)
def _seeded(emulator: Emulator) -> None:
    emulator.seed(
        groups=[{"id": "11", "name": "Readers"}],
        subscribers=[
            *("ann@example.com", "bob@example.com"),
            {"email": "cas@example.com", "status": "unconfirmed", "groups": ["Readers"]},
        ],
        forms=[
            {
                "id": "31",
                "name": "Beta",
                "subscribers": ["ann@example.com", "bob@example.com", "cas@example.com"],
                "opens_count": 12,
                "groups": ["Readers"],
                "settings": {"form_type": "fullscreen"},
                "last_registration_at": "2025-02-03T11:48:01.000000Z",
            },
            {"id": "32", "name": "alpha", "created_at": "2020-01-01 00:00:00"},
            {"id": "33", "name": "In page", "type": "embedded", "double_optin": False},
        ],
    )


def names(client: httpx.Client, path: str) -> list[str]:
    return [each["name"] for each in client.get(path).json()["data"]]


def test_lists_are_by_type_and_count_all_types(client: httpx.Client) -> None:
    assert names(client, "/forms/popup") == ["Beta", "alpha"]
    assert names(client, "/forms/embedded") == ["In page"]
    page = client.get("/forms/promotion").json()
    assert page["data"] == []
    assert page["meta"]["aggregations"] == {"popup": 2, "embedded": 1, "promotion": 0}
    assert page["meta"]["per_page"] == 25


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "alpha"),
        ("-name", "Beta"),
        ("created_at", "alpha"),
        ("conversions_count", "alpha"),
        ("-visitors", "Beta"),
        ("-conversion_rate", "Beta"),
        ("last_registration_at", "alpha"),
    ],
)
def test_sorting(client: httpx.Client, sort: str, first: str) -> None:
    assert names(client, f"/forms/popup?sort={sort}&limit=1") == [first]


def test_filter(client: httpx.Client) -> None:
    assert names(client, "/forms/popup?filter[name]=ALP") == ["alpha"]
    assert client.get("/forms/popup?sort=colour").status_code == 422


def test_form_shows_what_was_seeded_and_what_follows(client: httpx.Client) -> None:
    form = client.get("/forms/31").json()["data"]
    assert (form["conversions_count"], form["opens_count"]) == (3, 12)
    assert form["conversion_rate"] == {"float": 0.25, "string": "25%"}
    assert (form["settings"], form["has_missing_groups"]) == ({"form_type": "fullscreen"}, False)
    assert [group["name"] for group in form["groups"]] == ["Readers"]
    plain = client.get("/forms/33").json()["data"]
    assert (plain["settings"], plain["has_missing_groups"]) == ({"double_optin": False}, True)
    assert len(plain["slug"]) == 6
    client.delete("/groups/11")
    assert client.get("/forms/31").json()["data"]["has_missing_groups"] is True


def test_signed_up(client: httpx.Client) -> None:
    page = client.get("/forms/31/subscribers").json()
    assert [each["email"] for each in page["data"]] == ["bob@example.com", "ann@example.com"]
    assert "groups" not in page["data"][0]
    assert (page["meta"]["next_cursor"], page["meta"]["per_page"]) == (None, 25)
    assert names_of(client, "/forms/31/subscribers?filter[status]=unconfirmed") == ["cas@example.com"]
    first = client.get("/forms/31/subscribers?limit=1").json()
    assert names_of(client, f"/forms/31/subscribers?cursor={first['meta']['next_cursor']}") == ["ann@example.com"]


def names_of(client: httpx.Client, path: str) -> list[str]:
    return [each["email"] for each in client.get(path).json()["data"]]


def test_rename(client: httpx.Client) -> None:
    assert client.put("/forms/33", json={"name": "<b>"}).json()["data"]["name"] == "<b>"
    answer = client.put("/forms/33", json={"name": "x" * 256})
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        {"name": ["The name may not be greater than 255 characters."]},
    )


def test_delete_leaves_the_subscribers(client: httpx.Client) -> None:
    assert client.delete("/forms/31").status_code == 204
    assert client.get("/forms/31").status_code == 404
    assert client.get("/subscribers?limit=0").json() == {"total": 3}


def test_unknown_type_is_taken_for_an_id(client: httpx.Client) -> None:
    answer = client.get("/forms/banner")
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": "No query results for model [App\\Models\\Form] banner"},
    )
    assert client.put("/forms/popup", json={"name": "x"}).status_code == 404
