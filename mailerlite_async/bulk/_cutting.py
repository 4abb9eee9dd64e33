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

# Chunks of one kind that are filled side by side, for the first, second, ... row about the same person.
_MOST_LAYERS = 16

_ALL = ""


@attrs.define(eq=False)
class _Open:
    """A chunk that is being filled; `group_id` is None unless it is an import."""

    name: str
    group_id: str | None
    items: list[Item] = attrs.field(factory=list)
    size: int = 0


class Cutter:
    """Takes rows one by one and gives chunks.

    Rows about the same person never share a chunk, so that their order can be kept: the service treats a batch of
    upserts as an import, and of an import's duplicates it takes one. So a further row about somebody goes into the
    next open chunk of the same kind, a layer above; everybody in a layer is in those below it as well, which are cut
    first. An operation that keeps no order has no layers.

    Args:
        work: the operation.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._number = 0
        # The layers of each kind, the lowest first; rows that need calls of their own are under `_ALL`.
        self._layers: dict[str, list[_Open]] = {}
        # All of them, in the order in which they were opened.
        self._opened: dict[_Open, None] = {}
        # Where the last row about somebody is.
        self._last: dict[str, _Open] = {}

    def add(self, item: Item) -> Iterator[Chunk]:
        """Take a row.

        Args:
            item: the row.

        Yields:
            The chunks that are full now.
        """
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
        oldest = next(iter(self._opened), None)
        if oldest is not None and oldest.items[0].row <= row - MOST_IMPORT_ROWS:
            yield from self._cut(oldest.name)

    def end(self) -> Iterator[Chunk]:
        """There are no more rows.

        Yields:
            The chunks that were not full.
        """
        for name in [name for name in self._layers if name != _ALL]:
            while name in self._layers:
                yield from self._cut(name)
        while _ALL in self._layers:
            yield from self._cut(_ALL)

    def _put(self, item: Item, group_id: str | None) -> Iterator[Chunk]:
        name = group_id or _ALL
        while (into := self._place(item, name)) is None:
            held = self._last.get(item.key)
            yield from self._cut(name if held is None else held.name)
        if into not in self._opened:
            self._layers.setdefault(name, []).append(into)
            self._opened[into] = None
        into.items.append(item)
        into.size += item.size
        if self._work.keeps_order:
            self._last[item.key] = into
        if len(into.items) >= (MOST_CALLS if group_id is None else self._work.chunk_rows):
            yield from self._cut(name)

    def _place(self, item: Item, name: str) -> _Open | None:
        """The chunk a row can go into, perhaps a new one; None if another has to be cut before."""
        layers = self._layers.get(name, [])
        held = self._last.get(item.key)
        if held is not None and held.name != name:
            return None
        layer = 0 if held is None else layers.index(held) + 1
        if layer == len(layers):
            return _Open(name, name or None) if layer < _MOST_LAYERS else None
        into = layers[layer]
        fits = name == _ALL or into.size + item.size <= MOST_IMPORT_BYTES
        return into if fits else None

    def _cut(self, name: str) -> Iterator[Chunk]:
        """Cut the lowest layer of a kind."""
        full = self._close(name)
        if full.group_id is not None:
            if self._work.operation == "import_into" or len(full.items) > MOST_CALLS:
                yield self._chunk("import", full.items, full.group_id)
                return
            # Too few for an import, as are those above it, which hold no more: they join the rows that need calls of
            # their own.
            items = full.items
            while name in self._layers:
                items += self._close(name).items
            for item in items:
                yield from self._put(item, None)
            return
        if self._work.operation == "upsert" and len(full.items) <= WORTH_OF_IMPORT:
            for item in full.items:
                yield self._chunk("single", [item], None)
            return
        yield self._chunk("single" if len(full.items) == 1 else "batch", full.items, None)

    def _close(self, name: str) -> _Open:
        layers = self._layers[name]
        full = layers.pop(0)
        if not layers:
            del self._layers[name]
        del self._opened[full]
        for item in full.items:
            if self._last.get(item.key) is full:
                del self._last[item.key]
        return full

    def _chunk(self, way: Way, items: list[Item], group_id: str | None) -> Chunk:
        chunk = Chunk(self._number, way, items, group_id)
        self._number += 1
        return chunk
