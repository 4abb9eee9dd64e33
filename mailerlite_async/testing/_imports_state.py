"""Import jobs of the emulated account, which work off their rows as the clock advances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from ._addresses import objection
from ._fields_state import Fields, FieldValue
from ._groups_state import Groups
from ._index import IdSequence
from ._moment import Moment
from ._subscribers_state import Changes, Subscribers

ROWS_PER_SECOND: Final = 2000
MOST_SAMPLES: Final = 5
# A clock that has been moved in steps may stand a rounding error before the row that is due.
_ROUNDING = 1e-6

Outcome = Literal[
    "invalid", "mistyped", "changed", "unchanged", "unsubscribed", "role_based", "suspicious_format", "duplicate"
]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "invalid",
    "mistyped",
    "changed",
    "unchanged",
    "unsubscribed",
    "role_based",
    "suspicious_format",
    "duplicate",
)
_TAKEN: Final = ("changed", "unchanged")


@dataclass(slots=True)
class ImportRow:
    """One row, with its values by field id."""

    email: str
    values: dict[int, FieldValue | None]


@dataclass(slots=True)
class Tally:
    """How many rows ended in one way, and the first of them."""

    count: int = 0
    samples: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class ImportJob:
    """One import. `started` and `updated` are moments of the clock, `rows` is emptied at the end."""

    id: int
    rows: Sequence[ImportRow]
    total: int
    group_id: int | None
    started: Moment
    updated: Moment
    processed: int = 0
    imported: int = 0
    seen: set[str] = field(default_factory=set)
    tallies: dict[Outcome, Tally] = field(default_factory=lambda: {outcome: Tally() for outcome in OUTCOMES})

    @property
    def done(self) -> bool:
        """Whether all rows are processed."""
        return self.processed == self.total

    @property
    def errored(self) -> int:
        """Rows that were not taken."""
        return sum(tally.count for outcome, tally in self.tallies.items() if outcome not in _TAKEN)


class Imports:
    """All import jobs. They run side by side, each at `ROWS_PER_SECOND`."""

    def __init__(self, ids: IdSequence, fields: Fields, groups: Groups, subscribers: Subscribers) -> None:
        self._ids = ids
        self._fields = fields
        self._groups = groups
        self._subscribers = subscribers
        self._by_id: dict[int, ImportJob] = {}
        self._running: list[ImportJob] = []

    def get(self, import_id: int | None) -> ImportJob | None:
        """The job with this id."""
        return None if import_id is None else self._by_id.get(import_id)

    def create(self, rows: Sequence[Mapping[str, object]], group_id: int | None, now: Moment) -> ImportJob:
        """Start a job.

        Args:
            rows: valid rows of a request body.
            group_id: the group they go into, if any.
            now: the moment it starts; nothing is processed before the clock advances.
        """
        job = ImportJob(self._ids.next(), [self._read(row) for row in rows], len(rows), group_id, now, now)
        self._by_id[job.id] = job
        self._running.append(job)
        return job

    def record(self, rows: Sequence[tuple[Outcome | None, int | None, str]], now: Moment) -> ImportJob:
        """Note a job whose rows have been processed elsewhere.

        Args:
            rows: for each row how it ended, None for a new subscriber, the id of a known one, and the address.
            now: the moment it was done.
        """
        job = ImportJob(self._ids.next(), (), len(rows), None, now, now, processed=len(rows))
        for outcome, subscriber_id, email in rows:
            if outcome is None:
                job.imported += 1
            else:
                self._count(job, outcome, subscriber_id, email)
        self._by_id[job.id] = job
        return job

    def advance(self, now: Moment) -> None:
        """Process all rows that are due by now."""
        if not self._running:
            return
        for job in self._running:
            self._work(job, now)
        self._running = [job for job in self._running if not job.done]

    def _read(self, row: Mapping[str, object]) -> ImportRow:
        email, values = row["email"], row.get("fields")
        return ImportRow(str(email), self._fields.read(values) if isinstance(values, Mapping) else {})

    def _work(self, job: ImportJob, now: Moment) -> None:
        due = min(job.total, int((now.monotonic - job.started.monotonic) * ROWS_PER_SECOND + _ROUNDING))
        if due <= job.processed:
            return
        job.updated = job.started.later(due / ROWS_PER_SECOND)
        date = job.updated.naive_date()
        for row in job.rows[job.processed : due]:
            self._take(job, row, date)
        job.processed = due
        if job.done:
            job.rows = ()
            job.seen.clear()

    def _take(self, job: ImportJob, row: ImportRow, date: str) -> None:
        address = row.email.lower()
        refusal: Outcome | None = objection(address)
        if refusal != "invalid" and address in job.seen:
            refusal = "duplicate"
        job.seen.add(address)
        if refusal is not None:
            self._count(job, refusal, None, row.email)
            return
        subscriber = self._subscribers.by_email(address)
        known = subscriber or self._subscribers.deleted(address)
        if known is not None and known.status == "unsubscribed":
            self._count(job, "unsubscribed", known.id, address)
            return
        group_ids = (job.group_id,) if job.group_id is not None and job.group_id in self._groups else ()
        if subscriber is None:
            subscriber = known or self._subscribers.new(address, date)
            if known is None:
                subscriber.source = "import"
            self._subscribers.enter(subscriber)
            self._subscribers.apply(subscriber, Changes(values=row.values, groups=group_ids), date)
            job.imported += 1
            return
        merged = self._subscribers.fill(subscriber, row.values)
        if self._subscribers.join(subscriber, group_ids, date) or merged:
            subscriber.updated_at = date
            self._count(job, "changed", subscriber.id, address)
        else:
            self._count(job, "unchanged", subscriber.id, address)

    def _count(self, job: ImportJob, outcome: Outcome, subscriber_id: int | None, email: str) -> None:
        tally = job.tallies[outcome]
        tally.count += 1
        if len(tally.samples) < MOST_SAMPLES:
            tally.samples.append((self._ids.next() if subscriber_id is None else subscriber_id, email))
