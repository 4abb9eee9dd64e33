"""Fields of the emulated account: the eight built-in ones, and those added."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ._index import IdSequence

FieldValue = str | int | float
FIELD_TYPES: Final = ("text", "number", "date")
MOST_FIELDS: Final = 100

_BUILT_IN = ("Name", "Last name", "Company", "Country", "City", "Phone", "State", "Zip")
_FIRST_CUSTOM_ID = 900_001
_SPACES = re.compile(r"\s+")
_BEFORE_CAPITAL = re.compile(r"(.)(?=[A-Z])")
_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Field:
    """One field."""

    id: int
    name: str
    key: str
    type: str
    is_default: bool = False


class Fields:
    """All fields, by id and by key."""

    def __init__(self) -> None:
        self._ids = IdSequence(_FIRST_CUSTOM_ID)
        self._by_id: dict[int, Field] = {}
        self._by_key: dict[str, Field] = {}
        for number, name in enumerate(_BUILT_IN, 1):
            # The key comes from the name "ZIP", which the service shows as "Zip" since.
            key = "z_i_p" if name == "Zip" else derive_key(name)
            self._put(Field(number, name, key, "text", is_default=True))

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Field]:
        return iter(self._by_id.values())

    def __contains__(self, field_id: int) -> bool:
        return field_id in self._by_id

    def get(self, field_id: int | None) -> Field | None:
        """The field with this id."""
        return None if field_id is None else self._by_id.get(field_id)

    def by_key(self, key: str) -> Field | None:
        """The field with this key."""
        return self._by_key.get(key)

    def named(self, name: str) -> Field | None:
        """The field with this name, letter case aside."""
        folded = name.casefold()
        return next((field for field in self if field.name.casefold() == folded), None)

    def create(self, name: str, type: str, *, field_id: int | None = None, key: str | None = None) -> Field:
        """Add a field.

        Args:
            name: its name, not taken yet.
            type: one of `FIELD_TYPES`.
            field_id: its id, a new one if left out.
            key: its key, derived from the name if left out.
        """
        if field_id is None:
            field_id = self._ids.next()
        else:
            self._ids.skip(field_id)
        return self._put(Field(field_id, name, key or self._free_key(derive_key(name)), type))

    def remove(self, field: Field) -> None:
        """Remove a field. Values that subscribers have in it are forgotten, since ids are never used again."""
        del self._by_id[field.id]
        del self._by_key[field.key]

    def read(self, given: Mapping[str, object]) -> dict[int, FieldValue | None]:
        """Values by field id. Keys that no field has are ignored.

        Args:
            given: values by field key.

        Raises:
            FieldValueError: for an array, an object or a number that is not finite.
        """
        values: dict[int, FieldValue | None] = {}
        for key, value in given.items():
            if (field := self._by_key.get(key)) is not None:
                values[field.id] = _read_value(field, value)
        return values

    def render(self, values: Mapping[int, FieldValue] | None) -> dict[str, FieldValue | None]:
        """The `fields` of a subscriber: every field of the account, in the order of the ids."""
        if not values:
            return dict.fromkeys(self._by_key)
        return {key: values.get(field.id) for key, field in self._by_key.items()}

    def _put(self, field: Field) -> Field:
        self._by_id[field.id] = self._by_key[field.key] = field
        ordered = sorted(self._by_id.values(), key=lambda field: field.id)
        self._by_id = {field.id: field for field in ordered}
        self._by_key = {field.key: field for field in ordered}
        return field

    def _free_key(self, key: str) -> str:
        number, free = 1, key
        while free in self._by_key:
            number += 1
            free = f"{key}_{number}"
        return free


class FieldValueError(ValueError):
    """A value that no field can hold."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def derive_key(name: str) -> str:
    """The key of a field made with this name: lower case, an underscore for spaces and before inner capitals.

    `My Field` gives `my_field` and `ZIP` gives `z_i_p`. Anything but letters and digits becomes an underscore.
    """
    key = name
    if not (key.isascii() and key.isalpha() and key.islower()):
        key = "".join(word[:1].upper() + word[1:] for word in _SPACES.split(key))
        key = _BEFORE_CAPITAL.sub(r"\1_", key).lower()
    return _NOT_IN_KEY.sub("_", key).strip("_") or "field"


def _read_value(field: Field, value: object) -> FieldValue | None:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldValueError(field.key)
    number = int(value) if isinstance(value, bool) else value
    return number if field.type == "number" else str(number)
