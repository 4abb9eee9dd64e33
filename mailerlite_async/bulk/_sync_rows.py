"""Reading the rows a sync is given: what each of them says, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from mailerlite_async._addresses import identity, meant, objection
from mailerlite_async._paths import object_id
from mailerlite_async.bulk._sync_values import identity_of, is_empty
from mailerlite_async.calls._values import field_values
from mailerlite_async.models import SubscriberRow

_KEYS = ("email", "fields")


def encode(values: Mapping[str, Any]) -> bytes:
    """Values as they are stored. Unlike with msgspec, numbers of any size come back as they were.

    Raises:
        ValueError: if they hold a text that is not valid Unicode, or a number of thousands of digits.
    """
    return json.dumps(values, ensure_ascii=False).encode()


def decode(blob: bytes | None) -> dict[str, Any]:
    """Values as they were stored; empty if there were none."""
    return {} if blob is None else json.loads(blob)


@attrs.define
class ReadRow:
    """What a row says, as far as it can be understood.

    Attributes:
        email: without white space around it if it is an address, otherwise as it was given; None if there is none.
        address: the form in which it is compared.
        key: the id or value by which its member is found; None if that is the address, or if it has none.
        meant: addresses that it may be about if its own cannot be one.
        fields: the values, as JSON; None if it names no field.
        objection: what is wrong with the row, None if nothing is. It names keys, never values.
    """

    email: str | None = None
    address: str | None = None
    key: str | None = None
    meant: Collection[str] = ()
    fields: bytes | None = None
    objection: str | None = None


@attrs.frozen
class RowReader:
    """Reads rows.

    Attributes:
        by: `email`, `id` or the key of a field.
        types: the type of each field of the account by its key.
    """

    by: str
    types: Mapping[str, str]

    def read(self, row: Any) -> ReadRow:
        """What a row says. Whom it is about is read even if something is wrong, so that this member is left alone."""
        if isinstance(row, SubscriberRow):
            row = {"email": row.email, "fields": row.fields}
        elif not isinstance(row, Mapping):
            return ReadRow(objection=f"it must be a SubscriberRow or a mapping, not {type(row).__name__}")
        found = ReadRow()
        problems = [
            self._check_keys(row),
            _read_email(row.get("email"), found),
            self._read_fields(row.get("fields"), found),
            self._read_id(row.get("id"), found),
        ]
        found.objection = next((problem for problem in problems if problem is not None), None)
        return found

    def _check_keys(self, row: Mapping[Any, Any]) -> str | None:
        allowed = (*_KEYS, "id") if self.by == "id" else _KEYS
        unknown = sorted(str(key) for key in row if key not in allowed)
        return f"it has {', '.join(unknown)}: its keys are {', '.join(allowed)}" if unknown else None

    def _read_fields(self, fields: Any, found: ReadRow) -> str | None:
        by_field = self.by not in ("email", "id")
        lacking = f"it has no fields.{self.by}, by which members are found" if by_field else None
        if fields is None:
            return lacking
        try:
            values = field_values(fields, "fields")
        except (TypeError, ValueError) as error:
            return str(error)
        if by_field:
            found.key = identity_of(values.get(self.by), self.types[self.by])
        if unknown := sorted(key for key in values if key not in self.types):
            return f"the account has no field {', '.join(unknown)}"
        values = {key: None if is_empty(value) else value for key, value in values.items()}
        try:
            found.fields = encode(values) if values else None
        except ValueError:
            return "fields holds a value that cannot be written as JSON"
        return lacking if found.key is None else None

    def _read_id(self, value: Any, found: ReadRow) -> str | None:
        if self.by != "id" or value is None or value == "":
            return None
        try:
            found.key = object_id(value, "id").lstrip("0") or "0"
        except (TypeError, ValueError) as error:
            return str(error)
        return None


def _read_email(email: Any, found: ReadRow) -> str | None:
    if email is None or email == "":
        return "it has no email"
    if not isinstance(email, str):
        return f"email must be str, not {type(email).__name__}"
    address = email.strip()
    wrong = objection(address)
    if wrong is None:
        found.email, found.address = address, identity(address)
        return None
    found.meant = meant(email)
    try:
        email.encode()
    except UnicodeEncodeError:
        return "email is not valid Unicode text"
    found.email, found.address = email, identity(email)
    return f"email cannot be an address: {wrong}"
