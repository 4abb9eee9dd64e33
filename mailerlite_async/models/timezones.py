"""Time zones, as the service knows them."""

from __future__ import annotations

import attrs


@attrs.frozen
class Timezone:
    """A time zone an e-mail can be scheduled in.

    Attributes:
        id: digits; the scheduling of a campaign takes it.
        name: the IANA name. Some names occur more than once, under different ids.
        name_for_humans: name and offset, such as `Europe/Vilnius (+03:00)`.
        offset_name: from UTC, such as `+03:00`.
        offset: from UTC in minutes, at the moment of the call, summer time included; it changes, so do not store it.

    API: https://developers.mailerlite.com/docs/timezones.html
    """

    id: str
    name: str
    name_for_humans: str
    offset_name: str
    offset: int
