"""What is certain when something fails on the way: taken, in doubt, not sent."""

from __future__ import annotations

import sqlite3

import httpx
import pytest

from mailerlite_async.cli.sending import ChunkSize
from mailerlite_async.cli.staging import Staging

from .conftest import POST_IMPORT, Bench, addresses, table

TEN = ChunkSize(rows=10)


def fault_after(bench: Bench, posts: int, kind: str, route: str = POST_IMPORT) -> None:
    """Let a fault strike as soon as so many imports were sent."""

    def tamper(request: httpx.Request) -> httpx.Response | None:
        if len(bench.posted()) == posts and not struck:
            struck.append(kind)
            bench.emulator.fault(kind, route=route, times=None)
        return None

    struck: list[str] = []
    bench.tamper(tamper)


def test_a_chunk_in_doubt_is_not_sent_again_and_is_settled_by_reading_back(bench: Bench) -> None:
    fault_after(bench, 2, "reset_after_commit")
    result = bench.run_json(table([*addresses(25), "info@example.com", *addresses(24, 25)]), chunk=TEN)
    report = result.json
    assert (result.status, report["ending"]) == (2, "failed")
    assert len(bench.posted()) == 3
    # Read twice: the second time nothing had changed.
    assert len(bench.log("GET", "/groups/{id}/subscribers")) == 2 * 5
    assert (report["rows"], report["imported"], report["in_doubt"], report["not_sent"]) == (50, 20, 10, 20)
    assert report["adds_up"]
    assert [chunk["found_in_group"] for chunk in report["imports"]] == [None, None, 9]
    assert [(chunk["id"] is None, chunk["done"]) for chunk in report["imports"]] == [
        (False, True),
        (False, True),
        (True, False),
    ]
    assert result.refusals == {27: ("in_doubt", "info@example.com")}
    assert (
        "In doubt, the API may have taken it:\n  lines 22 to 31, 10 rows: 9 of them are in the group, so it was taken\n"
        in result.err
    )
    assert "Not sent: 20 rows, lines 32 to 51." in result.err


def test_a_chunk_in_doubt_that_never_arrived(bench: Bench) -> None:
    fault_after(bench, 1, "error")
    result = bench.run(table(addresses(30)), chunk=TEN)
    assert result.status == 2
    assert "500" in result.err
    assert "  lines 12 to 21, 10 rows: 0 of them are in the group\n" in result.err
    assert "Not sent: 10 rows, lines 22 to 31." in result.err
    assert "  imported                        10\n" in result.out
    assert "  in doubt                        10\n" in result.out
    assert "  not sent                        10\n" in result.out
    assert "Sent without an answer" not in result.out
    assert len(bench.posted()) == 2


def test_a_fault_after_which_it_is_certain_that_nothing_was_taken(bench: Bench) -> None:
    fault_after(bench, 2, "revoked_key", route=POST_IMPORT)
    result = bench.run_json(table(addresses(50)), chunk=TEN)
    assert result.status == 2
    assert (result.json["imported"], result.json["in_doubt"], result.json["not_sent"]) == (20, 0, 30)
    assert "The API does not accept the key" in result.err
    assert "In doubt" not in result.err
    assert "Not sent: 30 rows, lines 22 to 51." in result.err


def test_a_key_that_is_revoked_for_everything(bench: Bench) -> None:
    fault_after(bench, 1, "revoked_key", route=POST_IMPORT)
    bench.emulator.fault("revoked_key", route="/subscribers/import/{id}", times=None)
    result = bench.run_json(table(addresses(20)), chunk=TEN)
    report = result.json
    assert (report["imported"], report["outcome_unknown"], report["not_sent"], report["adds_up"]) == (0, 10, 10, True)
    assert "going on when last heard of" in result.err
    (note,) = report["notes"]
    assert note.startswith("Then: GET /subscribers/import/{id}: 401 Unauthorized: Unauthenticated.")
    assert "may have been revoked" in note


def test_a_connection_that_was_never_made_leaves_no_doubt(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and len(bench.posted()) == 1:
            raise httpx.ConnectError("no route to the host", request=request)
        return None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(20)), chunk=TEN)
    assert (result.status, result.json["in_doubt"], result.json["not_sent"]) == (2, 0, 10)
    assert "nothing was sent" in result.err


