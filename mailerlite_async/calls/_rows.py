"""The body of an import, from rows in either of the forms that are accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mailerlite_async.calls._values import field_values
from mailerlite_async.models import SubscriberRow

_KEYS = frozenset({"email", "fields"})


def import_body(rows: Iterable[SubscriberRow | Mapping[str, Any]]) -> dict[str, Any]:
    """`{"subscribers": [...]}`.

    Raises:
        TypeError: if a row is of another type; it names the row, counted from 0.
        ValueError: if there are no rows, or a row lacks `email` or has a key imports do not take; it names the row.
    """
    if isinstance(rows, str | bytes | Mapping):
        raise TypeError("rows must be an iterable of rows, not one row")
    subscribers = [_row(row, index) for index, row in enumerate(rows)]
    if not subscribers:
        raise ValueError("rows is empty: the API refuses an import of nothing")
    return {"subscribers": subscribers}


def _row(row: SubscriberRow | Mapping[str, Any], index: int) -> dict[str, Any]:
    email: Any
    fields: Any
    if isinstance(row, SubscriberRow):
        email, fields = row.email, row.fields
    elif isinstance(row, Mapping):
        if unknown := sorted(str(key) for key in row.keys() - _KEYS):
            raise ValueError(f"rows[{index}] has {', '.join(unknown)}: an import takes email and fields only")
        email, fields = row.get("email"), row.get("fields")
    else:
        raise TypeError(f"rows[{index}] must be a SubscriberRow or a mapping, not {type(row).__name__}")
    if not isinstance(email, str) or not email:
        raise ValueError(f"rows[{index}] has no email")
    if fields is None:
        return {"email": email}
    return {"email": email, "fields": field_values(fields, f"rows[{index}].fields")}
