"""A guard against lists that never end, because the API gives the same page again and again."""

from __future__ import annotations

from typing import Any

from mailerlite_async._call import Page
from mailerlite_async.errors import DecodeError


class PageGuard:
    """Remembers what was seen of one list."""

    def __init__(self) -> None:
        self._cursors: set[str] = set()
        self._before: tuple[Any, ...] | None = None

    def check(self, page: Page[Any]) -> None:
        """Take note of the next page.

        Raises:
            DecodeError: if its cursor was given before, or if a numbered page has the items of the one before.
        """
        if page.next is None:
            return
        cursor = page.next_cursor
        if cursor is not None:
            if cursor in self._cursors:
                raise self._repeated(page, "a cursor was given for the second time", "$.meta.next_cursor")
            self._cursors.add(cursor)
        elif "current_page" not in page.meta:
            # Without `meta` only the items can tell that the API did not understand the page number.
            if page.items and page.items == self._before:
                raise self._repeated(page, "the items of the page before came again", "$.data")
            self._before = page.items

    @staticmethod
    def _repeated(page: Page[Any], reason: str, json_path: str) -> DecodeError:
        call = page.next
        method, route = (call.method, call.route) if call is not None else ("", "")
        return DecodeError(reason, json_path=json_path, method=method, route=route)
