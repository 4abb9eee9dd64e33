"""Reading one entry of a seed: checked strictly, and every slip named by its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NoReturn

from ._index import read_id
from ._moment import is_naive_date


class SeedReader:
    """Reads the values of one entry and names the entry in errors."""

    __slots__ = ("_entry", "_path")

    def __init__(self, path: str, entry: object, short_for: str, keys: Collection[str]) -> None:
        self._path = path
        if isinstance(entry, str):
            entry = {short_for: entry}
        if not isinstance(entry, Mapping):
            message = f"{path} must be a mapping or a string, not {type(entry).__name__}"
            raise ValueError(message)  # noqa: TRY004  (every slip in a seed is a ValueError)
        self._entry: Mapping[str, object] = entry
        for key in self._entry:
            if key not in keys:
                raise ValueError(f"{path}.{key} is not a known key; keys are {', '.join(keys)}")

    def fail(self, key: str, text: str) -> NoReturn:
        raise ValueError(f"{self._path}.{key} {text}")

    def has(self, key: str) -> bool:
        return key in self._entry

    def get(self, key: str) -> object:
        return self._entry.get(key)

    def id(self, is_taken: Callable[[int], bool]) -> int | None:
        if not self.has("id"):
            return None
        number = read_id(self.get("id"))
        if number is None:
            self.fail("id", f"must be a positive number or its digits, not {self.get('id')!r}")
        if is_taken(number):
            self.fail("id", f"{number} is taken")
        return number

    def name(self) -> str:
        name = self.get("name")
        if not isinstance(name, str) or not name.strip() or len(name) > 255:
            self.fail("name", f"must be a text of 1 to 255 characters, not {name!r}")
        return name

    def choice(self, key: str, options: Collection[str], default: str) -> str:
        value = self.get(key) if self.has(key) else default
        if not isinstance(value, str) or value not in options:
            self.fail(key, f"must be one of {', '.join(options)}, not {value!r}")
        return value

    def count(self, key: str) -> int:
        value = self.get(key) if self.has(key) else 0
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fail(key, f"must be a whole number, 0 or more, not {value!r}")
        return value

    def date(self, key: str) -> str | None:
        value = self.get(key)
        if value is not None and not (isinstance(value, str) and is_naive_date(value)):
            self.fail(key, f"must be a date like 2026-01-31 12:00:00, not {value!r}")
        return value

    def text(self, key: str) -> str | None:
        value = self.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(key, f"must be a text, not {value!r}")
        return value
