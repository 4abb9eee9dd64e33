"""What an export writes of each subscriber: the columns of a CSV file, or the keys of a line of JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.models import Subscriber

Format = Literal["csv", "jsonl"]

OWN: Final = (
    *("id", "email", "status", "source", "sent", "opens_count", "clicks_count", "open_rate", "click_rate"),
    *("ip_address", "subscribed_at", "unsubscribed_at", "created_at", "updated_at", "opted_in_at", "optin_ip"),
)
"""What every subscriber has, beside the fields of the account."""

FIELD_PREFIX: Final = "fields."
"""What a column of a field begins with, if `OWN` has its key too."""

# What spreadsheets take for the beginning of a formula; some skip a tab or a carriage return before it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class RowFormat(Protocol):
    """Turns subscribers into the bytes of a file."""

    def header(self) -> bytes:
        """What stands before the first one."""
        ...

    def encode(self, people: Iterable[Subscriber]) -> bytes:
        """What some of them become."""
        ...


def choose_columns(wanted: Sequence[str] | None, keys: Sequence[str]) -> list[str]:
    """The columns of an export.

    Args:
        wanted: what the user asked for; None for everything.
        keys: of the fields of the account.

    Returns:
        Names out of `OWN`, and keys of fields: those that are also in `OWN` with `fields.` before them.

    Raises:
        CannotRunError: if there is no such column, or one is asked for twice.
    """
    known = [*OWN, *(f"{FIELD_PREFIX}{key}" if key in OWN else key for key in keys)]
    if wanted is None:
        return known
    chosen = [
        name.removeprefix(FIELD_PREFIX) if name.removeprefix(FIELD_PREFIX) not in OWN else name for name in wanted
    ]
    for name in chosen:
        if name not in known:
            raise CannotRunError(f"--fields {name}: there is no such field. There are {', '.join(known)}.")
    twice = next((name for name in chosen if chosen.count(name) > 1), None)
    if twice is not None:
        raise CannotRunError(f"--fields {twice}: it stands there twice.")
    return chosen


class CsvRows:
    """Rows of a CSV file in UTF-8, with the names of the columns in the first one.

    Args:
        columns: see `choose_columns`.
        excel_safe: whether text that a spreadsheet would take for a formula gets an apostrophe before it.
    """

    def __init__(self, columns: Sequence[str], *, excel_safe: bool) -> None:
        self._columns = columns
        self._excel_safe = excel_safe

    def header(self) -> bytes:
        """The names of the columns. They are guarded as well: a key of a field is the user's own word."""
        return self._lines([[self._guarded(name) for name in self._columns]])

    def encode(self, people: Iterable[Subscriber]) -> bytes:
        """A row for each of them; what is not known is an empty cell."""
        return self._lines([self._cell(_value(person, name)) for name in self._columns] for person in people)

    def _lines(self, rows: Iterable[list[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()

    def _cell(self, value: object) -> object:
        if isinstance(value, bool):
            return "true" if value else "false"
        return self._guarded(value) if isinstance(value, str) else value

    def _guarded(self, text: str) -> str:
        return f"'{text}" if self._excel_safe and text.startswith(_FORMULA) else text


class JsonRows:
    """Lines of JSON in UTF-8, with the fields of the account in an object of their own.

    Args:
        columns: see `choose_columns`; None for everything.
    """

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._own = OWN if columns is None else [name for name in columns if name in OWN]
        self._keys = (
            None if columns is None else [name.removeprefix(FIELD_PREFIX) for name in columns if name not in OWN]
        )

    def header(self) -> bytes:
        """Nothing."""
        return b""

    def encode(self, people: Iterable[Subscriber]) -> bytes:
        """A line for each of them."""
        return b"".join(json.dumps(self._object(person), ensure_ascii=False).encode() + b"\n" for person in people)

    def _object(self, person: Subscriber) -> dict[str, Any]:
        value = {name: _value(person, name) for name in self._own}
        if self._keys is None:
            value["fields"] = person.fields
        elif self._keys:
            value["fields"] = {key: person.fields.get(key) for key in self._keys}
        return value


def _value(person: Subscriber, name: str) -> Any:
    if name not in OWN:
        return person.fields.get(name.removeprefix(FIELD_PREFIX))
    value = getattr(person, name)
    # As the API writes them, so that they can be sent back.
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value
