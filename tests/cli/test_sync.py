"""The command `sync`: what it shows, asks and changes, and what keeps it from changing anything."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async import MailerLite
from mailerlite_async.cli.program import run
from mailerlite_async.cli.syncing import SyncOptions, run_sync

from .conftest import KEY, Bench, addresses, table
from .syncing import FILE, book_club, changed, never, sync


@pytest.fixture
def account(bench: Bench) -> Bench:
    return book_club(bench)


def test_a_dry_run_shows_everything_and_changes_nothing(account: Bench) -> None:
    result = sync(account, dry_run=True)
    assert (result.status, result.err) == (0, "")
    path = account.folder / "people.csv"
    lines = result.out.splitlines()
    assert lines[:13] == [
        f'Dry run, nothing was changed. {path} would change the group "Book club" (id 7).',
        "",
        "  rows in the file                 3",
        "  members                          3",
        "  added                            1",
        "  updated                          1",
        "  removed                          1",
        "  subscribed again                 0",
        "  unchanged                        1",
        "  left alone                       0",
        "  refused rows                     0",
        "  failed changes                   0",
        "",
    ]
    assert "Ignored, since the account has no such field: column 'Shoe'." in lines
    assert lines[lines.index("Add:") + 1].split() == ["line", "4", "new@example.com", "name:", "New;", "city:", "Rome"]
    assert lines[lines.index("Update:") + 1].strip().startswith("line      3  bob@example.com")
    assert "name: Bob -> Robert" in result.out
    assert "city: Bath -> (empty)" in result.out
    assert lines[lines.index("Remove:") + 1].strip() == "carol@example.com"
    assert not changed(account)


def test_the_group_becomes_what_the_file_says(account: Bench) -> None:
    result = sync(account)
    assert result.status == 0, result.err + result.out
    assert "has changed the group" in result.out
    assert account.members() == {"ann@example.com", "bob@example.com", "new@example.com"}
    assert account.fields_of("bob@example.com") == {"name": "Robert"}
    assert account.fields_of("new@example.com") == {"name": "New", "city": "Rome"}
    again = sync(account)
    assert again.status == 0
    assert "changes nothing in the group" in again.out


def test_empty_cells_can_leave_values_alone(account: Bench) -> None:
    assert sync(account, keep_values=True).status == 0
    assert account.fields_of("bob@example.com") == {"name": "Robert", "city": "Bath"}


@pytest.mark.parametrize("answer", [True, False])
def test_the_changes_are_made_when_the_user_says_yes(account: Bench, *, answer: bool) -> None:
    asked: list[bool] = []

    def confirm() -> bool:
        asked.append(changed(account))
        return answer

    result = sync(account, confirm=confirm)
    assert asked == [False]
    assert "would change the group" in result.out
    assert "Remove:" in result.out
    assert changed(account) is answer
    assert result.status == (0 if answer else 2)
    assert ("has changed the group" in result.out) is answer
    assert result.err == ("" if answer else "Nothing was changed.\n")


def test_nobody_is_asked_about_no_change(account: Bench) -> None:
    result = sync(account, "email\nann@example.com\nbob@example.com\ncarol@example.com\n", confirm=lambda: never())
    assert result.status == 0
    assert not changed(account)


def test_a_group_that_does_not_exist_yet(bench: Bench) -> None:
    dry = sync(bench, "email\nann@example.com\n", dry_run=True, as_json=True)
    assert (dry.json["group"], dry.json["added"]) == ({"id": None, "name": "Book club", "created": False}, 1)
    result = sync(bench, "email\nann@example.com\n", as_json=True)
    assert (result.status, result.json["group"]["created"]) == (0, True)
    assert bench.groups() == [result.json["group"]["id"]]
    assert bench.members() == {"ann@example.com"}


def test_the_report_for_programs(account: Bench) -> None:
    result = sync(account, f"{FILE}Ann@example.com,,,\n", dry_run=True, as_json=True)
    assert result.status == 1
    report = result.json
    changes, refusals = report.pop("changes"), report.pop("refusals")
    assert report.pop("requests") >= 1
    assert report.pop("imports") >= 0
    assert report == {
        "file": str(account.folder / "people.csv"),
        "api": "emulator",
        "dry_run": True,
        "ending": "finished",
        "exit_status": 1,
        "problem": None,
        "group": {"id": "7", "name": "Book club", "created": False},
        "rows": 4,
        "members": 3,
        "added": 1,
        "updated": 1,
        "removed": 1,
        "resubscribed": 0,
        "unchanged": 1,
        "kept": 0,
        "refused": 1,
        "failed": 0,
        "ignored_columns": ["Shoe"],
    }
    assert {change["kind"]: change for change in changes}["update"] == {
        "kind": "update",
        "line": 3,
        "email": "bob@example.com",
        "email_before": None,
        "id": "2",
        "fields": {"name": "Robert", "city": None},
        "before": {"name": "Bob", "city": "Bath"},
        "error": None,
    }
    assert {change["kind"]: change["line"] for change in changes} == {"add": 4, "update": 3, "remove": None}
    (refusal,) = refusals
    assert (refusal["line"], refusal["email"], refusal["kept"]) == (5, "Ann@example.com", None)


def test_refused_rows_are_named(account: Bench) -> None:
    result = sync(account, f"{FILE}Ann@example.com,,,\n")
    assert result.status == 1
    assert "Refused:\n  line      5  Ann@example.com" in result.out
    assert "carol@example.com" not in account.members()


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_changes_that_cannot_be_shown_are_not_made(account: Bench) -> None:
    err = io.StringIO()
    with MailerLite(KEY, transport=account.transport, clock=account.clock) as ml:
        options = SyncOptions(file=str(account.write(FILE)), group="Book club", max_removals=1.0)
        assert run_sync(ml, options, Full(), err, confirm=never) == 2
    strerror = os.strerror(errno.ENOSPC)
    assert err.getvalue() == f"Error: The changes cannot be shown: {strerror}.\nNothing was changed.\n"
    assert not changed(account)


def test_more_changes_than_are_shown(bench: Bench) -> None:
    source = table(addresses(25))
    result = sync(bench, source, dry_run=True)
    assert result.out.count("@example.com") == 20
    assert "  ... and 5 more; --all shows them" in result.out
    assert sync(bench, source, dry_run=True, all_changes=True).out.count("@example.com") == 25


@pytest.mark.parametrize("confirm", [never, lambda: True])
def test_too_many_removals(account: Bench, confirm: Callable[[], bool]) -> None:
    result = sync(account, "email\nann@example.com\n", confirm=confirm, max_removals=1)
    assert (result.status, result.out) == (2, "")
    assert "Error: 2 of 3 members would be removed, and --max-removals allows 1." in result.err
    assert result.err.endswith("Nothing was changed.\n")
    assert not changed(account)


def test_a_dry_run_shows_too_many_removals(account: Bench) -> None:
    result = sync(account, "email\nann@example.com\n", max_removals=1, dry_run=True)
    assert result.status == 2
    assert "carol@example.com" in result.out
    assert "--max-removals allows 1." in result.err


def test_members_are_found_by_id_and_by_a_field(account: Bench) -> None:
    result = sync(account, "id,email,name\n2,robert@example.com,Bob\n", by="id", dry_run=True, as_json=True)
    (update,) = [change for change in result.json["changes"] if change["kind"] == "update"]
    assert (update["email_before"], update["email"]) == ("bob@example.com", "robert@example.com")
    text = sync(account, "id,email,name\n2,robert@example.com,Bob\n", by="id", dry_run=True).out
    assert "email: bob@example.com -> robert@example.com" in text
    result = sync(account, "email,name\nanna@example.com,Ann\n", by="name", dry_run=True, as_json=True)
    (update,) = [change for change in result.json["changes"] if change["kind"] == "update"]
    assert update["email_before"] == "ann@example.com"


def test_lines_of_json_as_export_writes_them(account: Bench) -> None:
    lines = [
        {"id": "1", "email": "ann@example.com", "status": "active", "sent": 3, "fields": {"name": "Ann"}},
        {"id": "2", "email": "bob@example.com", "fields": {"name": None}},
    ]
    source = "\n".join(map(json.dumps, lines))
    result = sync(account, source, "people.jsonl", dry_run=True, as_json=True)
    assert (result.status, result.json["unchanged"], result.json["updated"], result.json["removed"]) == (0, 1, 1, 1)
    result = sync(
        account, '{"email": "ann@example.com", "shoe": 39}\n["ann"]\n', "people.jsonl", dry_run=True, as_json=True
    )
    assert [refusal["line"] for refusal in result.json["refusals"]] == [1, 2]


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("name\nAnn\n", {}, "people.csv, line 1: no column is called email"),
        ("email\n", {}, "people.csv has no rows"),
        ('email\nann@example.com\n"bob"@example.com\n', {}, "people.csv, line 3: the row has a quotation mark"),
        ("email\nann@example.com,x\n", {}, "people.csv, line 2: 2 cells, but the header has 1"),
        (FILE, {"group_id": "8"}, "--group-id 8: the account has no group with this id"),
        (FILE, {"group": "1234"}, "--group 1234: no group is called that"),
        (FILE, {"by": "shoe"}, "--by shoe: it must be email, id or the key of a field"),
        (FILE, {"by": "id"}, "has no column called id"),
    ],
)
def test_what_cannot_be_synced(account: Bench, source: str, options: dict[str, Any], message: str) -> None:
    result = sync(account, source, **options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.endswith("Nothing was changed.\n")
    assert not changed(account)


def test_a_file_that_cannot_be_read_costs_no_call(account: Bench) -> None:
    sync(account, "name\nAnn\n")
    assert account.emulator.requests == []


@pytest.mark.parametrize(("status", "message"), [(401, "does not accept the key"), (500, "500 Internal Server Error")])
def test_an_api_that_fails(account: Bench, status: int, message: str) -> None:
    account.tamper(lambda request: httpx.Response(status, json={"message": "No."}, request=request))
    result = sync(account)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_a_key_revoked_while_changing(account: Bench) -> None:
    account.tamper(
        lambda request: (
            httpx.Response(401, json={"message": "Unauthenticated."}, request=request)
            if request.method != "GET"
            else None
        )
    )
    result = sync(account, as_json=True)
    assert result.status == 2
    assert result.json["ending"] == "failed"
    assert result.json["failed"] == 3
    assert "Running the command again compares anew" in result.err


def test_a_temporary_database_that_fails(account: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("mailerlite_async._sync.bulk.Bulk.sync", fail)
    result = sync(account)
    assert (result.status, result.out) == (2, "")
    assert result.err == "Error: The temporary database failed: database or disk is full.\nNothing was changed.\n"


@pytest.mark.parametrize(
    ("method", "ending"), [("GET", "Nothing was changed."), ("POST", "Changes may have been made.")]
)
def test_interrupted(account: Bench, method: str, ending: str) -> None:
    def interrupt(request: httpx.Request) -> None:
        if request.method == method and "/groups" in request.url.path:
            raise KeyboardInterrupt

    account.tamper(interrupt)
    result = sync(account)
    assert (result.status, result.out) == (130, "")
    assert result.err.startswith("Interrupted while ")
    assert ending in result.err


# -- as a command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILERLITE_API_KEY", raising=False)
    (tmp_path / "people.csv").write_text("email\nann@example.com\n", encoding="utf-8")
    seed = {
        "groups": [{"name": "Book club", "id": "7"}],
        "subscribers": [{"email": f"{name}@example.com", "groups": ["7"]} for name in ("ann", "bob", "carol")],
    }
    (tmp_path / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("removals", "status"), [("67%", 0), ("66%", 2), ("2", 0), ("1", 2), ("100%", 0), ("0", 2)])
def test_how_many_may_be_removed(folder: Path, capsys: pytest.CaptureFixture[str], removals: str, status: int) -> None:
    arguments = ["people.csv", "--group-id", "7", "--emulator", "--seed", "seed.json", "--dry-run", "--json"]
    assert run(["sync", *arguments, "--max-removals", removals]) == status
    assert json.loads(capsys.readouterr().out)["removed"] == 2


class Typist(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("n\n", 2), ("", 130)])
def test_the_question(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str, status: int
) -> None:
    monkeypatch.setattr("sys.stdin", Typist(typed))
    arguments = ["people.csv", "--group", "Book club", "--emulator", "--seed", "seed.json", "--max-removals", "2"]
    assert run(["sync", *arguments]) == status
    captured = capsys.readouterr()
    assert "Make these changes? [y/N]:" in captured.err
    assert ("Nothing was changed." in captured.err) is (status != 0)
    assert ("Interrupted while waiting for your answer." in captured.err) is (status == 130)
    assert ("has changed the group" in captured.out) is (status == 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes"], "either --group NAME or --group-id ID"),
        (["--yes", "--group", "a", "--group-id", "1"], "either --group NAME or --group-id ID"),
        (["--group", "a"], "nobody can be asked: add --yes"),
        (["--group", "a", "--json"], "nobody can be asked: add --yes"),
        (["--group", "a", "--yes", "--max-removals", "101%"], "a part of them such as 10%"),
        (["--group", "a", "--yes", "--max-removals", "-1"], "a part of them such as 10%"),
        (["--group", "a", "--yes", "--max-removals", "0.1"], "a part of them such as 10%"),
        (["--group", "a", "--yes", "--max-removals", "nan%"], "a part of them such as 10%"),
        (["--group", "a", "--yes", "--status", "gone"], "'gone' is not one of"),
    ],
)
def test_options_that_make_no_sense(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["sync", "people.csv", "--emulator", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
