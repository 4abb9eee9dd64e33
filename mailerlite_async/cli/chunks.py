"""Chunks: the parts in which a file goes to the API, and what is certain of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailerlite_async.models import ImportJob, ImportReport, ImportSample

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
UNNAMED_DETAIL: Final = "not in the group, reason not named by the server"


@dataclass(slots=True)
class Chunk:
    """Rows that were sent in one request.

    Attributes:
        first_line: where its first row starts.
        last_line: where its last row starts.
        rows: how many there are. Lines in between may hold rows that were refused before.
        job: the import they became; None as long as nobody has confirmed it.
        report: the last report of it that was read.
        found: of a chunk in doubt, how many rows the group was found to hold; None if nobody looked.
    """

    first_line: int
    last_line: int
    rows: int
    job: ImportJob | None = None
    report: ImportReport | None = None
    found: int | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the API may or may not have taken it."""
        return self.job is None

    @property
    def stopped(self) -> bool:
        """Whether the server stopped the import before its end."""
        return self.report is not None and self.report.stopped_at is not None and not self.report.done

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

    def samples(self, reason: str) -> tuple[ImportSample, ...]:
        """The rows the server named for a reason: five at most, and none that are banned."""
        if self.report is None or reason == "banned":
            return ()
        samples: tuple[ImportSample, ...] = getattr(self.report, reason)
        return samples


def _count(report: ImportReport, reason: str) -> int:
    count: int = getattr(report, "banned_import_emails_count" if reason == "banned" else f"{reason}_count")
    return count
