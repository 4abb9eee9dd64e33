"""The command `plan`: the ways, calls and reasons for the rows of a file, and that it needs neither key nor network."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.cli.plan_command import PlanOptions, run_plan
from mailerlite_async.cli.program import program, run

from .conftest import Result, addresses, table


def plan(folder: Path, operation: str, content: str | bytes, name: str = "people.csv", **options: Any) -> Result:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    out, err = io.StringIO(), io.StringIO()
    wanted = PlanOptions(operation=operation, file=str(folder / name), as_json=True, **options)
    return Result(run_plan(wanted, out, err), out.getvalue(), err.getvalue())


def ways(result: Result) -> dict[str, tuple[int, int, int]]:
    assert result.status == result.json["exit_status"]
    return {step["way"]: (step["rows"], step["requests"], step["imports"]) for step in result.json["steps"]}


def test_rows_for_an_import(tmp_path: Path) -> None:
    result = plan(tmp_path, "import_into", table(addresses(45_000)))
    assert (result.status, result.err) == (0, "")
    assert ways(result) == {"import": (45_000, 3, 3)}


def test_upserts_go_into_an_import_only_with_a_group(tmp_path: Path) -> None:
    rows = table((f"{email},Ann" for email in addresses(200)), "email,first name")
    assert "import" not in ways(plan(tmp_path, "upsert", rows))
    assert ways(plan(tmp_path, "upsert", rows, group_id="7")) == {"import": (200, 1, 1)}


@pytest.mark.parametrize("operation", ["get", "delete", "forget", "assign", "unassign"])
def test_ids_of_a_column(tmp_path: Path, operation: str) -> None:
    result = plan(tmp_path, operation, table(map(str, range(1, 101)), "ID"))
    assert ways(result) == {"batch": (100, 2, 0)}


@pytest.mark.parametrize(
    ("operation", "status"), [("get", 0), ("assign", 0), ("unassign", 0), ("delete", 1), ("forget", 1)]
)
def test_addresses_where_they_will_do(tmp_path: Path, operation: str, status: int) -> None:
    result = plan(tmp_path, operation, "email,id\nann@example.com,\nbob@example.com,7\n")
    assert result.status == status
    assert result.json["invalid_count"] == status
    assert [entry["line"] for entry in result.json["invalid"]] == [2] * status


def test_an_update_has_an_id_and_the_upsert_leaves_it_out(tmp_path: Path) -> None:
    rows = "id,email,City\n7,ann@example.com,York\n,bob@example.com,\n"
    result = plan(tmp_path, "update", rows)
    assert [(entry["line"], entry["reason"]) for entry in result.json["invalid"]] == [
        (3, "has no id: an update needs one; upsert takes addresses")
    ]
    assert plan(tmp_path, "upsert", rows).status == 0


def test_lines_of_json(tmp_path: Path) -> None:
    lines = [
        '{"email": "ann@example.com", "fields": {"name": "Ann"}, "groups": ["7"]}',
        "",
        '{"email": "nobody"}',
        '"text"',
    ]
    result = plan(tmp_path, "upsert", "\n".join(lines), "people.jsonl")
    assert (result.status, result.json["rows"], result.json["invalid_count"]) == (1, 3, 2)
    assert [(entry["row"], entry["line"]) for entry in result.json["invalid"]] == [(1, 3), (2, 4)]
    assert "not an address" in result.json["invalid"][0]["reason"]
    assert "nobody" not in result.out


def test_ids_as_lines_of_json(tmp_path: Path) -> None:
    result = plan(tmp_path, "get", b'\xef\xbb\xbf1\n"2"\n"ann@example.com"\n{"id": "4"}\n', "people.ndjson")
    assert (result.status, result.json["rows"]) == (0, 4)


@pytest.mark.parametrize(
    ("operation", "content", "reasons"),
    [
        ("delete", "email\nann@example.com\n", ["has no id: delete needs one"]),
        (
            "forget",
            "id,email\n,ann@example.com\nx,\n",
            ["has no id: forget needs one", "id must be made of decimal digits"],
        ),
        ("get", "email,name\n,Ann\n", ["has neither id nor email"]),
    ],
)
def test_rows_that_say_of_nobody(tmp_path: Path, operation: str, content: str, reasons: list[str]) -> None:
    result = plan(tmp_path, operation, content)
    assert [entry["reason"] for entry in result.json["invalid"]] == reasons


@pytest.mark.parametrize(
    ("operation", "content", "reason"),
    [
        ("upsert", "[1]", "a line must be an object with email and fields"),
        ("update", "null", "a line must be an object with id and fields"),
        (
            "import_into",
            '{"email": "ann@example.com", "fields": {"name": {}}}',
            "fields['name'] must be text, a number or null, not an object",
        ),
        ("delete", "[1]", "id must be text or a whole number, not a list"),
        ("delete", '{"id": {}, "email": 1}', "has no id: delete needs one"),
        ("delete", '{"id": {"id": 1}}', "id must be text or a whole number, not an object"),
        ("get", "1.5", "subscriber must be text or a whole number, not a fraction"),
    ],
)
def test_reasons_speak_of_json(tmp_path: Path, operation: str, content: str, reason: str) -> None:
    result = plan(tmp_path, operation, content, "people.jsonl")
    assert [entry["reason"] for entry in result.json["invalid"]] == [reason]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("people.csv", b"email,name\n", "people.csv has no rows"),
        ("people.csv", b"name\nAnn\n", "people.csv, line 1: no column is called email"),
        ("people.csv", b"email,name\na@example.com,b,c\n", "people.csv, line 2: 3 cells, but the header has 2"),
        ("people.csv", b'email\n"a"b\n', "people.csv, line 2: the row has a quotation mark"),
        ("people.jsonl", b"", "people.jsonl has no rows"),
        ("people.jsonl", b'{"email": 1}\n{"email": \n', "people.jsonl, line 2, column 10: this is not JSON"),
        ("people.jsonl", b'"\xff"\n', "people.jsonl, line 1: this is not UTF-8 text"),
        ("people.jsonl", b"[" * 500_000, "people.jsonl, line 1: this is nested too deeply"),
        ("people.jsonl", b'"' + b"x" * 1_000_001, "people.jsonl, line 1: longer than 1,000,000 bytes"),
    ],
)
def test_files_that_cannot_be_planned(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    result = plan(tmp_path, "upsert", content, name)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("Error: ")
    assert message in result.err


@pytest.mark.parametrize(("name", "message"), [("none.jsonl", "does not exist"), (".jsonl", "cannot be read")])
def test_files_that_are_none(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / ".jsonl").mkdir()
    err = io.StringIO()
    # A name that is nothing but an ending has none: the folder needs one.
    path = tmp_path / name if name != ".jsonl" else tmp_path / "folder.jsonl"
    if name == ".jsonl":
        path.mkdir()
    assert run_plan(PlanOptions(operation="upsert", file=str(path)), io.StringIO(), err) == 2
    assert message in err.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_table_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ids.csv").write_text(table([*map(str, range(1, 6001)), "seven"], "id"), encoding="utf-8")
    assert run(["plan", "delete", "ids.csv", "--progress"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "Reading.\n"
    assert captured.out.splitlines() == [
        "Plan of delete for the 6,001 rows of ids.csv. Nothing was sent.",
        "",
        "way             rows    calls  of imports  why",
        "batch          6,000      120           0  50 rows are one call",
        "in all         6,000      120           0",
        "",
        "That takes 52 s at best, with the account to itself.",
        "",
        "Refused before sending: 1 row",
        "  line   6002  id must be made of decimal digits",
    ]


def test_more_refusals_than_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ids.csv").write_text(table(["x"] * 150, "id"), encoding="utf-8")
    assert run(["plan", "delete", "ids.csv"]) == 1
    out = capsys.readouterr().out
    assert "Refused before sending: 150 rows" in out
    assert "That takes less than a second at best" in out
    assert out.endswith("  ... and 50 more\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explode", "ids.csv"], "'explode' is not one of"),
        (["get", "ids.csv", "--group-id", "7"], "--group-id makes no sense for get"),
        (["upsert", "ids.csv", "--group-id", "x"], "made of digits"),
        (["upsert", "ids.csv", "--delimiter", ";;"], "one character"),
        (["upsert", "ids.csv", "--email-column", "mail"], "(--email-column)"),
        (["upsert", "ids.csv", "--encoding", "klingon"], "--encoding klingon"),
    ],
)
def test_options_that_make_no_sense(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (folder / "ids.csv").write_text("id\n7\n", encoding="utf-8")
    assert run(["plan", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


def test_durations_are_readable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for count, shown in [(12_000, "1 min 52 s"), (400_000, "1 h 6 min")]:
        (folder / "ids.jsonl").write_text("\n".join(map(str, range(1, count + 1))), encoding="utf-8")
        assert run(["plan", "delete", "ids.jsonl"]) == 0
        assert f"That takes {shown} at best" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(program.commands))
def test_every_help_documents_the_exit_statuses(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run([name, "--help"]) == 0
    help_text = capsys.readouterr().out
    assert "Exit status:\n" in help_text
    assert json.dumps(name).strip('"') in help_text
