"""What is certain when something fails on the way: taken, in doubt, not sent."""

from __future__ import annotations

import sqlite3
import threading

import httpx
import pytest

from mailerlite_async.cli.staging import Staging

from .conftest import POST_IMPORT, Bench, addresses, table


def fault_after_five(bench: Bench, kind: str) -> None:
    """Let a fault strike once five imports were sent: the sixth has to wait for a minute, so these five are known."""

    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and len(bench.posted()) == 5 and not struck:
            struck.append(kind)
            bench.emulator.fault(kind, route=POST_IMPORT, times=None)
        return None

    struck: list[str] = []
    bench.tamper(tamper)


def test_a_chunk_whose_answer_is_lost_is_sent_again(bench: Bench) -> None:
    bench.emulator.fault("reset_after_commit", route=POST_IMPORT)
    result = bench.run_json(table([*addresses(9), "info@example.com"]))
    report = result.json
    assert (result.status, report["ending"], len(bench.posted())) == (1, "finished", 2)
    # The second import found what the first had done.
    assert (report["unchanged"], report["refused_by_server"], report["in_doubt"]) == (9, 1, 0)
    assert report["adds_up"]
    assert result.refusals == {11: ("role_based", "info@example.com")}


def test_chunks_whose_answers_stay_lost_are_in_doubt(bench: Bench) -> None:
    fault_after_five(bench, "error")
    result = bench.run(table(addresses(70)), chunk_rows=10)
    assert result.status == 2
    assert "500" in result.err
    assert "In doubt, the API may have taken it:\n  lines " in result.err
    assert "  imported                        50\n" in result.out
    assert "  in doubt                        20\n" in result.out
    assert "Not sent" not in result.err
    assert "Running the command again does no harm" in result.err


def test_a_fault_after_which_it_is_certain_that_nothing_was_taken(bench: Bench) -> None:
    fault_after_five(bench, "revoked_key")
    result = bench.run_json(table(addresses(70)), chunk_rows=10)
    assert result.status == 2
    assert (result.json["imported"], result.json["in_doubt"], result.json["not_sent"]) == (50, 0, 20)
    assert "The API does not accept the key" in result.err
    assert "In doubt" not in result.err
    assert "Not sent: 20 rows, lines " in result.err


def test_a_key_that_is_revoked_for_everything(bench: Bench) -> None:
    fault_after_five(bench, "revoked_key")
    bench.emulator.fault("revoked_key", route="/subscribers/import/{id}", times=None)
    result = bench.run_json(table(addresses(70)), chunk_rows=10)
    report = result.json
    assert (report["imported"], report["outcome_unknown"], report["not_sent"], report["adds_up"]) == (0, 50, 20, True)
    assert "going on when last heard of" in result.err
    (note,) = report["notes"]
    assert note.startswith("Then: ")
    assert "401 Unauthorized: Unauthenticated." in note
    assert "may have been revoked" in note


def test_a_connection_that_was_never_made_leaves_no_doubt(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and len(bench.posted()) == 5:
            raise httpx.ConnectError("no route to the host", request=request)
        return None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(70)), chunk_rows=10)
    assert (result.status, result.json["in_doubt"], result.json["not_sent"]) == (2, 0, 20)
    assert "nothing was sent" in result.err


def test_a_connection_that_breaks_and_is_never_made_again_leaves_doubt(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST" or not request.url.path.endswith("/import-subscribers"):
            return None
        tries.append(request)
        if len(tries) == 1:
            raise httpx.ReadError("connection reset", request=request)
        raise httpx.ConnectError("no route to the host", request=request)

    tries: list[httpx.Request] = []
    bench.tamper(tamper)
    result = bench.run_json(table(addresses(10)))
    assert len(tries) > 2
    assert (result.status, result.json["in_doubt"], result.json["not_sent"]) == (2, 10, 0)


def test_an_answer_that_makes_no_sense_leaves_the_chunk_in_doubt(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and request.url.path.endswith("/import-subscribers"):
            return httpx.Response(200, json={"queued": True}, request=request)
        return None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(10)))
    assert (result.status, result.json["in_doubt"], result.json["imports"][0]["id"]) == (2, 10, None)


def test_an_import_that_takes_too_long(bench: Bench) -> None:
    result = bench.run_json(table(addresses(15_000)), chunk_rows=6000, wait_timeout=2.0)
    report = result.json
    assert result.status == 2
    assert (report["rows"], report["in_doubt"], report["not_sent"], report["adds_up"]) == (15_000, 0, 0, True)
    # Two seconds at 2,000 rows a second; after that the other imports are looked at once, not waited for.
    assert (report["imported"], report["outcome_unknown"]) == (11_000, 4000)
    assert [chunk["done"] for chunk in report["imports"]] == [False, False, True]
    assert "is not done: 4000 of 6000 rows (66 %)" in result.err
    assert "going on when last seen, 4,000 rows processed" in result.err


