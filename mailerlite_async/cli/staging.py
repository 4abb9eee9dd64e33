"""A temporary database of the rows of a file, so that memory stays constant however many there are.

It finds duplicates over the whole file, keeps the rows until they are sent, and remembers what became of each. The
database is a file without a name that the system removes when it is closed, or when the process ends in any way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self

import msgspec

from mailerlite_async._addresses import identity

RefusedBy = Literal["check", "server", "doubt"]
"""Who refused a row: the check before sending, or the server. `doubt` marks rows that nobody answered for."""

_SCHEMA: Final = """
CREATE TABLE row (
    line INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    address TEXT UNIQUE,
    cells BLOB,
    refused_by TEXT,
    reason TEXT,
    detail TEXT
)
"""


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row to send; `cells` are by index of the column, and none of them is empty."""

    line: int
    email: str
    cells: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, with the reason as a word and in words."""

    line: int
    email: str
    reason: str
    detail: str


class Staging:
    """The rows of one file by line. Close it, or use it in a `with` statement."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        # Nobody else sees it and nobody reads it after a crash, so nothing of it has to be safe on disk.
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _SCHEMA, "BEGIN"):
            self._database.execute(statement)
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(dict[int, str])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the database."""
        self._database.close()

    # -- filling it ----------------------------------------------------------------------------------------------------

    def add(self, line: int, email: str, cells: Mapping[int, str]) -> int | None:
        """Add a row, unless its address is there already.

        Returns:
            The line the address first stood in, None if the row was added.
        """
        address = identity(email)
        added = self._database.execute(
            "INSERT INTO row (line, email, address, cells) VALUES (?, ?, ?, ?) ON CONFLICT (address) DO NOTHING",
            (line, email, address, self._encoder.encode(cells)),
        )
        return None if added.rowcount else self.line_of(email)

    def refuse(self, refusal: Refusal) -> None:
        """Add a row that is refused before anything is sent."""
        self._database.execute(
            "INSERT INTO row (line, email, refused_by, reason, detail) VALUES (?, ?, 'check', ?, ?)",
            (refusal.line, refusal.email, refusal.reason, refusal.detail),
        )

    # -- sending from it -----------------------------------------------------------------------------------------------

    def rows_after(self, line: int, most: int) -> list[StagedRow]:
        """The next rows below a line that nobody has refused."""
        found = self._database.execute(
            "SELECT line, email, cells FROM row WHERE line > ? AND refused_by IS NULL ORDER BY line LIMIT ?",
            (line, most),
        )
        return [StagedRow(line, email, self._decoder.decode(cells)) for line, email, cells in found]

    def line_of(self, email: str) -> int | None:
        """The line of the row with this address, unless it was refused before anything was sent."""
        found = self._database.execute("SELECT line FROM row WHERE address = ?", (identity(email),)).fetchone()
        return None if found is None else found[0]

    def refuse_sent(self, line: int, reason: str, detail: str, by: RefusedBy = "server") -> None:
        """Note that a row was not taken."""
        self._database.execute(
            "UPDATE row SET refused_by = ?, reason = ?, detail = ? WHERE line = ?", (by, reason, detail, line)
        )

    # -- telling what became of it -------------------------------------------------------------------------------------

    def count(self, by: RefusedBy | None = None) -> int:
        """How many rows there are, or were refused by somebody."""
        if by is None:
            return self._number("SELECT count(*) FROM row", ())
        return self._number("SELECT count(*) FROM row WHERE refused_by = ?", (by,))

    def count_reason(self, reason: str) -> int:
        """How many rows were refused for a reason."""
        return self._number("SELECT count(*) FROM row WHERE reason = ?", (reason,))

    def count_refused(self, first_line: int, last_line: int, but: Iterable[str]) -> int:
        """How many rows of these lines the server refused, for other reasons than these."""
        return self._number(
            "SELECT count(*) FROM row WHERE line BETWEEN ? AND ? AND refused_by = 'server' "
            "AND reason NOT IN (SELECT value FROM json_each(?))",
            (first_line, last_line, msgspec.json.encode(list(but)).decode()),
        )

    def refusals(self, by: RefusedBy, reason: str | None = None) -> Iterator[Refusal]:
        """The rows somebody refused, for one reason or for any, by line."""
        found = self._database.execute(
            "SELECT line, email, reason, detail FROM row WHERE refused_by = ? AND reason = coalesce(?, reason) "
            "ORDER BY line",
            (by, reason),
        )
        for values in found:
            yield Refusal(*values)

    def span_between(self, line: int, end: int | None) -> tuple[int, int] | None:
        """The first and last line below this one and above the end whose rows nobody has refused, if there are any."""
        first, last = self._database.execute(
            "SELECT min(line), max(line) FROM row "
            "WHERE line > ? AND line < coalesce(?, line + 1) AND refused_by IS NULL",
            (line, end),
        ).fetchone()
        return None if first is None else (first, last)

    def _number(self, query: str, values: tuple[object, ...]) -> int:
        number: int = self._database.execute(query, values).fetchone()[0]
        return number
