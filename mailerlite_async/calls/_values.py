"""Values of fields and dates as the API takes them, checked before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mailerlite_async._paths import object_id
from mailerlite_async._unset import Unset
from mailerlite_async.models._dates import to_api


def field_values(fields: Mapping[str, Any], argument: str) -> dict[str, Any]:
    """The fields of a subscriber.

    Args:
        fields: values by field key.
        argument: the name to use in the error.

    Raises:
        TypeError: if it is no mapping, a key is not text, or a value is neither text, a number, a flag nor None.
        ValueError: if a number is infinite or none, which would be sent as null and clear the field.
    """
    if not isinstance(fields, Mapping):
        raise TypeError(f"{argument} must be a mapping, not {type(fields).__name__}")
    for key, value in fields.items():
        if not isinstance(key, str):
            raise TypeError(f"{argument} must have keys of type str, not {type(key).__name__}")
        if not (value is None or isinstance(value, str | int | float)):
            raise TypeError(f"{argument}[{key!r}] must be text, a number or None, not {type(value).__name__}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{argument}[{key!r}] must be a finite number")
    return dict(fields)


def date_value(date: datetime | None | Unset, argument: str) -> str | None | Unset:
    """A date of a subscriber; None and UNSET stay what they are.

    Raises:
        TypeError: if it is anything else than a `datetime`.
        ValueError: if it is naive.
    """
    return date if date is None or isinstance(date, Unset) else to_api(date, argument)


def text(value: str, argument: str) -> str:
    """A text.

    Raises:
        TypeError: if it is anything else.
    """
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be str, not {type(value).__name__}")
    return value


def several_ids(ids: Iterable[str | int], argument: str) -> list[str]:
    """Ids of groups or segments.

    Raises:
        TypeError: if it is one id, a mapping, or no iterable at all.
        ValueError: if one of them is no id.
    """
    if isinstance(ids, str | int):
        raise TypeError(f"{argument} must be a sequence of ids, not one id")
    if isinstance(ids, bytes | Mapping) or not isinstance(ids, Iterable):
        raise TypeError(f"{argument} must be a sequence of ids, not {type(ids).__name__}")
    return [object_id(each, argument) for each in ids]


def page_limit(limit: int | None | Unset) -> int | None:
    """How many items a page may have; a resource's `iter` calls it `page_size`.

    Raises:
        TypeError: if it is no whole number.
        ValueError: if it is less than 1; the API takes 0 for "count only", which is what `count` methods are for.
    """
    if limit is None or isinstance(limit, Unset):
        return None
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit (page_size) must be int, not {type(limit).__name__}")
    if limit < 1:
        raise ValueError("limit (page_size) must be 1 or more")
    return limit
