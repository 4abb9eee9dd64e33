"""Work on real HTTP while one call in five fails: the account ends up as without faults, or the error says what is open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from mailerlite_async import (
    MailerLite,
    MailerLiteError,
    NotFoundError,
    RateLimits,
    ServerError,
    TransportError,
    calls,
)
from mailerlite_async._clock import SystemClock
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

NAMES = ["True crime", "Romance", "Biographies"]
PEOPLE = [f"reader{number}@example.com" for number in range(12)]
LIMITS = RateLimits(requests=100_000, imports=1_000)
KINDS = ("error", "error_after_commit", "reset", "reset_after_commit", "html")

State = dict[str, Any]


class Hurried(SystemClock):
    """Real time, with pauses a twentieth as long."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 20)


@contextlib.contextmanager
def noted(unknown: set[str], what: str) -> Iterator[None]:
    """Take note of a call whose error leaves open whether it was carried out."""
    try:
        yield
    except TransportError as error:
        if error.maybe_received:
            unknown.add(what)
    except ServerError:
        unknown.add(what)


async def get_or_create(facade: Facade, ml: Any, name: str) -> Any:
    """Ask again as long as the error says that the group may have been made: asking looks for it first."""
    for _ in range(10):
        with contextlib.suppress(TransportError, ServerError):
            return await facade.call(ml.groups.get_or_create(name))
    raise AssertionError("ten failures in a row")


async def work(facade: Facade, ml: Any) -> set[str]:
    """A day of the book club; returns what is open in the end."""
    unknown: set[str] = set()
    groups = [await get_or_create(facade, ml, name) for name in NAMES]
    people = [await facade.call(ml.subscribers.upsert(email, fields={"name": email[:7]})) for email in PEOPLE]
    joined = await facade.call(ml.batch([calls.groups.assign(person.id, groups[0].id) for person in people]))
    assert [item.error for item in joined.items] == [None] * len(people)
    moved = await facade.call(
        ml.batch(
            [
                calls.groups.unassign(people[0].id, groups[0].id),
                calls.groups.assign(people[0].id, groups[1].id),
                calls.groups.unassign(people[1].id, groups[2].id),  # never was in it
            ]
        )
    )
    assert all(item.error is None or isinstance(item.error, NotFoundError) for item in moved.items)
    await facade.call(ml.subscribers.update(people[2].id, email="moved@example.com", groups=[groups[2].id]))
    await facade.call(ml.subscribers.update(people[3].id, status="unsubscribed"))
    await facade.call(ml.subscribers.delete(people[4].id))
    with noted(unknown, "forget"):
        await facade.call(ml.subscribers.forget(people[5].id))
    with noted(unknown, "create"):
        await facade.call(ml.groups.create("Poetry"))
    with noted(unknown, "import"):
        job = await facade.call(ml.groups.import_subscribers(groups[2].id, [{"email": "new@example.com"}]))
        assert (await facade.call(ml.imports.wait(job))).done
    return unknown


def account(emulator: Emulator) -> State:
    """What is in the account, without ids and dates."""
    with MailerLite("key", transport=emulator.transport(), limits=LIMITS) as ml:
        people = {
            person.email: (person.status, person.fields["name"], sorted(group.name for group in person.groups or ()))
            for person in ml.subscribers.iter(include_groups=True)
        }
        return {"people": people, "groups": sorted(group.name for group in ml.groups.iter())}


def settled(state: State, unknown: set[str]) -> State:
    """The state without what nobody can know."""
    people, groups = dict(state["people"]), list(state["groups"])
    if "forget" in unknown:
        people.pop(PEOPLE[5], None)
    if "import" in unknown:
        people.pop("new@example.com", None)
    if "create" in unknown and "Poetry" in groups:
        groups.remove("Poetry")
    return {"people": people, "groups": groups}


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_account_ends_up_as_without_faults(flavour: Any) -> None:
    states: list[tuple[State, set[str]]] = []
    for probability in (None, 0.05):  # five kinds of fault: together one call in five
        emulator = Emulator(requests=100_000, imports=1_000)
        if probability:
            for kind in KINDS:
                emulator.fault(kind, probability=probability, times=None)
        with emulator.serve() as base_url:
            facade = Facade(flavour, None, emulator)  # type: ignore[arg-type]  # real time
            options: dict[str, Any] = {"clock": Hurried()} if flavour == "sync" else {}
            client = facade.open(base_url=base_url, limits=LIMITS, max_retries=12, **options)
            found: list[set[str]] = []

            async def day(facade: Facade = facade, client: Any = client, found: list[set[str]] = found) -> None:
                found.append(await work(facade, client))

            if flavour == "sync":
                facade.run(day())
            else:
                import asyncio

                asyncio.run(facade._and_close(day()))
        struck = sum(request.status is None or request.status >= 500 for request in emulator.requests)
        assert (struck > 3) == bool(probability)
        emulator.clear_faults()
        states.append((account(emulator), found[0]))
    (plain, nothing), (stormy, unknown) = states
    assert nothing == set()
    assert settled(stormy, unknown) == settled(plain, unknown)


def test_an_unsafe_call_that_failed_says_whether_it_may_have_been_carried_out() -> None:
    emulator = Emulator(requests=100_000)
    with emulator.serve() as base_url, MailerLite("key", base_url=base_url, limits=LIMITS) as ml:
        for kind, carried_out in (("reset", False), ("reset_after_commit", True)):
            emulator.fault(kind, route="/groups", method="POST")
            with pytest.raises(TransportError) as caught:
                ml.groups.create(kind)
            assert caught.value.maybe_received
            assert caught.value.attempts == 1
            assert (kind in [group.name for group in ml.groups.iter()]) == carried_out
        for kind in ("error", "error_after_commit"):
            emulator.fault(kind, route="/groups", method="POST")
            with pytest.raises(MailerLiteError) as failed:
                ml.groups.create(kind)
            assert isinstance(failed.value, ServerError)
