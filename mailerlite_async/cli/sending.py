"""Sending the staged rows with `bulk.import_into`, and noting by line what became of each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mailerlite_async.cli.chunks import SERVER_REASONS, TURNED_AWAY, UNNAMED, UNNAMED_DETAIL, Chunk, SentRow, Trail
from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.cli.failing import sentence
from mailerlite_async.cli.staging import Staging
from mailerlite_async.errors import (
    BadRequestError,
    ImportRefusedError,
    MailerLiteError,
    NotSentError,
    ValidationError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from mailerlite_async import MailerLite

_NO_GROUP: Final = "0"
_AT_ONCE: Final = 1000
_STOPPED: Final = "the server stopped the import, perhaps before this row"


def rows_to_send(staging: Staging, keys: Mapping[int, str]) -> Iterator[SentRow]:
    """The staged rows as an import takes them. Cells that are empty are not there, so they clear nothing.

    Args:
        staging: the rows.
        keys: field keys by index of the column.
    """
    line = 0
    while rows := staging.rows_after(line, _AT_ONCE):
        for row in rows:
            fields = {keys[index]: value for index, value in row.cells.items() if index in keys}
            body: dict[str, Any] = {"email": row.email, "fields": fields} if fields else {"email": row.email}
            yield SentRow(row.line, body)
        line = rows[-1].line


def check_checkpoint(ml: MailerLite, group_id: str | None, checkpoint: str, *, chunk_rows: int) -> None:
    """See that the import can be kept in a file, before anything is created for it. The file is not made here.

    Args:
        ml: the client.
        group_id: the group; None if it does not exist yet.
        checkpoint: the file.
        chunk_rows: the most rows of an import.

    Raises:
        CannotRunError: if there is no file, and none can be made.
        CheckpointError: if it is in use, of another job, not a checkpoint, of a newer version, or damaged.
    """
    path = Path(checkpoint)
    try:
        is_new = not path.exists() or (path.is_file() and path.stat().st_size == 0)
    except OSError as error:
        raise CannotRunError(f"--checkpoint {checkpoint} cannot be opened: {error.strerror}.") from None
    if not is_new:
        # What is kept for a group that exists cannot be of one that does not.
        job = ml.bulk.import_into(group_id or _NO_GROUP, (), checkpoint=checkpoint, chunk_rows=chunk_rows)
        _, kept = job._settings.open(ml._caller.engine.config.base_url)
        if kept is not None:
            kept.close()
    elif not path.parent.is_dir():
        raise CannotRunError(f"--checkpoint {checkpoint} cannot be made: it must be a file in a directory that exists.")
    elif not all(os.access(place, os.W_OK) for place in (path.parent, path) if place.exists()):
        raise CannotRunError(f"--checkpoint {checkpoint} cannot be written: that is not permitted.")


class Sender:
    """Sends everything that is staged into one group.

    Args:
        staging: the rows. Those that were not taken are noted in it.
        trail: follows the imports.

    Attributes:
        turned_away: how many rows never got into an import, by reason.
        notes: what has to be said beside the numbers, in sentences.
    """

    def __init__(self, staging: Staging, trail: Trail) -> None:
        self._staging = staging
        self._trail = trail
        self._failure: MailerLiteError | None = None
        self._told: set[str] = set()
        self._refusal: MailerLiteError | None = None
        self.turned_away: Counter[str] = Counter()
        self.notes: list[str] = []

    def send_all(
        self,
        ml: MailerLite,
        group_id: str,
        keys: Mapping[int, str],
        *,
        chunk_rows: int,
        timeout: float,
        checkpoint: str | None,
    ) -> None:
        """Carry the import out.

        Args:
            ml: the client.
            group_id: the group.
            keys: field keys by index of the column.
            chunk_rows: the most rows of an import.
            timeout: seconds to wait for each import.
            checkpoint: the file that the job is kept in; None for none.

        Raises:
            MailerLiteError: the first thing that kept rows from being sent, or their fate from being known.
        """
        job = ml.bulk.import_into(
            group_id,
            rows_to_send(self._staging, keys),
            checkpoint=checkpoint,
            timeout=timeout,
            chunk_rows=chunk_rows,
            on_import=self._trail.note,
        )
        # Closed by name: of a loop that is left by Ctrl-C, nobody would stop the threads.
        with closing(iter(job)) as results:
            for result in results:
                if result.error is not None:
                    self._note(result.input.line, result.error)
        chunks = self._trail.chunks()
        self._compare(chunks)
        if self._failure is None and not chunks:
            self._failure = self._refusal
        if self._failure is not None:
            raise self._failure

    def _note(self, line: int, error: MailerLiteError) -> None:
        if isinstance(error, ImportRefusedError):
            self._refused(line, error)
        elif isinstance(error, ValidationError | BadRequestError) and getattr(error, "reason", None) != "plan":
            # The server refused a request with this row alone.
            self._refusal = self._refusal or error
            self._turn_away(line, "validation", error.message)
        else:
            self._failed(line, (error.cause or error) if isinstance(error, NotSentError) else error)

    def _refused(self, line: int, error: ImportRefusedError) -> None:
        if error.reason in TURNED_AWAY:
            self._turn_away(line, error.reason, error.detail)
        elif error.reason in SERVER_REASONS:
            self._staging.refuse_sent(line, error.reason, SERVER_REASONS[error.reason])
        elif any(chunk.stopped and chunk.holds(line) for chunk in self._trail.chunks()):
            self._staging.refuse_sent(line, "unfinished", _STOPPED, "doubt")
        else:
            self._staging.refuse_sent(line, UNNAMED, UNNAMED_DETAIL)

    def _turn_away(self, line: int, reason: str, detail: str) -> None:
        self._staging.refuse_sent(line, reason, detail or TURNED_AWAY[reason])
        self.turned_away[reason] += 1

    def _failed(self, line: int, error: MailerLiteError) -> None:
        """Keep the first failure, and note the others."""
        text = str(error)
        if text in self._told:
            return
        if self._failure is None:
            self._failure = error
        elif not isinstance(error, WaitTimeoutError):
            self.notes.append(f"Then: {sentence(error)}")
        self._told.add(text)
        if any(chunk.ended and chunk.holds(line) for chunk in self._trail.chunks()):
            self.notes.append("The refused rows could not be looked up: some of them may not be named.")

    def _compare(self, chunks: Sequence[Chunk]) -> None:
        """Say where the rows that are named are not as many as the reports count."""
        for chunk in chunks:
            if chunk.stopped:
                self.notes.append(f"The server stopped import {chunk.job} before its end.")
            if not chunk.done or self._failure is not None:
                continue
            lines = chunk.first_line, chunk.last_line
            missing = sum(chunk.refused.values()) - self._staging.count_refused(*lines, TURNED_AWAY)
            where = f"lines {lines[0]} to {lines[1]}"
            if missing > 0:
                self.notes.append(
                    f"{missing:,} of the rows refused in {where} cannot be named: they are in the group all the same."
                )
            elif missing < 0:
                self.notes.append(
                    f"In {where}, {-missing:,} rows more are without their values, or not in the group, than the "
                    "server says it refused."
                )
