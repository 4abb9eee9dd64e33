"""When a value counts as different, and when it finds a member."""

from __future__ import annotations

from typing import Any

import pytest

from mailerlite_async.bulk._sync_values import alike, differences, identity_of

SAME: list[tuple[Any, Any, str]] = [
    ("Ann", "Ann", "text"),
    ("", None, "text"),
    (None, "", "number"),
    (None, None, "date"),
    (7, "7", "text"),
    (7.0, "7", "text"),
    ("7", 7, "text"),
    (True, "1", "text"),
    (1.5, "1.50", "number"),
    ("1.50", "1.5", "number"),
    ("007", 7, "number"),
    (10**30, str(10**30), "number"),
    (" Ann ", "Ann", "text"),
    (" Ann ", " Ann ", "text"),
    ("  ", None, "text"),
    ("2026-03-01", "2026-03-01 00:00:00", "date"),
    ("2026-03-01T00:00:00Z", "2026-03-01", "date"),
]
DIFFERENT: list[tuple[Any, Any, str]] = [
    ("Ann", "ann", "text"),
    ("Ann", " Ann", "text"),
    ("Ann", None, "text"),
    (None, "Ann", "text"),
    (0, None, "number"),
    (0, "", "number"),
    ("007", "7", "text"),
    ("1.50", "1.5", "text"),
    (7, "8", "text"),
    (7, "seven", "number"),
    ("1_0", "10", "number"),
    ("2026-03-01", "2026-03-01 00:00:01", "date"),
    ("2026-03-01", "2026-03-02", "date"),
    ("2026-03-01", "2026-03-01 00:00:00", "text"),
]


@pytest.mark.parametrize(("given", "held", "field_type"), SAME)
def test_values_the_api_holds_in_another_form_are_the_same(given: Any, held: Any, field_type: str) -> None:
    assert alike(given, held, field_type)


@pytest.mark.parametrize(("given", "held", "field_type"), DIFFERENT)
def test_other_values_are_different(given: Any, held: Any, field_type: str) -> None:
    assert not alike(given, held, field_type)


def test_differences_are_what_has_to_be_sent() -> None:
    given = {"name": "Ann", "city": "", "company": None, "points": 2}
    held = {"name": "Ann", "city": "Vilnius", "points": "1", "country": "LT"}
    assert differences(given, held, {"points": "number"}) == {"city": None, "points": 2}


@pytest.mark.parametrize(
    ("one", "other", "field_type"),
    [(7, "7", "text"), (" 7 ", 7.0, "text"), ("1.0", 1, "number"), ("2026-03-01 00:00", "2026-03-01", "date")],
)
def test_one_identity_has_several_forms(one: Any, other: Any, field_type: str) -> None:
    assert identity_of(one, field_type) == identity_of(other, field_type) is not None


@pytest.mark.parametrize(("one", "other"), [("007", "7"), ("a", "A"), ("1.0", "1")])
def test_texts_that_look_like_numbers_tell_people_apart(one: str, other: str) -> None:
    assert identity_of(one, "text") != identity_of(other, "text")


@pytest.mark.parametrize("value", [None, "", " "])
def test_an_empty_value_is_nobodys_identity(value: Any) -> None:
    assert identity_of(value, "number") is None
