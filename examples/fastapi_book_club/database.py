"""What the website itself knows, in SQLite: its members, the ids and secrets of its account, and past deliveries.

Each method is one transaction on a connection of its own, so each may run in a thread of its own. A transaction that
cannot have the database within two seconds fails, because a webhook has to be answered within three.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mailerlite_async.models import Subscriber
from mailerlite_async.webhooks import Event

log = logging.getLogger("book_club")

SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
    id INTEGER PRIMARY KEY,
    subscriber_id TEXT NOT NULL UNIQUE,  -- MailerLite's; it stays when the address changes
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,                -- in MailerLite's words
    changed_at TEXT NOT NULL             -- when MailerLite last changed it
);
CREATE TABLE IF NOT EXISTS groups (interest TEXT PRIMARY KEY, group_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS secrets (secret TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS events (dedupe_key TEXT PRIMARY KEY, received_at TEXT NOT NULL);
"""
STATUS_AFTER = {
    "subscriber.active": "active",
    "subscriber.unsubscribed": "unsubscribed",
    "subscriber.bounced": "bounced",
    "subscriber.spam_reported": "junk",
    "subscriber.deleted": "deleted",
}
# MailerLite gives a delivery up after less than 20 minutes.
KEPT = timedelta(days=1)


class Member(NamedTuple):
    """A member as the website knows them."""

    id: int
    subscriber_id: str
    email: str
    name: str
    status: str


class Database:
    """The website's database.

    Args:
        path: the file, which is made if there is none; by default that in `BOOK_CLUB_DATABASE`, or `book_club.db`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._path = path or os.environ.get("BOOK_CLUB_DATABASE", "book_club.db")
        with closing(sqlite3.connect(self._path)) as db:
            db.execute("PRAGMA journal_mode=WAL")  # the file remembers it
            db.executescript(SCHEMA)

    def set_account(self, groups: Mapping[str, str], secrets: Iterable[str]) -> None:
        """Replace what is known of the account.

        Args:
            groups: the id of the group of each interest.
            secrets: those of the webhooks that deliver here.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM groups")
            db.executemany("INSERT INTO groups VALUES (?, ?)", groups.items())
            db.execute("DELETE FROM secrets")
            db.executemany("INSERT INTO secrets VALUES (?)", [(secret,) for secret in secrets])

    def groups(self) -> dict[str, str]:
        """The id of the group of each interest; empty before `setup_account` was run."""
        with self._transaction() as db:
            return dict(db.execute("SELECT interest, group_id FROM groups").fetchall())

    def secrets(self) -> list[str]:
        """The secrets that deliveries may be signed with; empty before `setup_account` was run."""
        with self._transaction() as db:
            return [secret for (secret,) in db.execute("SELECT secret FROM secrets")]

    def save_member(self, person: Subscriber, name: str) -> int:
        """Store somebody who has signed up, perhaps once more. What MailerLite has told meanwhile stands.

        Returns:
            The id of the member.
        """
        row = (person.id, person.email, name, person.status, _text(person.updated_at))
        with self._transaction() as db:
            (member_id,) = db.execute(
                "INSERT INTO members (subscriber_id, email, name, status, changed_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (subscriber_id) DO UPDATE SET email = excluded.email, name = excluded.name,"
                " status = iif(excluded.changed_at >= changed_at, excluded.status, status),"
                " changed_at = max(excluded.changed_at, changed_at) RETURNING id",
                row,
            ).fetchone()
            return int(member_id)

    def member(self, member_id: int) -> Member | None:
        """The member with this id; None if there is none."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT id, subscriber_id, email, name, status FROM members WHERE id = ?", (member_id,)
            ).fetchone()
        return None if row is None else Member(*row)

    def apply(self, events: Iterable[Event]) -> int:
        """Carry out what MailerLite tells, all of a delivery or nothing.

        A delivery that was received before changes nothing. One that is late, since it had to be tried again, does
        not undo what has happened since.

        Returns:
            How many events were new.
        """
        now, new = datetime.now(UTC), 0
        with self._transaction() as db:
            db.execute("DELETE FROM events WHERE received_at < ?", (_text(now - KEPT),))
            for event in events:
                row = (event.dedupe_key, _text(now))
                if db.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", row).rowcount == 0:
                    continue
                new += 1
                if event.error is not None:  # the next attempt would bring the same
                    log.warning("An event of a delivery was left out: %s", event.error)
                elif event.type in STATUS_AFTER and (person := event.subscriber) is not None:
                    at = _text(person.deleted_at or person.updated_at or now)
                    db.execute(
                        "UPDATE members SET status = ?, changed_at = ? WHERE subscriber_id = ? AND changed_at <= ?",
                        (STATUS_AFTER[event.type], at, person.id, at),
                    )
        return new

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=2)) as db, db:
            yield db


def _text(moment: datetime) -> str:
    """A date in a form that sorts as dates do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
