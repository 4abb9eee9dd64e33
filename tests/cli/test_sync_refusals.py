"""Rows that a sync refuses: when they keep it from changing anything, and how they are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Bench, table
from .syncing import FILE, book_club, changed, sync


@pytest.fixture
def account(bench: Bench) -> Bench:
    return book_club(bench)


UNREADABLE = [
    ("email,name\n,Ann\nbob@example.com,Bob\n", "people.csv", "line 2: "),
    ("email,name\nbob@example.com,Bob\nann@example..com,Ann\n", "people.csv", "line 3: "),
    *(
        (f'{line}\n{{"email": "bob@example.com"}}\n', "people.jsonl", "line 1: ")
        for line in ('{"mail": "ann@example.com"}', "{}", "null", "[1]", '"ann@example.com"')
    ),
    *(
        (f'{{"email": "bob@example.com"}}\n{line}\n', "people.jsonl", "line 2: this is not JSON")
        for line in ("NaN", '{"email": "ann@example.com", "fields": {"name": Infinity}}')
    ),
    (f'{{"email": "bob@example.com", "fields": {{"name": {"9" * 5000}}}}}', "people.jsonl", "line 1: this holds a"),
]


@pytest.mark.parametrize("options", [{}, {"confirm": lambda: True}, {"as_json": True}])
@pytest.mark.parametrize(("source", "name", "message"), UNREADABLE)
def test_a_row_nobody_can_read_removes_nobody(
    account: Bench, source: str, name: str, message: str, options: dict[str, Any]
) -> None:
    result = sync(account, source, name, **options)
    assert (result.status, result.out) == (2, "")
    assert f"{name}, {message}" in result.err
    assert result.err.endswith("\nNothing was changed.\n")
    assert not changed(account)


def test_a_dry_run_says_that_rows_cannot_be_read(account: Bench) -> None:
    source = table(["bob@example.com", *[f"nobody{number}" for number in range(7)]])
    result = sync(account, source, dry_run=True, as_json=True)
    assert result.status == 2
    assert (result.json["ending"], result.json["removed"], len(result.json["refusals"])) == ("failed", 2, 7)
    assert "people.csv, lines 3, 4, 5, 6, 7 and 2 more: nobody can tell which member" in result.json["problem"]
    assert "2 members would be removed" in result.err
    assert "carol@example.com" in sync(account, source, dry_run=True).out


def test_rows_nobody_can_read_stop_no_sync_that_removes_nobody(account: Bench) -> None:
    result = sync(account, f"{FILE}carol@example.com,,,\nnobody,,,\n")
    assert result.status == 1
    assert account.fields_of("bob@example.com") == {"name": "Robert"}


def test_a_row_whose_member_is_known_stops_nothing(account: Bench) -> None:
    lines = ['{"email": "ann@example.com", "shoe": 39}', '{"email": "bob@example.com"}']
    result = sync(account, "\n".join(lines), "people.jsonl", as_json=True)
    assert (result.status, result.json["removed"], result.json["refusals"][0]["kept"]) == (1, 1, "1")
    assert account.members() == {"ann@example.com", "bob@example.com"}


def test_a_file_that_can_be_read_is_compared_once(account: Bench) -> None:
    sync(account, f"{FILE}Ann@example.com,,,\n")
    read = [request for request in account.log("GET", "/groups/{id}/subscribers") if "active" in str(request.query)]
    assert len(read) == 1


def test_reasons_speak_of_lines_and_of_json(account: Bench) -> None:
    rows = [
        {"email": "new@example.com"},
        {"email": "NEW@example.com"},
        [1],
        None,
        {"email": 5},
        {"email": "a@example.com", "fields": [1]},
        {"email": "b@example.com", "fields": {"name": {}}},
        {"email": "c@example.com", "its email is that of rows[0]": 1},
        {},
    ]
    source = "\n" + "\n".join(map(json.dumps, rows))
    result = sync(account, source, "people.jsonl", dry_run=True, as_json=True)
    assert {refusal["line"]: refusal["reason"] for refusal in result.json["refusals"]} == {
        3: "its email is that of line 2",
        4: "a line must be an object with email and fields",
        5: "a line must be an object with email and fields",
        6: "email must be text, not a number",
        7: "fields must be an object, not a list",
        8: "fields['name'] must be text, a number or null, not an object",
        9: "it has its email is that of rows[0]: its keys are email, fields",
        10: "it has no email",
    }
    assert "people.jsonl, lines 4, 5, 6, 7, 8 and 2 more" in result.err
    assert "(the first: a line must be an object with email and fields)" in result.err


@pytest.mark.parametrize(
    ("by", "source", "reason"),
    [
        ("email", "email\nnew@example.com\nNew@example.com\n", "its email is that of line 2"),
        ("id", "id,email\n\n1,ann@example.com\n1,anna@example.com\n", "its id is that of line 3"),
        ("name", "email,name\nann@example.com,Ann\nanna@example.com,Ann\n", "its fields.name is that of line 2"),
    ],
)
def test_a_row_like_an_earlier_one(account: Bench, by: str, source: str, reason: str) -> None:
    result = sync(account, source, by=by, dry_run=True)
    assert result.out.split("Refused:\n")[1].splitlines()[0].endswith(f"  {reason}")
    assert sync(account, source, by=by, dry_run=True, as_json=True).json["refusals"][0]["reason"] == reason
