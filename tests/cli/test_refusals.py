"""Rows the server refuses: named, found by reading the group back, or turned away before the import began."""

from __future__ import annotations

import json
from typing import Any

import httpx

from .conftest import POST_IMPORT, Bench, addresses, table

ROLES = [
    f"{role}@{domain}"
    for role in ("info", "sales", "admin")
    for domain in ("example.com", "example.org", "example.net")
]


def change_reports(bench: Bench, **changes: Any) -> None:
    """Let every import report say something else."""
    inner = bench.emulator.transport()

    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method != "GET" or "/subscribers/import/" not in request.url.path:
            return None
        body = json.loads(inner.handle_request(request).read())
        return httpx.Response(200, json={"data": {**body["data"], **changes}}, request=request)

    bench.tamper(tamper)


def test_more_refusals_than_the_server_names(bench: Bench) -> None:
    result = bench.run(table([*addresses(3), *ROLES]))
    assert result.status == 1
    lines = result.out.splitlines()
    start = lines.index("Refused by the server: 9 rows")
    assert lines[start + 1 :] == [
        # Of five of them the server gives the reason. The others were refused too, and there is no other reason.
        "  role based - the address of a role, not of a person: 9",
        *(f"    line {line:>6}  {email}" for line, email in enumerate(ROLES, 5)),
    ]
    # So few are looked up, in one call.
    assert len(bench.log("POST", "/batch")) == 1
    assert bench.log("GET", "/groups/{id}/subscribers") == []


def test_nobody_is_looked_up_when_all_refusals_are_named(bench: Bench) -> None:
    assert bench.run(table([*addresses(3), *ROLES[:5]])).status == 1
    assert bench.log("POST", "/batch") == []
    assert bench.log("GET", "/groups/{id}/subscribers") == []


def test_members_of_every_status_and_on_every_page_count_as_taken(bench: Bench) -> None:
    everybody = addresses(1100)
    bench.emulator.seed(groups=["Book club"])
    bench.emulator.seed(
        subscribers=[{"email": email, "groups": ["Book club"]} for email in everybody]
        + [
            {"email": f"{status}@example.com", "status": status, "groups": ["Book club"]}
            for status in ("unconfirmed", "bounced", "junk")
        ]
    )
    everyone = [*everybody, "unconfirmed@example.com", "bounced@example.com", "junk@example.com"]
    report = bench.run_json(table([*everyone, *ROLES])).json
    assert (report["unchanged"], report["refused_by_server"], report["notes"]) == (1103, 9, [])
    assert {entry["email"] for entry in report["refusals"]} == set(ROLES)


