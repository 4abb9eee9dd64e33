"""Columns: the one with the address, and the fields of the others."""

from __future__ import annotations

import pytest

from mailerlite_async.cli.columns import plan_fields, read_columns
from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.models import Field

FIELDS = [
    Field("1", "Name", "name", "text"),
    Field("2", "Last name", "last_name", "text"),
    Field("8", "Zip", "z_i_p", "text"),
    Field("9", "Member since", "joined", "date"),
]
WHERE = "people.csv, line 1"


OWN_NAMES = [Field("10", "Status", "status", "text"), Field("11", "Source", "source", "text")]


def plan(*header: str, fields: list[Field] = FIELDS) -> tuple[dict[int, str], list[str]]:
    found = plan_fields(read_columns(header, None, WHERE), fields, WHERE)
    return found.keys, [column.name for column in found.unknown]


@pytest.mark.parametrize(
    "name", ["email", "E-Mail", "e_mail", "Email Address", "E-MAIL  ADDRESS", "mail", "email-address"]
)
def test_the_column_with_the_address(name: str) -> None:
    assert read_columns(["name", name], None, WHERE).address.index == 1


def test_the_column_with_the_address_can_be_named() -> None:
    columns = read_columns(["email", "Work  address", "name"], "work_address", WHERE)
    assert columns.address.name == "Work  address"
    assert [column.name for column in columns.others] == ["email", "name"]


def test_columns_find_fields_by_key_name_and_alias() -> None:
    assert plan("email", "NAME", "last-name", "zip", "Member Since") == (
        {1: "name", 2: "last_name", 3: "z_i_p", 4: "joined"},
        [],
    )
    assert plan("joined", "email", "z_i_p", "Tier") == ({0: "joined", 2: "z_i_p"}, ["Tier"])
    assert plan("email", "First name", "Surname", "Postal Code") == ({1: "name", 2: "last_name", 3: "z_i_p"}, [])


def test_a_key_goes_before_a_name_and_a_field_of_the_account_before_an_alias() -> None:
    fields = [*FIELDS, Field("10", "Joined", "joined_2", "text"), Field("11", "First name", "first_name", "text")]
    assert plan("email", "joined", "first name", fields=fields) == ({1: "joined", 2: "first_name"}, [])


def test_columns_without_a_name_are_set_apart() -> None:
    columns = read_columns(["email", "", "name", ""], None, WHERE)
    assert columns.nameless == [2, 4]
    assert [column.index for column in columns.others] == [2]
    assert columns.width == 4


@pytest.mark.parametrize(
    ("header", "wanted", "message"),
    [
        (["email", "Name", "na me", "name"], None, "columns 2 and 4 are both called 'name'"),
        (["email", "first_name", "First name"], None, "columns 2 and 3"),
        (["name", "city"], None, "--email-column; there are 'name', 'city'"),
        (["email", "mail"], None, "'email' or 'mail'"),
        (["email", "name"], "address", "no column is called 'address'"),
        (["ann@example.com", "Ann"], None, "names of the columns, not an address"),
    ],
)
def test_headers_that_cannot_be_used(header: list[str], wanted: str | None, message: str) -> None:
    with pytest.raises(CannotRunError) as caught:
        read_columns(header, wanted, WHERE)
    assert message in str(caught.value)
    assert str(caught.value).startswith(WHERE)


def test_two_columns_for_one_field_and_two_fields_for_one_column() -> None:
    with pytest.raises(CannotRunError, match="'name' and 'First name' both fill the field 'Name'"):
        plan("email", "name", "First name")
    with pytest.raises(CannotRunError, match="may mean the field 'a_1' or 'a_2'"):
        plan(
            "email",
            "shoe size",
            fields=[Field("1", "Shoe size", "a_1", "text"), Field("2", "shoe-size", "a_2", "text")],
        )


# -- what an export wrote ----------------------------------------------------------------------------------------------


def test_a_field_can_be_named_by_its_key_alone() -> None:
    fields = [*FIELDS, *OWN_NAMES]
    assert plan("email", "fields.status", "Fields.Z_I_P", fields=fields) == ({1: "status", 2: "z_i_p"}, [])
    assert plan("email", "fields.zip", fields=fields) == ({}, ["fields.zip"])


@pytest.mark.parametrize(
    "header",
    [
        ("id", "email", "status", "source", "fields.status", "fields.source", "name"),
        ("email", "fields.status", "source", "name"),
        ("id", "email", "status", "source", "opens_count", "click_rate", "name"),
    ],
)
def test_what_every_subscriber_has_fills_no_field_of_the_same_name(header: tuple[str, ...]) -> None:
    found = plan_fields(read_columns(header, None, WHERE), [*FIELDS, *OWN_NAMES], WHERE)
    own = [name for name in header if name not in ("email", "name") and not name.startswith("fields.")]
    assert [column.name for column in found.own] == own
    assert {header[index]: key for index, key in found.keys.items()} == {
        name: name.removeprefix("fields.") for name in header if name == "name" or name.startswith("fields.")
    }
    assert found.unknown == []


@pytest.mark.parametrize("header", [("id", "email", "status"), ("email", "status", "sent")])
def test_a_column_that_may_be_an_exports_or_a_field_is_refused(header: tuple[str, ...]) -> None:
    with pytest.raises(CannotRunError) as caught:
        plan(*header, fields=[*FIELDS, *OWN_NAMES])
    beside = header[2] if header[1] == "status" else header[0]
    assert str(caught.value) == (
        f"{WHERE}: column 'status' may mean the field 'Status', or, beside {beside!r}, what an export writes of every "
        "subscriber. Rename it to 'fields.status', or remove it."
    )


def test_all_columns_that_may_be_an_exports_are_named_at_once() -> None:
    with pytest.raises(CannotRunError) as caught:
        plan("email", "status", "source", fields=[*FIELDS, *OWN_NAMES])
    assert str(caught.value) == (
        f"{WHERE}: columns 'status' and 'source' may mean the fields 'Status' and 'Source', or what an export writes "
        "of every subscriber. Rename them to 'fields.status' and 'fields.source', or remove them."
    )


def test_a_column_that_no_export_writes_fills_the_field_of_its_name() -> None:
    fields = [*FIELDS, *OWN_NAMES]
    assert plan("email", "source", "name", fields=fields) == ({1: "source", 2: "name"}, [])
    assert plan("id", "email", "Status", "Source", fields=fields) == ({2: "status", 3: "source"}, ["id"])
