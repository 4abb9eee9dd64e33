"""What a bulk job says: of each row, of its progress, and at its end."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import attrs

from mailerlite_async.errors import MailerLiteError
from mailerlite_async.models import ImportReport

T_co = TypeVar("T_co", covariant=True)

Operation = Literal["upsert", "import_into", "get", "update", "delete", "forget", "assign", "unassign"]
Way = Literal["import", "batch", "single"]
"""How rows reach the API: as one import, up to 50 in one batch, or each in a call of its own."""

Doubt = Literal["repeated", "left"]
"""What was done with a row that an earlier run had sent without learning what became of it."""

ImportState = Literal["sending", "taken", "not_taken"]


@attrs.frozen
class BulkResult(Generic[T_co]):
    """What became of one row.

    Attributes:
        row: its place among the rows, counted from 0.
        input: the row as it was given.
        value: what the single call returns; for a row that went into an import, the report of that import. None if it
            failed, if the call returns nothing, or if the API took a batch of upserts as an import and said no more.
        error: why it failed, None if it did not. `InvalidRowError`, `NotSentError` and `InDoubtError` belong to bulk
            jobs, `ImportRefusedError` to imports; all others are those of the single call.
        attempts: how often it was sent by this run; 0 means never.
        status: the HTTP status of its call; None for imports, and if nobody answered.
        way: how it was sent, None if it was not; of an upsert that an import refused first, `single`.
        doubt: None, unless an earlier run of the job ended between sending it and the answer: `repeated` if it was
            sent again, which leads to the same state, `left` if that would not be safe.
        recovered: True if an earlier run finished it, and this one only reports it.

    API: https://developers.mailerlite.com/docs/batching.html
    """

    row: int
    input: Any = attrs.field(repr=False)
    value: T_co | None = None
    error: MailerLiteError | None = None
    attempts: int = 0
    status: int | None = None
    way: Way | None = None
    doubt: Doubt | None = None
    recovered: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong with it."""
        return self.error is None


@attrs.frozen
class BulkSummary:
    """Where a job stands, or how it ended.

    Attributes:
        read: rows taken from the source.
        done: rows that were carried out.
        failed: rows with an error of any kind.
        not_sent: of these, rows that were never sent because the job was stopped.
        in_doubt: of these, rows that may or may not have been carried out.
        repeated: rows sent again, because an earlier run had not learned what became of them.
        recovered: rows an earlier run had finished.
        requests: calls made, without those repeated after a fault.
        imports: of these, calls that used the import lane.
        total: how many rows there are in all, if the source could tell.
        stopped_by: what stopped the job, None if nothing did.
    """

    read: int = 0
    done: int = 0
    failed: int = 0
    not_sent: int = 0
    in_doubt: int = 0
    repeated: int = 0
    recovered: int = 0
    requests: int = 0
    imports: int = 0
    total: int | None = None
    stopped_by: MailerLiteError | None = None

    @property
    def finished(self) -> int:
        """Rows whose result is known."""
        return self.done + self.failed


@attrs.frozen
class BulkImport:
    """Where one import of a job stands.

    Attributes:
        state: `sending` from the moment before it is sent, and for as long as nobody knows whether the API took it;
            `taken` when it did; `not_taken` when it certainly did not, and its rows are sent otherwise or refused.
        first: its first row, as it was given. No two imports of a job have the same one at the same time.
        last: its last row.
        rows: how many it has. Rows in between may have been refused, or belong to other ways.
        id: None if it was not taken.
        report: the last one that was read; None before.

    API: https://developers.mailerlite.com/docs/groups.html
    """

    state: ImportState
    first: Any = attrs.field(repr=False)
    last: Any = attrs.field(repr=False)
    rows: int
    id: str | None = None
    report: ImportReport | None = None


@attrs.frozen
class PlanStep:
    """Rows that go the same way.

    Attributes:
        way: how they are sent.
        rows: how many.
        requests: calls that takes, of the limit on all calls. The reading of import reports is not among them,
            nor are upserts of rows that an import refused.
        imports: calls of the import lane among them.
        why: why this way, in a sentence.
        sizes: of imports, how many rows each would have.
    """

    way: Way
    rows: int
    requests: int
    imports: int
    why: str
    sizes: tuple[int, ...] = ()


@attrs.frozen
class BulkPlan:
    """How a job would be carried out; nothing has been sent.

    Attributes:
        operation: the name of the method.
        rows: how many rows were given.
        invalid: rows that would be refused before sending, by row number: the first 100 of them.
        invalid_count: how many there are.
        steps: the ways taken.
        requests: calls in all.
        imports: calls of the import lane among them.
        seconds: how long that takes at best, with the account to itself, by the slower one of its limits. For an import
            the API's own work comes on top.
    """

    operation: Operation
    rows: int
    invalid: dict[int, MailerLiteError]
    invalid_count: int
    steps: tuple[PlanStep, ...]
    requests: int
    imports: int
    seconds: float
