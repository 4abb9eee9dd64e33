"""Fields: what an account stores about its subscribers beside the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    FieldType = Literal["text", "number", "date"] | str
else:
    FieldType = str


@attrs.frozen
class Field:
    """A field of the account.

    Attributes:
        id: digits.
        name: the title people see, up to 255 characters.
        key: the name to use in `fields` of a subscriber; made from the first name and never changed.
        type: `text`, `number` or `date`.
        is_default: True for the eight built-in fields.
        used_in_automations: sent in lists only.

    API: https://developers.mailerlite.com/docs/fields.html
    """

    id: str
    name: str
    key: str
    type: FieldType
    is_default: bool | None = None
    used_in_automations: bool | None = None
