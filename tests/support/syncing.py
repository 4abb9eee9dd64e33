"""A group to be made equal to a source, and what a sync did to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

GROUP = "Readers"
FIELDS = [{"name": "Points", "type": "number"}, {"name": "Born", "type": "date"}, {"name": "Number", "type": "text"}]
STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")


def person(email: str, status: str = "active", *, outside: bool = False, **fields: Any) -> dict[str, Any]:
    """Somebody to seed, by default a member of the group."""
    return {"email": email, "status": status, "fields": fields, "groups": [] if outside else [GROUP]}


def row(email: str, **fields: Any) -> dict[str, Any]:
    """A row of the source."""
    return {"email": email, "fields": fields} if fields else {"email": email}


def seed(emulator: Emulator, people: Iterable[Mapping[str, Any] | str] = ()) -> None:
    """An account with the group, its fields and these people; a text is an active member."""
    emulator.seed(groups=[GROUP], fields=FIELDS, subscribers=[person(p) if isinstance(p, str) else p for p in people])


def sent(emulator: Emulator) -> list[tuple[str, str, Any]]:
    """The calls that change something, those inside batches as calls of their own: method, path and body."""
    found: list[tuple[str, str, Any]] = []
    for request in emulator.requests:
        if request.route == "/batch":
            assert isinstance(request.body, dict)
            found += [
                (call["method"], "/" + call["path"].lstrip("/"), call.get("body")) for call in request.body["requests"]
            ]
        else:
            found.append((request.method, request.path, request.body))
    return [call for call in found if call[0] != "GET"]


async def members(facade: Facade, ml: Any, group: str = GROUP) -> dict[str, tuple[str, dict[str, Any]]]:
    """Status and values that are not empty of each member, by address."""
    found = await facade.call(ml.groups.find(group))
    people: dict[str, tuple[str, dict[str, Any]]] = {}
    for status in STATUSES:
        for one in await facade.collect(ml.groups.iter_subscribers(found.id, status=status)):
            values = {key: value for key, value in one.fields.items() if value not in (None, "")}
            people[one.email] = (one.status, values)
    return people


def told(changes: Iterable[Any]) -> list[tuple[str, int | None, str]]:
    """Kind, row and address of each change."""
    return [(change.kind, change.row, change.email) for change in changes]
