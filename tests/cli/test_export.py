"""The export: what is in the file, whom it asks for, what it refuses, and how it goes on after an early end."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async import MailerLite
from mailerlite_async.cli.export_file import FileTarget
from mailerlite_async.cli.exporting import ExportOptions, run_export
from mailerlite_async.cli.program import run

from .conftest import KEY, Bench, Result, started_program

STATUSES = ["active", "unsubscribed", "unconfirmed", "bounced", "junk"]
MEMBERS = "/groups/{id}/subscribers"


def people(count: int) -> list[dict[str, Any]]:
    return [
        {"email": f"person{number}@example.com", "fields": {"name": f"Name {number}"}, "groups": ["Book club"]}
        for number in range(count)
    ]


@pytest.fixture
def account(bench: Bench) -> Bench:
    """One person of each status in the group, and an active one outside of it."""
    bench.emulator.seed(
        groups=[{"name": "Book club", "id": "7"}, "Empty"],
        fields=[{"name": "Tier", "key": "tier"}],
        subscribers=[
            *(
                {
                    "email": f"{status}@example.com",
                    "status": status,
                    "groups": ["Book club"],
                    "fields": {"tier": "gold"},
                }
                for status in STATUSES
            ),
            "outside@example.com",
        ],
        segments=[{"name": "Readers", "id": "9", "subscribers": ["active@example.com", "junk@example.com"]}],
    )
    return bench


def export(bench: Bench, name: str = "people.csv", **options: Any) -> Result:
    out, err, data = io.StringIO(), io.StringIO(), io.BytesIO()
    output = name if name == "-" else str(bench.folder / name)
    with MailerLite(KEY, transport=bench.transport, clock=bench.clock, max_retries=0) as ml:
        status = run_export(ml, ExportOptions(output=output, **options), out, err, data=data)
    return Result(status, data.getvalue().decode() if name == "-" else out.getvalue(), err.getvalue())


def rows(bench: Bench, name: str = "people.csv") -> list[dict[str, str]]:
    with (bench.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def emails(bench: Bench, name: str = "people.csv") -> list[str]:
    return [row["email"].removesuffix("@example.com") for row in rows(bench, name)]


def left(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.folder.iterdir())


# -- what is in the file -----------------------------------------------------------------------------------------------


def test_all_subscribers_with_all_fields(account: Bench) -> None:
    result = export(account)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == f"Exported 6 subscribers of the account to {account.folder / 'people.csv'}."
    assert "  active                           2" in result.out
    assert sorted(emails(account)) == sorted([*STATUSES, "outside"])
    (first, *_) = rows(account)
    assert list(first)[:4] == ["id", "email", "status", "source"]
    assert list(first)[16:] == ["name", "last_name", "company", "country", "city", "phone", "state", "z_i_p", "tier"]
    by_email = {row["email"]: row for row in rows(account)}
    assert by_email["junk@example.com"]["tier"] == "gold"
    assert by_email["outside@example.com"]["tier"] == ""
    assert by_email["outside@example.com"]["created_at"] == "2026-01-01 00:00:00"
    assert left(account) == ["people.csv"]


def test_every_status_of_a_group_is_asked_for_by_itself(account: Bench) -> None:
    result = export(account, group="Book club")
    assert emails(account) == STATUSES
    assert 'of the group "Book club" (id 7)' in result.out
    asked = [dict(request.query)["filter[status]"] for request in account.log("GET", MEMBERS)]
    assert asked == STATUSES


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"group_id": "7", "statuses": ["junk", "active"]}, ["junk", "active"]),
        ({"segment": "Readers"}, ["active", "junk"]),
        ({"segment_id": "9", "statuses": ["active"]}, ["active"]),
        ({"statuses": ["bounced", "junk"]}, ["bounced", "junk"]),
        ({"group": "Empty"}, []),
    ],
)
def test_some_of_them(account: Bench, options: dict[str, Any], expected: list[str]) -> None:
    assert export(account, **options).status == 0
    assert emails(account) == expected


def test_json_lines(account: Bench) -> None:
    assert export(account, "people.jsonl", segment="Readers", statuses=["junk"]).status == 0
    (line,) = (account.folder / "people.jsonl").read_text(encoding="utf-8").splitlines()
    value = json.loads(line)
    assert (value["email"], value["status"], value["created_at"]) == ("junk@example.com", "junk", "2026-01-01 00:00:00")
    assert value["fields"]["tier"] == "gold"
    assert value["unsubscribed_at"] is None


def test_chosen_fields_in_their_order(account: Bench) -> None:
    export(account, group="Book club", statuses=["junk"], fields=["tier", "email", "fields.name"])
    assert (account.folder / "people.csv").read_text(encoding="utf-8") == "tier,email,name\ngold,junk@example.com,\n"
    export(account, "people.jsonl", group="Book club", statuses=["junk"], fields=["tier", "email"])
    text = (account.folder / "people.jsonl").read_text(encoding="utf-8")
    assert text == '{"email": "junk@example.com", "fields": {"tier": "gold"}}\n'
    export(account, "bare.jsonl", group="Book club", statuses=["junk"], fields=["email"])
    assert (account.folder / "bare.jsonl").read_text(encoding="utf-8") == '{"email": "junk@example.com"}\n'


def test_a_field_called_like_something_everybody_has(bench: Bench) -> None:
    bench.emulator.seed(
        fields=[{"name": "Source", "key": "source"}],
        subscribers=[{"email": "ann@example.com", "fields": {"source": "fair"}}],
    )
    export(bench)
    (row,) = rows(bench)
    assert (row["source"], row["fields.source"]) == ("api", "fair")
    export(bench, "people.jsonl", fields=["source", "fields.source"])
    text = (bench.folder / "people.jsonl").read_text(encoding="utf-8")
    assert json.loads(text) == {"source": "api", "fields": {"source": "fair"}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["email", "shoe"], "--fields shoe: there is no such field. There are id, email"),
        (["email", "name", "fields.name"], "--fields name: it stands there twice"),
    ],
)
def test_fields_that_make_no_sense(account: Bench, fields: list[str], message: str) -> None:
    result = export(account, fields=fields)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.endswith("Nothing was written.\n")
    assert left(account) == []


@pytest.mark.parametrize("value", ["=1+1", "+49 30", "-5", "@SUM(A1)", "\t=1"])
def test_formulas_are_guarded_only_if_asked_for(bench: Bench, value: str) -> None:
    bench.emulator.seed(subscribers=[{"email": "ann@example.com", "fields": {"name": value, "city": "a=b"}}])
    export(bench)
    export(bench, "safe.csv", excel_safe=True)
    assert [row["name"] for row in rows(bench)] == [value]
    assert [(row["name"], row["city"]) for row in rows(bench, "safe.csv")] == [(f"'{value}", "a=b")]


def test_awkward_text_survives(bench: Bench) -> None:
    name = 'Ελένη "the, one"\nline two'
    bench.emulator.seed(subscribers=[{"email": "ann@example.com", "fields": {"name": name}}])
    export(bench)
    export(bench, "people.jsonl")
    assert rows(bench)[0]["name"] == name
    assert json.loads((bench.folder / "people.jsonl").read_text(encoding="utf-8"))["fields"]["name"] == name


def test_stdout_gets_nothing_but_the_subscribers(account: Bench) -> None:
    result = export(account, "-", fields=["email"], statuses=["junk"])
    assert result.out == "email\r\njunk@example.com\r\n"
    assert result.err.startswith("Exported 1 subscriber of the account to stdout.")


def test_the_report_for_programs(account: Bench) -> None:
    result = export(account, group="Book club", statuses=["active", "junk"], fields=["email"], as_json=True)
    assert result.json == {
        "api": "emulator",
        "ending": "finished",
        "exit_status": 0,
        "problem": None,
        "source": {"kind": "group", "id": "7", "name": "Book club"},
        "statuses": ["active", "junk"],
        "format": "csv",
        "output": str(account.folder / "people.csv"),
        "fields": ["email"],
        "rows": 2,
        "rows_by_status": {"active": 1, "junk": 1},
        "bytes": (account.folder / "people.csv").stat().st_size,
        "resumed_after": None,
    }


# -- what it refuses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": "Chess club"}, '--group: the account has no group called "Chess club"'),
        ({"group_id": "1234"}, "--group-id 1234: the account has no group with this id"),
        ({"segment": "Chess club"}, '--segment: the account has no segment called "Chess club"'),
        ({"segment_id": "1234"}, "--segment-id 1234: the account has no segment with this id"),
        ({"name": "people.txt"}, "Say which with --format"),
        ({"name": "none/people.csv"}, "it must be a file in a directory that exists"),
        ({"name": "none/people.csv", "resume": True}, "it must be a file in a directory that exists"),
        ({"name": "-", "resume": True}, "--resume and --force need a file"),
        ({"name": "-", "force": True}, "--resume and --force need a file"),
    ],
)
def test_what_cannot_be_exported(account: Bench, options: dict[str, Any], message: str) -> None:
    result = export(account, **options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert left(account) == []


def test_segments_of_one_name(bench: Bench) -> None:
    bench.emulator.seed(segments=[{"name": "Readers", "id": "8"}, {"name": "Readers", "id": "9"}])
    assert (
        '2 segments are called "Readers": 8, 9. Choose one with --segment-id.' in export(bench, segment="Readers").err
    )


def test_a_file_is_overwritten_only_by_force(account: Bench) -> None:
    account.write("precious", "people.csv")
    result = export(account)
    assert (result.status, result.out) == (2, "")
    assert "people.csv exists. Overwrite it with --force." in result.err
    assert (account.folder / "people.csv").read_text(encoding="utf-8") == "precious"
    assert account.emulator.requests == []
    assert export(account, force=True).status == 0
    assert len(rows(account)) == 6
    assert left(account) == ["people.csv"]


def test_a_pipe_is_written_to_as_it_is(account: Bench) -> None:
    with MailerLite(KEY, transport=account.transport, clock=account.clock) as ml:
        options = ExportOptions(output="/dev/null", format="csv")
        assert run_export(ml, options, io.StringIO(), io.StringIO()) == 0


# -- going on ----------------------------------------------------------------------------------------------------------


def failing_at(page: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Answers one page of subscribers, counted from 1, with an error."""
    seen: list[str] = []

    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/subscribers"):
            seen.append(request.url.path)
        if len(seen) == page and request.url.path.endswith("/subscribers"):
            return httpx.Response(503, json={"message": "Down."}, request=request)
        return None

    return tamper


