"""The JSON shape of a time zone."""

from __future__ import annotations

from ._rendering import JsonObject
from ._timezones_state import Timezone


def render_timezone(timezone: Timezone) -> JsonObject:
    """A time zone with its offset in three forms."""
    hours, minutes = divmod(abs(timezone.offset), 60)
    offset = f"{'-' if timezone.offset < 0 else '+'}{hours:02}:{minutes:02}"
    return {
        "id": str(timezone.id),
        "name": timezone.name,
        "name_for_humans": f"{timezone.name.replace('_', ' ')} ({offset})",
        "offset_name": offset,
        "offset": timezone.offset,
    }
