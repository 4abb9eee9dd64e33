"""The JSON shape of a language of campaigns."""

from __future__ import annotations

from ._campaign_languages_state import CampaignLanguage
from ._rendering import JsonObject


def render_campaign_language(language: CampaignLanguage) -> JsonObject:
    """A language."""
    return {**language._asdict(), "id": str(language.id)}
