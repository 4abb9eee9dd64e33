"""What an emulator saw in a test, for the report of its failure: routes and statuses, nothing personal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._deliveries import Delivery

if TYPE_CHECKING:
    from ._emulator import Emulator
    from ._exchange import LoggedRequest

_MOST: Final = 50


def describe_requests(emulator: Emulator) -> str:
    """One line for each of the last requests, calls in a batch and deliveries, with the time since the first."""
    events: list[LoggedRequest | Delivery] = [*emulator.requests, *emulator.deliveries]
    events.sort(key=lambda event: event.at)
    if not events:
        return "no request arrived"
    lines = [f"... and {len(events) - _MOST} before"] if len(events) > _MOST else []
    for event in events[-_MOST:]:
        lead = f"{event.at - events[0].at:9.3f} s  "
        if isinstance(event, Delivery):
            what = f"webhook {', '.join(event.events)}, attempt {event.attempt}"
            lines.append(f"{lead}{what} -> {event.status or 'no answer'}")
        else:
            lines.append(_line(lead, event.method, event.route, event.status))
            lines.extend(_line(" " * 13, inner.method, inner.route, inner.status) for inner in event.inner)
    return "\n".join(lines)


def _line(lead: str, method: str, route: str | None, status: int | None) -> str:
    return f"{lead}{method} {route or '(unknown path)'} -> {status or 'connection dropped'}"
