"""Both styles of paging, page by page."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async.testing import Emulator

from .conftest import BASE_URL, HEADERS

URL = f"{BASE_URL}/subscribers"


def seed_subscribers(emulator: Emulator, number: int) -> None:
    emulator.seed(subscribers=[{"id": str(each), "email": f"u{each}@example.com"} for each in range(1, number + 1)])


def ids(page: dict[str, Any]) -> list[int]:
    return [int(item["id"]) for item in page["data"]]


def cursor(bound: object, forward: object = True) -> str:
    payload = json.dumps({"id": bound, "_pointsToNextItems": forward}, separators=(",", ":"))
    return base64.b64encode(payload.encode()).decode().rstrip("=")


def test_cursor_pages_lead_on_and_back(emulator: Emulator, client: httpx.Client) -> None:
    seed_subscribers(emulator, 5)
    first = client.get("/subscribers?limit=2").json()
    assert ids(first) == [5, 4]
    assert first["links"] == {"first": None, "last": None, "prev": None, "next": f"{URL}?cursor={cursor(4)}"}
    assert first["meta"] == {"path": URL, "per_page": 2, "next_cursor": cursor(4), "prev_cursor": None}
    second = client.get("/subscribers", params={"limit": 2, "cursor": first["meta"]["next_cursor"]}).json()
    assert ids(second) == [3, 2]
    assert second["links"]["prev"] == f"{URL}?cursor={cursor(3, forward=False)}"
    last = client.get("/subscribers", params={"limit": 2, "cursor": second["meta"]["next_cursor"]}).json()
    assert ids(last) == [1]
    assert (last["meta"]["next_cursor"], last["links"]["next"]) == (None, None)
    back = client.get("/subscribers", params={"limit": 2, "cursor": last["meta"]["prev_cursor"]}).json()
    assert ids(back) == [3, 2]
    start = client.get("/subscribers", params={"limit": 2, "cursor": back["meta"]["prev_cursor"]}).json()
    assert ids(start) == [5, 4]
    assert (start["meta"]["prev_cursor"], start["meta"]["next_cursor"]) == (None, cursor(4))


def test_links_drop_filter_and_limit(emulator: Emulator, client: httpx.Client) -> None:
    seed_subscribers(emulator, 60)
    page = client.get("/subscribers?filter[status]=active&limit=2&include=groups").json()
    followed = client.get(page["links"]["next"]).json()
    assert followed["meta"]["per_page"] == 25
    assert "groups" not in followed["data"][0]


@pytest.mark.parametrize(
    "meaningless", ["1", "", "%%%", "eyJ", cursor(None), cursor("x"), cursor(3, forward="yes"), cursor([1]), "W10", "ä"]
)
def test_meaningless_cursor_starts_at_the_first_page(
    emulator: Emulator, client: httpx.Client, meaningless: str
) -> None:
    seed_subscribers(emulator, 3)
    page = client.get("/subscribers", params={"limit": 2, "cursor": meaningless}).json()
    assert ids(page) == [3, 2]
    assert page["meta"]["prev_cursor"] is None


def test_page_number_has_no_effect_on_a_cursor_list(emulator: Emulator, client: httpx.Client) -> None:
    seed_subscribers(emulator, 3)
    assert ids(client.get("/subscribers?limit=2&page=2").json()) == [3, 2]


def test_walk_survives_the_deletion_of_what_was_shown(emulator: Emulator, client: httpx.Client) -> None:
    seed_subscribers(emulator, 5)
    page = client.get("/subscribers?limit=2").json()
    client.delete("/subscribers/4")
    assert ids(client.get("/subscribers", params={"limit": 9, "cursor": page["meta"]["next_cursor"]}).json()) == [
        3,
        2,
        1,
    ]


def test_default_page_of_subscribers_has_25(emulator: Emulator, client: httpx.Client) -> None:
    seed_subscribers(emulator, 30)
    assert len(client.get("/subscribers").json()["data"]) == 25
    assert len(client.get("/subscribers?limit=1000").json()["data"]) == 30


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(1, 60), max_size=40), st.integers(1, 7))
def test_every_walk_shows_everything_once(chosen: set[int], limit: int) -> None:
    emulator = Emulator(requests=1_000_000)
    emulator.seed(subscribers=[{"id": each, "email": f"u{each}@example.com"} for each in chosen])
    client = httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS)
    shown: list[int] = []
    following = None
    while True:
        page = client.get("/subscribers", params={"limit": limit, "cursor": following or ""}).json()
        shown += ids(page)
        following = page["meta"]["next_cursor"]
        if following is None:
            break
        assert len(page["data"]) == limit
    assert shown == sorted(chosen, reverse=True)


def test_numbered_pages(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[f"group {number}" for number in range(13)])
    page = client.get("/groups?limit=10&sort=name").json()
    url = f"{BASE_URL}/groups"
    assert page["links"] == {"first": f"{url}?page=1", "last": f"{url}?page=2", "prev": None, "next": f"{url}?page=2"}
    assert page["meta"] == {
        "current_page": 1,
        "from": 1,
        "last_page": 2,
        "links": [
            {"url": None, "label": "&laquo; Previous", "active": False},
            {"url": f"{url}?page=1", "label": "1", "active": True},
            {"url": f"{url}?page=2", "label": "2", "active": False},
            {"url": f"{url}?page=2", "label": "Next &raquo;", "active": False},
        ],
        "path": url,
        "per_page": 10,
        "to": 10,
        "total": 13,
    }
    second = client.get("/groups?limit=10&page=2").json()
    assert (second["meta"]["from"], second["meta"]["to"], len(second["data"])) == (11, 13, 3)
    assert (second["links"]["prev"], second["links"]["next"]) == (f"{url}?page=1", None)


def test_empty_and_distant_pages(emulator: Emulator, client: httpx.Client) -> None:
    empty = client.get("/groups").json()
    assert (empty["meta"]["from"], empty["meta"]["to"], empty["meta"]["last_page"]) == (None, None, 1)
    assert (empty["links"]["first"], empty["links"]["last"]) == (f"{BASE_URL}/groups?page=1",) * 2
    assert empty["meta"]["per_page"] == 250
    emulator.seed(groups=["g"])
    distant = client.get("/groups?page=9").json()
    assert (distant["data"], distant["meta"]["current_page"], distant["meta"]["from"]) == ([], 9, None)


@pytest.mark.parametrize(
    ("page", "labels"),
    [
        (1, "1 2 3 4 5 6 7 8 9 10 ... 19 20"),
        (7, "1 2 3 4 5 6 7 8 9 10 ... 19 20"),
        (10, "1 2 ... 7 8 9 10 11 12 13 ... 19 20"),
        (14, "1 2 ... 11 12 13 14 15 16 17 18 19 20"),
    ],
)
def test_page_links_leave_out_the_middle(emulator: Emulator, client: httpx.Client, page: int, labels: str) -> None:
    emulator.seed(groups=[f"group {number}" for number in range(20)])
    links = client.get(f"/groups?limit=1&page={page}").json()["meta"]["links"][1:-1]
    assert [link["label"] for link in links] == labels.split()
    assert [link["label"] for link in links if link["active"]] == [str(page)]
    assert all((link["url"] is None) == (link["label"] == "...") for link in links)


@pytest.mark.parametrize("query", ["limit=0", "limit=-5", "limit=x", "page=0", "page=-1", "page=x", "limit=1001"])
def test_page_parameters_are_validated(client: httpx.Client, query: str) -> None:
    for path in ("/groups", "/fields"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_links_name_the_host_that_the_client_used(emulator: Emulator, client: httpx.Client) -> None:
    seed_subscribers(emulator, 2)
    page = client.get("http://emulator.example.com:8025/api/subscribers?limit=1").json()
    assert page["links"]["next"].startswith("http://emulator.example.com:8025/api/subscribers?cursor=")