def interrupted(bench: Bench, page: int = 3, **options: Any) -> Result:
    """An export that ends early, after `page - 1` pages of ten."""
    whole = bench.transport
    bench.tamper(failing_at(page))
    result = export(bench, page_size=10, **options)
    bench.transport = whole
    return result


def state(bench: Bench, name: str = "people.csv") -> dict[str, Any]:
    value: dict[str, Any] = json.loads((bench.folder / f"{name}.cursor").read_text(encoding="utf-8"))
    return value


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl"])
@pytest.mark.parametrize("rest", [b"", b"person20@example", b"x" * 5000])
def test_it_goes_on_where_it_ended(bench: Bench, name: str, rest: bytes) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    export(bench, f"whole-{name}", page_size=10)
    result = interrupted(bench, name=name)
    assert (result.status, result.out) == (2, "")
    assert f"20 subscribers are in {bench.folder / name}. Add --resume to go on." in result.err
    path = bench.folder / name
    assert (state(bench, name)["rows"], state(bench, name)["bytes"]) == (20, path.stat().st_size)
    path.write_bytes(path.read_bytes() + rest)
    result = export(bench, name, page_size=10, resume=True, as_json=True)
    assert (result.status, result.json["rows"], result.json["resumed_after"]) == (0, 35, 20)
    assert "Going on after 20 subscribers." in result.err
    assert path.read_bytes() == (bench.folder / f"whole-{name}").read_bytes()
    assert left(bench) == [name, f"whole-{name}"]


