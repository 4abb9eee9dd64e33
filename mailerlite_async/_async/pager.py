"""A list of the API walked page by page, by tasks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

from mailerlite_async._call import Call, Page
from mailerlite_async._pages import PageGuard

T = TypeVar("T")


class AsyncPager(Generic[T]):
    """Iterate over it with `async for` to get the items, or over `pages()` to get whole pages.

    Each iteration starts again at the first page.
    """

    def __init__(
        self, fetch: Callable[[Call[Page[T]]], Awaitable[Page[T]]], first: Call[Page[T]], *, prefetch: bool
    ) -> None:
        self._fetch = fetch
        self._first = first
        self._prefetch = prefetch

    def __repr__(self) -> str:
        return f"<AsyncPager {self._first.method} {self._first.route}>"

    async def __aiter__(self) -> AsyncIterator[T]:
        async with contextlib.aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """The pages, each with `next_cursor` to go on from later.

        Raises:
            DecodeError: if the API gives a cursor, or a page, for the second time.
        """
        guard = PageGuard()
        call: Call[Page[T]] | None = self._first
        ahead: asyncio.Task[Page[T]] | None = None
        try:
            while call is not None:
                page = await (self._fetch(call) if ahead is None else ahead)
                ahead = None
                guard.check(page)
                call = page.next
                if call is not None and self._prefetch:
                    ahead = asyncio.ensure_future(self._fetch(call))
                yield page
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.wait([ahead])  # unlike awaiting it, this tells its cancellation from our own
                if not ahead.cancelled():
                    ahead.exception()  # nobody wants that page any more, nor what went wrong with it
