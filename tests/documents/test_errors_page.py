"""The page on errors: it names every class of error, and no others."""

from __future__ import annotations

import re

import mailerlite_async
from tests.support.markdown import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_error_is_named() -> None:
    named = set(re.findall(r"`(\w+Error)`", PAGE)) - {"TypeError", "ValueError"}
    classes = {name for name in mailerlite_async.__all__ if name.endswith("Error")}
    # The two that are never raised themselves, but by which others are caught.
    assert named | {"APIError", "TransportError"} == classes
