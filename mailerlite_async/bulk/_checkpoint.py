"""What a bulk job leaves on disk as it runs, so that one that was killed can go on where it ended."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from mailerlite_async._error_texts import without_addresses
from mailerlite_async.bulk._chunk import ChunkOutcome
from mailerlite_async.bulk._kept import Kept, packed, unpacked
from mailerlite_async.errors import CheckpointError

_APPLICATION = 0x4D4C6370  # "MLcp" in the header of the file: how SQLite has programs mark their files
_VERSION = 1

_TABLES = {
    "job": "CREATE TABLE job (id INTEGER PRIMARY KEY, digest BLOB, key_hash BLOB, complete INTEGER, runs INTEGER)",
    "chunk": (
        "CREATE TABLE chunk (number INTEGER PRIMARY KEY, row_count INTEGER, fingerprint BLOB, sends INTEGER, "
        "jobs TEXT, outcome BLOB)"
    ),
}

PATIENCE = 0.2
"""Seconds: two that open at the same moment can be in each other's way though neither has the file."""

# No statement may be under way while the process forks: the child's copy of the connection would roll it back, in the
# file of the parent. One lock for all checkpoints, so that a fork cannot take several in a deadly order; reentrant,
# since a signal handler may fork in the middle of a method. Every change is therefore a single statement.
_guard = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_guard.release)


class _Job(NamedTuple):
    digest: bytes
    key_hash: bytes


