"""The book-club websites, with FastAPI and aiohttp: driven over HTTP, with a real database, while the emulator fires."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from mailerlite_async import (
    DecodeError,
    MailerLite,
    MailerLiteError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from mailerlite_async.testing import Emulator
from mailerlite_async.webhooks import DEFAULT_MAX_BYTES, parse
from tests.support.book_club import FRAMEWORKS, HOOK, BookClub, module, serve
from tests.support.fresh import ROOT

ALIKE = ("database.py", "problems.py", "setup_account.py")


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    """The framework; the test is skipped where it is missing, but never where everything has to be tested."""
    name: str = request.param
    if importlib.util.find_spec(name) is None or (name == "fastapi" and importlib.util.find_spec("uvicorn") is None):
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that the environment points to."""
    emulator = Emulator()
    with emulator.serve() as url:
        monkeypatch.setenv("MAILERLITE_BASE_URL", url)
        monkeypatch.setenv("MAILERLITE_API_KEY", "key-of-the-tests")
        monkeypatch.setenv("BOOK_CLUB_DATABASE", str(tmp_path / "club.db"))
        yield emulator


@pytest.fixture
def bare(framework: str, emulator: Emulator, tmp_path: Path) -> Iterator[BookClub]:
    """A website whose account was not prepared."""
    with serve(framework) as url, httpx.Client(base_url=url, timeout=20) as visitor:
        yield BookClub(framework, url, visitor, emulator, tmp_path / "club.db")


@pytest.fixture
def club(bare: BookClub) -> BookClub:
    """A website whose account was prepared."""
    bare.set_up()
    return bare


def sent(club: BookClub) -> list[tuple[str, str | None]]:
    return [(request.method, request.route) for request in club.emulator.requests]


def signed(club: BookClub, body: bytes) -> str:
    ((secret,),) = club.rows("SELECT secret FROM secrets")
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_what_has_nothing_to_do_with_the_framework_is_the_same() -> None:
    for name in ALIKE:
        texts = {(ROOT / "examples" / f"{framework}_book_club" / name).read_bytes() for framework in FRAMEWORKS}
        assert len(texts) == 1, name


# -- the account -------------------------------------------------------------------------------------------------------


def test_account_is_prepared_once(club: BookClub, capsys: pytest.CaptureFixture[str]) -> None:
    before, (secret,) = len(club.emulator.requests), club.rows("SELECT secret FROM secrets")
    groups = club.rows("SELECT * FROM groups ORDER BY interest")
    club.set_up()
    assert {method for method, _ in sent(club)[before:]} == {"GET"}, "nothing is made twice"
    assert club.rows("SELECT secret FROM secrets") == [secret]
    assert club.rows("SELECT * FROM groups ORDER BY interest") == groups
    assert [interest for interest, _ in groups] == ["Biographies", "Romance", "Science fiction", "True crime"]
    assert capsys.readouterr().out.count("Groups: 4, webhooks: 1. Ids and secrets are stored.\n") == 1


def test_webhook_that_was_changed_is_put_right(club: BookClub) -> None:
    key = {"Authorization": "Bearer another"}
    (webhook,) = httpx.get(f"{club.api}/webhooks", headers=key).json()["data"]
    changes = {"enabled": False, "batchable": False, "events": ["subscriber.created"]}
    httpx.put(f"{club.api}/webhooks/{webhook['id']}", headers=key, json=changes).raise_for_status()
    club.set_up()
    (now,) = httpx.get(f"{club.api}/webhooks", headers=key).json()["data"]
    assert {*now["events"]} > {"subscriber.created", "subscriber.unsubscribed", "subscriber.deleted"}
    assert (now["id"], now["enabled"], now["batchable"]) == (webhook["id"], True, True)


def test_website_of_another_address_has_a_webhook_of_its_own(club: BookClub) -> None:
    module(club.framework, "setup_account").main(["https://www.example.com/hook"])
    assert sent(club).count(("POST", "/webhooks")) == 2
    assert len(club.rows("SELECT secret FROM secrets")) == 1


