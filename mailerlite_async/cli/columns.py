"""Columns of a file: which one holds the address, and which field of the account each other one fills."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailerlite_async.cli.errors import CannotRunError
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


@dataclass(frozen=True, slots=True)
class Column:
    """A column with a name; `index` counts from 0."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file.

    Attributes:
        width: how many there are.
        address: the one with the address.
        others: the other ones that have a name.
        nameless: the numbers, from 1, of those that have none.
    """

    width: int
    address: Column
    others: Sequence[Column]
    nameless: Sequence[int]


@dataclass(slots=True)
class FieldPlan:
    """What becomes of the columns.

    Attributes:
        keys: field keys by index of the column.
        filled: each column that fills a field, with the name of the field.
        unknown: the columns no field was found for.
    """

    keys: dict[int, str] = field(default_factory=dict)
    filled: list[tuple[Column, str]] = field(default_factory=list)
    unknown: list[Column] = field(default_factory=list)

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
    return Columns(
        width=len(header),
        address=address,
        others=[column for column in named if column is not address],
        nameless=[number for number, name in enumerate(header, 1) if not name],
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

    Args:
        columns: of the file.
        fields: of the account.
        where: file and line of the header, for messages.

    Raises:
        CannotRunError: if two columns fill the same field, or a column could fill several.
    """
    known = list(fields)
    plan = FieldPlan()
    taken: dict[str, Column] = {}
    for column in columns.others:
        target = _find_field(column, known, where)
        if target is None:
            plan.unknown.append(column)
            continue
        earlier = taken.setdefault(target.key, column)
        if earlier is not column:
            raise CannotRunError(
                f"{where}: columns {earlier.name!r} and {column.name!r} both fill the field {target.name!r}. "
                "Rename or remove one of them."
            )
        plan.fill(column, target)
    return plan


def _find_field(column: Column, fields: Sequence[Field], where: str) -> Field | None:
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
