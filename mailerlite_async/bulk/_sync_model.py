"""What a sync says: what it found, what it would change or has changed, and what became of each change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar

import attrs

from mailerlite_async.bulk._model import PlanStep
from mailerlite_async.errors import InvalidRowError, MailerLiteError, TooManyRemovalsError

T_co = TypeVar("T_co", covariant=True)

SyncKind = Literal["add", "update", "remove", "resubscribe"]
SyncStage = Literal["rows", "members", "import", "update", "resubscribe", "assign", "check", "remove"]


@attrs.frozen
class SyncProgress:
    """How far a sync is.

    Attributes:
        stage: what it is doing: `rows` and `members` read the source and the group; `check` looks at people who were
            added, in case they have values that an import could not set or clear.
        done: how many are done in this stage.
        total: of how many; None if that is not known.
    """

    stage: SyncStage
    done: int
    total: int | None = None


@attrs.frozen
class SyncChange:
    """One change that a sync makes, or would make.

    Attributes:
        kind: `add` puts somebody into the group, `update` changes values of a member, `remove` takes a member out of
            the group and changes nothing else, `resubscribe` subscribes somebody again who has unsubscribed.
        row: the place of the row among the rows, counted from 0; None for a removal.
        email: the address of the row; for a removal that of the member.
        subscriber_id: of the member; None for an add.
        fields: the values that are sent, by field key; None clears one. An add sends those of its row that are not
            empty: if the person turns out to be in the account already, with a value the row says is empty, that value
            is cleared afterwards.
        before: the values these fields have now; empty for an add, about whom nothing is known.
        email_before: the address the member has now, if it will be changed to that of the row; else None.
        error: after a real run, why it was not made; None if it was.
    """

    kind: SyncKind
    row: int | None
    email: str = attrs.field(repr=False)
    subscriber_id: str | None
    fields: Mapping[str, Any] = attrs.field(repr=False)
    before: Mapping[str, Any] = attrs.field(repr=False)
    email_before: str | None = attrs.field(default=None, repr=False)
    error: MailerLiteError | None = None


@attrs.frozen
class SyncRefusal:
    """A row of the source that was not used.

    Attributes:
        row: its place among the rows, counted from 0.
        error: what is wrong with it.
        email: its address, if it has one.
        kept: the id of a member of the group who is left alone because this row is about that member; None if nobody
            is.
    """

    row: int
    error: InvalidRowError
    email: str | None = attrs.field(default=None, repr=False)
    kept: str | None = None


@attrs.frozen
class SyncPlan:
    """What the changes cost; nothing of it is exact if people are in the account already, or somebody else changes it.

    Attributes:
        steps: the ways taken.
        requests: calls in all, of the limit on all calls. Reading the reports of imports is not among them.
        imports: calls of the import lane among them.
    """

    steps: tuple[PlanStep, ...]

    @property
    def requests(self) -> int:
        """Calls in all."""
        return sum(step.requests for step in self.steps)

    @property
    def imports(self) -> int:
        """Calls of the import lane among them."""
        return sum(step.imports for step in self.steps)


class SyncRows(Generic[T_co]):
    """Something a report has many of: iterate over it as often as you like, or ask for its `len`."""

    def __init__(self, count: int, read: Callable[[], Iterator[T_co]]) -> None:
        self._count = count
        self._read = read

    def __repr__(self) -> str:
        return f"<SyncRows: {self._count}>"

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T_co]:
        return self._read()


@attrs.frozen
class SyncReport:
    """What a sync found and did. `changes`, `failed` and `refused` are read from a temporary database.

    Close the report, use it in a `with` statement, or drop it: each removes the database, after which the numbers
    remain, and iterating raises ValueError.

    Attributes:
        dry_run: whether nothing was changed; all numbers then say what would be.
        group_id: the group; None if nobody has the name, and none was made.
        rows: rows of the source.
        members: members of the group before the sync, of the statuses considered.
        added: people put into the group.
        updated: members changed.
        removed: members taken out of the group.
        resubscribed: people subscribed again.
        unchanged: members who are as the source says.
        kept: members left alone, either because their status is not considered, or because they are not found by a row
            but a row that was refused is about them.
        changes: every change, those that failed as well.
        failed: the changes with an error.
        refused: the rows that were not used.
        plan: what the changes cost.
        too_many_removals: in a dry run, the error that a real run would raise; else None.
        stopped_by: what stopped the run, such as a refused key; None if nothing did.
    """

    dry_run: bool
    group_id: str | None
    rows: int
    members: int
    added: int
    updated: int
    removed: int
    resubscribed: int
    unchanged: int
    kept: int
    changes: SyncRows[SyncChange]
    failed: SyncRows[SyncChange]
    refused: SyncRows[SyncRefusal]
    plan: SyncPlan
    too_many_removals: TooManyRemovalsError | None = None
    stopped_by: MailerLiteError | None = None
    _close: Callable[[], object] = attrs.field(default=lambda: None, repr=False, alias="close")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary database. Closing again does nothing."""
        self._close()
