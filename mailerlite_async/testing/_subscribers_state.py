"""Subscribers of the emulated account: found by id and by address, listed by status and by group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from ._fields_state import FieldValue
from ._groups_state import STATUSES, Group, Groups, by_status
from ._happenings import CREATED, STATUS_EVENTS, Happenings
from ._index import IdSequence, SortedIds


class Activity(NamedTuple):
    """One entry of a subscriber's log; `group_id` for those about a group."""

    id: int
    log_name: str
    created_at: str
    group_id: int | None = None


@dataclass(slots=True)
class Subscriber:
    """One subscriber. `values` are by field id, `groups` are sorted ids, `log` has the oldest entry first."""

    id: int
    email: str
    created_at: str
    updated_at: str
    status: str = "active"
    source: str = "api"
    sent: int = 0
    opens_count: int = 0
    clicks_count: int = 0
    ip_address: str | None = None
    subscribed_at: str | None = None
    unsubscribed_at: str | None = None
    opted_in_at: str | None = None
    optin_ip: str | None = None
    values: dict[int, FieldValue] | None = None
    groups: tuple[int, ...] = ()
    log: tuple[Activity, ...] = ()

    def merge(self, values: Mapping[int, FieldValue | None]) -> bool:
        """Set field values; None clears one.

        Returns:
            Whether anything is different now.
        """
        held = self.values or {}
        if all(held.get(field_id) == value for field_id, value in values.items()):
            return False
        merged = {**held, **values}
        self.values = {field_id: value for field_id, value in merged.items() if value is not None} or None
        return True


@dataclass(slots=True)
class Changes:
    """What a request says about a subscriber; what it does not mention is None or absent.

    Attributes:
        status: the new status.
        values: field values by field id, None to clear.
        groups: group ids.
        attributes: dates and addresses by the name of the attribute of `Subscriber`.
    """

    status: str | None = None
    values: dict[int, FieldValue | None] = field(default_factory=dict)
    groups: tuple[int, ...] | None = None
    attributes: dict[str, str | None] = field(default_factory=dict)