@pytest.mark.parametrize("page", range(1, 12))
def test_it_goes_on_from_any_page_of_any_status(bench: Bench, page: int) -> None:
    members = [{**person, "status": STATUSES[number % 5]} for number, person in enumerate(people(75))]
    bench.emulator.seed(groups=["Book club"], subscribers=members)
    export(bench, "whole.csv", group="Book club")
    if interrupted(bench, page, group="Book club").status == 0:
        assert page == 11, "ten pages in all"
    else:
        assert export(bench, group="Book club", resume=True).status == 0
    assert (bench.folder / "people.csv").read_bytes() == (bench.folder / "whole.csv").read_bytes()


def test_an_export_interrupted_by_the_user(bench: Bench) -> None:
    bench.emulator.seed(subscribers=people(5), groups=["Book club"])

    def tamper(request: httpx.Request) -> None:
        if request.url.path.endswith("/subscribers"):
            raise KeyboardInterrupt

    whole = bench.transport
    bench.tamper(tamper)
    result = export(bench, as_json=True)
    assert (result.status, result.json["ending"], result.json["rows"]) == (130, "interrupted", 0)
    assert result.err.startswith("Interrupted while exporting.\n0 subscribers are in")
    bench.transport = whole
    assert export(bench, resume=True).status == 0
    assert len(rows(bench)) == 5


