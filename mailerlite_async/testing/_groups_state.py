"""Groups of the emulated account and who is in them, counted by status as members come and go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ._index import IdSequence, SortedIds

STATUSES: Final = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
MOST_GROUPS: Final = 1000


def by_status() -> dict[str, SortedIds]:
    """An empty index of ids for each status."""
    return {status: SortedIds() for status in STATUSES}


@dataclass(slots=True)
class Group:
    """One group. `members` holds the ids of subscribers by their status."""

    id: int
    name: str
    created_at: str
    sent_count: int = 0
    opens_count: int = 0
    clicks_count: int = 0
    members: dict[str, SortedIds] = field(default_factory=by_status)

    @property
    def active_count(self) -> int:
        """Members that are active."""
        return len(self.members["active"])

    @property
    def open_rate(self) -> float:
        """Opens for each mail sent, 0 to 1."""
        return self.opens_count / self.sent_count if self.sent_count else 0.0

    @property
    def click_rate(self) -> float:
        """Clicks for each mail sent, 0 to 1."""
        return self.clicks_count / self.sent_count if self.sent_count else 0.0


class Groups:
    """All groups, by id."""

    def __init__(self, ids: IdSequence) -> None:
        self._ids = ids
        self._by_id: dict[int, Group] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._by_id.values())

    def __contains__(self, group_id: int) -> bool:
        return group_id in self._by_id

    def __getitem__(self, group_id: int) -> Group:
        return self._by_id[group_id]

    def get(self, group_id: int | None) -> Group | None:
        """The group with this id."""
        return None if group_id is None else self._by_id.get(group_id)

    def create(self, name: str, created_at: str, group_id: int | None = None) -> Group:
        """Add a group without members.

        Args:
            name: its name; two groups may have the same.
            created_at: naive date.
            group_id: its id, a new one if left out.
        """
        if group_id is None:
            group_id = self._ids.next()
        else:
            self._ids.skip(group_id)
        group = self._by_id[group_id] = Group(group_id, name, created_at)
        return group

    def remove(self, group: Group) -> None:
        """Remove a group that has no members any more."""
        del self._by_id[group.id]
