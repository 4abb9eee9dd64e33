"""What a resource needs of its client: run a call, a flow or a walk over pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mailerlite_async._async.pager import AsyncPager
from mailerlite_async._call import Call, Page
from mailerlite_async.config import Options

if TYPE_CHECKING:
    from mailerlite_async._async.engine import AsyncEngine
    from mailerlite_async._flow import Flow, Response

T = TypeVar("T")


class AsyncCaller:
    """An engine with the options of one client, or of one view of it."""

    __slots__ = ("engine", "options")

    def __init__(self, engine: AsyncEngine, options: Options) -> None:
        self.engine: AsyncEngine = engine
        self.options: Options = options

    async def execute(self, call: Call[T]) -> Response[T]:
        """Make a call."""
        return await self.engine.execute(call, self.options)

    async def value(self, call: Call[T]) -> T:
        """Make a call, for its value alone."""
        return (await self.engine.execute(call, self.options)).value

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow of several calls."""
        return await self.engine.run(flow, self.options)

    def pager(self, first: Call[Page[T]], *, prefetch: bool) -> AsyncPager[T]:
        """Walk a list."""
        return AsyncPager(self.value, first, prefetch=prefetch)
