"""Languages a campaign can be in."""

from __future__ import annotations

from mailerlite_async._call import Call
from mailerlite_async._codec import Data
from mailerlite_async.models import CampaignLanguage


def list() -> Call[tuple[CampaignLanguage, ...]]:
    """All languages, in one answer: there are no pages.

    Returns:
        The languages, in the order of the service.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/campaign-languages.html
    """
    return Call("GET", "/campaigns/languages", Data(tuple[CampaignLanguage, ...]), repeatable=True)
