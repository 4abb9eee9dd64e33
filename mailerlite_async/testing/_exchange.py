"""One request on its way through the emulator, and what the log keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ._router import InnerCall, Lane
from ._wire import EmulatedResponse


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that reached the emulator.

    Attributes:
        method: the HTTP method.
        path: the path as sent, `/api/subscribers/1`.
        route: its template, `/subscribers/{id}`; None for an unknown path.
        query: decoded name and value pairs.
        body: the JSON of the body; None without one.
        status: what was answered, even if the answer was lost; None if the connection was dropped before that.
        at: when it arrived, in monotonic seconds of the emulator's clock.
        lane: `import` for calls that create an import and for batches of nothing but upserts, else `global`.
        headers: by lower-cased name, without authorization.
        inner: the calls of a batch that ran, which are no entries of their own.
    """

    method: str
    path: str
    route: str | None
    query: tuple[tuple[str, str], ...]
    body: object
    status: int | None
    at: float
    lane: Lane
    headers: Mapping[str, str]
    inner: tuple[InnerCall, ...] = ()


class Exchange:
    """One request on its way, for faces that can let time pass.

    Attributes:
        arrival_delay: seconds until the request arrives.
        reply_delay: seconds from there until the reply does; final after `arrive`.
    """

    __slots__ = ("_arrive", "arrival_delay", "reply_delay")

    def __init__(self, arrive: Callable[[Exchange], EmulatedResponse], delay: float) -> None:
        self._arrive = arrive
        self.arrival_delay: float = delay
        self.reply_delay: float = delay

    def arrive(self) -> EmulatedResponse:
        """Let the request arrive. A request whose client gives up before never does."""
        return self._arrive(self)
