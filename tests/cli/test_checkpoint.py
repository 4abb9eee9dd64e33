"""An import with a checkpoint: it goes on where it was ended, and refuses a file that is not its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator

from .conftest import KEY, POST_IMPORT, Bench, addresses, run_program, started_program, table, wait_until


def interrupt_at(bench: Bench, strikes: Callable[[httpx.Request], bool]) -> Callable[[], None]:
    """Press Ctrl-C at a request; returns what lets all further ones pass."""

    def tamper(request: httpx.Request) -> httpx.Response | None:
        if active and strikes(request):
            raise KeyboardInterrupt
        return None

    active = [True]
    bench.tamper(tamper)
    return active.clear


def test_finished_chunks_are_not_sent_again_and_are_reported_again(bench: Bench) -> None:
    # The sixth import has to wait for a minute, so the five before it have ended.
    pass_all = interrupt_at(bench, lambda request: request.method == "POST" and len(bench.posted()) == 5)
    content = table([*addresses(4), "info@example.com", *addresses(65, 4)])
    checkpoint = str(bench.folder / "import.checkpoint")
    assert bench.run(content, chunk_rows=10, checkpoint=checkpoint).status == 130
    pass_all()
    result = bench.run_json(content, chunk_rows=10, checkpoint=checkpoint)
    report = result.json
    assert (result.status, report["ending"], report["imported"], report["adds_up"]) == (1, "finished", 69, True)
    assert result.refusals == {6: ("role_based", "info@example.com")}
    assert [(chunk["first_line"], chunk["rows"], chunk["done"]) for chunk in report["imports"]] == [
        (line, 10, True) for line in range(2, 72, 10)
    ]
    assert len(bench.posted()) == 7


def test_an_import_that_was_taken_is_waited_for(bench: Bench) -> None:
    pass_all = interrupt_at(bench, lambda request: "/subscribers/import/" in request.url.path)
    checkpoint = str(bench.folder / "import.checkpoint")
    first = bench.run_json(table(addresses(30)), checkpoint=checkpoint)
    assert (first.status, first.json["outcome_unknown"]) == (130, 30)
    assert first.err.endswith(f"Running the command again goes on from the checkpoint {checkpoint}.\n")
    again = bench.run_json(table(addresses(30)), checkpoint=checkpoint)
    # Before the report is read, nobody can tell which rows the import had.
    assert (again.status, again.json["in_doubt"], again.json["not_sent"]) == (130, 30, 0)
    pass_all()
    last = bench.run_json(table(addresses(30)), checkpoint=checkpoint).json
    assert (last["exit_status"], last["imported"], len(bench.posted())) == (0, 30, 1)
    assert last["imports"][0]["id"] == first.json["imports"][0]["id"]


def test_a_finished_import_is_only_reported(bench: Bench) -> None:
    checkpoint = str(bench.folder / "import.checkpoint")
    content = table([*addresses(10), "info@example.com"])
    first, again = (bench.run_json(content, checkpoint=checkpoint) for _ in range(2))
    assert len(bench.posted()) == 1
    assert {**again.json, "group": None} == {**first.json, "group": None}


@pytest.mark.parametrize("option", ["rows", "chunk_rows", "group"])
def test_another_import_is_refused(bench: Bench, option: str) -> None:
    checkpoint = str(bench.folder / "import.checkpoint")
    assert bench.run(table(addresses(10)), checkpoint=checkpoint).status == 0
    rows = addresses(10, 1) if option == "rows" else addresses(10)
    changes: dict[str, dict[str, Any]] = {
        "rows": {},
        "chunk_rows": {"chunk_rows": 5},
        "group": {"group": "Chess club"},
    }
    result = bench.run(table(rows), checkpoint=checkpoint, **changes[option])
    assert (result.status, result.out) == (2, "")
    said = "the rows are not those of the checkpoint" if option == "rows" else "is the checkpoint of another job"
    assert said in result.err
    assert "Nothing was sent." in result.err
    assert len(bench.posted()) == 1


def test_a_file_that_is_no_checkpoint_is_left_as_it_is(bench: Bench) -> None:
    content = table(addresses(3))
    result = bench.run(content, checkpoint=str(bench.folder / "people.csv"))
    assert result.status == 2
    assert "people.csv is not a checkpoint, and was left as it is." in result.err
    assert (bench.folder / "people.csv").read_text(encoding="utf-8") == content


def test_a_file_that_is_no_checkpoint_is_refused_before_anything_is_created(bench: Bench) -> None:
    report = bench.write("kept", "refused.csv")
    checkpoint = str(bench.write("email,name\n" * 100, "other.csv"))
    options: dict[str, Any] = {"checkpoint": checkpoint, "create_fields": True, "report": str(report)}
    for dry_run in (True, False):
        result = bench.run("email,Shoe\nann@example.com,39\n", dry_run=dry_run, **options)
        assert (result.status, result.out) == (2, "")
        assert result.err.endswith("Error: other.csv is not a checkpoint, and was left as it is.\nNothing was sent.\n")
    assert not [request for request in bench.emulator.requests if request.method != "GET"]
    assert report.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_checkpoint_of_another_group_is_refused_before_a_group_is_created(bench: Bench, *, dry_run: bool) -> None:
    checkpoint = str(bench.folder / "import.checkpoint")
    assert bench.run(table(addresses(3)), checkpoint=checkpoint).status == 0
    result = bench.run(table(addresses(3)), checkpoint=checkpoint, group="Chess club", dry_run=dry_run)
    assert result.status == 2
    assert "is the checkpoint of another job" in result.err
    assert bench.groups("Chess club") == []


def test_a_dry_run_makes_no_checkpoint_and_spoils_none(bench: Bench) -> None:
    content, checkpoint = table(addresses(3)), bench.folder / "import.checkpoint"
    options: dict[str, Any] = {"checkpoint": str(checkpoint)}
    assert bench.run(content, dry_run=True, **options).status == 0
    assert not checkpoint.exists()
    checkpoint.touch()
    assert bench.run(content, dry_run=True, **options).status == 0
    assert checkpoint.stat().st_size == 0
    assert bench.run(content, **options).status == 0
    assert bench.run(content, dry_run=True, **options).status == 0
    assert bench.run_json(content, **options).json["imported"] == 3
    assert len(bench.posted()) == 1


def test_a_checkpoint_in_no_directory(bench: Bench) -> None:
    for dry_run in (True, False):
        checkpoint = str(bench.folder / "none" / "import.checkpoint")
        result = bench.run(table(addresses(3)), checkpoint=checkpoint, dry_run=dry_run)
        assert result.status == 2
        assert f"--checkpoint {checkpoint} cannot be made: it must be a file in a directory that exists." in result.err
    assert bench.groups() == []


def test_the_report_cannot_be_the_checkpoint(bench: Bench) -> None:
    path = str(bench.folder / "refused.csv")
    result = bench.run(table(addresses(3)), checkpoint=path, report=path)
    assert (result.status, bench.emulator.requests) == (2, [])
    assert f"--report {path} is the checkpoint." in result.err


def test_a_killed_process_goes_on(tmp_path: Path) -> None:
    emulator = Emulator()
    (tmp_path / "people.csv").write_text(table(addresses(30)), encoding="utf-8")
    arguments = ("import", "people.csv", "--group", "Book club", "--checkpoint", "people.checkpoint", "--json")
    with emulator.serve() as base_url:
        account: dict[str, Any] = {"MAILERLITE_API_KEY": KEY, "MAILERLITE_BASE_URL": base_url}
        with started_program(*arguments, folder=tmp_path, **account) as process:
            wait_until(lambda: any("/subscribers/import/" in request.path for request in emulator.requests))
            process.kill()
            process.communicate()
        result = run_program(*arguments, folder=tmp_path, **account)
    posts = [request for request in emulator.requests if (request.method, request.route) == ("POST", POST_IMPORT)]
    assert (result.status, result.json["imported"], len(posts)) == (0, 30, 1)
