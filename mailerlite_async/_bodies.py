"""The JSON of request bodies; what cannot be written is named by its place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec


def encode(value: Any) -> bytes:
    """JSON of a request body.

    Args:
        value: the body; its own keys are the names of arguments.

    Raises:
        TypeError: if it holds something JSON cannot, naming where.
        ValueError: if it holds a text that is none, a number of thousands of digits, or one that is infinite or NaN: it
            would be sent as null, which clears what is there. Says where.
    """
    try:
        content = msgspec.json.encode(value, enc_hook=_plain)
    except TypeError as error:
        raise TypeError(_unwritable(value) or str(error)) from None
    except ValueError as error:
        raise ValueError(_unwritable(value) or str(error)) from None
    if b"null" in content:
        for place, leaf in _leaves(value, ""):
            if isinstance(leaf, float) and not math.isfinite(leaf):
                raise ValueError(f"{place} must be a finite number")
    return content


def is_text(value: str) -> bool:
    """Whether a text can be sent; one with half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Text or a number of a library's own class as one of Python's, which msgspec takes no subclasses of."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    raise TypeError


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """All that is neither object nor array, the keys of objects included, with where it is."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield f"a key of {place}", key
            yield from _leaves(each, f"{place}[{key!r}]" if place else f"{key}")
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{place}[{index}]")
    else:
        yield place, value


def _unwritable(body: Any) -> str | None:
    """What of a body cannot be written, and why; None if each part of it can."""
    for place, leaf in _leaves(body, ""):
        try:
            msgspec.json.encode(leaf, enc_hook=_plain)
        except TypeError:
            return f"{place} must be something that JSON has, not {type(leaf).__name__}"
        except UnicodeEncodeError:
            return f"{place} is not valid Unicode text"
        except ValueError:  # Python refuses to write thousands of digits
            return f"{place} is too large a number"
    return None
