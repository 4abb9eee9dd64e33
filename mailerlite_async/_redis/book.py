"""What a process knows of its own calls: those in flight, and those whose tokens are not back yet.

Redis has them too. They are kept here for the time after Redis was lost, or could not be reached.
"""

from __future__ import annotations

from typing import Any

import attrs


@attrs.define
class Entry:
    """A call that holds tokens; all times are of the process's own clock.

    Attributes:
        id: in Redis.
        imports: whether it holds a token of the import lane too.
        background: whether it is background work.
        sent: when it was granted.
        due: when its token is back; None while it is in flight.
        counted: whether the API counted it for certain.
    """

    id: str
    imports: bool
    background: bool
    sent: float
    due: float | None = None
    counted: bool = False


class Book:
    """The calls of one process.

    Args:
        hold: seconds a token stays away after the reply.
        pad: how much longer if there was none.
    """

    def __init__(self, hold: float, pad: float) -> None:
        self._hold = hold
        self._pad = pad
        self._entries: dict[str, Entry] = {}

    def sent(self, id: str, *, imports: bool, background: bool, now: float) -> None:
        """Note a call that was granted."""
        self._entries[id] = Entry(id, imports, background, now)

    def drop(self, id: str) -> None:
        """Forget a call that was not sent after all."""
        self._entries.pop(id, None)

    def replied(self, id: str, status: int | None, now: float) -> float:
        """Note a reply, or that there is none.

        Returns:
            Seconds since the call was granted.
        """
        entry = self._entries.get(id)
        if entry is None:
            return 0.0
        entry.due = now + self._hold + (self._pad if status is None else 0.0)
        entry.counted = status is not None and status != 429
        if status == 429:
            entry.imports = False  # no import was created
        return now - entry.sent

    def entries(self, now: float) -> list[Entry]:
        """The calls that still hold a token."""
        for id, entry in list(self._entries.items()):
            if entry.due is not None and entry.due <= now:
                del self._entries[id]
        return list(self._entries.values())

    def told(self, now: float) -> list[dict[str, Any]]:
        """The calls as the script takes them."""
        calls = []
        for entry in self.entries(now):
            call: dict[str, Any] = {"id": entry.id, "age": now - entry.sent}
            if entry.due is not None:
                call |= {"due": entry.due - now, "counted": entry.counted}
                if entry.imports:
                    call["imports_due"] = entry.due - now
            call |= {"imports": entry.imports, "background": entry.background}
            calls.append(call)
        return calls
