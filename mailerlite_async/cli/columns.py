"""Columns of a file: which one holds the address, and which field of the account each other one fills."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.cli.export_rows import FIELD_PREFIX, OWN
from mailerlite_async.models import Field

ADDRESS_NAMES: Final = ("email", "e-mail", "email address", "e-mail address", "mail")
FIELD_ALIASES: Final[Mapping[str, str]] = {
    "first name": "name",
    "firstname": "name",
    "lastname": "last_name",
    "surname": "last_name",
    "zip code": "z_i_p",
    "postcode": "z_i_p",
    "postal code": "z_i_p",
    "phone number": "phone",
}
LONGEST_FIELD_NAME: Final = 255
_SEPARATORS: Final = re.compile(r"[\s_-]+")
_OWN: Final = frozenset(OWN)
# Whoever keeps a list of their own has no two of these.
_STATISTICS: Final = frozenset({"opens_count", "clicks_count", "open_rate", "click_rate", "opted_in_at", "optin_ip"})
_STATISTICS_OF_AN_EXPORT: Final = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column with a name; `index` counts from 0."""

    index: int
    name: str

    @property
    def field_key(self) -> str | None:
        """What follows `fields.`, with which an export tells a field from what every subscriber has; None without."""
        folded = self.name.casefold()
        return folded.removeprefix(FIELD_PREFIX) if folded.startswith(FIELD_PREFIX) else None

    @property
    def new_field(self) -> str:
        """The name of a field that is made for the column."""
        key = self.field_key
        return key if key is not None and key in _OWN else self.name


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file.

    Attributes:
        width: how many there are.
        address: the one with the address.
        others: the other ones that have a name.
        nameless: the numbers, from 1, of those that have none.
        own: the names of others, as an export writes them, of what every subscriber has.
        exported: whether an export wrote the header, beyond doubt.
    """

    width: int
    address: Column
    others: Sequence[Column]
    nameless: Sequence[int]
    own: frozenset[str]
    exported: bool


@dataclass(slots=True)
class FieldPlan:
    """What becomes of the columns.

    Attributes:
        keys: field keys by index of the column.
        filled: each column that fills a field, with the name of the field.
        unknown: the columns no field was found for.
        own: the columns of an export with what every subscriber has; they fill no field.
    """

    keys: dict[int, str] = field(default_factory=dict)
    filled: list[tuple[Column, str]] = field(default_factory=list)
    unknown: list[Column] = field(default_factory=list)
    own: list[Column] = field(default_factory=list)

    def fill(self, column: Column, target: Field) -> None:
        """Let a column fill a field."""
        self.keys[column.index] = target.key
        self.filled.append((column, target.name))


def normal(name: str) -> str:
    """The form in which names are compared: letter case aside; spaces, underscores and hyphens are alike."""
    return _SEPARATORS.sub(" ", name.casefold()).strip()


_NORMAL_ADDRESS_NAMES: Final = frozenset(map(normal, ADDRESS_NAMES))


def has_address_column(header: Sequence[str], wanted: str | None) -> bool:
    """Whether one of the columns can be the one with the address; `wanted` is its name, if the user gave one."""
    names = _NORMAL_ADDRESS_NAMES if wanted is None else (normal(wanted),)
    return any(normal(name) in names for name in header)


def read_columns(header: Sequence[str], wanted: str | None, where: str) -> Columns:
    """Sort out the columns.

    Args:
        header: their names.
        wanted: the name of the column with the address; None to find it.
        where: file and line of the header, for messages.

    Raises:
        CannotRunError: if a name stands there twice, or the column with the address cannot be told.
    """
    named = [Column(index, name) for index, name in enumerate(header) if name]
    first_of: dict[str, Column] = {}
    for column in named:
        earlier = first_of.setdefault(normal(column.name), column)
        if earlier is not column:
            raise CannotRunError(
                f"{where}: columns {earlier.index + 1} and {column.index + 1} are both called {column.name!r}. "
                "Rename one of them."
            )
    address = _address_column(named, first_of, wanted, where)
    others = [column for column in named if column is not address]
    # As an export writes them: a header `Status` is somebody's own.
    own = _OWN.intersection(column.name for column in others)
    return Columns(
        width=len(header),
        address=address,
        others=others,
        nameless=[number for number, name in enumerate(header, 1) if not name],
        own=own,
        exported=(
            any(column.field_key in _OWN for column in others) or len(own & _STATISTICS) >= _STATISTICS_OF_AN_EXPORT
        ),
    )


def _address_column(named: Sequence[Column], first_of: Mapping[str, Column], wanted: str | None, where: str) -> Column:
    listed = ", ".join(repr(column.name) for column in named)
    if wanted is not None:
        if normal(wanted) not in first_of:
            raise CannotRunError(f"{where}: no column is called {wanted!r} (--email-column). There are {listed}.")
        return first_of[normal(wanted)]
    possible = [column for name, column in first_of.items() if name in _NORMAL_ADDRESS_NAMES]
    if len(possible) > 1:
        names = " or ".join(repr(column.name) for column in possible)
        raise CannotRunError(f"{where}: the address may be in column {names}. Say which with --email-column.")
    if possible:
        return possible[0]
    if any("@" in column.name for column in named):
        raise CannotRunError(f"{where}: this line must hold the names of the columns, not an address.")
    raise CannotRunError(
        f"{where}: no column is called {', '.join(ADDRESS_NAMES)}. "
        f"Name the one with the address with --email-column; there are {listed}."
    )


def plan_fields(columns: Columns, fields: Iterable[Field], where: str) -> FieldPlan:
    """Find the field each column fills: by key, by name, or by one of the few aliases, in this order.

    `fields.KEY` is the field with this key. In a file that an export wrote, the status and whatever else every
    subscriber has fills no field, even if the account has one of that name.

    Args:
        columns: of the file.
        fields: of the account.
        where: file and line of the header, for messages.

    Raises:
        CannotRunError: if two columns fill the same field, a column could fill several, or it could be that of an
            export as well.
    """
    known = list(fields)
    plan = FieldPlan()
    taken: dict[str, Column] = {}
    doubtful: dict[str, Field] = {}
    for column in columns.others:
        if columns.exported and column.name in columns.own:
            plan.own.append(column)
            continue
        target = _find_field(column, known, where)
        if target is None:
            plan.unknown.append(column)
            continue
        if column.name in columns.own and len(columns.own) > 1:
            doubtful[column.name] = target
        earlier = taken.setdefault(target.key, column)
        if earlier is not column:
            raise CannotRunError(
                f"{where}: columns {earlier.name!r} and {column.name!r} both fill the field {target.name!r}. "
                "Rename or remove one of them."
            )
        plan.fill(column, target)
    if doubtful:
        # All at once: after the first of them has another name, the file is that of an export.
        raise CannotRunError(f"{where}: {_doubt(columns, doubtful)}")
    return plan


def _doubt(columns: Columns, doubtful: Mapping[str, Field]) -> str:
    names = " and ".join(map(repr, doubtful))
    fields = " and ".join(repr(field.name) for field in doubtful.values())
    renamed = " and ".join(repr(FIELD_PREFIX + field.key) for field in doubtful.values())
    one = len(doubtful) == 1
    others = ", ".join(repr(name) for name in OWN if name in columns.own and name not in doubtful)
    return (
        f"column{'' if one else 's'} {names} may mean the field{'' if one else 's'} {fields}, or"
        f"{f', beside {others},' if others else ''} what an export writes of every subscriber. "
        f"Rename {'it' if one else 'them'} to {renamed}, or remove {'it' if one else 'them'}."
    )


def _find_field(column: Column, fields: Sequence[Field], where: str) -> Field | None:
    if column.field_key is not None:
        key = normal(column.field_key)
        found = [field for field in fields if normal(field.key) == key]
        if found:
            return next((field for field in found if field.key == column.field_key), found[0])
    name = normal(column.name)
    by_key = [field for field in fields if normal(field.key) == name]
    by_name = [field for field in fields if normal(field.name) == name]
    found = by_key or by_name
    if len(found) > 1:
        keys = " or ".join(repr(field.key) for field in found)
        raise CannotRunError(f"{where}: column {column.name!r} may mean the field {keys}. Rename it to the key.")
    if found:
        return found[0]
    return next((field for field in fields if field.key == FIELD_ALIASES.get(name)), None)
