"""Cutting a stream of rows into chunks: always in the same way, so that a job that is started again finds its chunks.

The cuts depend on the rows alone, never on what the API answers or when.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from mailerlite_async._batch import MOST_CALLS
from mailerlite_async.bulk._chunk import MOST_IMPORT_BYTES, MOST_IMPORT_ROWS, Chunk, Item
from mailerlite_async.bulk._model import Way
from mailerlite_async.bulk._operations import Work

# A call of the import lane is worth as many calls of the other one as there are for each of its own: 120 / 5.
WORTH_OF_IMPORT = 24

_ALL = ""


@attrs.define(eq=False)
class _Open:
    """A chunk that is being filled; `group_id` is None unless it is an import."""

    group_id: str | None
    items: list[Item] = attrs.field(factory=list)
    keys: set[str] = attrs.field(factory=set)
    size: int = 0


class Cutter:
    """Takes rows one by one and gives chunks.

    Rows about the same person never share a chunk, so that their order can be kept: the service treats a batch of
    upserts as an import, and of an import's duplicates it takes one.

    Args:
        work: the operation.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._number = 0
        # In the order in which they were opened; rows that need calls of their own are under `_ALL`.
        self._open: dict[str, _Open] = {}
        self._keys: dict[str, str] = {}

    def add(self, item: Item) -> Iterator[Chunk]:
        """Take a row.

        Args:
            item: the row.

        Yields:
            The chunks that are full now.
        """
        while (held := self._keys.get(item.key)) is not None:
            yield from self._cut(held)
        yield from self.advance(item.row)
        group_id = self._work.group_id if self._work.operation == "import_into" else item.group_id
        yield from self._put(item, group_id)

    def advance(self, row: int) -> Iterator[Chunk]:
        """The source has come to this row.

        Args:
            row: its place among the rows.

        Yields:
            The chunk that has been open for so long that it holds back the results of all the others.
        """
        oldest = next(iter(self._open), None)
        if oldest is not None and self._open[oldest].items[0].row <= row - MOST_IMPORT_ROWS:
            yield from self._cut(oldest)

    def end(self) -> Iterator[Chunk]:
        """There are no more rows.

        Yields:
            The chunks that were not full.
        """
        for name in [name for name in self._open if name != _ALL]:
            yield from self._cut(name)
        if _ALL in self._open:
            yield from self._cut(_ALL)

    def _put(self, item: Item, group_id: str | None) -> Iterator[Chunk]:
        name = group_id or _ALL
        known = self._open.get(name)
        if known is not None and group_id is not None and known.size + item.size > MOST_IMPORT_BYTES:
            yield from self._cut(name)
        into = self._open.setdefault(name, _Open(group_id))
        into.items.append(item)
        into.size += item.size
        self._keys[item.key] = name
        if len(into.items) >= (MOST_CALLS if group_id is None else self._work.chunk_rows):
            yield from self._cut(name)

    def _cut(self, name: str) -> Iterator[Chunk]:
        full = self._open.pop(name)
        for item in full.items:
            self._keys.pop(item.key, None)
        if full.group_id is not None:
            if self._work.operation == "import_into" or len(full.items) > MOST_CALLS:
                yield self._chunk("import", full.items, full.group_id)
                return
            # Too few for an import: they join the rows that need calls of their own.
            for item in full.items:
                yield from self._put(item, None)
            return
        if self._work.operation == "upsert" and len(full.items) <= WORTH_OF_IMPORT:
            for item in full.items:
                yield self._chunk("single", [item], None)
            return
        yield self._chunk("single" if len(full.items) == 1 else "batch", full.items, None)

    def _chunk(self, way: Way, items: list[Item], group_id: str | None) -> Chunk:
        chunk = Chunk(self._number, way, items, group_id)
        self._number += 1
        return chunk
