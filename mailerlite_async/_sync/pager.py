"""A list of the API walked page by page, by a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from mailerlite_async._call import Call, Page
from mailerlite_async._pages import PageGuard

T = TypeVar("T")


class Pager(Generic[T]):
    """Iterate over it to get the items, or over `pages()` to get whole pages.

    Each iteration starts again at the first page.
    """

    def __init__(self, fetch: Callable[[Call[Page[T]]], Page[T]], first: Call[Page[T]]) -> None:
        self._fetch = fetch
        self._first = first

    def __repr__(self) -> str:
        return f"<Pager {self._first.method} {self._first.route}>"

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[T]]:
        """The pages, each with `next_cursor` to go on from later.

        Raises:
            DecodeError: if the API gives a cursor, or a page, for the second time.
        """
        guard = PageGuard()
        call: Call[Page[T]] | None = self._first
        while call is not None:
            page = self._fetch(call)
            guard.check(page)
            call = page.next
            yield page
