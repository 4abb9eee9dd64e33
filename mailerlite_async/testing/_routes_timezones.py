"""The route of the time zones."""

from __future__ import annotations

from typing import Final

from ._rendering_timezones import render_timezone
from ._router import Invocation, Route
from ._timezones_state import TIMEZONES
from ._wire import EmulatedResponse, json_response


def list_timezones(_: Invocation) -> EmulatedResponse:
    """`GET /timezones`, all in one answer."""
    return json_response(200, {"data": [render_timezone(timezone) for timezone in TIMEZONES]})


ROUTES: Final = (Route("GET", "/timezones", list_timezones),)
