"""The book club's programs: they run as documented, do the same, and do what the story promises when things go wrong."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mailerlite_async import NotFoundError, ServerError, TransportError, ValidationError
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
DOCUMENT = (ROOT / "docs" / "book-club.md").read_text(encoding="utf-8")
PROGRAMS = ["book_club.py", "book_club_async.py"]
EMULATED = "Talking to the built-in emulator: nothing leaves this machine.\n"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    """The code blocks of the document in one language."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def run(program: str, *arguments: str, **environment: str) -> str:
    """What a program prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILERLITE_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / program), *arguments],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


# -- the programs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_prints_what_the_document_shows(program: str) -> None:
    (shown,) = blocks("text")
    assert run(program) == shown
    assert shown.startswith(EMULATED)
    assert f"examples/{program}" in DOCUMENT


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_tells_the_same_story_to_a_real_server(program: str) -> None:
    emulator = Emulator()
    (shown,) = blocks("text")
    with emulator.serve() as url:
        told = run(program, "--base-url", url, MAILERLITE_API_KEY="any")
    assert told == shown.replace(EMULATED, f"Talking to {url}.\n")
    calls = [(request.method, request.route) for request in emulator.requests]
    assert calls.count(("POST", "/batch")) == 1
    assert calls.count(("POST", "/subscribers")) == 1, "only the confirmed sign-up may create somebody"
    assert calls[-2:] == [("POST", "/subscribers/{id}/forget"), ("GET", "/subscribers/{id}")]
    (batch,) = [request.body for request in emulator.requests if request.route == "/batch"]
    assert isinstance(batch, dict)
    assert [item["method"] for item in batch["requests"]] == ["POST", "DELETE", "POST", "DELETE"]


def test_programs_differ_in_nothing_but_async_and_await() -> None:
    sync, asynchronous = [ast.parse((EXAMPLES / program).read_text(encoding="utf-8")) for program in PROGRAMS]
    asynchronous = Awaited().visit(asynchronous)
    for tree in (sync, asynchronous):
        del tree.body[0]  # the docstrings name different files
    assert ast.unparse(sync) == ast.unparse(asynchronous)


class Awaited(ast.NodeTransformer):
    """Makes of an asyncio program the one that a thread would run."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.FunctionDef(**dict(ast.iter_fields(node)), lineno=node.lineno)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.With(**dict(ast.iter_fields(node)), lineno=node.lineno)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return None if node.names[0].name == "asyncio" else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        self.generic_visit(node)
        node.names.sort(key=lambda alias: (not alias.name[0].isupper(), alias.name))
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        return ast.alias(node.name.removeprefix("Async"), node.asname)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(node.id.removeprefix("Async"), node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if ast.unparse(node.func) == "asyncio.run" else node


def test_code_in_the_document_is_that_of_the_program() -> None:
    program = (EXAMPLES / "book_club.py").read_text(encoding="utf-8")
    shown = blocks("python")
    assert len(shown) == 3
    for block in shown:
        assert textwrap.indent(block, "    ") in program
    for name in re.findall(r"^\*\*`(\w+)`", DOCUMENT, re.MULTILINE):
        assert f"def {name}(" in program


# -- what each function promises ---------------------------------------------------------------------------------------


@pytest.fixture
def ml(facade: Facade, emulator: Emulator, website: ModuleType) -> Any:
    """A client of an account that has the club's groups and Ann."""
    emulator.seed(
        groups=[{"id": str(11 + number), "name": name} for number, name in enumerate(website.INTERESTS)],
        subscribers=[{"id": "71", "email": "ann@example.com", "groups": ["12"]}],
    )
    return facade.patient(max_retries=0)


def ann(website: ModuleType) -> Any:
    """The website's record of Ann."""
    return website.Member("Ann", "ann@example.com", NOON, "192.0.2.7", "71")


def routes(emulator: Emulator) -> list[tuple[str, str | None]]:
    return [(request.method, request.route) for request in emulator.requests]


async def test_groups_are_made_once(facade: Facade, emulator: Emulator, website: ModuleType) -> None:
    client = facade.patient()
    for _ in range(2):
        await facade.call(website.create_groups(client))
    assert [group.name for group in (await facade.call(client.groups.list())).items] == list(website.INTERESTS)
    assert routes(emulator).count(("POST", "/groups")) == len(website.INTERESTS)


async def test_groups_are_looked_up_once_an_hour(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    ids = [await facade.call(website.group_ids(ml)) for _ in range(3)]
    assert ids == [dict(zip(website.INTERESTS, ["11", "12", "13", "14"], strict=True))] * 3
    assert len(emulator.requests) == 4
    facade.clock.advance(3601)
    await facade.call(website.group_ids(ml))
    assert len(emulator.requests) == 8


async def test_missing_group_is_named(facade: Facade, website: ModuleType) -> None:
    with pytest.raises(LookupError, match="'True crime': create_groups was not called"):
        await facade.call(website.group_ids(facade.patient()))


async def test_sign_up_carries_the_proof_of_consent(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    john = website.Member("John", "john@example.com", NOON, "192.0.2.7")
    await facade.call(website.sign_up_confirmed(ml, john, ["True crime", "Romance"]))
    assert emulator.requests[-1].body == {
        "email": "john@example.com",
        "fields": {"name": "John"},
        "groups": ["11", "12"],
        "opted_in_at": "2026-01-01 12:00:00",
        "optin_ip": "192.0.2.7",
        "resubscribe": True,
    }
    assert john.subscriber_id == (await facade.call(ml.subscribers.get("john@example.com"))).id


async def test_nothing_is_sent_before_the_confirmation(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    john = website.Member("John", "john@example.com")
    with pytest.raises(ValueError, match="not confirmed"):
        await facade.call(website.sign_up_confirmed(ml, john, ["Romance"]))
    assert (emulator.requests, john.subscriber_id) == ([], None)


async def test_somebody_who_left_can_come_back(facade: Facade, website: ModuleType, ml: Any) -> None:
    member = ann(website)
    assert await facade.call(website.unsubscribe(ml, member))
    await facade.call(website.sign_up_confirmed(ml, member, []))
    assert (await facade.call(ml.subscribers.get("71"))).status == "active"


async def test_boxes_are_saved_in_one_call_whatever_they_were(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    await facade.call(website.group_ids(ml))
    for checked, outcomes in [
        (["Romance"], ["out, was not in", "in", "out, was not in", "out, was not in"]),  # nothing has changed
        (["True crime", "Romance"], ["in", "in", "out, was not in", "out, was not in"]),
        (["Biographies"], ["out", "out", "in", "out, was not in"]),
        ([], ["out, was not in", "out, was not in", "out", "out, was not in"]),
    ]:
        before = len(emulator.requests)
        saved = await facade.call(website.save_preferences(ml, ann(website), checked))
        assert saved == dict(zip(website.INTERESTS, outcomes, strict=True))
        assert routes(emulator)[before:] == [("POST", "/batch")]
        person = await facade.call(ml.subscribers.get("71"))
        assert sorted(group.name for group in person.groups) == sorted(checked)


async def test_boxes_that_cannot_be_saved_are_named_and_the_others_saved(
    facade: Facade, website: ModuleType, ml: Any
) -> None:
    await facade.call(website.group_ids(ml))
    for group in ("11", "13"):  # behind the website's back
        await facade.call(ml.groups.delete(group))
    with pytest.raises(ExceptionGroup, match="not all preferences") as caught:
        await facade.call(website.save_preferences(ml, ann(website), ["True crime", "Biographies", "Science fiction"]))
    problems = caught.value.exceptions
    assert [type(problem) for problem in problems] == [ValidationError] * 2
    assert [problem.__notes__ for problem in problems] == [["the box 'True crime'"], ["the box 'Biographies'"]]
    person = await facade.call(ml.subscribers.get("71"))
    assert [group.name for group in person.groups] == ["Science fiction"]


async def test_batch_that_fails_as_a_whole_raises(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    emulator.fault("error", route="/batch")
    with pytest.raises(ServerError):
        await facade.call(website.save_preferences(ml, ann(website), []))


async def test_preferences_of_somebody_unknown_create_nobody(facade: Facade, website: ModuleType, ml: Any) -> None:
    with pytest.raises(LookupError, match="not on the list"):
        await facade.call(website.save_preferences(ml, website.Member("Eve", "eve@example.com"), ["Romance"]))
    assert await facade.call(ml.subscribers.count()) == 1


async def test_address_changes_and_the_subscriber_stays(facade: Facade, website: ModuleType, ml: Any) -> None:
    member = ann(website)
    await facade.call(website.change_address(ml, member, "ann.lee@example.com"))
    assert member.email == "ann.lee@example.com"
    assert (await facade.call(ml.subscribers.get("ann.lee@example.com"))).id == "71"
    assert await facade.call(ml.subscribers.count()) == 1


async def test_address_of_somebody_else_changes_nothing(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    emulator.seed(subscribers=["bob@example.com"])
    member = ann(website)
    with pytest.raises(ValidationError):
        await facade.call(website.change_address(ml, member, "bob@example.com"))
    assert member.email == "ann@example.com"


async def test_address_of_somebody_unknown_changes_on_the_website_only(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    for member in (
        website.Member("Eve", "eve@example.com"),
        website.Member("Old", "old@example.com", None, None, "99"),
    ):
        await facade.call(website.change_address(ml, member, "new@example.com"))
        assert member.email == "new@example.com"
    assert await facade.call(ml.subscribers.count()) == 1
    assert "POST" not in {request.method for request in emulator.requests}


async def test_unsubscribing_ends_the_mails_and_creates_nobody(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    members = [
        (ann(website), True),
        (ann(website), True),  # twice: the link in an older mail
        (website.Member("Ann", "ann@example.com"), True),  # from before the integration
        (website.Member("Eve", "eve@example.com"), False),
        (website.Member("Old", "old@example.com", NOON, None, "99"), False),  # deleted since
    ]
    for member, known in members:
        assert await facade.call(website.unsubscribe(ml, member)) is known
    assert (await facade.call(ml.subscribers.get("71"))).status == "unsubscribed"
    assert await facade.call(ml.subscribers.count()) == 1
    assert {request.method for request in emulator.requests} == {"GET", "PUT"}


async def test_erased_means_forgotten_and_may_be_asked_again(facade: Facade, website: ModuleType, ml: Any) -> None:
    member = ann(website)
    forgotten = await facade.call(website.erase(ml, member))
    assert (forgotten.forget_at - forgotten.deleted_at).days == 30
    assert member.subscriber_id is None
    assert await facade.call(website.erase(ml, member)) is None
    with pytest.raises(NotFoundError):
        await facade.call(ml.subscribers.get("71"))


async def test_erasing_again_after_a_lost_answer(
    facade: Facade, emulator: Emulator, website: ModuleType, ml: Any
) -> None:
    emulator.fault("reset_after_commit", route="/subscribers/{id}/forget")
    member = ann(website)
    with pytest.raises(TransportError):
        await facade.call(website.erase(ml, member))
    assert member.subscriber_id == "71", "the website must be able to ask again"
    assert await facade.call(website.erase(ml, member)) is None
    assert member.subscriber_id is None