def test_the_rows_the_server_does_not_name_cannot_be_found(bench: Bench) -> None:
    bench.emulator.fault("error", route="/batch", times=None)
    roles = [f"{role}@example.com" for role in ("info", "sales", "admin", "office", "support", "help", "contact")]
    result = bench.run(table([*roles, "ann@example.com"]))
    assert result.status == 2
    assert "POST /batch: 500" in result.err
    assert "role based - the address of a role, not of a person: 7, 5 of them named" in result.out
    assert "The refused rows could not be looked up: some of them may not be named." in result.out


@pytest.mark.parametrize("route", ["/groups", "/fields"])
def test_nothing_is_read_or_sent_if_the_account_cannot_be_looked_at(bench: Bench, route: str) -> None:
    bench.emulator.fault("revoked_key", route=route, times=None)
    result = bench.run(table(addresses(3)))
    assert (result.status, result.out) == (2, "")
    error, nothing_sent = result.err.splitlines()
    assert error.startswith(f"Error: GET {route}: 401 Unauthorized: Unauthenticated.")
    assert error.endswith(" The API does not accept the key in MAILERLITE_API_KEY.")
    assert nothing_sent == "Nothing was sent."


def test_a_group_that_may_have_been_created(bench: Bench) -> None:
    bench.emulator.fault("reset_after_commit", method="POST", route="/groups")
    result = bench.run(table(addresses(3)))
    assert (result.status, bench.posted()) == (2, [])
    assert "POST /groups" in result.err
    assert "the API may have received the call" in result.err
    assert bench.run(table(addresses(3))).status == 0
    assert len(bench.groups()) == 1


@pytest.mark.parametrize(
    ("phase", "method", "path"),
    [
        ("looking up the group and the fields", "GET", "/groups"),
        ("looking up the group and the fields", "GET", "/fields"),
        ("creating the group and the fields", "POST", "/groups"),
        ("waiting for the imports", "GET", "/subscribers/import/"),
        ("looking for the refused rows", "POST", "/batch"),
    ],
)
def test_ctrl_c_in_every_phase(bench: Bench, phase: str, method: str, path: str) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        target = request.url.raw_path.decode().split("/api")[1]
        if request.method == method and path in target:
            raise KeyboardInterrupt
        return None

    bench.tamper(tamper)
    roles = [f"{role}@example.com" for role in ("info", "sales", "admin", "office", "support", "help", "contact")]
    result = bench.run(table([*roles, *addresses(13)]))
    assert result.status == 130
    assert result.out == ""
    assert f"Interrupted while {phase}." in result.err
    if path in ("/subscribers/import/", "/batch"):
        assert len(bench.posted()) == 1
        assert "In doubt" not in result.err
        assert "Not sent" not in result.err
        assert (": done" if path == "/batch" else "going on when last heard of") in result.err
    else:
        assert "Nothing was sent." in result.err


def test_ctrl_c_while_sending(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and len(bench.posted()) == 5:
            raise KeyboardInterrupt
        return None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(60)), chunk_rows=10)
    report = result.json
    assert (result.status, report["imported"], report["in_doubt"], report["not_sent"]) == (130, 50, 10, 0)
    assert "Interrupted while sending." in result.err
    assert result.err.count(": done\n") == 5
    assert "In doubt, the API may have taken it:\n  lines " in result.err


def test_ctrl_c_while_reading_the_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(self: Staging, line: int, email: str, cells: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Staging, "add", add)
    result = bench.run(table(addresses(10)))
    assert (result.status, result.out) == (130, "")
    assert result.err.endswith("Interrupted while reading the file.\nNothing was sent.\n")
    assert bench.groups() == []


def test_a_temporary_database_that_cannot_grow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(self: Staging, line: int, email: str, cells: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Staging, "add", add)
    result = bench.run(table(addresses(10)))
    assert result.status == 2
    assert "The temporary database failed: database or disk is full." in result.err


def test_ctrl_c_while_waiting_for_the_limit_leaves_no_doubt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = bench.clock.wait

    def interrupted_wait(event: threading.Event, timeout: float | None) -> None:
        # The command waits in the thread it was called in. Two seconds later, five imports have been looked at.
        if threading.current_thread() is threading.main_thread() and bench.clock.monotonic() >= 2:
            raise KeyboardInterrupt
        wait(event, timeout)

    monkeypatch.setattr(bench.clock, "wait", interrupted_wait)
    result = bench.run_json(table(addresses(70)), chunk_rows=10)
    report = result.json
    assert result.status == 130
    assert len(bench.posted()) == 5
    assert (report["ending"], report["in_doubt"], report["not_sent"]) == ("interrupted", 0, 20)
    assert report["imported"] + report["outcome_unknown"] == 50
    assert "In doubt" not in result.err
    assert "Not sent: 20 rows, lines " in result.err