def test_killed_when_everything_was_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.emulator.seed(subscribers=people(5), groups=["Book club"])
    with monkeypatch.context() as patch:
        patch.setattr(FileTarget, "finish", lambda _: None)
        export(bench)
    assert state(bench)["finished"]
    calls = len(bench.emulator.requests)
    assert export(bench, resume=True).status == 0
    assert len(bench.emulator.requests) == calls
    assert len(rows(bench)) == 5
    assert left(bench) == ["people.csv"]


def test_resume_without_anything_begins(account: Bench) -> None:
    assert export(account, resume=True).status == 0
    assert len(rows(account)) == 6


def test_resume_of_a_complete_export(account: Bench) -> None:
    export(account)
    result = export(account, resume=True)
    assert result.status == 2
    assert "people.csv exists without people.csv.cursor: it is complete" in result.err


def test_what_was_not_completed_is_not_begun_anew_by_mistake(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    interrupted(bench)
    result = export(bench)
    assert result.status == 2
    assert "is an export that was not completed: go on with --resume, or begin anew with --force" in result.err
    assert export(bench, force=True).status == 0
    assert len(rows(bench)) == 35
    assert left(bench) == ["people.csv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": "Book club"}, "--group or --segment was all, and is group now"),
        ({"statuses": ["junk"]}, "--status was not given, and is junk now"),
        ({"format": "jsonl"}, "--format was csv, and is jsonl now"),
        ({"fields": ["email", "name"]}, "--fields was not given, and is email,name now"),
        ({"excel_safe": True}, "--excel-safe was not given, and is given now"),
        ({"api": "https://example.com/api"}, "MAILERLITE_BASE_URL was emulator"),
    ],
)
def test_other_options_are_refused(bench: Bench, options: dict[str, Any], message: str) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    interrupted(bench)
    before = (bench.folder / "people.csv").read_bytes(), state(bench)
    result = export(bench, resume=True, **options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert ((bench.folder / "people.csv").read_bytes(), state(bench)) == before


def test_a_cursor_the_api_refuses(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    interrupted(bench)
    bench.tamper(
        lambda request: (
            httpx.Response(422, json={"message": "The cursor is invalid.", "errors": {}}, request=request)
            if "cursor" in request.url.params
            else None
        )
    )
    result = export(bench, resume=True)
    assert (result.status, result.out) == (2, "")
    assert "The API does not take the cursor of the interrupted export any more" in result.err
    assert "The cursor is invalid" in result.err
    assert result.err.endswith("Begin anew with --force.\n")
    assert state(bench)["rows"] == 20


def test_a_cursor_the_api_ignores(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    interrupted(bench)
    changed = {**state(bench), "cursor": "nonsense"}
    bench.write(json.dumps(changed), "people.csv.cursor")
    result = export(bench, resume=True)
    assert result.status == 2
    assert "began with the first subscriber again. Begin anew with --force." in result.err
    assert emails(bench) == [f"person{number}" for number in range(34, 14, -1)]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_other_failures_say_nothing_of_the_cursor(bench: Bench, status: int) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    interrupted(bench)
    bench.tamper(lambda request: httpx.Response(status, json={"message": "No."}, request=request))
    result = export(bench, resume=True)
    assert result.status == 2
    assert "cursor" not in result.err
    assert "20 subscribers are in" in result.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not what an export of this version leaves"),
        (b"\xff\xfe", "is not what an export of this version leaves"),
        (b'{"rows": 3}', "is not what an export of this version leaves"),
        (b'{"asked": {}, "columns": [], "status": null, "version": 9}', "was left by another version"),
    ],
)
def test_a_state_that_is_none(account: Bench, content: bytes, message: str) -> None:
    account.write(content, "people.csv.cursor")
    result = export(account, resume=True)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


@pytest.mark.parametrize("kept", [None, 10])
def test_a_file_that_lost_what_the_state_speaks_of(bench: Bench, kept: int | None) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    interrupted(bench)
    path = bench.folder / "people.csv"
    content = path.read_bytes()
    path.unlink()
    if kept is not None:
        path.write_bytes(content[:kept])
    result = export(bench, resume=True)
    assert result.status == 2
    assert f"has {kept or 0} bytes, but people.csv.cursor speaks of {len(content):,}" in result.err


def test_the_state_never_runs_ahead_of_the_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.emulator.seed(groups=["Book club"], subscribers=people(35))
    path = bench.folder / "people.csv"
    synced: dict[int, int] = {}
    vouched: list[int] = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(fd: int) -> None:
        fsync(fd)
        synced[os.fstat(fd).st_ino] = os.fstat(fd).st_size

    def noting_replace(self: Path, target: Path) -> Path:
        draft = json.loads(self.read_bytes())
        assert synced[self.stat().st_ino] == self.stat().st_size, "the state itself must be on the disk"
        assert synced.get(path.stat().st_ino, 0) >= draft["bytes"]
        vouched.append(draft["bytes"])
        return replace(self, target)

    monkeypatch.setattr("mailerlite_async.cli.export_file.os.fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    assert export(bench, page_size=10).status == 0
    # The beginning, the header, and four pages.
    assert len(vouched) == 6
    assert vouched == sorted(vouched)
    assert vouched[-1] == path.stat().st_size


def test_two_exports_to_one_file(account: Bench) -> None:
    pytest.importorskip("fcntl")
    import fcntl

    path = account.write(b"", "people.csv")
    with path.open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = export(account)
    assert result.status == 2
    assert "is being written by another export" in result.err


def test_a_full_disk(account: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mailerlite_async.cli.export_file.os.fsync", full)
        result = export(account)
    assert result.status == 2
    assert "people.csv cannot be written: No space left on device." in result.err
    assert export(account, resume=True).status == 0
    assert len(rows(account)) == 6


# -- as a command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILERLITE_API_KEY", raising=False)
    seed = {"groups": ["Book club"], "subscribers": [{"email": "ann@example.com", "groups": ["Book club"]}]}
    (tmp_path / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
    return tmp_path


def test_the_emulator_with_an_account(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "--emulator", "--seed", "seed.json", "--group", "Book club", "--fields", "email, status"]
    assert run(arguments) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == ["email,status", "ann@example.com,active"]
    assert captured.err.startswith("Using the built-in emulator")
    assert run([*arguments, "-o", "people.csv", "--status", "active", "--status", "junk", "--json", "--progress"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["statuses"] == ["active", "junk"]
    assert "Exporting.\n" in captured.err


@pytest.mark.parametrize("arguments", [["export", "--emulator", "--seed", "seed.json"], ["limits", "--emulator"]])
def test_a_reader_who_has_gone(folder: Path, arguments: list[str]) -> None:
    with started_program(*arguments, folder=folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=15) == 2
    assert "Error: nobody reads the output any more." in err
    assert "Traceback" not in err
    assert "Exception" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--group", "a", "--segment", "b"], "one of --group, --group-id, --segment and --segment-id"),
        (["--segment-id", "first"], "the id of a segment is made of digits"),
        (["--group", " "], "a group has a name of 1 to 255 characters"),
        (["--status", "gone"], "'gone' is not one of"),
        (["--fields", "a,,b"], "commas between them"),
        (["--json"], "name a file with -o FILE"),
        (["--resume", "--force", "-o", "a.csv"], "give one of them"),
        (["--excel-safe", "--format", "jsonl"], "--excel-safe is for CSV"),
        (["--page-size", "0"], "--page-size"),
        (["--seed", "none.json"], "--seed: cannot read none.json"),
    ],
)
def test_options_that_make_no_sense(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["export", "--emulator", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


def test_a_seed_needs_the_emulator(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "--seed", "seed.json"]) == 2
    assert "it needs --emulator" in capsys.readouterr().err


def test_no_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export"]) == 2
    assert "Error: no API key: set MAILERLITE_API_KEY" in capsys.readouterr().err
