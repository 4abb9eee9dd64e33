"""Lets the asserts of the runners say what differs, as those of tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.documents.running")
