"""When two values of a field are the same, though the API stores and answers one of them in another form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mailerlite_async.models import FieldValue

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_LONGEST_NUMBER = 400
_TYPES = ("text", "number", "date")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")


def is_empty(value: FieldValue) -> bool:
    """Whether a value says that the field is empty."""
    return value is None or value == ""


def differences(given: Mapping[str, Any], held: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """The values to send, so that somebody has those given; an empty one is None.

    Args:
        given: values by field key; keys that are missing are left alone.
        held: what the API answered.
        types: the type of each field by its key.
    """
    return {
        key: None if is_empty(value) else value
        for key, value in given.items()
        if not alike(value, held.get(key), types.get(key, "text"))
    }


def alike(given: FieldValue, held: FieldValue, field_type: str) -> bool:
    """Whether sending `given` to a field that holds `held` would change nothing."""
    if isinstance(given, str):
        # Whether the API keeps spaces around a text is not known, so a text it has trimmed must not look different.
        return _same(given, held, field_type) or _same(given.strip(), held, field_type)
    return _same(given, held, field_type)


def lacking(given: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of values that somebody has not got, whatever the types of the fields may be.

    An empty value, and one of a field that the account does not have, tell nothing: an import may leave them out.
    """
    return tuple(
        key
        for key, value in given.items()
        if key in held and not is_empty(value) and not any(alike(value, held[key], type) for type in _TYPES)
    )


def identity_of(value: FieldValue, field_type: str) -> str | None:
    """The form in which values are compared that tell people apart; None for an empty one."""
    text = _text(value).strip()
    if not text:
        return None
    number = _number(text) if field_type == "number" else None
    if number is not None:
        # A fraction has one exact form here: 1, 1.0 and 1e0 are the same person.
        numerator, denominator = number.as_integer_ratio()
        return f"{numerator}/{denominator}"
    return _day(text) if field_type == "date" else text


def _same(given: FieldValue, held: FieldValue, field_type: str) -> bool:
    if is_empty(given) or is_empty(held):
        return is_empty(given) and is_empty(held)
    if given == held and isinstance(given, str) == isinstance(held, str):
        return True
    if field_type == "number" or not (isinstance(given, str) and isinstance(held, str)):
        one, other = _number(_text(given)), _number(_text(held))
        if one is not None and other is not None:
            return one == other
    if field_type == "date":
        return _day(_text(given)) == _day(_text(held))
    return _text(given) == _text(held)


def _text(value: FieldValue) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _number(text: str) -> Decimal | None:
    text = text.strip()
    return Decimal(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None


def _day(text: str) -> str:
    """A date without the midnight that the API may have added to it; any other text as it is."""
    found = _DATE.fullmatch(text.strip())
    return text if found is None else found[1]
