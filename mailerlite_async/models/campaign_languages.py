"""Languages a campaign can be in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    TextDirection = Literal["ltr", "rtl"] | str
else:
    TextDirection = str


@attrs.frozen
class CampaignLanguage:
    """A language for the texts that the service adds to an e-mail, such as the one to unsubscribe.

    Attributes:
        id: digits; a campaign takes it as `language_id`.
        shortcode: the service's own code, which is no ISO code: Czech is `cz`.
        iso639: a locale such as `en-US`, or a language such as `ar`; a few are neither.
        name: in the language itself.
        direction: `ltr` or `rtl`.

    API: https://developers.mailerlite.com/docs/campaign-languages.html
    """

    id: str
    shortcode: str
    iso639: str
    name: str
    direction: TextDirection
