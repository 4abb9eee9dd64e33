"""Checks the numbers that inboxes, stores and receivers are set up with."""

from __future__ import annotations

import math


def check_count(name: str, value: object) -> None:
    """Make sure that a value is a whole number, 1 or more.

    Raises:
        TypeError: if it is no whole number, naming it.
        ValueError: if it is less, naming it.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1")


def check_seconds(name: str, value: object, *, zero: bool = False) -> None:
    """Make sure that a value is a number of seconds above 0.

    Args:
        name: of the argument.
        value: what was given for it.
        zero: whether 0 will do as well.

    Raises:
        TypeError: if it is no number, naming it.
        ValueError: if it is too small, or not a number, naming it.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if math.isnan(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} must {'not be less' if zero else 'be more'} than 0 seconds")