class Checkpoint:
    """The file of one job. It holds personal data, and is locked until `close` or the end of the process.

    All methods but `open` raise `CheckpointError` if the file cannot be read or written any more, and in a process that
    was forked after `open`; `ValueError` after `close`.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, *, completed: bool) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._name = name
        self._process = os.getpid()
        self._completed = completed

    @classmethod
    def open(cls, path: str | os.PathLike[str], job: str, api_key: str, *, patience: float = PATIENCE) -> Checkpoint:
        """Open the file, or create it.

        Args:
            path: where it is, or will be.
            job: what tells this job from others: operation, group, chunk size, base URL. Only its hash is stored.
            api_key: stands for the account, which no call names. Only its hash is stored.
            patience: seconds to block for as long as the file is in use.

        Returns:
            The checkpoint.

        Raises:
            CheckpointError: if the file is in use, of another job or key, not a checkpoint, of a newer version, or
                damaged.
        """
        place = Path(os.fspath(path)).absolute()
        name = without_addresses(place.name)
        digest = hashlib.blake2b(job.encode(), digest_size=32).digest()
        # Made for each job anew, so that two files do not tell that they are of one account.
        key_hash = hashlib.blake2b(api_key.encode(), key=digest, digest_size=32).digest()
        with _guard, _explained(name):
            _create(place)
            if _is_foreign(place):
                raise _not_ours(name)
            # The opened file, not the path, carries the locks: nothing in here may open and close it by other means
            # than SQLite, since POSIX drops the locks of a process with any descriptor it closes.
            connection = _connect(place, "mode=rw", patience, check_same_thread=False)
            try:
                completed = _take(connection, place, _Job(digest, key_hash), name)
            except BaseException:
                connection.close()
                raise
        return cls(connection, name, completed=completed)

    @property
    def completed(self) -> bool:
        """Whether the whole job is done."""
        return self._completed

    def kept(self, number: int) -> Kept | None:
        """What an earlier run, or this one, left of a chunk; None if none has sent it."""
        query = "SELECT row_count, fingerprint, sends, jobs, outcome FROM chunk WHERE number = ?"
        with self._opened() as connection:
            found = connection.execute(query, (number,)).fetchone()
        if found is None:
            return None
        rows, print_, sends, jobs, content = found
        sound = (
            isinstance(rows, int)
            and isinstance(print_, bytes)
            and isinstance(sends, int)
            and isinstance(jobs, str)
            and isinstance(content, bytes | None)
        )
        if not sound:
            raise _damaged(self._name)
        if content is None and not jobs and sends < 1:
            return None
        try:
            outcome = None if content is None else unpacked(content)
        except ValueError:
            raise _damaged(self._name) from None
        if outcome is not None and len(outcome.items) != rows:
            raise _damaged(self._name)
        return Kept(rows, print_, outcome, tuple(jobs.split("\n")[:-1]))

    def sending(self, number: int, fingerprint: bytes, rows: int) -> None:
        """A chunk is about to be sent, perhaps again. On disk when this returns.

        Raises:
            ValueError: if it is finished.
        """
        self._change(
            "INSERT INTO chunk VALUES (?, ?, ?, 1, '', NULL) ON CONFLICT (number) DO UPDATE SET sends = sends + 1, "
            "row_count = excluded.row_count, fingerprint = excluded.fingerprint WHERE outcome IS NULL",
            (number, rows, fingerprint),
            f"chunk {number} is finished already",
        )

    def note(self, number: int, import_id: str) -> None:
        """An import was made of a chunk. Saying it twice changes nothing.

        Raises:
            ValueError: if `sending` was not called, or the id is no id.
        """
        if not import_id or "\n" in import_id:
            raise ValueError("import_id must be an id")
        self._change(
            "UPDATE chunk SET jobs = CASE WHEN instr(char(10) || jobs, char(10) || ? || char(10)) THEN jobs "
            "ELSE jobs || ? || char(10) END WHERE number = ?",
            (import_id, import_id, number),
            f"chunk {number} was not sent",
        )

    def not_sent(self, number: int) -> None:
        """Nothing of the last `sending` was received: take it back.

        A chunk that an earlier run had sent stays in doubt, and one with imports is never forgotten.

        Raises:
            ValueError: if it was not said to be sent, or is finished.
        """
        self._change(
            "UPDATE chunk SET sends = sends - 1 WHERE number = ? AND sends > 0 AND outcome IS NULL",
            (number,),
            f"chunk {number} was not sent, or is finished",
        )

    def finished(self, number: int, outcome: ChunkOutcome) -> None:
        """A chunk is done: keep what became of it.

        Raises:
            ValueError: if an item is an error, it has something that stops the job, `sending` was not called, or it has
                another number of rows than was said there.
        """
        content = packed(outcome)
        if content is None:
            raise CheckpointError(f"the outcome of a chunk is too large for the checkpoint {self._name}")
        self._change(
            "UPDATE chunk SET outcome = ? WHERE number = ? AND row_count = ?",
            (content, number, len(outcome.items)),
            f"chunk {number} was not sent, or with another number of rows",
        )

    def complete(self) -> None:
        """The whole job is done."""
        self._change("UPDATE job SET complete = 1", (), "there is no job")
        self._completed = True

    def close(self) -> None:
        """Let go of the file; a second time, and in a forked process, it does nothing."""
        with _guard:
            connection, self._connection = self._connection, None
            if connection is None or self._process != os.getpid():
                return
            try:
                # So that SQLite takes its journal away. What fails here is nothing that could still be lost.
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("PRAGMA journal_mode = DELETE")
            finally:
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with _guard, _explained(self._name):
            if self._process != os.getpid():
                raise CheckpointError(
                    f"the checkpoint {self._name} was opened before this process was forked: only the one that opened "
                    "it can use it"
                )
            if self._connection is None:
                raise ValueError("the checkpoint is closed")
            yield self._connection

    def _change(self, statement: str, values: tuple[Any, ...], otherwise: str) -> None:
        with self._opened() as connection:
            changed = connection.execute(statement, values).rowcount
        if changed != 1:
            raise ValueError(otherwise)


def _create(place: Path) -> None:
    """Make an empty file that nobody else can read, unless there is one.

    Of an empty file nothing is lost; a job killed right here leaves one.
    """
    try:
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        # A device takes all that is written and keeps nothing; a pipe would be waited for.
        if not place.is_file():
            raise _not_ours(without_addresses(place.name)) from None
        if place.stat().st_size == 0:
            place.chmod(0o600)


def _is_foreign(place: Path) -> bool:
    """Whether it is a database of somebody else.

    Asked without locks and without a look at its journal: opening it in earnest could write to it, if its owner was
    killed. What cannot be read at all is left to the opening in earnest, which recovers it if it is ours, and does
    nothing to a file that is no database.
    """
    try:
        with contextlib.closing(_connect(place, "mode=ro&immutable=1")) as connection:
            application = _pragma(connection, "application_id")
            return bool(application != _APPLICATION and _pragma(connection, "page_count") != 0)
    except sqlite3.DatabaseError:
        return False


def _take(connection: sqlite3.Connection, place: Path, job: _Job, name: str) -> bool:
    """Lock the file, see that it is the one of this job, and tell whether that is complete."""
    for setting in ("synchronous = FULL", "fullfsync = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {setting}")
    # An empty file has its first page from the moment it is written to; what another process has made of it since
    # this look shows in its version.
    empty = _pragma(connection, "page_count") == 0
    # To SQLite a file of one byte is empty too.
    if empty and place.stat().st_size != 0:
        raise _not_ours(name)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    if empty and _pragma(connection, "schema_version") == 0:
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        for table in _TABLES.values():
            connection.execute(table)
        connection.execute("INSERT INTO job VALUES (1, ?, ?, 0, 0)", (job.digest, job.key_hash))
    if _pragma(connection, "application_id") != _APPLICATION:
        raise _not_ours(name)
    version = _pragma(connection, "user_version")
    if version > _VERSION:
        raise CheckpointError(f"{name} is a checkpoint of a newer version of this package")
    # A whole look at the file before anything is sent: later, it would be too late to begin another one.
    schema = dict(connection.execute("SELECT name, sql FROM sqlite_master"))
    if version != _VERSION or schema != _TABLES or _pragma(connection, "quick_check(1)") != "ok":
        raise _damaged(name)
    # SQLite takes a page that is cut short for one that ends in zeros.
    if not empty and place.stat().st_size % _pragma(connection, "page_size"):
        raise _damaged(name)
    found = connection.execute("SELECT digest, key_hash, complete FROM job").fetchall()
    if len(found) != 1:
        raise _damaged(name)
    digest, key_hash, complete = found[0]
    if digest != job.digest:
        raise CheckpointError(
            f"{name} is the checkpoint of another job: another operation, group, base URL or chunk size"
        )
    if key_hash != job.key_hash:
        raise CheckpointError(
            f"{name} is the checkpoint of a job with another API key, so perhaps of another account: go on with that "
            "key, or delete the file to start the job from its first row"
        )
    # Something to write, so that a full disk or a file that is read-only shows before anything is sent.
    connection.execute("UPDATE job SET runs = runs + 1")
    connection.execute("COMMIT")
    # A rollback journal that is cut to nothing at each commit: with FULL that cut is synced, which the deletion of a
    # journal is not. A WAL would be faster, but a commit takes less than a millisecond as it is, and a forked child
    # that drops its copy of the connection would delete a WAL, or a journal, under the feet of the parent.
    if _pragma(connection, "journal_mode = TRUNCATE") != "truncate":
        raise _damaged(name)
    return bool(complete)


def _connect(
    place: Path, options: str, patience: float = PATIENCE, *, check_same_thread: bool = True
) -> sqlite3.Connection:
    uri = f"{place.as_uri()}?{options}"
    return sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=check_same_thread)


def _pragma(connection: sqlite3.Connection, pragma: str) -> Any:
    return connection.execute(f"PRAGMA {pragma}").fetchone()[0]


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what the file system and SQLite raise into a sentence without the values they were about."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(f"the checkpoint {name} cannot be opened: {error.strerror}") from None
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise CheckpointError(
                f"the checkpoint {name} is in use by another job that is still running", in_use=True
            ) from None
        if primary == sqlite3.SQLITE_NOTADB:
            raise _not_ours(name) from None
        if primary == sqlite3.SQLITE_CORRUPT:
            raise _damaged(name) from None
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        raise CheckpointError(f"the checkpoint {name} cannot be read or written ({reason})") from None


def _not_ours(name: str) -> CheckpointError:
    return CheckpointError(f"{name} is not a checkpoint, and was left as it is")


def _damaged(name: str) -> CheckpointError:
    return CheckpointError(f"the checkpoint {name} is damaged")