def test_account_that_is_not_prepared_is_said_so(bare: BookClub) -> None:
    assert bare.sign_up().status_code == 503
    assert bare.deliver(b"{}", "none").status_code == 503
    assert bare.emulator.requests == []


# -- sign-up and preferences -------------------------------------------------------------------------------------------


def test_signing_up(club: BookClub) -> None:
    before = len(club.emulator.requests)
    answer = club.sign_up(interests=["Romance", "True crime"])
    assert (answer.status_code, answer.json()) == (
        201,
        {"member": 1, "status": "active", "interests": ["True crime", "Romance"]},
    )
    (request,) = club.emulator.requests[before:]
    assert isinstance(request.body, dict)
    assert request.body["fields"] == {"name": "Ann"}
    assert len(request.body["groups"]) == 2
    assert "opted_in_at" in request.body
    assert "resubscribe" not in request.body
    assert club.visitor.get("/members/1").json() == {"member": 1, "name": "Ann", "status": "active"}


def test_signing_up_once_more_takes_nothing_away(club: BookClub) -> None:
    club.sign_up(interests=["Romance"])
    club.sign_up("Bob", "bob@example.com")
    answer = club.sign_up("Ann Lee", "Ann@Example.com", interests=["Biographies"])
    assert answer.json() == {"member": 1, "status": "active", "interests": ["Romance", "Biographies"]}
    assert club.rows("SELECT id, email, name FROM members") == [
        (1, "ann@example.com", "Ann Lee"),
        (2, "bob@example.com", "Bob"),
    ]


def test_preferences_are_saved_in_one_call(club: BookClub) -> None:
    club.sign_up(interests=["Romance"])
    assert club.visitor.get("/members/1/preferences").json()["interests"] == ["Romance"]
    for wanted in (["True crime", "Biographies"], ["True crime", "Biographies"], []):
        before = len(club.emulator.requests)
        answer = club.visitor.put("/members/1/preferences", json={"interests": wanted})
        assert (answer.status_code, answer.json()) == (200, {"member": 1, "status": "active", "interests": wanted})
        assert sent(club)[before:] == [("POST", "/batch")]
    assert club.visitor.get("/members/1/preferences").json()["interests"] == []


