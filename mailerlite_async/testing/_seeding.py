"""Seeding: records put into the account without requests, checked strictly since nobody else would notice a slip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NoReturn

from ._addresses import is_address
from ._fields_state import FIELD_TYPES, MOST_FIELDS, Field, FieldValueError, derive_key
from ._groups_state import MOST_GROUPS, STATUSES, Group
from ._index import read_id
from ._moment import Moment, is_naive_date
from ._state import Account
from ._subscribers_state import Subscriber

Entry = Mapping[str, object] | str

_FIELD_KEYS: Final = ("id", "name", "key", "type")
_GROUP_KEYS: Final = ("id", "name", "created_at", "sent_count", "opens_count", "clicks_count")
_SUBSCRIBER_COUNTS: Final = ("sent", "opens_count", "clicks_count")
_SUBSCRIBER_DATES: Final = ("subscribed_at", "unsubscribed_at", "created_at", "updated_at", "opted_in_at")
_SUBSCRIBER_KEYS: Final = (
    *("id", "email", "status", "source", "ip_address", "optin_ip", "fields", "groups"),
    *_SUBSCRIBER_COUNTS,
    *_SUBSCRIBER_DATES,
)


def seed_account(
    account: Account,
    now: Moment,
    subscribers: Iterable[Entry],
    groups: Iterable[Entry],
    fields: Iterable[Entry],
) -> None:
    """Add records to an account, all of them or none.

    Args:
        account: the account.
        now: the moment, for dates that are left out.
        subscribers: addresses or mappings, see `Emulator.seed`.
        groups: names or mappings.
        fields: names or mappings.

    Raises:
        ValueError: naming the first entry that is wrong.
    """
    added_fields: list[Field] = []
    added_groups: list[Group] = []
    added_subscribers: list[Subscriber] = []
    date = now.naive_date()
    try:
        for position, entry in enumerate(fields):
            added_fields.append(_seed_field(account, _Reader(f"fields[{position}]", entry, "name", _FIELD_KEYS)))
        for position, entry in enumerate(groups):
            reader = _Reader(f"groups[{position}]", entry, "name", _GROUP_KEYS)
            added_groups.append(_seed_group(account, reader, date))
        group_ids = _group_ids_by_name(account)
        for position, entry in enumerate(subscribers):
            reader = _Reader(f"subscribers[{position}]", entry, "email", _SUBSCRIBER_KEYS)
            added_subscribers.append(_seed_subscriber(account, reader, date, group_ids))
    except BaseException:
        for subscriber in added_subscribers:
            account.subscribers.forget(subscriber)
        for group in added_groups:
            account.groups.remove(group)
        for field in added_fields:
            account.fields.remove(field)
        raise


class _Reader:
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


def _seed_field(account: Account, reader: _Reader) -> Field:
    name = reader.name()
    if account.fields.named(name) is not None:
        reader.fail("name", f"{name!r} is taken")
    if len(account.fields) >= MOST_FIELDS:
        reader.fail("name", f"is one too many: an account has at most {MOST_FIELDS} fields")
    key = reader.text("key")
    if key is not None and (account.fields.by_key(key) is not None or key != derive_key(key)):
        reader.fail("key", f"{key!r} is taken or not of the form my_field")
    field_id = reader.id(account.fields.__contains__)
    return account.fields.create(name, reader.choice("type", FIELD_TYPES, "text"), field_id=field_id, key=key)


def _seed_group(account: Account, reader: _Reader, date: str) -> Group:
    if len(account.groups) >= MOST_GROUPS:
        reader.fail("name", f"is one too many: an account has at most {MOST_GROUPS} groups")
    name, created_at = reader.name(), reader.date("created_at") or date
    sent, opens, clicks = (reader.count(key) for key in ("sent_count", "opens_count", "clicks_count"))
    group = account.groups.create(name, created_at, reader.id(account.has_id))
    group.sent_count, group.opens_count, group.clicks_count = sent, opens, clicks
    return group


def _seed_subscriber(account: Account, reader: _Reader, date: str, group_ids: Mapping[str, int | None]) -> Subscriber:
    email = reader.get("email")
    if not isinstance(email, str) or not is_address(email):
        reader.fail("email", f"must be an address, not {email!r}")
    if account.subscribers.by_email(email) is not None:
        reader.fail("email", f"{email} is taken")
    if account.subscribers.deleted(email) is not None:
        reader.fail("email", f"{email} belongs to a deleted subscriber, who comes back only by a request")
    status = reader.choice("status", STATUSES, "active")
    values = _read_values(account, reader)
    groups = _read_groups(account, reader, group_ids)
    counts = {key: reader.count(key) for key in _SUBSCRIBER_COUNTS if reader.has(key)}
    dates = {key: reader.date(key) for key in _SUBSCRIBER_DATES if reader.has(key)}
    texts = {key: reader.text(key) for key in ("source", "ip_address", "optin_ip") if reader.has(key)}
    for key in ("created_at", "updated_at", "source"):
        if dates.get(key, "") is None or texts.get(key, "") is None:
            reader.fail(key, "must not be null")
    subscriber = account.subscribers.new(email, date, subscriber_id=reader.id(account.has_id))
    for key, value in {**counts, **dates, **texts}.items():
        setattr(subscriber, key, value)
    if "updated_at" not in dates:
        subscriber.updated_at = subscriber.created_at
    if "subscribed_at" not in dates:
        subscriber.subscribed_at = subscriber.created_at
    if status == "unsubscribed" and "unsubscribed_at" not in dates:
        subscriber.unsubscribed_at = subscriber.created_at
    subscriber.status = status
    subscriber.merge(values)
    subscriber.groups = groups
    account.subscribers.add(subscriber)
    return subscriber


def _read_values(account: Account, reader: _Reader) -> dict[int, str | int | float | None]:
    given = reader.get("fields") if reader.has("fields") else {}
    if not isinstance(given, Mapping):
        reader.fail("fields", f"must be a mapping of field keys, not {given!r}")
    for key in given:
        if account.fields.by_key(str(key)) is None:
            reader.fail(f"fields.{key}", "is not the key of a field")
    try:
        return account.fields.read(given)
    except FieldValueError as error:
        reader.fail(f"fields.{error.key}", "must be a text or a number")


def _read_groups(account: Account, reader: _Reader, ids_by_name: Mapping[str, int | None]) -> tuple[int, ...]:
    given = reader.get("groups") if reader.has("groups") else ()
    if isinstance(given, str) or not isinstance(given, Iterable):
        reader.fail("groups", f"must be ids or names of groups, not {given!r}")
    found: set[int] = set()
    for position, item in enumerate(given):
        group_id = read_id(item)
        if group_id is None or group_id not in account.groups:
            group_id = ids_by_name.get(str(item), 0)
        if group_id == 0:
            reader.fail(f"groups[{position}]", f"{item!r} is neither the id nor the name of a group")
        if group_id is None:
            reader.fail(f"groups[{position}]", f"{item!r} is the name of several groups: give the id")
        found.add(group_id)
    return tuple(sorted(found))


def _group_ids_by_name(account: Account) -> dict[str, int | None]:
    """Ids by name; None for a name that several groups have."""
    ids: dict[str, int | None] = {}
    for group in account.groups:
        ids[group.name] = None if group.name in ids else group.id
    return ids
