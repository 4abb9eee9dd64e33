"""Sending staged rows in chunks, so that at any moment it is known what was taken, what may have been and what not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mailerlite_async.cli.chunks import TURNED_AWAY, Chunk
from mailerlite_async.cli.progress import Progress
from mailerlite_async.cli.staging import StagedRow, Staging
from mailerlite_async.errors import APIError, ServerError, TransportError, ValidationError

if TYPE_CHECKING:
    from mailerlite_async import MailerLite

MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 2_000_000
_LOOK_AGAIN: Final = 0.5
_ROW_OF_ERROR: Final = re.compile(r"subscribers\.([0-9]+)(?:\.|$)")


@dataclass(slots=True)
class ChunkSize:
    """The largest chunk. It shrinks when the server says that one was too large."""

    rows: int = MOST_ROWS
    bytes: int = MOST_BYTES


class Payloads:
    """Makes rows of an import out of staged rows.

    Args:
        keys: field keys by index of the column.
    """

    def __init__(self, keys: Mapping[int, str]) -> None:
        self._keys = keys
        self._encoder = msgspec.json.Encoder()

    def of(self, row: StagedRow) -> dict[str, Any]:
        """The row as the API takes it. Cells that are empty are not there, so they clear nothing."""
        fields = {self._keys[index]: value for index, value in row.cells.items() if index in self._keys}
        return {"email": row.email, "fields": fields} if fields else {"email": row.email}

    def size_of(self, row: StagedRow) -> int:
        """How many bytes of a request the row needs."""
        return len(self._encoder.encode(self.of(row))) + 1  # a comma


def cut(staging: Staging, payloads: Payloads, size: ChunkSize) -> Iterator[list[StagedRow]]:
    """Cut the staged rows into chunks; `size` may shrink meanwhile."""
    line = 0
    while rows := staging.rows_after(line, size.rows):
        room = size.bytes
        fitting = 0
        for row in rows:
            room -= payloads.size_of(row)
            if room < 0 and fitting:
                break
            fitting += 1
        line = rows[fitting - 1].line
        yield rows[:fitting]


class Sender:
    """Sends everything that is staged into one group.

    Args:
        ml: the client.
        group_id: the group.
        staging: the rows. Those the server turns away are noted in it.
        payloads: makes the rows of a request.
        size: of the chunks.
        progress: is told how far it is.
        pause: waits for some seconds.

    Attributes:
        chunks: what was sent, and what may have been sent.
        turned_away: how many rows never got into an import, by reason.
    """

    def __init__(
        self,
        ml: MailerLite,
        group_id: str,
        staging: Staging,
        *,
        payloads: Payloads,
        size: ChunkSize,
        progress: Progress,
        pause: Callable[[float], None],
    ) -> None:
        self._ml = ml
        self._group_id = group_id
        self._staging = staging
        self._payloads = payloads
        self._size = size
        self._progress = progress
        self._pause = pause
        self._sent = 0
        self.chunks: list[Chunk] = []
        self.turned_away: Counter[str] = Counter()

    def send_all(self) -> None:
        """Send all chunks, one after the other.

        Raises:
            MailerLiteError: for whatever keeps a chunk from being taken. Unless it is certain that it was not, the
                chunk is in `chunks` without a job, and it is not sent again.
        """
        for rows in cut(self._staging, self._payloads, self._size):
            self._send(rows)

    def _send(self, rows: list[StagedRow]) -> None:
        parts = [rows]
        while parts:
            part = parts.pop()
            try:
                self._post(part)
            except ValidationError as error:
                if rest := self._without_refused(part, error):
                    parts.append(rest)
            except APIError as error:
                if error.status != 413:
                    raise
                middle = len(part) // 2
                if middle == 0:
                    self._turn_away(part[0], "too_large", TURNED_AWAY["too_large"])
                    continue
                self._size.rows = min(self._size.rows, len(part) - middle)
                self._progress.say(
                    f"The server finds {len(part):,} rows too many for one request: going on with {self._size.rows:,}."
                )
                parts += [part[middle:], part[:middle]]

    def _post(self, rows: list[StagedRow]) -> None:
        self._await_lane()
        chunk = Chunk(rows[0].line, rows[-1].line, len(rows))
        # Whatever ends the call, Ctrl-C included, finds the chunk in doubt until it is certain.
        self.chunks.append(chunk)
        try:
            chunk.job = self._ml.groups.import_subscribers(self._group_id, map(self._payloads.of, rows))
        except (APIError, TransportError) as error:
            if not _may_be_taken(error):
                self.chunks.pop()
            raise
        self._sent += len(rows)
        self._progress.show(self._sent)
        self._progress.say(
            f"Import {chunk.job.id} was taken: {len(rows):,} rows, lines {chunk.first_line} to {chunk.last_line}."
        )

    def _await_lane(self) -> None:
        """Wait here until an import may be sent, because what waits here has certainly not been sent."""
        if self._ml.quota.imports.available > 0:
            return
        limit = self._ml.quota.imports.limit
        self._progress.show(self._sent, f"Waiting: {limit} imports a minute")
        while self._ml.quota.imports.available <= 0:
            self._pause(_LOOK_AGAIN)
        self._progress.show(self._sent, "Sending")

    def _without_refused(self, rows: list[StagedRow], error: ValidationError) -> list[StagedRow]:
        """Turn away the rows a 422 names; it took none of the others either, so they can be sent again."""
        texts: dict[int, str] = {}
        for key, messages in error.errors.items():
            named = _ROW_OF_ERROR.match(key)
            if named is not None and int(named[1]) < len(rows):
                texts.setdefault(int(named[1]), " ".join(messages).replace(f"subscribers.{named[1]}.", ""))
        if not texts:
            raise error
        for index, text in texts.items():
            self._turn_away(rows[index], "validation", text or TURNED_AWAY["validation"])
        return [row for index, row in enumerate(rows) if index not in texts]

    def _turn_away(self, row: StagedRow, reason: str, detail: str) -> None:
        self._staging.refuse_sent(row.line, reason, detail)
        self.turned_away[reason] += 1


def _may_be_taken(error: APIError | TransportError) -> bool:
    if isinstance(error, TransportError):
        return error.maybe_received
    return isinstance(error, ServerError)
