"""The two styles of paging: cursors over ids, and numbered pages. Their links drop filter, limit and sort."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from ._index import SortedIds, read_id

T = TypeVar("T")

# Pages on either side of the current one, and pages at either end, in the page links of Laravel.
_ON_EACH_SIDE = 3
_AT_EACH_END = 2


class Cursor(NamedTuple):
    """A place in a list of descending ids.

    Attributes:
        id: the id at the edge of the page the cursor was made on.
        forward: whether it leads on to lower ids.
    """

    id: int
    forward: bool

    @classmethod
    def decode(cls, text: object) -> Cursor | None:
        """Read a cursor; None for anything meaningless, which starts at the first page."""
        if not isinstance(text, str) or not text:
            return None
        try:
            payload = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_"))
        except (ValueError, binascii.Error, RecursionError):
            return None
        if not isinstance(payload, dict):
            return None
        bound, forward = read_id(payload.get("id")), payload.get("_pointsToNextItems")
        return cls(bound, forward) if bound is not None and isinstance(forward, bool) else None

    def encode(self) -> str:
        """The cursor as clients see it: base64 without padding."""
        payload = json.dumps({"id": self.id, "_pointsToNextItems": self.forward}, separators=(",", ":"))
        return base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")


def cursor_page(
    index: SortedIds, render: Callable[[list[int]], list[dict[str, object]]], *, cursor: object, limit: int, url: str
) -> dict[str, object]:
    """One page of a list in cursor style.

    Args:
        index: the ids of the list.
        render: turns the ids of the page, descending, into its data.
        cursor: the cursor of the request, as sent.
        limit: ids on a page.
        url: the address of the list, without a query.
    """
    start = Cursor.decode(cursor)
    if start is None or start.forward:
        ids, more = index.below(start.id if start else None, limit)
        has_next, has_previous = more, start is not None
    else:
        ids, more = index.above(start.id, limit)
        has_next, has_previous = True, more
    following = Cursor(ids[-1], forward=True).encode() if ids and has_next else None
    previous = Cursor(ids[0], forward=False).encode() if ids and has_previous else None
    return {
        "data": render(ids),
        "links": {
            "first": None,
            "last": None,
            "prev": previous and f"{url}?cursor={previous}",
            "next": following and f"{url}?cursor={following}",
        },
        "meta": {"path": url, "per_page": limit, "next_cursor": following, "prev_cursor": previous},
    }


def numbered_page(
    items: Sequence[T], render: Callable[[T], dict[str, object]], *, page: int, limit: int, url: str
) -> dict[str, object]:
    """One page of a list in page style.

    Args:
        items: the whole list, filtered and sorted.
        render: turns an item into its data.
        page: number of the page, from 1.
        limit: items on a page.
        url: the address of the list, without a query.
    """
    start = (page - 1) * limit
    shown = items[start : start + limit]
    last_page = max(1, -(-len(items) // limit))

    def address(number: int) -> str:
        return f"{url}?page={number}"

    def page_link(number: int | None) -> dict[str, object]:
        if number is None:
            return {"url": None, "label": "...", "active": False}
        return {"url": address(number), "label": str(number), "active": number == page}

    previous = address(page - 1) if page > 1 else None
    following = address(page + 1) if page < last_page else None
    return {
        "data": [render(item) for item in shown],
        "links": {"first": address(1), "last": address(last_page), "prev": previous, "next": following},
        "meta": {
            "current_page": page,
            "from": start + 1 if shown else None,
            "last_page": last_page,
            "links": [
                {"url": previous, "label": "&laquo; Previous", "active": False},
                *(page_link(number) for number in _page_window(page, last_page)),
                {"url": following, "label": "Next &raquo;", "active": False},
            ],
            "path": url,
            "per_page": limit,
            "to": start + len(shown) if shown else None,
            "total": len(items),
        },
    }


def _page_window(page: int, last_page: int) -> list[int | None]:
    """The page numbers Laravel links to; None stands for dots."""
    if last_page < _ON_EACH_SIDE * 2 + 8:
        return list(range(1, last_page + 1))
    window = _ON_EACH_SIDE + 4
    start = list(range(1, _AT_EACH_END + 1))
    finish = list(range(last_page - _AT_EACH_END + 1, last_page + 1))
    if page <= window:
        return [*range(1, window + _ON_EACH_SIDE + 1), None, *finish]
    if page > last_page - window:
        return [*start, None, *range(last_page - (window + _ON_EACH_SIDE - 1), last_page + 1)]
    return [*start, None, *range(page - _ON_EACH_SIDE, page + _ON_EACH_SIDE + 1), None, *finish]
