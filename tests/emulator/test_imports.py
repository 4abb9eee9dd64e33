"""Imports: progress with the clock, and what becomes of each row."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock


@pytest.fixture(autouse=True)
def _group(emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])


def start(client: httpx.Client, *rows: dict[str, object] | str, path: str = "/groups/11/import-subscribers") -> str:
    given = [{"email": row} if isinstance(row, str) else row for row in rows]
    answer = client.post(path, json={"subscribers": given})
    assert answer.status_code == 200, answer.text
    body: dict[str, str] = answer.json()
    assert list(body) == ["import_progress_url"]
    return body["import_progress_url"]


def report(client: httpx.Client, url: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(url).json()["data"]
    return found


def run(client: httpx.Client, clock: VirtualClock, *rows: dict[str, object] | str, **options: str) -> dict[str, Any]:
    url = start(client, *rows, **options)
    clock.advance(60)
    return report(client, url)


def counts(found: dict[str, Any]) -> dict[str, int]:
    """What is not zero in a report."""
    keys = ("imported", "updated", "errored", *(key for key in found if key.endswith("_count")))
    return {key.removesuffix("_count"): found[key] for key in keys if found[key]}


def test_report_shows_the_progress(client: httpx.Client, clock: VirtualClock) -> None:
    url = start(client, *(f"user{number}@example.com" for number in range(10_000)))
    assert url == f"https://connect.mailerlite.com/api/subscribers/import/{url.rpartition('/')[2]}"
    begun = report(client, url)
    assert (begun["total"], begun["processed"], begun["percent"], begun["done"]) == (10_000, 0, 0, False)
    clock.advance(1.25)
    half = report(client, url)
    assert (half["processed"], half["imported"], half["percent"], half["done"]) == (2500, 2500, 25, False)
    assert (half["finished_at"], half["updated_at"]) == (None, "2026-01-01T00:00:01.000000Z")
    assert client.get("/subscribers?limit=0").json() == {"total": 2500}
    clock.advance(3.7499)
    assert (report(client, url)["percent"], report(client, url)["done"]) == (99, False)
    clock.advance(100)
    done = report(client, url)
    assert (done["processed"], done["percent"], done["done"]) == (10_000, 100, True)
    assert done["finished_at"] == "2026-01-01T00:00:05.000000Z"
    assert counts(done) == {"imported": 10_000}
    assert client.get("/groups/11").json()["data"]["active_count"] == 10_000


def test_new_rows_become_active_members(client: httpx.Client, clock: VirtualClock) -> None:
    found = run(client, clock, {"email": "Ann@Example.com", "fields": {"name": "Ann", "unknown": "x"}})
    assert counts(found) == {"imported": 1}
    ann = client.get("/subscribers/ann@example.com").json()["data"]
    assert (ann["source"], ann["status"], ann["fields"]["name"]) == ("import", "active", "Ann")
    assert [group["id"] for group in ann["groups"]] == ["11"]
    assert ann["created_at"] == "2026-01-01 00:00:00"


def test_import_without_a_group(client: httpx.Client, clock: VirtualClock) -> None:
    assert counts(run(client, clock, "ann@example.com", path="/subscribers/import")) == {"imported": 1}
    assert client.get("/subscribers/ann@example.com").json()["data"]["groups"] == []


def test_refused_rows(client: httpx.Client, clock: VirtualClock) -> None:
    assert counts(run(client, clock, "nonsense", "nonsense")) == {"errored": 2, "invalid": 2}
    rows = ["nonsense", "a@gmial.com", "Info@example.com", "123456789012@example.com", "a@example.com", "A@example.com"]
    found = run(client, clock, *rows)
    assert counts(found) == {
        "imported": 1,
        "errored": 5,
        "invalid": 1,
        "mistyped": 1,
        "role_based": 1,
        "suspicious_format": 1,
        "duplicate": 1,
    }
    refused = {kind: found[kind] for kind in ("invalid", "mistyped", "role_based", "suspicious_format", "duplicate")}
    assert [row["email"] for rows in refused.values() for row in rows] == [*rows[:4], "A@example.com"]
    assert len({row["id"] for rows in refused.values() for row in rows}) == 5
    assert client.get("/subscribers?limit=0").json() == {"total": 1}


@pytest.mark.parametrize(
    ("email", "kind"),
    [
        *((f"a@{domain}", "mistyped") for domain in ("gmial.com", "gmai.com", "hotmial.com", "yaho.com")),
        *(
            (f"{role}@example.com", "role_based")
            for role in ("admin", "sales", "support", "postmaster", "abuse", "noreply")
        ),
        *((email, "invalid") for email in ("", " ", "a@b", "a b@example.com", ".a@example.com", "a..b@example.com")),
        ("12345678901@example.com", None),
        ("information@example.com", None),
        ("a@gmail.com", None),
    ],
)
def test_why_an_address_is_refused(client: httpx.Client, clock: VirtualClock, email: str, kind: str | None) -> None:
    if email == "":
        assert client.post("/subscribers/import", json={"subscribers": [{"email": email}]}).status_code == 422
        return
    expected = {"imported": 1} if kind is None else {"errored": 1, kind: 1}
    assert counts(run(client, clock, email)) == expected


def test_changed_and_unchanged(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    person = {"groups": ["11"], "fields": {"name": "Ann", "city": "Riga"}}
    emulator.seed(
        subscribers=[
            {**person, "id": "21", "email": "same@example.com"},
            {**person, "id": "22", "email": "values@example.com"},
            {**person, "id": "23", "email": "membership@example.com", "groups": []},
            {**person, "id": "24", "email": "cleared@example.com", "groups": []},
            {**person, "id": "25", "email": "bounced@example.com", "status": "bounced"},
        ]
    )
    found = run(
        client,
        clock,
        {"email": "same@example.com", "fields": {"name": "Ann"}},
        {"email": "values@example.com", "fields": {"name": "Anna"}},
        "membership@example.com",
        {"email": "cleared@example.com", "fields": {"city": None}},
        {"email": "bounced@example.com", "fields": {"name": "Ann"}},
    )
    assert counts(found) == {"updated": 3, "changed": 3, "unchanged": 2}
    assert [row["id"] for row in found["changed"]] == ["22", "23", "24"]
    assert found["unchanged"] == [
        {"id": "21", "email": "same@example.com"},
        {"id": "25", "email": "bounced@example.com"},
    ]
    values = client.get("/subscribers/22").json()["data"]["fields"]
    assert (values["name"], values["city"]) == ("Anna", "Riga")
    assert client.get("/groups/11").json()["data"]["active_count"] == 4
    assert client.get("/subscribers/25").json()["data"]["status"] == "bounced"


def test_same_rows_without_a_group_are_unchanged(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(subscribers=["ann@example.com"])
    assert counts(run(client, clock, "ann@example.com", path="/subscribers/import")) == {"unchanged": 1}


def test_unsubscribed_rows_stay_out(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(subscribers=[{"id": "21", "email": "gone@example.com", "status": "unsubscribed"}])
    found = run(client, clock, {"email": "Gone@example.com", "fields": {"name": "Ann"}})
    assert counts(found) == {"errored": 1, "unsubscribed": 1}
    assert found["unsubscribed"] == [{"id": "21", "email": "gone@example.com"}]
    gone = client.get("/subscribers/21").json()["data"]
    assert (gone["status"], gone["groups"], gone["fields"]["name"]) == ("unsubscribed", [], None)


def test_deleted_rows_come_back(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(subscribers=[{"id": "21", "email": "back@example.com", "source": "manual"}])
    client.delete("/subscribers/21")
    assert counts(run(client, clock, "back@example.com")) == {"imported": 1}
    assert client.get("/subscribers/21").json()["data"]["source"] == "manual"


def test_at_most_five_samples(client: httpx.Client, clock: VirtualClock) -> None:
    found = run(client, clock, *(f"bad address {number}" for number in range(7)))
    assert (found["invalid_count"], [row["email"] for row in found["invalid"]]) == (
        7,
        [f"bad address {number}" for number in range(5)],
    )


def test_jobs_run_side_by_side(client: httpx.Client, clock: VirtualClock) -> None:
    first = start(client, *(f"a{number}@example.com" for number in range(4000)))
    clock.advance(1)
    second = start(client, *(f"b{number}@example.com" for number in range(2000)))
    clock.advance(0.5)
    assert (report(client, first)["processed"], report(client, second)["processed"]) == (3000, 1000)


def test_group_deleted_meanwhile(client: httpx.Client, clock: VirtualClock) -> None:
    url = start(client, "ann@example.com")
    client.delete("/groups/11")
    clock.advance(1)
    assert counts(report(client, url)) == {"imported": 1}
    assert client.get("/subscribers/ann@example.com").json()["data"]["groups"] == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"subscribers": ["The subscribers field is required."]}),
        ({"subscribers": []}, {"subscribers": ["The subscribers field is required."]}),
        ({"subscribers": "x"}, {"subscribers": ["The subscribers must be an array."]}),
        ({"subscribers": ["x"]}, {"subscribers.0": ["The subscribers.0 must be an array."]}),
        (
            {"subscribers": [{"email": "a@example.com"}, {}, {"email": 5}]},
            {
                "subscribers.1.email": ["The subscribers.1.email field is required."],
                "subscribers.2.email": ["The subscribers.2.email must be a string."],
            },
        ),
        (
            {
                "subscribers": [
                    {"email": "a@example.com", "fields": "x"},
                    {"email": "b@example.com", "fields": {"name": []}},
                ]
            },
            {
                "subscribers.0.fields": ["The subscribers.0.fields must be an array."],
                "subscribers.1.fields.name": ["The subscribers.1.fields.name must be a string."],
            },
        ),
    ],
)
@pytest.mark.parametrize("path", ["/subscribers/import", "/groups/11/import-subscribers"])
def test_rows_are_validated(
    client: httpx.Client, path: str, body: dict[str, object], errors: dict[str, list[str]]
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == errors


def test_what_does_not_exist(client: httpx.Client) -> None:
    answer = client.post("/groups/99/import-subscribers", json={"subscribers": [{"email": "a@example.com"}]})
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": "No query results for model [App\\Models\\Group\\Group] 99"},
    )
    assert client.get("/subscribers/import/99").status_code == 404