def test_an_answer_that_makes_no_sense_leaves_the_chunk_in_doubt(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and request.url.path.endswith("/import-subscribers"):
            return httpx.Response(200, json={"queued": True}, request=request)
        return None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(10)))
    assert (result.status, result.json["in_doubt"], result.json["imports"][0]["found_in_group"]) == (2, 10, 0)


def test_an_import_that_takes_too_long(bench: Bench) -> None:
    result = bench.run_json(table(addresses(15_000)), chunk=ChunkSize(rows=6000), wait_timeout=2.0)
    report = result.json
    assert result.status == 2
    assert (report["rows"], report["in_doubt"], report["not_sent"], report["adds_up"]) == (15_000, 0, 0, True)
    # Two seconds at 2,000 rows a second; after that the other imports are looked at once, not waited for.
    assert (report["imported"], report["outcome_unknown"]) == (11_000, 4000)
    assert [chunk["done"] for chunk in report["imports"]] == [False, False, True]
    assert "is not done: 4000 of 6000 rows (66 %)" in result.err
    assert "going on when last seen, 4,000 rows processed" in result.err


def test_the_group_cannot_be_read_back(bench: Bench) -> None:
    bench.emulator.fault("error", route="/groups/{id}/subscribers", times=None)
    roles = [f"{role}@example.com" for role in ("info", "sales", "admin", "office", "support", "help", "contact")]
    result = bench.run(table(roles))
    assert result.status == 2
    assert "GET /groups/{id}/subscribers: 500" in result.err
    assert "role based - the address of a role, not of a person: 7, 5 of them named" in result.out
    assert "The group could not be read back: some refused rows may not be named." in result.out


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
        ("sending", "POST", "/import-subscribers"),
        ("waiting for the imports", "GET", "/subscribers/import/"),
        ("reading the group back", "GET", "/subscribers?"),
    ],
)
def test_ctrl_c_in_every_phase(bench: Bench, phase: str, method: str, path: str) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        target = request.url.raw_path.decode().split("/api")[1]
        if request.method == method and path in target and len(bench.posted()) >= posts:
            raise KeyboardInterrupt
        return None

    posts = 1 if path == "/import-subscribers" else 0
    bench.tamper(tamper)
    roles = [f"{role}@example.com" for role in ("info", "sales", "admin", "office", "support", "help", "contact")]
    result = bench.run(table([*roles, *addresses(13)]), chunk=TEN)
    assert result.status == 130
    assert result.out == ""
    assert f"Interrupted while {phase}." in result.err
    sent = len(bench.posted())
    if phase in ("waiting for the imports", "reading the group back"):
        assert sent == 2
        assert "In doubt" not in result.err
        assert "Not sent" not in result.err
        assert ": done" in result.err if "reading" in phase else "going on when last heard of" in result.err
    elif phase == "sending":
        assert "Taken:\n  import 17" in result.err
        assert "In doubt, the API may have taken it:\n  lines 12 to 21, 10 rows\n" in result.err
    else:
        assert "Nothing was sent." in result.err


def test_presence_in_a_group_that_existed_before_proves_nothing(bench: Bench) -> None:
    bench.run(table(addresses(10)))
    bench.emulator.fault("reset", route=POST_IMPORT)
    result = bench.run(table(addresses(10)))
    assert result.status == 2
    assert "  lines 2 to 11, 10 rows: 10 of them are in the group\n" in result.err
    assert len(bench.posted()) == 2


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


def test_ctrl_c_while_waiting_for_the_limit_leaves_no_doubt(bench: Bench) -> None:
    def sleep(seconds: float) -> None:
        raise KeyboardInterrupt

    bench.clock.sleep = sleep  # type: ignore[method-assign]
    result = bench.run_json(table(addresses(70)), chunk=TEN)
    assert result.status == 130
    assert len(bench.posted()) == 5
    assert (result.json["ending"], result.json["outcome_unknown"], result.json["not_sent"]) == ("interrupted", 50, 20)
    assert "In doubt" not in result.err
    assert "Not sent: 20 rows, lines 52 to 71." in result.err
