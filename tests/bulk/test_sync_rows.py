"""What a row of a sync may be, and what its refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async.bulk._sync_rows import RowReader, decode
from mailerlite_async.models import SubscriberRow

TYPES = {"name": "text", "points": "number", "number": "text"}
ADDRESS = "ann@example.com"


def read(row: Any, by: str = "email") -> Any:
    return RowReader(by, TYPES).read(row)


def test_a_row_is_a_model_or_a_mapping() -> None:
    for row in (SubscriberRow(ADDRESS, {"name": "Ann"}), {"email": ADDRESS, "fields": {"name": "Ann"}}):
        found = read(row)
        assert (found.email, found.address, found.objection) == (ADDRESS, ADDRESS, None)
        assert decode(found.fields) == {"name": "Ann"}


def test_addresses_are_compared_in_the_form_of_the_server() -> None:
    assert read({"email": "Ann@EXAMPLE.com"}).address == ADDRESS
    assert read({"email": "ann@bücher.example"}).address == "ann@xn--bcher-kva.example"


def test_an_empty_value_is_kept_as_one() -> None:
    assert decode(read({"email": ADDRESS, "fields": {"name": "", "points": None}}).fields) == {
        "name": None,
        "points": None,
    }


def test_a_number_of_any_size_is_kept() -> None:
    assert decode(read({"email": ADDRESS, "fields": {"points": 10**30}}).fields) == {"points": 10**30}


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("ann@example.com", "mapping"),
        ({}, "no email"),
        ({"email": ""}, "no email"),
        ({"email": 7}, "must be str"),
        ({"email": "ann.example.com"}, "cannot be an address"),
        ({"email": "ann @example.com"}, "cannot be an address"),
        ({"email": "a\ud800nn@example.com"}, "email"),
        ({"email": ADDRESS, "groups": ["1"]}, "groups"),
        ({"email": ADDRESS, "id": "1"}, "id"),
        ({"email": ADDRESS, "fields": ["name"]}, "mapping"),
        ({"email": ADDRESS, "fields": {1: "Ann"}}, "keys"),
        ({"email": ADDRESS, "fields": {"name": ["Ann"]}}, "fields['name']"),
        ({"email": ADDRESS, "fields": {"points": float("nan")}}, "finite"),
        ({"email": ADDRESS, "fields": {"points": 10**5000}}, "JSON"),
        ({"email": ADDRESS, "fields": {"name": "\ud800"}}, "JSON"),
        ({"email": ADDRESS, "fields": {"nick": "Annie"}}, "no field nick"),
    ],
)
def test_a_row_that_cannot_be_sent_is_refused(row: Any, word: str) -> None:
    objection = read(row).objection
    assert word in objection
    assert ADDRESS not in objection


def test_a_refused_row_still_tells_whom_it_is_about() -> None:
    assert read({"email": "ANN@example.com", "fields": {"nick": "A"}}).address == ADDRESS
    assert read({"email": "ann.example.com"}).address == "ann.example.com"
    assert read({"email": "ann.example.com", "id": 12}, "id").key == "12"
    assert read({"email": ADDRESS, "fields": {"number": "7", "nick": "A"}}, "number").key == "7"


def test_an_id_may_be_missing_but_must_be_one() -> None:
    assert read({"email": ADDRESS, "id": "12"}, "id").key == read({"email": ADDRESS, "id": 12}, "id").key == "12"
    assert read({"email": ADDRESS, "id": None}, "id").objection is None
    assert read(SubscriberRow(ADDRESS), "id").objection is None
    assert "id" in read({"email": ADDRESS, "id": "twelve"}, "id").objection


@pytest.mark.parametrize("fields", [None, {}, {"name": "Ann"}, {"number": ""}, {"number": None}])
def test_a_row_must_have_the_field_by_which_members_are_found(fields: Any) -> None:
    assert "no fields.number" in read({"email": ADDRESS, "fields": fields}, "number").objection
