"""Limits the API's reference states, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Never

from mailerlite_async.errors import ValidationError

LONGEST_NAME = 255


def refuse(method: str, route: str, argument: str, text: str) -> Never:
    """Refuse an argument the way the API would, but without a call.

    Raises:
        ValidationError: with `attempts == 0` and the argument in `errors`.
    """
    raise ValidationError(
        "refused before sending", errors={argument: [f"The {argument} {text}."]}, method=method, route=route
    )


def check_text(value: str, argument: str, method: str, route: str, most: int = LONGEST_NAME) -> str:
    """A text that is neither empty nor too long.

    Raises:
        TypeError: if it is not text.
        ValidationError: with `attempts == 0`.
    """
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be str, not {type(value).__name__}")
    if not value:
        refuse(method, route, argument, "field is required")
    if len(value) > most:
        refuse(method, route, argument, f"may not be greater than {most} characters")
    return value


def check_choice(value: str, argument: str, method: str, route: str, known: Collection[str]) -> str:
    """One of the values the API takes.

    Raises:
        ValidationError: with `attempts == 0`.
    """
    if value not in known:
        refuse(method, route, argument, f"must be one of {', '.join(known)}")
    return value
