"""Segments of the emulated account: sets of subscribers that stay as seeded, since there are no rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ._index import IdSequence, SortedIds
from ._subscribers_state import Subscriber, Subscribers

MOST_SEGMENTS = 250


@dataclass(slots=True)
class Segment:
    """One segment. `members` are the sorted ids of subscribers, of whom some may be deleted meanwhile."""

    id: int
    name: str
    created_at: str
    members: tuple[int, ...] = ()
    automations_count: int = 0

    def present(self, subscribers: Subscribers) -> Iterator[Subscriber]:
        """The members that are still subscribers."""
        return (subscribers[member] for member in self.members if member in subscribers)

    def with_status(self, subscribers: Subscribers, status: str) -> SortedIds:
        """The ids of the members that have a status."""
        found = SortedIds()
        for subscriber in self.present(subscribers):
            if subscriber.status == status:
                found.add(subscriber.id)
        return found


class Segments:
    """All segments, by id."""

    def __init__(self, ids: IdSequence) -> None:
        self._ids = ids
        self._by_id: dict[int, Segment] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._by_id.values())

    def __contains__(self, segment_id: int) -> bool:
        return segment_id in self._by_id

    def get(self, segment_id: int | None) -> Segment | None:
        """The segment with this id."""
        return None if segment_id is None else self._by_id.get(segment_id)

    def create(self, name: str, created_at: str, members: Iterable[int], segment_id: int | None = None) -> Segment:
        """Add a segment.

        Args:
            name: its name; two segments may have the same.
            created_at: naive date.
            members: ids of subscribers.
            segment_id: its id, a new one if left out.
        """
        if segment_id is None:
            segment_id = self._ids.next()
        else:
            self._ids.skip(segment_id)
        segment = self._by_id[segment_id] = Segment(segment_id, name, created_at, tuple(sorted(set(members))))
        return segment

    def remove(self, segment: Segment) -> None:
        """Remove a segment; its members stay subscribers."""
        del self._by_id[segment.id]
