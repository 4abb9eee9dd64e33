"""Runs code in a fresh interpreter, where nothing has been imported yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run_fresh(code: str) -> str:
    """What the code prints.

    Raises:
        AssertionError: with its traceback, if it fails.
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