def test_people_who_unsubscribed_are_named_whether_they_are_in_the_group_or_not(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"])
    gone = addresses(12)
    bench.emulator.seed(
        subscribers=[
            {"email": email, "status": "unsubscribed", "groups": ["Book club"] if number >= 6 else []}
            for number, email in enumerate(gone)
        ]
    )
    result = bench.run_json(table([*gone, "ann@example.com"]))
    assert (result.json["imported"], result.json["refused_by_reason"], result.json["notes"]) == (
        1,
        {"unsubscribed": 12},
        [],
    )
    reasons = {email: reason for reason, email in result.refusals.values()}
    assert reasons == dict.fromkeys(gone, "unsubscribed")


def test_refused_rows_that_are_in_the_group_all_the_same_are_admitted_not_guessed(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"])
    bench.emulator.seed(subscribers=[{"email": email, "groups": ["Book club"]} for email in addresses(4)])
    # Each of them is named as one that was taken.
    change_reports(bench, unchanged_count=1, banned_import_emails_count=3)
    result = bench.run(table(addresses(4)))
    assert result.status == 1
    assert "3 of the rows refused in lines 2 to 5 cannot be named: they are in the group all the same." in result.out
    assert "banned - banned from imports by the service: 3, 0 of them named" in result.out
    assert "add up" not in result.out


def test_as_many_rows_are_shown_as_were_refused_though_nothing_tells_which(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"])
    bench.emulator.seed(subscribers=[{"email": email, "groups": ["Book club"]} for email in addresses(4)])
    change_reports(bench, unchanged_count=1, unchanged=[], banned_import_emails_count=3)
    result = bench.run_json(table(addresses(4)))
    assert [reason for reason, _ in result.refusals.values()] == ["unnamed"] * 3
    assert result.json["refusals"][0]["detail"] == "refused, or perhaps refused, without being named by the server"
    assert (result.json["refused_by_reason"], result.json["adds_up"]) == ({"banned": 3}, True)
    assert result.json["notes"] == []


def test_refused_members_are_named_by_the_values_they_have_not_got(bench: Bench) -> None:
    roles = [f"info@shop{number}.example.com" for number in range(20)]
    bench.emulator.seed(groups=["Book club"])
    bench.emulator.seed(subscribers=[{"email": email, "groups": ["Book club"]} for email in roles])
    rows = [f"{email},Reader" for email in (*addresses(60), *roles)]
    result = bench.run_json(table(rows, "email,name"))
    assert (result.json["imported"], result.json["refused_by_reason"]) == (60, {"role_based": 20})
    assert [email for reason, email in result.refusals.values() if reason == "role_based"] == roles


def test_every_reason_of_the_report_is_told(bench: Bench) -> None:
    emails = addresses(9)
    named = ("invalid", "mistyped", "unsubscribed", "role_based", "suspicious_format", "duplicate", "subscriber_limit")
    changes: dict[str, Any] = {"imported": 1, "banned_import_emails_count": 1}
    for reason, email in zip(named, emails, strict=False):
        changes |= {reason: [{"id": "1", "email": email.upper()}], f"{reason}_count": 1}
    change_reports(bench, **changes)
    result = bench.run_json(table(emails))
    assert result.json["refused_by_reason"] == {**dict.fromkeys(named, 1), "banned": 1}
    assert result.json["adds_up"]
    told = {line: reason for line, (reason, _) in result.refusals.items()}
    # Of the two rows that are left, nothing tells which one was taken.
    assert told == {**dict(enumerate(named, 2)), 9: "unnamed"}
    assert result.json["notes"] == []


def test_changed_rows_are_not_counted_twice(bench: Bench) -> None:
    bench.run(table(["ann@example.com,Ann"], "email,name"))
    result = bench.run_json(table(["ann@example.com,Anna"], "email,name"))
    assert (result.json["updated"], result.json["adds_up"], result.status) == (1, True, 0)


def test_numbers_that_do_not_add_up_are_said_so(bench: Bench) -> None:
    change_reports(bench, imported=2)
    result = bench.run(table(addresses(4)))
    assert result.status == 1
    assert "These do not add up: 2 rows not accounted for by the server's reports." in result.out


def test_rows_missing_from_the_group_beyond_what_was_refused_are_said_so(bench: Bench) -> None:
    change_reports(bench, imported=11, role_based_count=1, role_based=[])
    result = bench.run(table([*addresses(10), *ROLES[:2]]))
    assert "In lines 2 to 13, 1 rows more are without their values, or not in the group, than" in result.out


def test_an_import_the_server_stopped(bench: Bench) -> None:
    change_reports(bench, processed=1, done=False, imported=1, stopped_at="2026-01-01T00:00:01.000000Z")
    result = bench.run_json(table(addresses(4)))
    assert (result.json["imported"], result.json["outcome_unknown"], result.json["adds_up"]) == (1, 3, True)
    assert result.status == 1
    assert "stopped import" in result.json["notes"][0]
    # Whoever is not in the group then is named, not as refused, but as left over.
    assert {reason for reason, _ in result.refusals.values()} == {"unfinished"}


def test_an_import_that_was_stopped_after_its_end_is_complete(bench: Bench) -> None:
    change_reports(bench, stopped_at="2026-01-01T00:00:09.000000Z", done=True, imported=4)
    result = bench.run_json(table(addresses(4)))
    assert (result.status, result.json["notes"]) == (0, [])


def test_international_domains_are_found_in_either_form(bench: Bench) -> None:
    bench.emulator.seed(groups=["Book club"])
    bench.emulator.seed(subscribers=[{"email": "ann@xn--bcher-kva.example.com", "groups": ["Book club"]}])
    change_reports(bench, unchanged_count=1, invalid_count=0, invalid=[])
    report = bench.run_json(table(["ann@bücher.example.com", *ROLES])).json
    assert "ann@bücher.example.com" not in {entry["email"] for entry in report["refusals"]}
    assert len(report["refusals"]) == len(ROLES)


def test_rows_a_422_names_are_turned_away_and_the_others_sent(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST" or not request.url.path.endswith("/import-subscribers"):
            return None
        errors = {
            f"subscribers.{index}.email": [f"The subscribers.{index}.email must be a valid email address."]
            for index, row in enumerate(json.loads(request.content)["subscribers"])
            if row["email"].startswith("person1")
        }
        body = {"message": "The given data was invalid.", "errors": errors}
        return httpx.Response(422, json=body, request=request) if errors else None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(12)))
    assert (result.json["imported"], result.json["refused_by_reason"]) == (9, {"validation": 3})
    assert result.refusals == {
        3: ("validation", "person1@example.com"),
        12: ("validation", "person10@example.com"),
        13: ("validation", "person11@example.com"),
    }
    assert result.json["refusals"][0]["detail"] == "The email must be a valid email address."
    assert result.json["adds_up"]


def test_a_row_a_422_is_about_is_found_though_it_names_none(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST" or b"person3@" not in request.content:
            return None
        return httpx.Response(422, json={"message": "We do not take this."}, request=request)

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(12)))
    assert (result.status, result.json["imported"], result.json["refused_by_reason"]) == (1, 11, {"validation": 1})
    assert result.refusals == {5: ("validation", "person3@example.com")}
    assert result.json["refusals"][0]["detail"] == "We do not take this."
    assert result.json["adds_up"]


def test_a_422_that_names_no_row_ends_the_run(bench: Bench) -> None:
    bench.emulator.fault("plan_limit", route=POST_IMPORT, times=None)
    result = bench.run(table(addresses(3)))
    assert (result.status, result.out) == (2, "")
    assert "422" in result.err
    assert "Nothing was sent." in result.err
    assert f'The group "Book club" was created (id {bench.groups()[0]}).' in result.err


def limit_size(bench: Bench, rows: int) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and request.content.count(b'"email"') > rows:
            return httpx.Response(413, text="<html>Request Entity Too Large</html>", request=request)
        return None

    bench.tamper(tamper)


def test_a_chunk_that_is_too_large_is_sent_in_parts(bench: Bench) -> None:
    limit_size(bench, rows=30)
    result = bench.run_json(table(addresses(250)), chunk_rows=100)
    assert (result.status, result.json["imported"]) == (0, 250)
    assert max(len(rows) for rows in bench.posted()) <= 30
    assert sorted(row["email"] for rows in bench.posted() for row in rows) == sorted(addresses(250))
    assert sum(chunk["rows"] for chunk in result.json["imports"]) == 250


def test_a_row_that_is_too_large_alone_is_refused(bench: Bench) -> None:
    def tamper(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(413, request=request) if b"person2@" in request.content else None

    bench.tamper(tamper)
    result = bench.run_json(table(addresses(5)))
    assert (result.status, result.json["imported"], result.json["refused_by_reason"]) == (1, 4, {"too_large": 1})
    assert result.refusals == {4: ("too_large", "person2@example.com")}
