"""A temporary database of a source, of the members of a group and of what tells them apart, in constant memory.

The database is a file without a name that the system removes when it is closed, or when the process ends in any way.
"""

from __future__ import annotations

import pickle
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mailerlite_async.bulk._sync_model import SyncChange, SyncKind, SyncRefusal
from mailerlite_async.bulk._sync_rows import ReadRow, decode, encode
from mailerlite_async.errors import InvalidRowError, MailerLiteError

PAGE: Final = 1000
"""Rows that are in memory at once."""

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE source (row INTEGER PRIMARY KEY, email TEXT, address TEXT UNIQUE, key TEXT UNIQUE, fields BLOB);
CREATE TABLE refused (row INTEGER PRIMARY KEY, email TEXT, address TEXT, key TEXT, reason TEXT, kept TEXT);
CREATE TABLE meant (address TEXT, row INTEGER, PRIMARY KEY (address, row)) WITHOUT ROWID;
CREATE TABLE member (
    id TEXT PRIMARY KEY,
    email TEXT,
    address TEXT,
    key TEXT,
    status TEXT,
    considered INTEGER,
    fields BLOB,
    row INTEGER,
    shielded INTEGER
);
CREATE TABLE change (
    seq INTEGER PRIMARY KEY,
    kind TEXT,
    row INTEGER,
    email TEXT,
    id TEXT,
    status TEXT,
    email_before TEXT,
    fields BLOB,
    before BLOB,
    empties BLOB,
    rest BLOB,
    next TEXT,
    error BLOB
);
"""
_INDEXES: Final = """
CREATE INDEX IF NOT EXISTS member_address ON member (address);
CREATE INDEX IF NOT EXISTS member_key ON member (key);
CREATE INDEX IF NOT EXISTS member_row ON member (row);
CREATE INDEX IF NOT EXISTS refused_address ON refused (address);
CREATE INDEX IF NOT EXISTS refused_key ON refused (key);
CREATE INDEX IF NOT EXISTS meant_row ON meant (row);
"""


class Staging:
    """The database. It is closed when nobody holds it any more, or by `close`."""

    def __init__(self) -> None:
        # The rows may be taken in another thread than that which made it, never in two at once.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Nobody else sees it and nobody reads it after a crash, so nothing of it has to be safe on disk.
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._finalizer = weakref.finalize(self, self._database.close)

    def close(self) -> None:
        """Remove the database."""
        self._finalizer()

    # -- plain access --------------------------------------------------------------------------------------------------

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Run a statement.

        Raises:
            ValueError: if it is closed.
        """
        if not self._finalizer.alive:
            raise ValueError("this report is closed: nothing can be read from it any more")
        return self._database.execute(statement, values)

    def number(self, query: str, *values: object) -> int:
        """The one number a query gives."""
        number: int = self.execute(query, *values).fetchone()[0]
        return number

    def pages(self, query: str, *values: object, after: object = -1) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, some at a time, so that tables may be changed in between.

        Args:
            query: gives rows whose first column they are ordered by; `:after` and `:most` stand for where to go on.
            values: for the other places, as `?`.
            after: less than any value of that column.
        """
        query = query.replace(":after", "?").replace(":most", str(PAGE))
        while found := self.execute(query, *values, after).fetchall():
            yield found
            after = found[-1][0]

    def index(self) -> None:
        """Make the indexes, once everything is in."""
        self._database.executescript(f"{_INDEXES}BEGIN;")

    # -- filling it ----------------------------------------------------------------------------------------------------

    def add_row(self, number: int, row: ReadRow, by: str) -> None:
        """Keep a row of the source; it is refused if something is wrong with it, or an earlier one is about the same.

        Args:
            number: its place among the rows.
            row: what it says.
            by: how members are found, for the reason.
        """
        reason = row.objection
        if reason is None:
            added = self.execute(
                "INSERT INTO source VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                *(number, row.email, row.address, row.key, row.fields),
            )
            if added.rowcount:
                return
            first = self.execute("SELECT row FROM source WHERE address = ?", row.address).fetchone()
            what = "its email"
            if first is None:
                first = self.execute("SELECT row FROM source WHERE key = ?", row.key).fetchone()
                what = "its id" if by == "id" else f"its fields.{by}"
            reason = f"{what} is that of rows[{first[0]}]"
        self.execute(
            "INSERT INTO refused VALUES (?, ?, ?, ?, ?, NULL)", number, row.email, row.address, row.key, reason
        )
        for address in row.meant:
            self.execute("INSERT INTO meant VALUES (?, ?)", address, number)

    def add_members(self, members: Iterable[tuple[str, str, str, str | None, str, bool, bytes | None]]) -> None:
        """Keep members: id, email, address, key, status, whether that is considered, and fields as JSON.

        A member whose status changes during the reading is met twice, and then as it was met last.
        """
        self._database.executemany("REPLACE INTO member VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)", members)

    def refuse(self, condition: str, reason: str) -> None:
        """Refuse rows of the source after all.

        Args:
            condition: which of them, in SQL.
            reason: what is wrong with them.
        """
        self.execute(
            "INSERT INTO refused SELECT row, email, address, key, ?, NULL FROM source WHERE " + condition,  # noqa: S608  (conditions are constants)
            reason,
        )
        self.execute("DELETE FROM source WHERE row IN (SELECT row FROM refused)")

    def add_change(
        self,
        kind: SyncKind,
        row: int | None,
        email: str,
        *,
        next: str,
        id: str | None = None,
        status: str | None = None,
        email_before: str | None = None,
        fields: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        empties: Mapping[str, Any] | None = None,
    ) -> None:
        """Plan a change; `next` names the stage that makes it, `empties` are keys whose values are cleared."""
        blobs = [encode(values) if values else None for values in (fields, before, empties)]
        self.execute(
            "INSERT INTO change (kind, row, email, id, status, email_before, fields, before, empties, next) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(kind, row, email, id, status, email_before, *blobs, next),
        )

    # -- what became of it ---------------------------------------------------------------------------------------------

    def move(self, seq: int, next: str | None, error: MailerLiteError | None = None) -> None:
        """A change goes on to another stage, or is at its end."""
        blob = None if error is None else pickle.dumps(error)
        self.execute("UPDATE change SET next = ?, error = ? WHERE seq = ?", next, blob, seq)

    def fail_rest(self, error: MailerLiteError) -> None:
        """No change that is not at its end will be made."""
        self.execute("UPDATE change SET next = NULL, error = ? WHERE next IS NOT NULL", pickle.dumps(error))

    def count(self, kind: SyncKind | None = None, *, failed: bool | None = None) -> int:
        """How many changes there are, of a kind or any, with an error or without."""
        return self.number(
            "SELECT count(*) FROM change WHERE kind = coalesce(?, kind) AND (? IS NULL OR (error IS NOT NULL) = ?)",
            *(kind, failed, failed),
        )

    # -- telling it ----------------------------------------------------------------------------------------------------

    def changes(self, *, failed: bool = False) -> Iterator[SyncChange]:
        """The changes, or those with an error."""
        query = (
            "SELECT seq, kind, row, email, id, fields, before, email_before, error FROM change "
            "WHERE (error IS NOT NULL OR NOT ?) AND seq > :after ORDER BY seq LIMIT :most"
        )
        for page in self.pages(query, failed):
            for _, kind, row, email, id, fields, before, email_before, error in page:
                # The errors were pickled by this object.
                failure = None if error is None else pickle.loads(error)  # noqa: S301
                yield SyncChange(kind, row, email, id, decode(fields), decode(before), email_before, failure)

    def refusals(self) -> Iterator[SyncRefusal]:
        """The rows that were refused."""
        query = "SELECT row, email, reason, kept FROM refused WHERE row > :after ORDER BY row LIMIT :most"
        for page in self.pages(query):
            for row, email, reason, kept in page:
                yield SyncRefusal(row, InvalidRowError(reason, row=row), email, kept)
