"""One face for both clients, so that one suite can run against each of them.

A test is a coroutine that awaits `facade.call(...)`. With the async client it runs on the virtual clock's event loop; with
the sync client it never suspends, and is driven by hand without any loop.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any, Literal

from mailerlite_async import AsyncMailerLite, MailerLite, RateLimits
from mailerlite_async.testing import Emulator, VirtualClock

Flavour = Literal["async", "sync"]

KEY = "the-key-of-the-tests"


class Facade:
    """A flavour of the client on a clock, speaking to an emulator unless told otherwise.

    Args:
        flavour: which client.
        clock: the time of client and emulator.
        emulator: what it speaks to.
    """

    def __init__(self, flavour: Flavour, clock: VirtualClock, emulator: Emulator) -> None:
        self.flavour = flavour
        self.clock = clock
        self.emulator = emulator
        self.is_async = flavour == "async"
        self._opened: list[Any] = []

    def __repr__(self) -> str:
        return f"<Facade {self.flavour}>"

    def open(self, key: str = KEY, **options: Any) -> Any:
        """A client; it is closed when the test ends."""
        if "base_url" not in options:
            options = {"clock": self.clock, **options}
            if "http_client" not in options:
                options = {"transport": self.emulator.transport(), **options}
        client = (AsyncMailerLite if self.is_async else MailerLite)(key, **options)
        self._opened.append(client)
        return client

    def patient(self, **options: Any) -> Any:
        """A client whose limits are out of the way."""
        return self.open(limits=RateLimits(requests=100_000, imports=1_000), **options)

    async def call(self, result: Any) -> Any:
        """What a method of the client gives, at last."""
        return await result if inspect.isawaitable(result) else result

    async def collect(self, pager: Any, most: int | None = None) -> list[Any]:
        """The items of a pager, or the pages of `pages()`; the first `most` of them."""
        found: list[Any] = []
        if hasattr(pager, "__aiter__"):
            async for each in pager:
                found.append(each)
                if len(found) == most:
                    break
        else:
            for each in pager:
                found.append(each)
                if len(found) == most:
                    break
        return found

    async def close(self, client: Any) -> None:
        """Close a client."""
        await self.call(client.aclose() if self.is_async else client.close())

    def run(self, body: Coroutine[Any, Any, None]) -> None:
        """Run a test."""
        if self.is_async:
            self.clock.run(self._and_close(body))
            return
        try:
            self._and_close(body).send(None)
        except StopIteration:
            return
        raise AssertionError("the sync client made its caller wait for a loop")

    async def _and_close(self, body: Coroutine[Any, Any, None]) -> None:
        try:
            await body
        finally:
            for client in self._opened:
                await self.close(client)
