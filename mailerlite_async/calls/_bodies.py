"""Bodies with parts inside parts: read from keyword arguments, input classes or mappings of the API's own keys."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from mailerlite_async._paths import object_id
from mailerlite_async._unset import Unset
from mailerlite_async.calls._checks import LONGEST_NAME, refuse
from mailerlite_async.calls._values import field_values
from mailerlite_async.models._dates import to_api


@attrs.frozen
class Place:
    """Where a value stands.

    Attributes:
        method: of the call, for errors.
        route: of the call, for errors.
        name: as in Python, `rows[3].cart.items[0].price`.
        path: as in errors of the API, `3.cart.items.0.price`.
    """

    method: str
    route: str
    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        return self.name

    def key(self, key: str) -> Place:
        """The place of a key of the object that stands here."""
        return attrs.evolve(self, name=f"{self.name}.{key}".lstrip("."), path=f"{self.path}.{key}".lstrip("."))

    def item(self, index: int) -> Place:
        """The place of an item of the array that stands here."""
        return attrs.evolve(self, name=f"{self.name}[{index}]", path=f"{self.path}.{index}".lstrip("."))

    def mismatch(self, expected: str, value: object) -> TypeError:
        """The error for a value of another type."""
        return TypeError(f"{self} must be {expected}, not {type(value).__name__}")


Read = Callable[[Any, Place], Any]
"""Turns a value into that of the body."""


@attrs.frozen
class Shape:
    """What an object of a body may hold.

    Attributes:
        keys: for each key what its value must be.
        required: keys that must be there, and must not be null.
        model: the input class; None if only keyword arguments become such an object.
        renamed: keys of attributes of the class that have another name.
    """

    keys: Mapping[str, Read]
    required: tuple[str, ...] = ()
    model: type[Any] | None = None
    renamed: Mapping[str, str] = attrs.field(factory=dict)

    def arguments(self, place: Place, values: Mapping[str, Any]) -> dict[str, Any]:
        """The object from keyword arguments, those that are UNSET left out."""
        given = {key: value for key, value in values.items() if not isinstance(value, Unset)}
        return {key: self._value(key, value, place.key(key)) for key, value in given.items()}

    def read(self, value: Any, place: Place, *, partial: bool = False) -> dict[str, Any]:
        """The object from an instance of the class, or a mapping.

        Raises:
            TypeError: if it is neither.
            ValueError: if a key is missing, which `partial` allows, or not known.
        """
        assert self.model is not None
        if isinstance(value, self.model):
            names = [field.name for field in attrs.fields(self.model)]
            value = {self.renamed.get(name, name): getattr(value, name) for name in names}
        elif not isinstance(value, Mapping):
            name = self.model.__name__
            raise place.mismatch(f"{'an' if name[0] in 'AEIOU' else 'a'} {name} or a mapping", value)
        if unknown := sorted(str(key) for key in value if key not in self.keys):
            raise ValueError(f"{place} has {', '.join(unknown)}: its keys are {', '.join(self.keys)}")
        body = self.arguments(place, value)
        if not partial and (missing := [key for key in self.required if key not in body]):
            raise ValueError(f"{place} has no {missing[0]}")
        return body

    def _value(self, key: str, value: Any, place: Place) -> Any:
        return None if value is None and key not in self.required else self.keys[key](value, place)


def rows(shape: Shape, given: Iterable[Any], place: Place) -> list[dict[str, Any]]:
    """The rows of an import.

    Raises:
        TypeError: if `given` is one row, or a row is of another type.
        ValueError: if there are none, or one is not as it must be; it names the row, counted from 0.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise place.mismatch("an iterable of rows", given)
    body = [shape.read(row, place.item(index)) for index, row in enumerate(given)]
    if not body:
        raise ValueError(f"{place} is empty: there is nothing to import")
    return body


def text(value: Any, place: Place) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise place.mismatch("str", value)
    return value


def some_text(value: Any, place: Place) -> str:
    """Text that is not empty."""
    if not text(value, place):
        refuse(place.method, place.route, place.path, "field is required")
    return str(value)


def short_text(value: Any, place: Place) -> str:
    """Text of at most 255 characters."""
    if len(text(value, place)) > LONGEST_NAME:
        refuse(place.method, place.route, place.path, f"may not be greater than {LONGEST_NAME} characters")
    return str(value)


def currency(value: Any, place: Place) -> str:
    """A code of ISO 4217."""
    code = text(value, place)
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        refuse(place.method, place.route, place.path, "must be a currency code of three letters")
    return code


def choice(*known: str) -> Read:
    """One of some words."""

    def read(value: Any, place: Place) -> str:
        if text(value, place) not in known:
            refuse(place.method, place.route, place.path, f"must be one of {', '.join(known)}")
        return str(value)

    return read


def number(value: Any, place: Place) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.mismatch("a number", value)
    if not math.isfinite(value):
        raise ValueError(f"{place} must be a finite number")
    return value


def whole_number(value: Any, place: Place) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise place.mismatch("int", value)
    return value


def flag(value: Any, place: Place) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise place.mismatch("bool", value)
    return value


def date(value: Any, place: Place) -> str:
    """An aware date, written as the API takes it."""
    return to_api(value, str(place))


def service_id(value: Any, place: Place) -> str:
    """An id that the API gave."""
    return object_id(value, str(place))


def own_id(value: Any, place: Place) -> str:
    """An id of a shop's own."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise place.mismatch("str or int", value)
    return some_text(str(value), place)


def fields(value: Any, place: Place) -> dict[str, Any]:
    """Values of a subscriber by field key."""
    return field_values(value, str(place))


def array(read: Read) -> Read:
    """An array of values that are all read alike."""

    def read_all(value: Any, place: Place) -> list[Any]:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise place.mismatch("a sequence", value)
        return [read(item, place.item(index)) for index, item in enumerate(value)]

    return read_all
