"""The website of the book club as an aiohttp application; README.md says how to start it."""

from __future__ import annotations

from typing import Literal, get_args

Interest = Literal["True crime", "Romance", "Biographies", "Science fiction"]
INTERESTS: tuple[Interest, ...] = get_args(Interest)
