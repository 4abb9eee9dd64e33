"""Words of letters and digits that look random but are the same ones in every run."""

from __future__ import annotations

import hashlib
import string
from typing import Final

_ALPHABET: Final = string.digits + string.ascii_letters


def token(number: int, length: int) -> str:
    """The word of an id, up to 32 characters long."""
    digest = hashlib.sha256(str(number).encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:length])
