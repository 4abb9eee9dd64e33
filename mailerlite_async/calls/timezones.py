"""Time zones an e-mail can be scheduled in."""

from __future__ import annotations

from mailerlite_async._call import Call
from mailerlite_async._codec import Data
from mailerlite_async.models import Timezone


def list() -> Call[tuple[Timezone, ...]]:
    """All time zones, in one answer: there are no pages. Offsets are those of the moment of the call.

    Returns:
        More than 500 time zones; some names occur more than once.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/timezones.html
    """
    return Call("GET", "/timezones", Data(tuple[Timezone, ...]), repeatable=True)
