"""The import when all goes well: group, fields, values, chunks, and the sums of the report."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from .conftest import Bench, addresses, table

PEOPLE = (
    "E-mail;First name;City;Loyalty tier;\n"
    "ann+books@example.com;Zoë;Łódź;gold;\n"
    " Tom@Example.com ;;Leeds;;\n"
    "info@example.com;Team;;;\n"
    "TOM@example.COM;Tom;;;\n"
    ";Nobody;;;\n"
    "grace@example;;;;\n"
    "eve@example.com;Eve;York;;;surplus\n"
)


def test_the_report_tells_what_became_of_every_row(bench: Bench) -> None:
    result = bench.run(PEOPLE)
    assert result.status == 1
    numbers = dict(line.strip().rsplit(maxsplit=1) for line in result.out.splitlines()[2:8])
    assert numbers == {
        "rows in the file": "7",
        "imported": "2",
        "updated": "0",
        "unchanged": "0",
        "refused before sending": "4",
        "refused by the server": "1",
    }
    for line in (
        "  line      5  TOM@example.COM                       the same address as in line 3",
        "  line      6  (no address)                          the address is empty",
        "  line      7  grace@example                         not an address: the domain has no dot",
        "  line      8  eve@example.com                       6 cells, but the header has 5",
        "  role based - the address of a role, not of a person: 1",
        "    line      4  info@example.com",
        "         'Loyalty tier' is no field of the account: ignored (--create-fields creates it)",
        "         column 5 has no name: ignored",
    ):
        assert line in result.out.splitlines()
    assert "add up" not in result.out
    assert bench.members() == {"ann+books@example.com", "tom@example.com"}
    assert bench.fields_of("ann+books@example.com") == {"name": "Zoë", "city": "Łódź"}


def test_ignored_columns_are_said_aloud_before_anything_is_sent(bench: Bench) -> None:
    lines = bench.run(PEOPLE).err.splitlines()
    assert lines[0] == "Ignored, since the account has no such field: column 'Loyalty tier'. See --create-fields."
    assert lines[1] == "Ignored, since it has no name in the header: column 5."
    assert lines[2] == "Read 7 rows: 3 to send, 4 refused."
    assert lines[3].endswith("was taken: 3 rows, lines 2 to 4.")


def test_the_report_as_json(bench: Bench) -> None:
    result = bench.run_json(PEOPLE)
    report = result.json
    assert result.status == report["exit_status"] == 1
    assert (report["rows"], report["imported"], report["updated"], report["unchanged"]) == (7, 2, 0, 0)
    assert (report["refused_before_sending"], report["refused_by_server"], report["adds_up"]) == (4, 1, True)
    assert report["refused_by_reason"] == {"role_based": 1}
    assert report["group"] == {"id": bench.groups()[0], "name": "Book club", "created": True}
    assert report["columns"] == {
        "address": "E-mail",
        "fields": {"First name": "Name", "City": "City"},
        "ignored": ["Loyalty tier"],
        "nameless": [5],
    }
    assert result.refusals == {
        4: ("role_based", "info@example.com"),
        5: ("duplicate_row", "TOM@example.COM"),
        6: ("no_address", ""),
        7: ("malformed_address", "grace@example"),
        8: ("too_many_cells", "eve@example.com"),
    }


def test_all_rows_taken_is_status_0_and_a_second_run_changes_nothing(bench: Bench) -> None:
    content = table(["ann@example.com,Ann", "tom@example.com,"], "email,name")
    assert bench.run(content).status == 0
    report = bench.run_json(content).json
    assert (report["imported"], report["updated"], report["unchanged"], report["exit_status"]) == (0, 0, 2, 0)
    report = bench.run_json(table(["ann@example.com,Anna", "eve@example.com,", "tom@example.com,"], "email,name")).json
    assert (report["imported"], report["updated"], report["unchanged"], report["adds_up"]) == (1, 1, 1, True)


def test_empty_cells_clear_nothing(bench: Bench) -> None:
    bench.run(table(["ann@example.com,Ann,York"], "email,name,city"))
    bench.run(table(["ann@example.com, ,Leeds"], "email,name,city"))
    bench.run(table(["ann@example.com"], "email,name,city"))
    assert bench.fields_of("ann@example.com") == {"name": "Ann", "city": "Leeds"}
    assert bench.posted()[1] == [{"email": "ann@example.com", "fields": {"city": "Leeds"}}]
    assert bench.posted()[2] == [{"email": "ann@example.com"}]


def test_the_group_is_found_by_its_exact_name_over_all_pages(bench: Bench) -> None:
    bench.emulator.seed(groups=[f"Book club {number}" for number in range(600)])
    bench.emulator.seed(groups=["book club", {"name": "Book club", "id": 4711}, "My Book club"])
    report = bench.run_json(table(["ann@example.com"])).json
    assert report["group"] == {"id": "4711", "name": "Book club", "created": False}
    assert len(bench.log("GET", "/groups")) == 3
    assert bench.log("POST", "/groups") == []
    assert bench.members() == {"ann@example.com"}


def test_a_group_whose_name_only_contains_the_wanted_one_is_another(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club 2", "book club"])
    assert bench.run_json(table(["ann@example.com"])).json["group"]["created"]


def test_several_groups_of_one_name_are_refused_until_the_id_decides(bench: Bench) -> None:
    bench.emulator.seed(groups=[{"name": "Book club", "id": 71}, {"name": "Book club", "id": 72}])
    result = bench.run(table(["ann@example.com"]))
    assert result.status == 2
    assert '2 groups are called "Book club": 71, 72. Choose one with --group-id.' in result.err
    assert result.out == ""
    report = bench.run_json(table(["ann@example.com"]), group_id="72").json
    assert report["group"] == {"id": "72", "name": "Book club", "created": False}
    assert {request.path for request in bench.log("POST", "/groups/{id}/import-subscribers")} == {
        "/api/groups/72/import-subscribers"
    }


def test_an_unknown_group_id(bench: Bench) -> None:
    result = bench.run(table(["ann@example.com"]), group_id="99")
    assert (result.status, bench.posted()) == (2, [])
    assert "--group-id 99: the account has no group with this id." in result.err


def test_fields_are_read_over_all_pages_and_created_on_request(bench: Bench) -> None:
    bench.emulator.seed(fields=[f"Field {number}" for number in range(90)])
    content = table(["ann@example.com,a,gold,b"], "email,Field 89,Loyalty tier,field_0")
    report = bench.run_json(content, create_fields=True).json
    assert report["created_fields"] == ["Loyalty tier"]
    assert report["columns"]["ignored"] == []
    assert sorted(bench.fields_of("ann@example.com").values()) == ["a", "b", "gold"]
    again = bench.run(content, create_fields=True)
    assert "created by this command" not in again.out
    assert "'Loyalty tier' fills the field 'Loyalty tier'" in again.out


def test_a_name_no_field_can_have(bench: Bench) -> None:
    result = bench.run(table(["ann@example.com,a"], f"email,{'x' * 256}"), create_fields=True)
    assert (result.status, bench.log("POST", "/fields")) == (2, [])
    assert "column 2 has more than 255 characters" in result.err


def test_a_field_that_cannot_be_created(bench: Bench) -> None:
    bench.emulator.seed(fields=[f"Field {number}" for number in range(91)])
    result = bench.run(table(["ann@example.com,a,b"], "email,First new,Second new"), create_fields=True)
    assert result.status == 2
    assert "422" in result.err
    assert "Fields that were created: 'First new'." in result.err
    assert "Nothing was sent." in result.err
    assert bench.groups() == []


def test_chunks_keep_to_five_imports_a_minute(bench: Bench) -> None:
    result = bench.run_json(table(addresses(70)), chunk_rows=10)
    assert result.json["imported"] == 70
    posts = bench.log("POST", "/groups/{id}/import-subscribers")
    assert [len(rows) for rows in bench.posted()] == [10] * 7
    assert {post.status for post in posts} == {200}
    assert posts[4].at < 1
    assert posts[5].at >= 60


def test_the_report_file(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    assert bench.run(PEOPLE, report=str(path)).status == 1
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "email", "reason", "detail"]
    assert rows[1] == ["5", "TOM@example.COM", "duplicate_row", "the same address as in line 3"]
    assert [row[0] for row in rows[1:]] == ["5", "6", "7", "8", "4"]


@pytest.mark.parametrize("name", ["", "missing/refused.csv", "people.csv"])
def test_a_report_file_that_cannot_be_is_refused_before_anything_happens(bench: Bench, name: str) -> None:
    bench.write(PEOPLE)
    result = bench.run(PEOPLE, report=str(bench.folder / name))
    assert (result.status, bench.emulator.requests) == (2, [])
    assert "--report" in result.err
    assert (bench.folder / "people.csv").read_text(encoding="utf-8") == PEOPLE


def test_a_dry_run_looks_everything_up_and_sends_nothing(bench: Bench) -> None:
    result = bench.run(PEOPLE, dry_run=True, create_fields=True)
    assert result.status == 1
    assert {request.method for request in bench.emulator.requests} == {"GET"}
    assert result.out.startswith("Dry run, nothing was created or sent: checked ")
    assert result.out.splitlines()[0].endswith(' for the group "Book club", which does not exist yet.')
    assert "  would be sent                    3\n  refused                          4\n" in result.out
    assert "'Loyalty tier' would become a new field" in result.out
    assert "Imports: 1 would be made, the largest of 3 rows" in result.out
    assert "line      7  grace@example" in result.out


def test_a_dry_run_plans_the_chunks_that_are_sent(bench: Bench) -> None:
    # 20 of the long rows are more than two megabytes, which is too much for an import.
    long = [f"{address},{'x' * 100_000}" for address in addresses(30)]
    content = table([*long, *(f"{address},x" for address in addresses(25, 30))], "email,city")
    planned = bench.run_json(content, dry_run=True, chunk_rows=20).json
    assert (planned["not_sent"], planned["exit_status"]) == (55, 0)
    assert planned["planned_imports"] == [19, 20, 16]
    assert bench.run(content, chunk_rows=20).status == 0
    assert sorted(planned["planned_imports"]) == sorted(len(rows) for rows in bench.posted())


def test_a_file_of_which_nothing_can_be_sent_creates_nothing(bench: Bench) -> None:
    result = bench.run(table(["bad", "worse"]))
    assert result.status == 1
    assert {request.method for request in bench.emulator.requests} == {"GET"}
    assert result.out.startswith("Nothing was taken of ")
    assert 'for the group "Book club", which does not exist yet.' in result.out


def test_control_characters_do_not_reach_the_terminal(bench: Bench) -> None:
    result = bench.run(table(["ann\x1b[31m@example.com", "nul\0@example.com"]))
    assert "\x1b" not in result.out
    assert "\0" not in result.out
    assert "ann?[31m@example.com" in result.out
    assert "the row holds a NUL character" in result.out
