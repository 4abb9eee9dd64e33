"""The operations of bulk jobs: how a row becomes something that can be sent, and what a row that cannot be is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from mailerlite_async import calls
from mailerlite_async._addresses import identity, objection
from mailerlite_async._bodies import encode
from mailerlite_async._call import Call
from mailerlite_async._paths import object_id
from mailerlite_async.bulk._chunk import MOST_IMPORT_ROWS, Item
from mailerlite_async.bulk._model import Operation
from mailerlite_async.errors import InvalidRowError
from mailerlite_async.models import Subscriber, SubscriberRow

_DATES = ("subscribed_at", "opted_in_at", "unsubscribed_at")
_DATE_FORM = "%Y-%m-%d %H:%M:%S"
_IMPORT_KEYS = frozenset({"email", "fields"})
_UPDATE_KEYS = frozenset({"id", "email", "fields", "groups", "status", "ip_address", *_DATES})
_UPSERT_KEYS = frozenset({"email", "fields", "groups", "status", "ip_address", "optin_ip", "resubscribe", *_DATES})

_TAKES_GROUP = frozenset({"import_into", "assign", "unassign"})
_OPERATIONS = frozenset({"upsert", "update", "get", "delete", "forget", *_TAKES_GROUP})


@attrs.frozen
class Work:
    """An operation together with what is the same for all of its rows.

    Attributes:
        operation: the name of the method.
        group_id: the group, for the operations that have one.
        chunk_rows: the most rows of an import.
    """

    operation: Operation
    group_id: str | None = None
    chunk_rows: int = MOST_IMPORT_ROWS

    @classmethod
    def of(cls, operation: Operation, group_id: str | int | None, chunk_rows: int = MOST_IMPORT_ROWS) -> Work:
        """The work, its arguments checked.

        Raises:
            ValueError: naming the argument that is missing, wrong or too much.
            TypeError: if the id is neither `str` nor `int`.
        """
        if operation not in _OPERATIONS:
            raise ValueError(f"operation must be one of {', '.join(sorted(_OPERATIONS))}")
        if not (isinstance(chunk_rows, int) and 1 <= chunk_rows <= MOST_IMPORT_ROWS):
            raise ValueError(f"chunk_rows must be a number from 1 to {MOST_IMPORT_ROWS}")
        if chunk_rows != MOST_IMPORT_ROWS and operation != "import_into":
            raise ValueError(f"chunk_rows makes no sense for {operation}")
        if operation not in _TAKES_GROUP:
            if group_id is not None:
                raise ValueError(f"group_id makes no sense for {operation}")
            return cls(operation)
        if group_id is None:
            raise ValueError(f"group_id must be given for {operation}")
        return cls(operation, object_id(group_id, "group_id"), chunk_rows)

    @property
    def name(self) -> str:
        """What tells this work from another one of the same account."""
        name = self.operation if self.group_id is None else f"{self.operation} {self.group_id}"
        return name if self.chunk_rows == MOST_IMPORT_ROWS else f"{name} by {self.chunk_rows}"

    def item(self, row: int, given: object) -> Item:
        """What is to be sent for a row.

        Args:
            row: its place among the rows.
            given: the row.

        Raises:
            InvalidRowError: if it cannot be sent, saying why.
        """
        try:
            if self.operation == "import_into":
                return _import_item(row, given)
            if self.operation == "upsert":
                return _upsert_item(row, given)
            if self.operation == "update":
                return _update_item(row, given)
            return self._reference_item(row, given)
        except (TypeError, ValueError) as error:
            raise InvalidRowError(str(error), row=row) from None

    def call(self, item: Item) -> Call[Any]:
        """The call for one row."""
        if item.call is not None:
            return item.call
        # Only upserts that could have gone into an import come without one.
        return _upsert_call({**item.body, "groups": [item.group_id]})

    def _reference_item(self, row: int, given: object) -> Item:
        reference = given.id if isinstance(given, Subscriber) else given
        if isinstance(reference, Mapping):
            raise TypeError(f"{self.operation} takes ids, not mappings")
        call = self._reference_call(reference)
        text = str(reference)
        return Item(row, given, identity(text) if "@" in text else text, text, {}, call=call)

    def _reference_call(self, reference: Any) -> Call[Any]:
        if self.operation == "get":
            return calls.subscribers.get(reference)
        if self.operation == "delete":
            return calls.subscribers.delete(reference)
        if self.operation == "forget":
            return calls.subscribers.forget(reference)
        assert self.group_id is not None  # `of` saw to it
        act = calls.groups.assign if self.operation == "assign" else calls.groups.unassign
        return act(reference, self.group_id)


def _import_item(row: int, given: object) -> Item:
    body = _row_body(given, _IMPORT_KEYS, "an import")
    address = _address(body)
    entry = _checked_entry(body)
    return Item(row, given, _key(address), address, entry, size=len(encode(entry)) + 1)


def _upsert_item(row: int, given: object) -> Item:
    body = _row_body(given, _UPSERT_KEYS, "an upsert")
    address = _address(body)
    call = _upsert_call(body)
    groups = call.json.get("groups", ())
    # An import takes one group, address and fields, and never clears a field.
    if not body.keys() <= {"email", "fields", "groups"} or len(groups) != 1 or None in body.get("fields", {}).values():
        encode(call.json)  # what cannot be sent is this row's mistake, not that of its batch
        return Item(row, given, _key(address), address, call.json, call=call)
    entry = {key: value for key, value in call.json.items() if key != "groups"}
    return Item(row, given, _key(address), address, entry, size=len(encode(entry)) + 1, group_id=groups[0])


def _key(address: str) -> str:
    """The form in which addresses are compared; the same object if it has that form, since there are many of them."""
    key = identity(address)
    return address if key == address else key


def _upsert_call(body: Mapping[str, Any]) -> Call[Any]:
    values = {key: value for key, value in body.items() if key != "email"}
    return calls.subscribers.upsert(body["email"], **values)


def _update_item(row: int, given: object) -> Item:
    if isinstance(given, SubscriberRow):
        raise TypeError("an update needs the id of the subscriber: give a mapping with id, or use upsert")
    body = _row_body(given, _UPDATE_KEYS, "an update")
    if "id" not in body:
        raise ValueError("has no id: an update needs one; upsert takes addresses")
    subscriber_id = body.pop("id")
    if not body:
        raise ValueError("has nothing to update besides its id")
    call = calls.subscribers.update(subscriber_id, **body)
    encode(call.json)
    return Item(row, given, call.segments[0], call.segments[0], call.json, call=call)


def _row_body(given: object, known: frozenset[str], what: str) -> dict[str, Any]:
    if isinstance(given, SubscriberRow):
        body: dict[str, Any] = {"email": given.email, "fields": given.fields}
    elif isinstance(given, Mapping):
        body = dict(given)
    else:
        raise TypeError(f"must be a SubscriberRow or a mapping, not {type(given).__name__}")
    if unknown := sorted(str(key) for key in body.keys() - known):
        raise ValueError(f"has {', '.join(unknown)}: {what} takes {', '.join(sorted(known))}")
    if body.get("fields", ...) is None:
        del body["fields"]
    for name in _DATES:
        if isinstance(body.get(name), str):
            body[name] = _date(body[name], name)
    return body


def _date(text: str, name: str) -> datetime:
    """A date as the API writes it, which is in UTC."""
    try:
        return datetime.strptime(text, _DATE_FORM).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{name} must be an aware datetime, or text such as 2026-01-31 12:00:00, in UTC") from None


def _address(body: Mapping[str, Any]) -> str:
    address = body.get("email")
    if not isinstance(address, str) or not address:
        raise ValueError("has no email")
    if (wrong := objection(address)) is not None:
        raise ValueError(f"email is not an address: {wrong}")
    return address


def _checked_entry(body: Mapping[str, Any]) -> dict[str, Any]:
    """The row as an import takes it; the same checks as `calls.imports`."""
    entry: dict[str, Any] = calls.imports.create([body]).json["subscribers"][0]
    return entry
