"""Some languages and time zones that campaigns can have."""

from __future__ import annotations

from typing import Final

# Id, short code, ISO 639 and name; all of them run from left to right.
_LANGUAGES: Final = (
    (1, "lt", "lt-LT", "Lietuviškai"),
    (4, "en", "en-US", "English"),
    (5, "de", "de-DE", "Deutsch"),
    (6, "fr", "fr-FR", "Français"),
    (8, "es", "es-ES", "Español"),
)
LANGUAGES: Final = {
    number: {"id": str(number), "shortcode": short, "iso639": iso, "name": name, "direction": "ltr"}
    for number, short, iso, name in _LANGUAGES
}
DEFAULT_LANGUAGE: Final = 4

# Minutes ahead of UTC by id, as recorded in September; the account itself is in UTC.
ZONE_OFFSETS: Final = {1: 0, 50: 120, 152: -240, 249: 345, 371: 180, 426: 0}
