"""Fields: keys, types, unique names, and what happens to values."""

from __future__ import annotations

import httpx
import pytest

from mailerlite_async.testing import Emulator


def create(client: httpx.Client, name: str = "My Field", type: str = "text") -> httpx.Response:
    return client.post("/fields", json={"name": name, "type": type})


def names(client: httpx.Client, query: str = "") -> list[str]:
    return [each["name"] for each in client.get(f"/fields?{query}").json()["data"]]


def test_built_in_fields(client: httpx.Client) -> None:
    fields = client.get("/fields").json()["data"]
    assert [(field["id"], field["key"]) for field in fields] == [
        *(("1", "name"), ("2", "last_name"), ("3", "company"), ("4", "country")),
        *(("5", "city"), ("6", "phone"), ("7", "state"), ("8", "z_i_p")),
    ]
    assert all(field["is_default"] and field["type"] == "text" for field in fields)


def test_key_comes_from_the_first_name_and_stays(client: httpx.Client) -> None:
    created = create(client)
    assert created.status_code == 201
    field = created.json()["data"]
    assert (field["key"], field["is_default"], len(field["id"])) == ("my_field", False, 6)
    assert "used_in_automations" not in field
    renamed = client.put(f"/fields/{field['id']}", json={"name": "Other"}).json()["data"]
    assert renamed == {**field, "name": "Other"}
    listed = client.get("/fields").json()["data"][-1]
    assert listed == {**renamed, "used_in_automations": False}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("birthday", "birthday"),
        ("Birth day", "birth_day"),
        ("birth day", "birth_day"),
        ("VAT", "v_a_t"),
        ("Street 2", "street2"),
        ("E-mail (work)", "e_mail_work"),
        ("生日", "field"),
    ],
)
def test_keys(client: httpx.Client, name: str, key: str) -> None:
    assert create(client, name).json()["data"]["key"] == key


def test_two_names_with_one_key(client: httpx.Client) -> None:
    keys = [create(client, name).json()["data"]["key"] for name in ("My Field", "my-field", "my_field")]
    assert keys == ["my_field", "my_field_2", "my_field_3"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"name": ["The name field is required."], "type": ["The type field is required."]}),
        ({"name": "x", "type": "colour"}, {"type": ["The selected type is invalid."]}),
        ({"name": "x" * 256, "type": "text"}, {"name": ["The name may not be greater than 255 characters."]}),
    ],
)
def test_create_is_validated(client: httpx.Client, body: dict[str, str], errors: dict[str, list[str]]) -> None:
    answer = client.post("/fields", json=body)
    assert answer.status_code == 422
    assert answer.json() == {"message": "The given data was invalid.", "errors": errors}


def test_names_are_unique(client: httpx.Client) -> None:
    taken = {"message": "Field name must be unique", "errors": {"name": ["Field name must be unique"]}}
    first, second = create(client, "One").json()["data"], create(client, "Two").json()["data"]
    for answer in (
        create(client, "one"),
        create(client, "City"),
        client.put(f"/fields/{second['id']}", json={"name": "One"}),
    ):
        assert (answer.status_code, answer.json()) == (422, taken)
    assert client.put(f"/fields/{first['id']}", json={"name": "ONE"}).status_code == 200


def test_account_holds_a_hundred_fields(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(fields=[f"field {number}" for number in range(92)])
    assert create(client).json()["errors"] == {"name": ["The account may not have more than 100 fields."]}


def test_deleting_a_field_forgets_its_values(client: httpx.Client) -> None:
    key = create(client).json()["data"]["id"]
    person = {"email": "ann@example.com", "fields": {"my_field": "blue", "name": "Ann"}}
    assert client.post("/subscribers", json=person).json()["data"]["fields"]["my_field"] == "blue"
    assert client.delete(f"/fields/{key}").status_code == 204
    assert "my_field" not in client.get("/subscribers/ann@example.com").json()["data"]["fields"]
    create(client)
    fields = client.get("/subscribers/ann@example.com").json()["data"]["fields"]
    assert (fields["my_field"], fields["name"]) == (None, "Ann")
    again = client.delete(f"/fields/{key}")
    assert (again.status_code, again.json()) == (
        404,
        {"message": f"No query results for model [App\\Models\\Field] {key}"},
    )


def test_built_in_field_is_not_deleted(client: httpx.Client) -> None:
    assert client.delete("/fields/1").status_code == 422
    assert len(names(client)) == 8


def test_filters_and_sorting(client: httpx.Client) -> None:
    for name, type in (("Age", "number"), ("Born", "date"), ("zone", "text")):
        create(client, name, type)
    assert names(client, "filter[type]=number") == ["Age"]
    assert names(client, "filter[keyword]=NAME") == ["Name", "Last name"]
    assert names(client, "filter[keyword]=e&filter[type]=number") == ["Age"]
    assert names(client, "sort=name&limit=2") == ["Age", "Born"]
    assert names(client, "sort=-name&limit=2") == ["zone", "Zip"]
    assert names(client, "sort=type&limit=2") == ["Born", "Age"]
    for query in ("sort=key", "filter[type]=colour"):
        assert client.get(f"/fields?{query}").status_code == 422
