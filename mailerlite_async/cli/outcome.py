"""What is known of one run of the import: filled in as it goes along, so that it can be told at any moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from mailerlite_async.cli.chunks import Chunk, Trail
from mailerlite_async.cli.columns import Columns, FieldPlan
from mailerlite_async.cli.errors import ALL_TAKEN, COULD_NOT_RUN, INTERRUPTED, SOME_REFUSED
from mailerlite_async.cli.staging import Staging

Ending = Literal["finished", "failed", "interrupted"]


@dataclass(slots=True)
class TargetGroup:
    """The group to import into; `id` is None while it does not exist, `created` if this run has made it."""

    name: str
    id: str | None = None
    created: bool = False

    def __str__(self) -> str:
        if self.id is None:
            return f'the group "{self.name}", which does not exist yet'
        return f'the group "{self.name}" (id {self.id}{", created by this command" if self.created else ""})'


@dataclass(frozen=True, slots=True)
class Totals:
    """The rows of the file by what became of them. All of them together are `rows`, or `difference` is not 0.

    Attributes:
        rows: rows in the file.
        refused_before: by the check before sending.
        refused_by_server: by the server, for any reason.
        unknown: in imports that were taken and of which no final report was read.
        in_doubt: in chunks that may have been taken.
        not_sent: in chunks that were certainly not taken.
    """

    rows: int
    imported: int
    updated: int
    unchanged: int
    refused_before: int
    refused_by_server: int
    unknown: int
    in_doubt: int
    not_sent: int

    @property
    def difference(self) -> int:
        """Rows of which the imports' final reports say nothing; negative if they count too many."""
        taken = self.imported + self.updated + self.unchanged
        refused = self.refused_before + self.refused_by_server
        return self.rows - taken - refused - self.unknown - self.in_doubt - self.not_sent


@dataclass(slots=True)
class Outcome:
    """One run.

    Attributes:
        file: the file as the user named it.
        api: `emulator`, or the base URL.
        dry_run: whether nothing is to be created or sent.
        creates_fields: whether columns without a field become new fields.
        staging: the rows.
        doing: what is being done, for "Interrupted while ...".
        group: None until it was looked up.
        columns: None until the header was read.
        plan: None until the account's fields were read.
        created_fields: names of the fields this run has made.
        trail: follows the imports; None until something is sent.
        checkpoint: the file that the import is kept in.
        planned: rows of the chunks a dry run would have sent.
        turned_away: rows that never got into an import, by reason.
        notes: what has to be said beside the numbers.
        ending: how it ended.
        problem: why it failed.
    """

    file: str
    api: str
    dry_run: bool
    creates_fields: bool
    staging: Staging
    doing: str = "starting"
    group: TargetGroup | None = None
    columns: Columns | None = None
    plan: FieldPlan | None = None
    created_fields: list[str] = field(default_factory=list)
    trail: Trail | None = None
    checkpoint: str | None = None
    planned: list[int] = field(default_factory=list)
    turned_away: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    ending: Ending = "finished"
    problem: str | None = None

    @property
    def chunks(self) -> list[Chunk]:
        """What was sent, or may have been, by line."""
        return [] if self.trail is None else self.trail.chunks()

    def totals(self) -> Totals:
        """The numbers as they stand."""
        chunks = self.chunks
        rows, refused_before = self.staging.count(), self.staging.count("check")
        reports = [chunk.report for chunk in chunks if chunk.report is not None]
        return Totals(
            rows=rows,
            imported=sum(report.imported for report in reports),
            updated=sum(report.updated for report in reports),
            unchanged=sum(report.unchanged_count for report in reports),
            refused_before=refused_before,
            refused_by_server=self.refused_by_reason().total(),
            unknown=sum(chunk.rows - chunk.accounted for chunk in chunks if not (chunk.in_doubt or chunk.done)),
            in_doubt=sum(chunk.rows for chunk in chunks if chunk.in_doubt),
            not_sent=rows - refused_before - self.turned_away.total() - sum(chunk.rows for chunk in chunks),
        )

    def refused_by_reason(self) -> Counter[str]:
        """How many rows the server refused, by reason."""
        counts = Counter(self.turned_away)
        for chunk in self.chunks:
            counts.update(chunk.refused)
        return counts

    def status(self) -> int:
        """The exit status."""
        if self.ending == "interrupted":
            return INTERRUPTED
        if self.ending == "failed":
            return COULD_NOT_RUN
        totals = self.totals()
        complete = not (totals.refused_before or totals.refused_by_server or totals.unknown or totals.difference)
        return ALL_TAKEN if complete else SOME_REFUSED
