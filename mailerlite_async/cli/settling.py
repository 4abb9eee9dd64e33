"""After sending: waiting for the imports, and finding out which rows were refused.

A report names at most five rows for each reason. The others are found by reading the group back, once for each status,
since the API lists only active members otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from mailerlite_async.cli.chunks import SERVER_REASONS, UNNAMED, UNNAMED_DETAIL, Chunk
from mailerlite_async.cli.progress import Progress
from mailerlite_async.cli.staging import Staging
from mailerlite_async.errors import WaitTimeoutError

if TYPE_CHECKING:
    from mailerlite_async import MailerLite
    from mailerlite_async.models import ImportReport

STATUSES: Final = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
# Nobody tells when an import without an id is done: the group is looked at after these pauses, in seconds.
_DOUBT_PAUSES: Final = (2.0, 5.0, 10.0)


def wait_for_all(ml: MailerLite, chunks: Sequence[Chunk], timeout: float, progress: Progress) -> None:
    """Wait for all imports and keep their reports in the chunks.

    Args:
        ml: the client.
        chunks: those that were taken.
        timeout: seconds to wait for each.
        progress: is told how far they are.

    Raises:
        WaitTimeoutError: for the first that was not done in time. The others were looked at once more.
        MailerLiteError: if a report cannot be read.
    """
    progress.stage("Processing", sum(chunk.rows for chunk in chunks))
    before = 0
    late: WaitTimeoutError | None = None
    for chunk in chunks:
        if chunk.job is None:
            continue

        def note(report: ImportReport, chunk: Chunk = chunk, before: int = before) -> None:
            chunk.report = report
            progress.show(before + report.processed)

        try:
            ml.imports.wait(chunk.job, timeout=timeout, on_progress=note)
        except WaitTimeoutError as error:
            late = late or error
            timeout = 0.0
        before += chunk.rows
    if late is not None:
        raise late


class Settling:
    """Finds the rows that were refused, and settles what is in doubt.

    Args:
        ml: the client.
        group_id: the group that was imported into.
        staging: the rows; what is found out is noted in it.
        progress: is told how far it is.
        pause: waits for some seconds.

    Attributes:
        notes: what could not be found out, in sentences.
    """

    def __init__(
        self,
        ml: MailerLite,
        group_id: str,
        staging: Staging,
        progress: Progress,
        pause: Callable[[float], None],
    ) -> None:
        self._ml = ml
        self._group_id = group_id
        self._staging = staging
        self._progress = progress
        self._pause = pause
        self.notes: list[str] = []

    def settle(self, chunks: Sequence[Chunk]) -> None:
        """Name as many of the refused rows as possible.

        Raises:
            MailerLiteError: if the group cannot be read back.
        """
        incomplete: list[tuple[Chunk, dict[str, int]]] = []
        for chunk in chunks:
            unnamed = self._note_samples(chunk)
            if unnamed and chunk.done:
                incomplete.append((chunk, unnamed))
        doubtful = [chunk for chunk in chunks if chunk.in_doubt]
        if doubtful:
            self._settle_doubt(doubtful)
        elif incomplete:
            self._read_back()
        for chunk, unnamed in incomplete:
            self._note_missing(chunk, unnamed)

    def _note_samples(self, chunk: Chunk) -> dict[str, int]:
        """Note the rows that the report names; returns how many it does not, by reason."""
        unnamed: dict[str, int] = {}
        for reason, count in chunk.refused.items():
            named = 0
            for sample in chunk.samples(reason):
                line = self._staging.line_of(sample.email)
                if line is not None:
                    named += self._staging.refuse_sent(line, reason, SERVER_REASONS[reason])
            if count > named:
                unnamed[reason] = count - named
        return unnamed

    def _note_missing(self, chunk: Chunk, unnamed: dict[str, int]) -> None:
        missing = sum(unnamed.values())
        lines = chunk.first_line, chunk.last_line
        # Members who have unsubscribed stay in the group, so their status tells what their absence does not.
        inactive = self._staging.count_members(*lines, "unsubscribed")
        if 0 < inactive <= unnamed.get("unsubscribed", 0):
            reason = "unsubscribed"
            missing -= self._staging.refuse_members(*lines, "unsubscribed", reason, SERVER_REASONS[reason])
        missing -= self._staging.refuse_missing(*lines, "server", UNNAMED, UNNAMED_DETAIL)
        where = f"lines {lines[0]} to {lines[1]}"
        if missing > 0:
            self.notes.append(
                f"{missing:,} of the rows refused in {where} cannot be named: they are in the group all the same."
            )
        elif missing < 0:
            self.notes.append(
                f"In {where}, {-missing:,} rows more are not in the group than the server says it refused."
            )

    def _settle_doubt(self, chunks: Sequence[Chunk]) -> None:
        """Look whether the rows nobody answered for are in the group, until nothing changes any more."""
        before = 0
        for seconds in _DOUBT_PAUSES:
            self._pause(seconds)
            self._read_back()
            for chunk in chunks:
                chunk.found = self._staging.count_members(chunk.first_line, chunk.last_line)
            found = sum(chunk.found or 0 for chunk in chunks)
            if found == sum(chunk.rows for chunk in chunks) or found == before > 0:
                break
            before = found
        for chunk in chunks:
            if chunk.found:
                # Of a chunk of which nothing arrived, the lines say enough.
                self._staging.refuse_missing(
                    chunk.first_line, chunk.last_line, "doubt", "in_doubt", "sent without an answer, not in the group"
                )

    def _read_back(self) -> None:
        self._progress.stage("Reading the group back", None)
        read = 0
        for status in STATUSES:
            for page in self._ml.groups.iter_subscribers(self._group_id, status=status).pages():
                self._staging.mark_members((person.email for person in page.items), status)
                read += len(page.items)
                self._progress.show(read)
