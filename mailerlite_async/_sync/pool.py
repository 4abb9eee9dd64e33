"""The connections of a client for threads: how long they are used, and who closes them."""

from __future__ import annotations

import weakref
from types import TracebackType
from typing import TYPE_CHECKING

from mailerlite_async._fork import leave_alone

if TYPE_CHECKING:
    import httpx


class Pool:
    """An httpx client, held by the engine and by each call that uses it, and closed when nobody holds it any more.

    Args:
        client: the client.
        closes: whether to close it.
    """

    __slots__ = ("__weakref__", "_closing", "client")

    def __init__(self, client: httpx.Client, *, closes: bool) -> None:
        self.client = client
        self._closing = weakref.finalize(self, client.close) if closes else None

    def close(self) -> None:
        """Close the connections now, whoever uses them."""
        self._detach()
        self.client.close()

    def interrupted(self, error: BaseException) -> None:
        """A call ended with an exception such as KeyboardInterrupt, perhaps before a lock it took could be released.

        That can be so in the `__enter__` of a lock only. To close such a pool would mean to wait for the lock; without
        that, the connections end when nobody refers to them.
        """
        if _ends_in_enter(error.__traceback__):
            self._detach()

    def leave_alone(self) -> None:
        """In a forked child: the connections are the parent's."""
        self._detach()
        leave_alone(self.client)

    def _detach(self) -> None:
        if self._closing is not None:
            self._closing.detach()


def _ends_in_enter(traceback: TracebackType | None) -> bool:
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name == "__enter__":
            return True
        traceback = traceback.tb_next
    return False
