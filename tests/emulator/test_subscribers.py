"""Subscribers: upsert, update, delete, forget, and what each status forbids."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock

NOT_FOUND = {"message": "No query results for model [App\\Models\\Subscriber\\Subscriber]."}


def upsert(client: httpx.Client, email: str = "ann@example.com", **body: object) -> httpx.Response:
    return client.post("/subscribers", json={"email": email, **body})


def data(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, response.text
    found: dict[str, Any] = response.json()["data"]
    return found


def errors(response: httpx.Response) -> dict[str, list[str]]:
    assert response.status_code == 422, response.text
    body = response.json()
    assert body["message"] == "The given data was invalid."
    found: dict[str, list[str]] = body["errors"]
    return found


def count(client: httpx.Client, **params: str) -> int:
    total: int = client.get("/subscribers", params={"limit": "0", **params}).json()["total"]
    return total


def test_upsert_creates_then_updates(client: httpx.Client, clock: VirtualClock) -> None:
    created = upsert(client, "Ann@Example.com", fields={"name": "Ann", "city": "Riga"})
    clock.advance(61)
    updated = upsert(client, "aNN@example.com", fields={"name": "Anna"}, ip_address="192.0.2.1")
    assert (created.status_code, updated.status_code) == (201, 200)
    assert data(updated)["id"] == data(created)["id"]
    assert data(updated)["email"] == "ann@example.com"
    assert (data(updated)["fields"]["name"], data(updated)["fields"]["city"]) == ("Anna", "Riga")
    assert data(updated)["ip_address"] == "192.0.2.1"
    assert data(created)["created_at"] == data(updated)["created_at"] == "2026-01-01 00:00:00"
    assert data(updated)["updated_at"] == "2026-01-01 00:01:01"


def test_ids_have_18_digits_and_grow(client: httpx.Client) -> None:
    ids = [data(upsert(client, f"{name}@example.com"))["id"] for name in "abc"]
    assert all(isinstance(each, str) and len(each) == 18 for each in ids)
    assert ids == sorted(ids)
    assert int(ids[0]) > 2**53


def test_null_clears_a_field_and_omission_does_not(client: httpx.Client) -> None:
    upsert(client, fields={"name": "Ann", "city": "Riga"})
    fields = data(upsert(client, fields={"name": None}))["fields"]
    assert (fields["name"], fields["city"]) == (None, "Riga")
    assert data(upsert(client))["fields"]["city"] == "Riga"


def test_unknown_field_keys_are_ignored(client: httpx.Client) -> None:
    assert "shoe_size" not in data(upsert(client, fields={"shoe_size": "43", "name": "Ann"}))["fields"]
    assert data(upsert(client, fields=[]))["fields"]["name"] == "Ann"


def test_field_values_are_texts_but_in_number_fields(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(fields=[{"name": "Age", "type": "number"}])
    fields = data(upsert(client, fields={"name": 5, "age": 41, "city": 1.5}))["fields"]
    assert (fields["name"], fields["age"], fields["city"]) == ("5", 41, "1.5")
    assert errors(upsert(client, fields={"last_name": {"x": 1}})) == {
        "fields.last_name": ["The fields.last name must be a string."]
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"email": ["The email field is required."]}),
        ({"email": ""}, {"email": ["The email field is required."]}),
        ({"email": "not-an-address"}, {"email": ["The email must be a valid email address."]}),
        ({"email": ["a@example.com"]}, {"email": ["The email must be a valid email address."]}),
        ({"email": "a..b@example.com"}, {"email": ["The email must be a valid email address."]}),
        ({"email": f"{'a' * 65}@example.com"}, {"email": ["The email must be a valid email address."]}),
        ({"email": "a@example"}, {"email": ["The email must be a valid email address."]}),
        ({"email": "a@example.com", "status": "asleep"}, {"status": ["The selected status is invalid."]}),
        ({"email": "a@example.com", "status": None}, {"status": ["The selected status is invalid."]}),
        ({"email": "a@example.com", "groups": ["1"]}, {"groups.0": ["The selected groups.0 is invalid."]}),
        ({"email": "a@example.com", "groups": "1"}, {"groups": ["The groups must be an array."]}),
        ({"email": "a@example.com", "fields": "x"}, {"fields": ["The fields must be an array."]}),
        (
            {"email": "a@example.com", "ip_address": "1.2.3"},
            {"ip_address": ["The ip address must be a valid IP address."]},
        ),
        (
            {"email": "a@example.com", "ip_address": "fe80::1%eth0"},
            {"ip_address": ["The ip address must be a valid IP address."]},
        ),
        ({"email": "a@example.com", "optin_ip": 5}, {"optin_ip": ["The optin ip must be a valid IP address."]}),
        (
            {"email": "a@example.com", "subscribed_at": "2026-01-01"},
            {"subscribed_at": ["The subscribed at does not match the format Y-m-d H:i:s."]},
        ),
        (
            {"email": "a@example.com", "opted_in_at": "2026-02-30 00:00:00"},
            {"opted_in_at": ["The opted in at does not match the format Y-m-d H:i:s."]},
        ),
        (
            {"email": "a@example.com", "resubscribe": "perhaps"},
            {"resubscribe": ["The resubscribe field must be true or false."]},
        ),
        (
            {"email": "x", "status": "y"},
            {"email": ["The email must be a valid email address."], "status": ["The selected status is invalid."]},
        ),
    ],
)
def test_upsert_is_validated(client: httpx.Client, body: dict[str, object], expected: dict[str, list[str]]) -> None:
    assert errors(client.post("/subscribers", json=body)) == expected
    assert count(client) == 0


def test_dates_and_addresses_are_stored_and_cleared(client: httpx.Client) -> None:
    given = {
        "subscribed_at": "2020-05-01 10:00:00",
        "opted_in_at": "2020-05-01 09:59:00",
        "ip_address": "2001:db8::1",
        "optin_ip": "192.0.2.7",
    }
    stored = data(upsert(client, **given))
    assert {key: stored[key] for key in given} == given
    cleared = data(client.post("/subscribers", json={"email": stored["email"], **dict.fromkeys(given)}))
    assert {key: cleared[key] for key in given} == {
        "subscribed_at": "2020-05-01 10:00:00",
        "opted_in_at": None,
        "ip_address": None,
        "optin_ip": None,
    }


def test_post_adds_groups_and_put_replaces_them(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": each, "name": f"group {each}"} for each in ("11", "12", "13")])

    def groups(response: httpx.Response) -> list[str]:
        return [group["id"] for group in data(response)["groups"]]

    created = upsert(client, groups=["12"])
    key = data(created)["id"]
    assert groups(created) == ["12"]
    assert groups(upsert(client, groups=[11, "12"])) == ["11", "12"]
    assert groups(upsert(client, groups=[])) == ["11", "12"]
    assert groups(client.put(f"/subscribers/{key}", json={"fields": {"name": "Ann"}})) == ["11", "12"]
    assert groups(client.put(f"/subscribers/{key}", json={"groups": ["13", "11"]})) == ["11", "13"]
    assert [group["active_count"] for group in client.get("/groups").json()["data"]] == [1, 0, 1]
    assert groups(client.put(f"/subscribers/{key}", json={"groups": []})) == []


def test_unsubscribed_address_is_protected(client: httpx.Client, clock: VirtualClock) -> None:
    gone = data(upsert(client, status="unsubscribed"))
    assert gone["unsubscribed_at"] == "2026-01-01 00:00:00"
    refused = upsert(client, fields={"name": "Ann"})
    assert errors(refused) == {"email": ["This subscriber is unsubscribed and cannot be imported"]}
    assert refused.json()["subscriber"] == gone["id"]
    assert upsert(client, status="active").status_code == 422
    clock.advance(60)
    still = data(upsert(client, status="unsubscribed", fields={"name": "Ann"}))
    assert (still["fields"]["name"], still["unsubscribed_at"]) == ("Ann", "2026-01-01 00:00:00")


@pytest.mark.parametrize(("given", "expected"), [({}, "active"), ({"status": "unconfirmed"}, "unconfirmed")])
def test_resubscribe_brings_back(client: httpx.Client, given: dict[str, str], expected: str) -> None:
    upsert(client, status="unsubscribed")
    back = data(upsert(client, resubscribe=True, **given))
    assert (back["status"], back["unsubscribed_at"]) == (expected, None)
    assert (count(client, **{"filter[status]": expected}), count(client, **{"filter[status]": "unsubscribed"})) == (
        1,
        0,
    )


def test_given_date_of_unsubscribing_is_kept(client: httpx.Client) -> None:
    gone = data(upsert(client, status="unsubscribed", unsubscribed_at="2025-01-01 00:00:00"))
    assert gone["unsubscribed_at"] == "2025-01-01 00:00:00"


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "junk"])
def test_put_does_not_reactivate(client: httpx.Client, status: str) -> None:
    key = data(upsert(client, status=status))["id"]
    assert errors(client.put(f"/subscribers/{key}", json={"status": "active"})) == {
        "status": ["The selected status is invalid."]
    }
    assert data(client.put(f"/subscribers/{key}", json={"status": status}))["status"] == status


def test_put_changes_status_in_every_list(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "11", "name": "g"}])
    key = data(upsert(client, groups=["11"]))["id"]
    changed = data(client.put(f"/subscribers/{key}", json={"status": "unsubscribed"}))
    assert (changed["status"], changed["unsubscribed_at"]) == ("unsubscribed", "2026-01-01 00:00:00")
    group = data(client.get("/groups/11"))
    assert (group["active_count"], group["unsubscribed_count"]) == (0, 1)
    assert client.get("/groups/11/subscribers").json()["data"] == []
    assert len(client.get("/groups/11/subscribers?filter[status]=unsubscribed").json()["data"]) == 1


def test_put_changes_the_address(client: httpx.Client) -> None:
    key = data(upsert(client, "old@example.com"))["id"]
    upsert(client, "taken@example.com")
    moved = client.put(f"/subscribers/{key}", json={"email": "New@example.com", "fields": {"email": "x@example.com"}})
    assert data(moved)["email"] == "new@example.com"
    assert client.get("/subscribers/old@example.com").status_code == 404
    assert data(client.get("/subscribers/new@example.com"))["id"] == key
    assert errors(client.put(f"/subscribers/{key}", json={"email": "TAKEN@example.com"})) == {
        "email": ["The email has already been taken."]
    }
    assert client.put(f"/subscribers/{key}", json={"email": "NEW@example.com"}).status_code == 200
    assert errors(client.put(f"/subscribers/{key}", json={"email": None})) == {
        "email": ["The email field is required."]
    }


@pytest.mark.parametrize(("method", "suffix"), [("PUT", ""), ("DELETE", ""), ("POST", "/forget")])
def test_address_is_no_id(client: httpx.Client, method: str, suffix: str) -> None:
    upsert(client)
    answer = client.request(method, f"/subscribers/ann@example.com{suffix}", json={})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert count(client) == 1


def test_fetch_by_address_in_any_case(client: httpx.Client) -> None:
    key = data(upsert(client, "ann+news@example.com"))["id"]
    assert data(client.get("/subscribers/ANN%2Bnews%40example.com"))["id"] == key
    assert data(client.get(f"/subscribers/{key}"))["email"] == "ann+news@example.com"


def test_deleted_subscriber_comes_back_with_the_next_post(
    emulator: Emulator, client: httpx.Client, clock: VirtualClock
) -> None:
    emulator.seed(groups=[{"id": "11", "name": "g"}])
    first = data(upsert(client, fields={"name": "Ann"}, groups=["11"]))
    gone = client.delete(f"/subscribers/{first['id']}")
    assert (gone.status_code, gone.content, "content-type" in gone.headers) == (204, b"", False)
    assert client.delete(f"/subscribers/{first['id']}").json() == NOT_FOUND
    assert (count(client), data(client.get("/groups/11"))["active_count"]) == (0, 0)
    assert client.get("/subscribers/ann@example.com").status_code == 404
    clock.advance(60)
    back = upsert(client, fields={"city": "Riga"})
    assert back.status_code == 200
    assert data(back)["id"] == first["id"]
    assert (data(back)["created_at"], data(back)["updated_at"]) == ("2026-01-01 00:00:00", "2026-01-01 00:01:00")
    assert (data(back)["fields"]["name"], data(back)["fields"]["city"]) == ("Ann", "Riga")
    assert data(back)["groups"] == []


def test_deleting_does_not_launder_an_unsubscribed_address(client: httpx.Client) -> None:
    key = data(upsert(client, status="unsubscribed"))["id"]
    client.delete(f"/subscribers/{key}")
    assert upsert(client).json()["subscriber"] == key
    assert count(client) == 0
    assert data(upsert(client, resubscribe=True))["id"] == key


def test_forgotten_subscriber_never_comes_back(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(groups=[{"id": "11", "name": "g"}])
    first = data(upsert(client))
    # Being deleted and brought back before must not make a difference.
    client.delete(f"/subscribers/{first['id']}")
    first = data(upsert(client, groups=["11"]))
    clock.advance(5)
    answer = client.post(f"/subscribers/{first['id']}/forget")
    assert answer.json()["message"] == "Subscriber data will be completely deleted and forgotten within 30 days."
    forgotten = data(answer)
    assert (forgotten["deleted_at"], forgotten["forget_at"]) == ("2026-01-01 00:00:05", "2026-01-31 00:00:05")
    assert (forgotten["updated_at"], forgotten["location"]) == ("2026-01-01 00:00:05", None)
    assert [group["id"] for group in forgotten["groups"]] == ["11"]
    assert client.post(f"/subscribers/{first['id']}/forget").json() == NOT_FOUND
    assert data(client.get("/groups/11"))["active_count"] == 0
    again = upsert(client)
    assert again.status_code == 201
    assert data(again)["id"] != first["id"]


def test_count_and_filters(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=[{"email": f"{status}@example.com", "status": status} for status in ("active", "junk")])
    assert count(client) == 2
    assert count(client, **{"filter[status]": "junk"}) == 1
    assert count(client, **{"filter[email]": "JUNK@example.com"}) == 1
    assert count(client, **{"filter[email]": "junk@example.com", "filter[status]": "active"}) == 0


def test_lists_have_groups_only_on_demand(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=["g"], subscribers=[{"email": "a@example.com", "groups": ["g"]}])
    (plain,) = client.get("/subscribers").json()["data"]
    (full,) = client.get("/subscribers?include=groups").json()["data"]
    assert "groups" not in plain
    assert full["groups"] == [client.get("/groups").json()["data"][0]]
    assert {**plain, "groups": full["groups"]} == full


def test_rates_are_percentages(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(subscribers=[{"email": "a@example.com", "sent": 13, "opens_count": 1, "clicks_count": 13}])
    item = client.get("/subscribers/a@example.com").json()["data"]
    assert (item["open_rate"], item["click_rate"]) == (7.69, 100)
    assert isinstance(item["click_rate"], int)


@pytest.mark.parametrize(
    ("query", "key", "text"),
    [
        ("limit=ten", "limit", "The limit must be an integer."),
        ("limit=1.5", "limit", "The limit must be an integer."),
        ("limit=-1", "limit", "The limit must be at least 0."),
        ("limit=1001", "limit", "The limit may not be greater than 1000."),
        ("filter[status]=asleep", "filter.status", "The selected filter.status is invalid."),
        ("filter=active", "filter", "The filter must be an array."),
        ("include=fields", "include", "The selected include is invalid."),
    ],
)
def test_list_parameters_are_validated(client: httpx.Client, query: str, key: str, text: str) -> None:
    assert errors(client.get(f"/subscribers?{query}")) == {key: [text]}
