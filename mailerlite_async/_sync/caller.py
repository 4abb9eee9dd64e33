"""What a resource needs of its client: run a call, a flow or a walk over pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mailerlite_async._call import Call, Page
from mailerlite_async._sync.pager import Pager
from mailerlite_async.config import Options

if TYPE_CHECKING:
    from mailerlite_async._flow import Flow, Response
    from mailerlite_async._sync.engine import SyncEngine
    from mailerlite_async._sync.halt import Halt

T = TypeVar("T")


class SyncCaller:
    """An engine with the options of one client, or of one view of it."""

    __slots__ = ("engine", "options")

    def __init__(self, engine: SyncEngine, options: Options) -> None:
        self.engine: SyncEngine = engine
        self.options: Options = options

    def execute(self, call: Call[T]) -> Response[T]:
        """Make a call."""
        return self.engine.execute(call, self.options)

    def value(self, call: Call[T]) -> T:
        """Make a call, for its value alone."""
        return self.engine.execute(call, self.options).value

    def run(self, flow: Flow[T], halt: Halt | None = None) -> T:
        """Run a flow of several calls; `halt` ends its waiting when it is called off."""
        return self.engine.run(flow, self.options, halt)

    def pager(self, first: Call[Page[T]], *, prefetch: bool) -> Pager[T]:
        """Walk a list; reading ahead would need a thread, so `prefetch` changes nothing here."""
        return Pager(self.value, first)
