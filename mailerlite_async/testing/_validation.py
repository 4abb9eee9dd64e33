"""Validation in the manner and the words of Laravel: all errors of a request at once, by dotted path."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ._addresses import is_address
from ._fields_state import Fields, FieldValue, FieldValueError
from ._groups_state import Groups
from ._index import read_id
from ._moment import is_naive_date
from ._wire import unprocessable

LONGEST_NAME = 255


class Validation:
    """Reads the input of one request and collects what is wrong with it.

    Every method reads one key and returns something harmless for a bad value; `finish` raises for all of them.

    Args:
        data: the parameters of the query or the object of the body.
    """

    def __init__(self, data: Mapping[str, object]) -> None:
        self._data = data
        self._errors: dict[str, list[str]] = {}

    def has(self, key: str) -> bool:
        """Whether the input has this key, be it null."""
        return key in self._data

    def add(self, key: str, text: str) -> None:
        """Note an error."""
        self._errors.setdefault(key, []).append(text)

    def finish(self) -> None:
        """Accept the input.

        Raises:
            RejectionError: 422 with all errors, if there are any.
        """
        if self._errors:
            raise unprocessable(self._errors)

    def nested(self, key: str) -> Validation:
        """The object under a key, such as `filter`, with a validation of its own that shares these errors."""
        value = self._data.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.add(key, f"The {_shown(key)} must be an array.")
        return _Nested(value if isinstance(value, Mapping) else {}, self, key)

    def required_name(self, key: str = "name") -> str:
        """A text that must be there."""
        value = self._data.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            self.add(key, f"The {_shown(key)} field is required.")
        elif not isinstance(value, str):
            self.add(key, f"The {_shown(key)} must be a string.")
        elif len(value) > LONGEST_NAME:
            self.add(key, f"The {_shown(key)} may not be greater than {LONGEST_NAME} characters.")
        return value if isinstance(value, str) else ""

    def required_choice(self, key: str, options: Collection[str]) -> str:
        """One of some words, which must be there."""
        if self._data.get(key) in (None, ""):
            self.add(key, f"The {_shown(key)} field is required.")
            return ""
        return self.choice(key, options) or ""

    def choice(self, key: str, options: Collection[str], *, path: str | None = None) -> str | None:
        """One of some words, None if it is left out.

        Args:
            key: the key.
            options: the words.
            path: the key of the error, if that is not `key`.
        """
        if key not in self._data:
            return None
        value = self._data[key]
        if isinstance(value, str) and value in options:
            return value
        self.add(key, f"The selected {_shown(path or key)} is invalid.")
        return None

    def text(self, key: str) -> str | None:
        """Any text, None if it is left out or empty."""
        value = self._data.get(key)
        if value is not None and not isinstance(value, str):
            self.add(key, f"The {_shown(key)} must be a string.")
        return value if isinstance(value, str) and value else None

    def integer(self, key: str, *, lowest: int, default: int, highest: int | None = None) -> int:
        """A whole number, in digits or as a number."""
        value = self._data.get(key)
        if value is None or value == "":
            return default
        number = _read_integer(value)
        if number is None:
            self.add(key, f"The {_shown(key)} must be an integer.")
        elif number < lowest:
            self.add(key, f"The {_shown(key)} must be at least {lowest}.")
        elif highest is not None and number > highest:
            self.add(key, f"The {_shown(key)} may not be greater than {highest}.")
        else:
            return number
        return default

    def boolean(self, key: str) -> bool:
        """A truth value, false if it is left out."""
        value = self._data.get(key)
        if value is None or (isinstance(value, bool | int | str) and value in (True, False, "1", "0", "")):
            return value in (True, "1")
        self.add(key, f"The {_shown(key)} field must be true or false.")
        return False

    def number(self, key: str) -> float | None:
        """A number, None if it is left out or null."""
        value = self._data.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
            return value
        self.add(key, f"The {_shown(key)} must be a number.")
        return None

    def item(self, key: str, value: object) -> Validation:
        """An object of an array, with a validation of its own that shares these errors.

        Args:
            key: where it is, such as `items.3`.
            value: what is there.
        """
        if not isinstance(value, Mapping):
            self.add(key, f"The {_shown(key)} must be an array.")
        return _Nested(value if isinstance(value, Mapping) else {}, self, key)

    def email(self, key: str, *, required: bool) -> str:
        """An address."""
        value = self._data.get(key)
        if value is None or value == "":
            if required or key in self._data:
                self.add(key, f"The {_shown(key)} field is required.")
        elif not is_address(value):
            self.add(key, f"The {_shown(key)} must be a valid email address.")
        return value if isinstance(value, str) else ""

    def date(self, key: str) -> str | None:
        """A naive date, None if it is left out or null."""
        value = self._data.get(key)
        if value is None or (isinstance(value, str) and is_naive_date(value)):
            return value
        self.add(key, f"The {_shown(key)} does not match the format Y-m-d H:i:s.")
        return None

    def ip(self, key: str) -> str | None:
        """An IP address, None if it is left out or null."""
        value = self._data.get(key)
        if value is None or (isinstance(value, str) and _is_ip(value)):
            return value
        self.add(key, f"The {_shown(key)} must be a valid IP address.")
        return None

    def group_ids(self, key: str, groups: Groups) -> tuple[int, ...] | None:
        """Ids of existing groups, None if they are left out."""
        if key not in self._data:
            return None
        value = self._data[key]
        if not isinstance(value, list):
            self.add(key, f"The {_shown(key)} must be an array.")
            return None
        ids: list[int] = []
        for position, item in enumerate(value):
            group_id = read_id(item)
            if group_id is None or group_id not in groups:
                self.add(f"{key}.{position}", f"The selected {_shown(key)}.{position} is invalid.")
            else:
                ids.append(group_id)
        return tuple(ids)

    def field_values(self, key: str, fields: Fields) -> dict[int, FieldValue | None]:
        """Values by field id. PHP writes an empty object as `[]`, so that is one too."""
        value = self._data.get(key, {})
        if value == []:
            return {}
        if not isinstance(value, Mapping):
            self.add(key, f"The {_shown(key)} must be an array.")
            return {}
        try:
            return fields.read(value)
        except FieldValueError as error:
            self.add(f"{key}.{error.key}", f"The {_shown(f'{key}.{error.key}')} must be a string.")
            return {}

    def array(self, key: str, *, most: int | None = None) -> Sequence[Any]:
        """An array that must be there and have something in it."""
        value = self._data.get(key)
        if value in (None, [], ""):
            self.add(key, f"The {_shown(key)} field is required.")
            return []
        if not isinstance(value, list):
            self.add(key, f"The {_shown(key)} must be an array.")
            return []
        if most is not None and len(value) > most:
            self.add(key, f"The {_shown(key)} may not have more than {most} items.")
        return value

    def import_rows(self, key: str, fields: Fields) -> Sequence[Mapping[str, object]]:
        """Rows of an import: objects with an address and perhaps with fields."""
        rows = self.array(key)
        for position, row in enumerate(rows):
            self._import_row(f"{key}.{position}", row, fields)
        return rows

    def _import_row(self, path: str, row: object, fields: Fields) -> None:
        if not isinstance(row, Mapping):
            self.add(path, f"The {path} must be an array.")
            return
        email = row.get("email")
        if email is None or email == "":
            self.add(f"{path}.email", f"The {path}.email field is required.")
        elif not isinstance(email, str):
            self.add(f"{path}.email", f"The {path}.email must be a string.")
        values = row.get("fields", {})
        if values == []:
            return
        if not isinstance(values, Mapping):
            self.add(f"{path}.fields", f"The {path}.fields must be an array.")
            return
        try:
            fields.read(values)
        except FieldValueError as error:
            self.add(f"{path}.fields.{error.key}", f"The {path}.fields.{_shown(error.key)} must be a string.")


class _Nested(Validation):
    """The validation of an object inside another."""

    def __init__(self, data: Mapping[str, object], outer: Validation, key: str) -> None:
        super().__init__(data)
        self._outer = outer
        self._key = key

    def add(self, key: str, text: str) -> None:
        self._outer.add(f"{self._key}.{key}", text)

    def choice(self, key: str, options: Collection[str], *, path: str | None = None) -> str | None:
        return super().choice(key, options, path=path or f"{self._key}.{key}")


def _shown(key: str) -> str:
    return key.replace("_", " ")


def _read_integer(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 19:
        return int(value)
    return None


def _is_ip(text: str) -> bool:
    try:
        # PHP knows no zone in an address.
        ipaddress.ip_address(text if "%" not in text else "")
    except ValueError:
        return False
    return True
