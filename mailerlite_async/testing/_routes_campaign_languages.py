"""The route of the languages of campaigns."""

from __future__ import annotations

from typing import Final

from ._campaign_languages_state import CAMPAIGN_LANGUAGES
from ._rendering_campaign_languages import render_campaign_language
from ._router import Invocation, Route
from ._wire import EmulatedResponse, json_response


def list_languages(_: Invocation) -> EmulatedResponse:
    """`GET /campaigns/languages`, all in one answer."""
    return json_response(200, {"data": [render_campaign_language(language) for language in CAMPAIGN_LANGUAGES]})


ROUTES: Final = (Route("GET", "/campaigns/languages", list_languages),)
