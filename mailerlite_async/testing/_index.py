"""Ids of the account: how they are handed out, and the sorted lists that cursor paging walks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

# Ids of the service have 18 digits and do not fit into a double.
FIRST_ID = 170_000_000_000_000_001
LARGEST_ID = 2**63 - 1


class IdSequence:
    """Hands out increasing ids, the same ones in every run."""

    def __init__(self, first: int) -> None:
        self._next = first

    def next(self) -> int:
        """A new id."""
        self._next += 1
        return self._next - 1

    def skip(self, taken: int) -> None:
        """Never hand out this id nor a lower one."""
        self._next = max(self._next, taken + 1)


class SortedIds:
    """A set of ids in order. A page costs what it shows, an insertion at the end nothing."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: list[int] = []

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __contains__(self, member: int) -> bool:
        position = bisect_left(self._ids, member)
        return position < len(self._ids) and self._ids[position] == member

    def add(self, member: int) -> None:
        """Add an id that is not in yet."""
        if not self._ids or member > self._ids[-1]:
            self._ids.append(member)
        else:
            insort(self._ids, member)

    def remove(self, member: int) -> None:
        """Remove an id that is in."""
        del self._ids[bisect_left(self._ids, member)]

    def below(self, bound: int | None, count: int) -> tuple[list[int], bool]:
        """The largest ids below a bound.

        Args:
            bound: the first id that is too large; None for no bound.
            count: how many at most.

        Returns:
            The ids, descending, and whether there are more below them.
        """
        end = len(self._ids) if bound is None else bisect_left(self._ids, bound)
        start = max(0, end - count)
        return self._ids[start:end][::-1], start > 0

    def above(self, bound: int, count: int) -> tuple[list[int], bool]:
        """The smallest ids above a bound.

        Args:
            bound: the last id that is too small.
            count: how many at most.

        Returns:
            The ids, descending, and whether there are more above them.
        """
        start = bisect_right(self._ids, bound)
        end = min(len(self._ids), start + count)
        return self._ids[start:end][::-1], end < len(self._ids)


def read_id(text: object) -> int | None:
    """The id in a path segment or a body; None for anything that cannot be one."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text if 0 < text <= LARGEST_ID else None
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 19 and text[0] != "0":
        return int(text)
    return None
