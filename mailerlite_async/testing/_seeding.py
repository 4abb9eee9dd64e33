"""Seeding: records put into the account without requests, checked strictly since nobody else would notice a slip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from ._addresses import is_address
from ._fields_state import FIELD_TYPES, MOST_FIELDS, Field, FieldValueError, derive_key
from ._groups_state import MOST_GROUPS, STATUSES, Group
from ._index import read_id
from ._moment import Moment
from ._seed_reader import SeedReader
from ._seeding_records import AUTOMATION_KEYS, FORM_KEYS, SEGMENT_KEYS, seed_automation, seed_form, seed_segment
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
    segments: Iterable[Entry] = (),
    automations: Iterable[Entry] = (),
    forms: Iterable[Entry] = (),
) -> None:
    """Add records to an account, all of them or none.

    Args:
        account: the account.
        now: the moment, for dates that are left out.
        subscribers: addresses or mappings, see `Emulator.seed`.
        groups: names or mappings.
        fields: names or mappings.
        segments: names or mappings.
        automations: names or mappings.
        forms: names or mappings.

    Raises:
        ValueError: naming the first entry that is wrong.
    """
    undo: list[Callable[[], None]] = []
    date = now.naive_date()
    try:
        for position, entry in enumerate(fields):
            field = _seed_field(account, SeedReader(f"fields[{position}]", entry, "name", _FIELD_KEYS))
            undo.append(partial(account.fields.remove, field))
        for position, entry in enumerate(groups):
            group = _seed_group(account, SeedReader(f"groups[{position}]", entry, "name", _GROUP_KEYS), date)
            undo.append(partial(account.groups.remove, group))
        group_ids = _group_ids_by_name(account)
        for position, entry in enumerate(subscribers):
            reader = SeedReader(f"subscribers[{position}]", entry, "email", _SUBSCRIBER_KEYS)
            subscriber = _seed_subscriber(account, reader, date, group_ids)
            undo.append(partial(account.subscribers.discard, subscriber))
        for position, entry in enumerate(segments):
            reader = SeedReader(f"segments[{position}]", entry, "name", SEGMENT_KEYS)
            undo.append(partial(account.segments.remove, seed_segment(account, reader, date)))
        for position, entry in enumerate(automations):
            reader = SeedReader(f"automations[{position}]", entry, "name", AUTOMATION_KEYS)
            undo.append(partial(account.automations.remove, seed_automation(account, reader, date)))
        for position, entry in enumerate(forms):
            reader = SeedReader(f"forms[{position}]", entry, "name", FORM_KEYS)
            form_groups = read_groups(account, reader, group_ids)
            undo.append(partial(account.forms.remove, seed_form(account, reader, date, form_groups)))
    except BaseException:
        for step in reversed(undo):
            step()
        raise


def _seed_field(account: Account, reader: SeedReader) -> Field:
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


def _seed_group(account: Account, reader: SeedReader, date: str) -> Group:
    if len(account.groups) >= MOST_GROUPS:
        reader.fail("name", f"is one too many: an account has at most {MOST_GROUPS} groups")
    name, created_at = reader.name(), reader.date("created_at") or date
    sent, opens, clicks = (reader.count(key) for key in ("sent_count", "opens_count", "clicks_count"))
    group = account.groups.create(name, created_at, reader.id(account.has_id))
    group.sent_count, group.opens_count, group.clicks_count = sent, opens, clicks
    return group


def _seed_subscriber(
    account: Account, reader: SeedReader, date: str, group_ids: Mapping[str, int | None]
) -> Subscriber:
    email = reader.get("email")
    if not isinstance(email, str) or not is_address(email):
        reader.fail("email", f"must be an address, not {email!r}")
    if account.subscribers.by_email(email) is not None:
        reader.fail("email", f"{email} is taken")
    if account.subscribers.deleted(email) is not None:
        reader.fail("email", f"{email} belongs to a deleted subscriber, who comes back only by a request")
    status = reader.choice("status", STATUSES, "active")
    values = _read_values(account, reader)
    groups = read_groups(account, reader, group_ids)
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


def _read_values(account: Account, reader: SeedReader) -> dict[int, str | int | float | None]:
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


def read_groups(account: Account, reader: SeedReader, ids_by_name: Mapping[str, int | None]) -> tuple[int, ...]:
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
