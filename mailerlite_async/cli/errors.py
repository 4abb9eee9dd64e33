"""How commands fail: their exit statuses, and the error that is a message for the user."""

from __future__ import annotations

from typing import Final

ALL_TAKEN: Final = 0
SOME_REFUSED: Final = 1
COULD_NOT_RUN: Final = 2
INTERRUPTED: Final = 130


class CannotRunError(Exception):
    """Something the user has to put right, told in one or two sentences that name the file, line, column or option."""
