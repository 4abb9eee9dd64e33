"""The imports that a file becomes: what is certain of each, and how far they are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailerlite_async.bulk import BulkImport
from mailerlite_async.cli.progress import Progress
from mailerlite_async.models import ImportReport

SERVER_REASONS: Final[Mapping[str, str]] = {
    "invalid": "not an address the server takes",
    "mistyped": "probably a typing error in the address",
    "unsubscribed": "the person has unsubscribed before",
    "role_based": "the address of a role, not of a person",
    "suspicious_format": "an address of a suspicious form",
    "duplicate": "repeated within the import",
    "subscriber_limit": "the subscriber limit of the plan is reached",
    "banned": "banned from imports by the service",
}
"""The reasons of an import's report, in the order in which they are told."""

TURNED_AWAY: Final[Mapping[str, str]] = {
    "validation": "refused by the server before the import began",
    "too_large": "too large for a request of its own",
}
"""The reasons for which a row never got into an import."""

UNNAMED: Final = "unnamed"
UNNAMED_DETAIL: Final = "refused, or perhaps refused, without being named by the server"

_MOST_NAMED: Final = 5


class SentRow(dict[str, Any]):
    """A row as an import takes it, which knows the line it comes from."""

    def __init__(self, line: int, body: Mapping[str, Any]) -> None:
        super().__init__(body)
        self.line = line


@dataclass(slots=True)
class Chunk:
    """Rows that were sent in one request.

    Attributes:
        first_line: where its first row starts.
        last_line: where its last row starts.
        rows: how many there are. Lines in between may hold rows that were refused before.
        job: the id of the import they became; None as long as nobody has confirmed it.
        report: the last report of it that was read.
    """

    first_line: int
    last_line: int
    rows: int
    job: str | None = None
    report: ImportReport | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the API may or may not have taken it."""
        return self.job is None

    @property
    def stopped(self) -> bool:
        """Whether the server stopped the import before its end."""
        return self.report is not None and self.report.stopped_at is not None and not self.report.done

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.done or self.stopped

    @property
    def done(self) -> bool:
        """Whether the import has ended by itself."""
        return self.report is not None and self.report.done

    @property
    def refused(self) -> dict[str, int]:
        """How many rows the server refused, by reason."""
        if self.report is None:
            return {}
        counts = {reason: _count(self.report, reason) for reason in SERVER_REASONS}
        return {reason: count for reason, count in counts.items() if count}

    @property
    def accounted(self) -> int:
        """How many rows the report accounts for. Changed rows are among the updated ones."""
        if self.report is None:
            return 0
        taken = self.report.imported + self.report.updated + self.report.unchanged_count
        return taken + sum(self.refused.values())

    @property
    def unnamed(self) -> bool:
        """Whether the report counts more refused rows than it names."""
        return any(count > _MOST_NAMED or reason == "banned" for reason, count in self.refused.items())

    def holds(self, line: int) -> bool:
        """Whether a row of this line would be among its rows."""
        return self.first_line <= line <= self.last_line


def _count(report: ImportReport, reason: str) -> int:
    count: int = getattr(report, "banned_import_emails_count" if reason == "banned" else f"{reason}_count")
    return count


class Trail:
    """Follows the imports of a job, and shows how far they are. It may be told of them by several threads.

    Args:
        total: how many rows there are to send.
        progress: where to show it.
    """

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._lock = threading.Lock()
        self._closed = False
        self._chunks: dict[int, Chunk] = {}
        self._stage = ""

    def note(self, step: BulkImport) -> None:
        """Note a step of an import, unless the job has ended for us."""
        first, last = step.first.line, step.last.line
        with self._lock:
            if self._closed:
                return
            if step.state == "not_taken":
                self._chunks.pop(first, None)
                return
            known = self._chunks.get(first)
            self._chunks[first] = Chunk(first, last, step.rows, step.id, step.report)
            if step.id is not None and (known is None or known.job != step.id) and step.report is None:
                self._progress.say(f"Import {step.id} was taken: {step.rows:,} rows, lines {first} to {last}.")
            self._show()

    def close(self) -> None:
        """Nothing more is to be noted or shown."""
        with self._lock:
            self._closed = True

    def chunks(self) -> list[Chunk]:
        """What was sent, and what may have been, by line."""
        with self._lock:
            return [self._chunks[line] for line in sorted(self._chunks)]

    def doing(self) -> str:
        """What the job is doing, for "Interrupted while ..."."""
        chunks = self.chunks()
        if sum(chunk.rows for chunk in chunks if not chunk.in_doubt) < self._total:
            return "sending"
        if not all(chunk.ended for chunk in chunks):
            return "waiting for the imports"
        return "looking for the refused rows"

    def _show(self) -> None:
        chunks = self._chunks.values()
        taken = sum(chunk.rows for chunk in chunks if not chunk.in_doubt)
        if taken < self._total:
            self._progress.show(taken)
            return
        self._enter("Processing", taken)
        self._progress.show(sum(chunk.report.processed for chunk in chunks if chunk.report is not None))
        if all(chunk.ended for chunk in chunks) and any(chunk.unnamed for chunk in chunks):
            self._enter("Looking for the refused rows", None)

    def _enter(self, stage: str, total: int | None) -> None:
        if self._stage != stage:
            self._stage = stage
            self._progress.stage(stage, total)