def test_form_that_is_wrong_is_refused(club: BookClub, caplog: pytest.LogCaptureFixture) -> None:
    before = len(club.emulator.requests)
    for form in (
        b"nonsense",
        b"[]",
        b'{"email": "ann@example.com"}',
        b'{"name": "Ann", "email": 7}',
        b'{"name": "", "email": "ann@example.com"}',
        b'{"name": "Ann", "email": "ann@example.com", "interests": ["Cookery"]}',
        b'{"name": "Ann", "email": "ann@example.com", "interests": "Romance"}',
        b'{"name": "Ann", "email": "ann@example.com", "resubscribe": null}',
        json.dumps({"name": "A" * 101, "email": "ann@example.com"}).encode(),
        rb'{"name": "Ann", "email": "ann\ud83d@example.com"}',
    ):
        answer = club.visitor.post("/signup", content=form, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, form
        assert answer.json()["detail"]
        assert "example.com" not in answer.text + caplog.text
    assert len(club.emulator.requests) == before


def test_address_that_the_api_refuses(club: BookClub) -> None:
    answer = club.sign_up(email="nonsense")
    assert answer.status_code == 422
    assert [*answer.json()["errors"]] == ["email"]
    assert club.rows("SELECT * FROM members") == []


def test_members_who_are_not_there(club: BookClub) -> None:
    for member in (7, 10**17):
        assert club.visitor.get(f"/members/{member}").status_code == 404
        assert club.visitor.get(f"/members/{member}/preferences").status_code == 404
        answer = club.visitor.put(f"/members/{member}/preferences", json={"interests": []})
        assert answer.status_code == 404
    for odd in ("x", str(10**30), "0", "%D9%A1"):
        assert club.visitor.get(f"/members/{odd}").status_code in (404, 422)


def test_only_who_wants_to_comes_back(club: BookClub) -> None:
    club.sign_up()
    club.change(email="ann@example.com", status="unsubscribed")
    club.delivered()
    answer = club.sign_up()
    assert answer.status_code == 409
    assert "resubscribe" in answer.json()["detail"]
    assert club.status() == "unsubscribed"
    assert club.sign_up(resubscribe=True).json()["status"] == "active"
    assert club.status() == "active"


# -- the webhook -------------------------------------------------------------------------------------------------------


def test_website_hears_who_has_left(club: BookClub) -> None:
    club.sign_up()
    club.sign_up("Bob", "bob@example.com")
    club.change(email="ann@example.com", status="unsubscribed")
    (delivery,) = club.delivered()
    assert (delivery.status, delivery.attempt, delivery.events) == (204, 1, ("subscriber.unsubscribed",))
    assert [club.status(1), club.status(2)] == ["unsubscribed", "active"]


def test_website_hears_of_deletions(club: BookClub) -> None:
    club.sign_up()
    ((subscriber_id,),) = club.rows("SELECT subscriber_id FROM members")
    httpx.delete(f"{club.api}/subscribers/{subscriber_id}", headers={"Authorization": "Bearer another"})
    (delivery,) = club.delivered()
    assert delivery.status == 204
    assert club.status() == "deleted"
    for method in ("GET", "PUT"):
        form: dict[str, Any] = {"json": {"interests": []}} if method == "PUT" else {}
        assert club.visitor.request(method, "/members/1/preferences", **form).status_code == 404


def test_strangers_are_none_of_its_business(club: BookClub) -> None:
    club.emulator.seed(subscribers=["eve@example.com"])
    club.change(email="eve@example.com", status="unsubscribed")
    (delivery,) = club.delivered()
    assert delivery.status == 204
    assert club.rows("SELECT * FROM members") == []


def test_replay_changes_nothing(club: BookClub) -> None:
    club.sign_up()
    club.change(email="ann@example.com", status="unsubscribed")
    (delivery,) = club.delivered()
    club.sign_up(resubscribe=True)
    club.delivered(2)
    before = club.rows("SELECT * FROM members"), club.rows("SELECT * FROM events")
    for _ in range(3):
        assert club.deliver(delivery.body, delivery.signature).status_code == 204
    assert (club.rows("SELECT * FROM members"), club.rows("SELECT * FROM events")) == before
    assert club.status() == "active"


def test_wrong_signature_changes_nothing(club: BookClub) -> None:
    club.sign_up()
    body = json.dumps(unsubscribed(club)).encode()
    for signature in ("none", None, "", "é", signed(club, body + b" "), signed(club, body).upper()):
        raw = None if signature is None else signature.encode("utf-8")
        headers = {} if raw is None else {b"Signature": raw}
        assert club.visitor.post(HOOK, content=body, headers=headers).status_code == 401
    assert club.status() == "active"
    assert club.rows("SELECT * FROM events") == []
    assert club.deliver(body, signed(club, body)).status_code == 204
    assert club.status() == "unsubscribed"


def test_delivery_that_cannot_be_read_is_refused(club: BookClub) -> None:
    for body in (b"", b"nonsense", b"[]", b'{"events": 7}'):
        assert club.deliver(body, signed(club, body)).status_code == 400
    assert club.deliver(b" " * (DEFAULT_MAX_BYTES + 1), "none").status_code == 413
    assert club.rows("SELECT * FROM events") == []


def test_event_that_cannot_be_read_does_not_hold_up_the_others(
    club: BookClub, caplog: pytest.LogCaptureFixture
) -> None:
    club.sign_up()
    odd = {"event": "subscriber.bounced", "email": "eve@example.com"}
    unknown = {"event": "subscriber.promoted", "id": "1"}
    body = json.dumps({"events": [odd, unknown, unsubscribed(club)], "total": 3}).encode()
    assert club.deliver(body, signed(club, body)).status_code == 204
    assert club.status() == "unsubscribed"
    assert "was left out" in caplog.text
    assert "@" not in caplog.text


def test_delivery_that_cannot_be_stored_is_not_accepted(club: BookClub) -> None:
    club.sign_up()
    body = json.dumps(unsubscribed(club)).encode()
    with closing(sqlite3.connect(club.path, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        answer = club.deliver(body, signed(club, body))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert club.status() == "active"
    assert club.deliver(body, signed(club, body)).status_code == 204, "the next attempt of MailerLite"
    assert club.status() == "unsubscribed"


def unsubscribed(club: BookClub) -> dict[str, Any]:
    """The event of member 1, a minute from now."""
    ((subscriber_id,),) = club.rows("SELECT subscriber_id FROM members WHERE id = 1")
    at = (datetime.now(UTC) + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    person = {"id": subscriber_id, "email": "ann@example.com", "status": "unsubscribed", "updated_at": at}
    return {**person, "event": "subscriber.unsubscribed", "account_id": 1}


# -- when something is wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [{"kind": "error", "status": 503}, {"kind": "reset"}], ids=["error", "reset"])
def test_api_that_is_down(club: BookClub, fault: dict[str, Any]) -> None:
    club.emulator.fault(**fault, times=None)
    answer = club.sign_up()
    assert answer.status_code == 502
    assert "Trying again does no harm" in answer.json()["detail"]
    assert club.rows("SELECT * FROM members") == []
    club.emulator.clear_faults()
    assert club.sign_up().status_code == 201


def test_limit_that_is_reached(club: BookClub) -> None:
    club.sign_up()
    with httpx.Client(headers={"Authorization": "Bearer another"}) as others:
        while others.get(f"{club.api}/groups").status_code == 200:
            pass
    for _ in range(2):
        answer = club.visitor.get("/members/1/preferences")
        assert answer.status_code == 503
        assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert club.status() == "active", "what needs no call goes on"
    refused = [request for request in club.emulator.requests if request.status == 429]
    assert [request.route for request in refused] == ["/groups", "/subscribers/{id}"], "the second was not even sent"


def test_key_that_is_revoked_is_not_the_visitors_fault(club: BookClub, caplog: pytest.LogCaptureFixture) -> None:
    club.emulator.fault("revoked_key", times=None)
    answer = club.sign_up()
    assert (answer.status_code, answer.json()) == (500, {"detail": "The website is not set up as it should be."})
    assert "401" in caplog.text


def test_group_that_is_gone_is_not_the_visitors_fault(club: BookClub) -> None:
    club.sign_up()
    ((group_id,),) = club.rows("SELECT group_id FROM groups WHERE interest = 'Romance'")
    httpx.delete(f"{club.api}/groups/{group_id}", headers={"Authorization": "Bearer another"}).raise_for_status()
    for answer in (
        club.sign_up(interests=["Romance"]),
        club.visitor.put("/members/1/preferences", json={"interests": ["Romance"]}),
    ):
        assert answer.status_code == 500
    club.set_up()
    assert club.sign_up(interests=["Romance"]).json()["interests"] == ["Romance"]


def test_nothing_personal_is_in_the_log(club: BookClub, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        club.sign_up("Secretive")
        club.sign_up("Secretive", "ann@nowhere@example.com")
        club.visitor.get("/members/1/preferences")
        club.change(email="ann@example.com", status="unsubscribed")
        club.delivered()
        club.emulator.fault("rate_limit", seconds=30)
        club.sign_up("Secretive")
    mine = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpcore", "asyncio"))]
    assert any("429" in line for line in mine)
    assert [line for line in mine if "Secretive" in line or "ann" in line or "key-of-the-tests" in line] == []


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (ValidationError(status=422, errors={"fields.name": ["Too long."], "groups.0": ["Gone."]}), 422, {}),
        (ValidationError(status=422, errors={"email": ["Not in the plan."]}, reason="plan"), 500, {}),
        (ValidationError(status=422, errors={"groups.0": ["Gone."]}), 500, {}),
        (RateLimitError(status=429), 503, {"Retry-After": "60"}),
        (RateLimitError(retry_after=0.2), 503, {"Retry-After": "1"}),
        (RequestTimeoutError("ReadTimeout"), 504, {}),
        (DecodeError(body=b"ann@example.com"), 502, {}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_other_errors_have_their_answers(error: MailerLiteError, status: int, headers: dict[str, str]) -> None:
    problem = module("aiohttp", "problems").problem_of(error)
    assert (problem.status, problem.headers) == (status, headers)
    assert problem.body.get("errors") == ({"fields.name": ["Too long."]} if status == 422 else None)


# -- the database ------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Any:
    """A database with one member, last changed at noon."""
    database = module("aiohttp", "database").Database(tmp_path / "club.db")
    with database._transaction() as db:
        db.execute(
            "INSERT INTO members (subscriber_id, email, name, status, changed_at)"
            " VALUES ('71', 'ann@example.com', 'Ann', 'active', '2026-01-01T12:00:00.000000+00:00')"
        )
    return database


def event(name: str, at: str) -> Any:
    person = {"id": "71", "email": "ann@example.com", "status": "whatever", "updated_at": at}
    (parsed,) = parse(json.dumps({**person, "event": name}).encode())
    return parsed


def test_delivery_that_is_late_does_not_undo_what_came_after(database: Any) -> None:
    for name, at, status in [
        ("subscriber.unsubscribed", "2026-01-01T11:59:59.000000Z", "active"),
        ("subscriber.unsubscribed", "2026-01-01T12:00:00.000000Z", "unsubscribed"),
        ("subscriber.active", "2026-01-01T12:10:00.000000Z", "active"),
        ("subscriber.bounced", "2026-01-01T12:05:00.000000Z", "active"),
        ("subscriber.spam_reported", "2026-01-01T12:15:00.000000Z", "junk"),
        ("subscriber.created", "2026-01-01T12:20:00.000000Z", "junk"),
    ]:
        assert database.apply([event(name, at)]) == 1
        assert database.member(1).status == status


def test_answer_that_was_overtaken_by_a_delivery_does_not_undo_it(database: Any) -> None:
    with MailerLite("key", transport=Emulator().transport()) as ml:
        person = attrs.evolve(ml.subscribers.upsert("ann.lee@example.com"), id="71")
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    database.apply([event("subscriber.unsubscribed", "2026-01-01T12:01:00.000000Z")])
    for minutes, status in ((0, "unsubscribed"), (1, "active"), (2, "active")):
        changed = attrs.evolve(person, updated_at=noon + timedelta(minutes=minutes))
        assert database.save_member(changed, "Ann Lee") == 1
        assert database.member(1) == (1, "71", "ann.lee@example.com", "Ann Lee", status)


def test_delivery_is_applied_once_by_many_threads(database: Any) -> None:
    events = [event("subscriber.unsubscribed", "2026-01-01T12:01:00.000000Z")] * 2
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: database.apply(events), range(16))) == 1


def test_delivery_is_applied_wholly_or_not_at_all(database: Any) -> None:
    first = event("subscriber.unsubscribed", "2026-01-01T12:01:00.000000Z")

    def broken() -> Iterator[Any]:
        yield first
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        database.apply(broken())
    assert database.member(1).status == "active"
    assert database.apply([first]) == 1, "the next attempt must find it new"
    assert database.member(1).status == "unsubscribed"


def test_old_keys_are_forgotten(database: Any) -> None:
    database.apply([event("subscriber.bounced", "2026-01-01T12:01:00.000000Z")])
    with database._transaction() as db:
        db.execute("UPDATE events SET received_at = '2026-01-01T12:01:00.000000+00:00'")
    database.apply([event("subscriber.active", "2026-01-01T12:02:00.000000Z")])
    with database._transaction() as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (1,)
