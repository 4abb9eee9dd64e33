"""The jobs that make the planned changes: each change goes from one to the next until it is at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from mailerlite_async.bulk._model import BulkResult
from mailerlite_async.bulk._sync_diff import Wishes
from mailerlite_async.bulk._sync_model import SyncKind, SyncProgress, SyncStage
from mailerlite_async.bulk._sync_rows import decode, encode
from mailerlite_async.bulk._sync_staging import PAGE, Staging
from mailerlite_async.bulk._sync_values import differences
from mailerlite_async.errors import ImportRefusedError, NotFoundError

_UNSUBSCRIBED: Final = "unsubscribed"


@attrs.frozen
class Stage:
    """Changes that are made by one job.

    Attributes:
        start: gives the job, from the bulk methods of a client.
        note: is told what became of each row, in order.
    """

    start: Callable[[Any], Any]
    note: Callable[[BulkResult[Any]], None]


@attrs.frozen
class Change:
    """A change under way.

    Attributes:
        seq: its number.
        kind: what it does.
        email: the address of its row.
        id: of the member, None for somebody new.
        email_before: the address of the member, if that will change.
        fields: values to send; None clears one.
        empties: of somebody new: the fields the row says are empty.
        rest: the body of the update that is left to do, if any.
    """

    seq: int
    kind: SyncKind
    email: str
    id: str | None
    email_before: str | None
    fields: Mapping[str, Any]
    empties: Collection[str]
    rest: Mapping[str, Any]


_Row = Callable[[Change], Any]
_Start = Callable[[Any, Iterator[Any]], Any]
_Settle = Callable[[Change, BulkResult[Any]], None]


def stages(
    staging: Staging,
    group_id: str,
    wishes: Wishes,
    types: Mapping[str, str],
    tell: Callable[[SyncProgress], object],
) -> Iterator[Stage]:
    """The stages that have something to do, each made when those before have ended.

    Removals come last: whatever stops a run, nobody is missing from the group who belongs there.
    """
    steps = _Steps(staging, group_id, wishes, types)
    plan: tuple[tuple[str, SyncStage, _Row, _Start, _Settle], ...] = (
        ("import", "import", _import_row, lambda bulk, rows: bulk.import_into(group_id, rows), steps.imported),
        ("update", "update", _update_row, lambda bulk, rows: bulk.update(rows), steps.ended),
        ("resubscribe", "resubscribe", steps.upsert_row, lambda bulk, rows: bulk.upsert(rows), steps.resubscribed),
        ("assign", "assign", _address, lambda bulk, rows: bulk.assign(rows, group_id), steps.assigned),
        ("check", "check", _address, lambda bulk, rows: bulk.get(rows), steps.checked),
        ("rest", "check", _rest_row, lambda bulk, rows: bulk.update(rows), steps.ended),
        ("remove", "remove", _id, lambda bulk, rows: bulk.unassign(rows, group_id), steps.removed),
    )
    for name, shown, row, start, settle in plan:
        total = staging.number("SELECT count(*) FROM change WHERE next = ?", name)
        if total:
            yield _stage(staging, name, row, start, settle, _counter(tell, shown, total))


def _stage(
    staging: Staging,
    name: str,
    row: _Row,
    start: _Start,
    settle: _Settle,
    count: Callable[[], None],
) -> Stage:
    under_way: deque[Change] = deque()

    def rows() -> Iterator[Any]:
        for change in _waiting(staging, name):
            under_way.append(change)
            yield row(change)

    def note(result: BulkResult[Any]) -> None:
        settle(under_way.popleft(), result)  # a job gives its results in the order of its rows
        count()

    return Stage(lambda bulk: start(bulk, rows()), note)


def _counter(tell: Callable[[SyncProgress], object], shown: SyncStage, total: int) -> Callable[[], None]:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done % PAGE == 0 or done == total:
            tell(SyncProgress(shown, done, total))

    return count


def _waiting(staging: Staging, name: str) -> Iterator[Change]:
    query = (
        "SELECT seq, kind, email, id, email_before, fields, empties, rest FROM change "
        "WHERE next = ? AND seq > :after ORDER BY seq LIMIT :most"
    )
    for page in staging.pages(query, name):
        for seq, kind, email, id, email_before, fields, empties, rest in page:
            yield Change(seq, kind, email, id, email_before, decode(fields), decode(empties), decode(rest))


# -- the rows of the jobs ----------------------------------------------------------------------------------------------


def _import_row(change: Change) -> dict[str, Any]:
    return {"email": change.email, "fields": change.fields} if change.fields else {"email": change.email}


def _update_row(change: Change) -> dict[str, Any]:
    row: dict[str, Any] = {"id": change.id}
    if change.fields:
        row["fields"] = change.fields
    if change.email_before is not None:
        row["email"] = change.email
    return row


def _rest_row(change: Change) -> Mapping[str, Any]:
    return change.rest


def _address(change: Change) -> str:
    return change.email


def _id(change: Change) -> str | None:
    return change.id


# -- what follows from their results -----------------------------------------------------------------------------------


@attrs.frozen
class _Steps:
    """Where a change goes from each stage."""

    staging: Staging
    group_id: str
    wishes: Wishes
    types: Mapping[str, str]

    def ended(self, change: Change, result: BulkResult[Any]) -> None:
        self.staging.move(change.seq, None, result.error)

    def imported(self, change: Change, result: BulkResult[Any]) -> None:
        error = result.error
        if not isinstance(error, ImportRefusedError):
            self.staging.move(change.seq, "check" if error is None and change.empties else None, error)
        elif change.kind == "update":
            # An import refuses addresses that an update by id does not look at.
            self.staging.move(change.seq, "update")
        elif error.reason != _UNSUBSCRIBED:
            self.staging.move(change.seq, None, error)
        elif self.wishes.resubscribe:
            self.staging.execute(
                "UPDATE change SET kind = 'resubscribe', next = 'resubscribe' WHERE seq = ?", change.seq
            )
        else:
            self.staging.move(change.seq, "assign")

    def upsert_row(self, change: Change) -> dict[str, Any]:
        row = {
            "email": change.email_before or change.email,
            "groups": [self.group_id],
            "status": "active",
            "resubscribe": True,
        }
        fields = {key: value for key, value in change.fields.items() if value is not None}
        return {**row, "fields": fields} if fields else row

    def resubscribed(self, change: Change, result: BulkResult[Any]) -> None:
        if result.error is not None:
            self.staging.move(change.seq, None, result.error)
        elif change.id is None:
            self.staging.move(change.seq, "check" if change.empties else None)
        else:
            # What an upsert is not known to do, clearing a value and changing the address, is left to an update.
            cleared = {key: None for key, value in change.fields.items() if value is None}
            rest: dict[str, Any] = {"fields": cleared} if cleared else {}
            if change.email_before is not None:
                rest["email"] = change.email
            self._go_on(change, change.id, rest)

    def assigned(self, change: Change, result: BulkResult[Any]) -> None:
        differs = bool(change.fields or change.empties) and _UNSUBSCRIBED in self.wishes.statuses
        self.staging.move(change.seq, "check" if result.error is None and differs else None, result.error)

    def checked(self, change: Change, result: BulkResult[Any]) -> None:
        if result.error is not None or result.value is None or result.value.status not in self.wishes.statuses:
            self.staging.move(change.seq, None, result.error)
            return
        wanted = {**change.fields, **dict.fromkeys(change.empties)}
        fields = differences(wanted, result.value.fields, self.types)
        self._go_on(change, result.value.id, {"fields": fields} if fields else {})

    def removed(self, change: Change, result: BulkResult[Any]) -> None:
        gone = isinstance(result.error, NotFoundError)
        self.staging.move(change.seq, None, None if gone else result.error)

    def _go_on(self, change: Change, id: str, rest: Mapping[str, Any]) -> None:
        if not rest:
            self.staging.move(change.seq, None)
            return
        body = encode({"id": id, **rest})
        self.staging.execute("UPDATE change SET next = 'rest', rest = ? WHERE seq = ?", body, change.seq)