class Subscribers:
    """All subscribers that are not deleted, and the deleted ones that may come back."""

    def __init__(self, ids: IdSequence, groups: Groups, happenings: Happenings) -> None:
        self.happenings = happenings
        self._ids = ids
        self._groups = groups
        self._by_id: dict[int, Subscriber] = {}
        self._by_email: dict[str, Subscriber] = {}
        self._deleted: dict[str, Subscriber] = {}
        self._entries = count(1)
        self.ids = SortedIds()
        self.by_status = by_status()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(self._by_id.values())

    def __contains__(self, subscriber_id: int) -> bool:
        return subscriber_id in self._by_id

    def __getitem__(self, subscriber_id: int) -> Subscriber:
        return self._by_id[subscriber_id]

    def get(self, subscriber_id: int | None) -> Subscriber | None:
        """The subscriber with this id."""
        return None if subscriber_id is None else self._by_id.get(subscriber_id)

    def by_email(self, address: str) -> Subscriber | None:
        """The subscriber with this address, in any letter case."""
        return self._by_email.get(address.lower())

    def deleted(self, address: str) -> Subscriber | None:
        """The deleted subscriber who would come back with this address."""
        return self._deleted.get(address.lower())

    def has_deleted(self, subscriber_id: int) -> bool:
        """Whether a deleted subscriber has this id."""
        return any(subscriber.id == subscriber_id for subscriber in self._deleted.values())

    def new(self, address: str, now: str, *, subscriber_id: int | None = None) -> Subscriber:
        """Make a subscriber that is not in the account yet; `add` puts it there."""
        if subscriber_id is None:
            subscriber_id = self._ids.next()
        else:
            self._ids.skip(subscriber_id)
        subscriber = Subscriber(subscriber_id, address.lower(), now, now, subscribed_at=now)
        self._note(subscriber, "activated", now)
        return subscriber

    def add(self, subscriber: Subscriber) -> None:
        """Put a new or a deleted subscriber into the account, and into the groups it names."""
        self._deleted.pop(subscriber.email, None)
        self._by_id[subscriber.id] = self._by_email[subscriber.email] = subscriber
        self.ids.add(subscriber.id)
        self.by_status[subscriber.status].add(subscriber.id)
        for group_id in subscriber.groups:
            self._groups[group_id].members[subscriber.status].add(subscriber.id)

    def enter(self, subscriber: Subscriber) -> None:
        """Add a subscriber, as something that happens."""
        self.add(subscriber)
        self.happenings.note(CREATED, subscriber)

    def delete(self, subscriber: Subscriber) -> None:
        """Take a subscriber out of lists and groups, and keep it in case the address is posted again."""
        self.discard(subscriber)
        self._deleted[subscriber.email] = subscriber
        self.happenings.note("subscriber.deleted", subscriber)

    def forget(self, subscriber: Subscriber) -> None:
        """Take a subscriber out for good."""
        self.discard(subscriber)
        self.happenings.note("subscriber.deleted", subscriber, forgotten=True)

    def discard(self, subscriber: Subscriber) -> None:
        """Take a subscriber out as if it had never been there."""
        for group_id in subscriber.groups:
            self._groups[group_id].members[subscriber.status].remove(subscriber.id)
        subscriber.groups = ()
        self.by_status[subscriber.status].remove(subscriber.id)
        self.ids.remove(subscriber.id)
        del self._by_id[subscriber.id], self._by_email[subscriber.email]

    def readdress(self, subscriber: Subscriber, address: str) -> None:
        """Change the address to one that no other subscriber has."""
        del self._by_email[subscriber.email]
        subscriber.email = address.lower()
        self._by_email[subscriber.email] = subscriber

    def apply(self, subscriber: Subscriber, changes: Changes, now: str) -> None:
        """Change a subscriber as asked; groups are added.

        Args:
            subscriber: one that is in the account.
            changes: valid ones.
            now: naive date, for whatever has no date of its own.
        """
        for name, value in changes.attributes.items():
            setattr(subscriber, name, value)
        self.fill(subscriber, changes.values)
        if changes.status is not None:
            if changes.status == "unsubscribed" and subscriber.unsubscribed_at is None:
                subscriber.unsubscribed_at = now
            if changes.status == "unsubscribed" and subscriber.status != "unsubscribed":
                self._note(subscriber, "unsubscribed", now)
            self.set_status(subscriber, changes.status)
        self.join(subscriber, changes.groups or (), now)
        subscriber.updated_at = now

    def fill(self, subscriber: Subscriber, values: Mapping[int, FieldValue | None]) -> bool:
        """Set field values; None clears one.

        Returns:
            Whether anything is different now.
        """
        changed = subscriber.merge(values)
        if changed:
            self.happenings.note("subscriber.updated", subscriber)
        return changed

    def set_status(self, subscriber: Subscriber, status: str) -> None:
        """Change the status, in every list the subscriber is in."""
        if status not in STATUSES:
            raise ValueError(f"unknown status {status!r}")
        if status == subscriber.status:
            return
        for index in (self.by_status, *(self._groups[group_id].members for group_id in subscriber.groups)):
            index[subscriber.status].remove(subscriber.id)
            index[status].add(subscriber.id)
        confirmed = subscriber.status == "unconfirmed" and status == "active"
        subscriber.status = status
        if confirmed:
            self.happenings.note("subscriber.updated", subscriber)
        if (event := STATUS_EVENTS.get(status)) is not None:
            self.happenings.note(event, subscriber)

    def join(self, subscriber: Subscriber, group_ids: Iterable[int], now: str) -> bool:
        """Put a subscriber into groups.

        Args:
            subscriber: one that is in the account.
            group_ids: groups that exist.
            now: naive date, for the log.

        Returns:
            Whether it was not in all of them already.
        """
        missing = set(group_ids).difference(subscriber.groups)
        for group_id in sorted(missing):
            self._groups[group_id].members[subscriber.status].add(subscriber.id)
            self._note(subscriber, "added_to_group", now, group_id)
            self.happenings.note("subscriber.added_to_group", subscriber, self._groups[group_id])
        if missing:
            subscriber.groups = tuple(sorted(missing.union(subscriber.groups)))
        return bool(missing)

    def leave(self, subscriber: Subscriber, group_ids: Iterable[int]) -> None:
        """Take a subscriber out of groups it is in."""
        left = set(group_ids)
        for group_id in sorted(left):
            self._groups[group_id].members[subscriber.status].remove(subscriber.id)
            self.happenings.note("subscriber.removed_from_group", subscriber, self._groups[group_id])
        subscriber.groups = tuple(group_id for group_id in subscriber.groups if group_id not in left)

    def note_campaign(self, subscriber: Subscriber, now: str) -> None:
        """Count and log a mail that was sent to a subscriber."""
        subscriber.sent += 1
        self._note(subscriber, "campaign_send", now)

    def disband(self, group: Group) -> None:
        """Take all members out of a group and remove it; the subscribers stay."""
        for members in group.members.values():
            for subscriber_id in members:
                subscriber = self._by_id[subscriber_id]
                subscriber.groups = tuple(other for other in subscriber.groups if other != group.id)
        self._groups.remove(group)

    def _note(self, subscriber: Subscriber, log_name: str, now: str, group_id: int | None = None) -> None:
        subscriber.log = (*subscriber.log, Activity(next(self._entries), log_name, now, group_id))
