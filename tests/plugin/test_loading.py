"""The plugin is part of every run of pytest where the package is installed: it costs nothing there, and does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from .conftest import PLUGIN, STRICT

LOADED = """
import sys

def pytest_unconfigure(config):
    assert config.pluginmanager.has_plugin("mailerlite_async")
    ours = {name for name in sys.modules if name.split(".")[0] == "mailerlite_async"}
    print("ours:", *sorted(ours))
    print("heavy:", *sorted({"httpx", "httpcore", "attr", "attrs", "cattrs", "msgspec", "h11", "aiolimiter"} & {*sys.modules}))
"""


def fresh_run(directory: Path, text: str) -> list[str]:
    """What pytest prints in a process of its own, with the installed plugins that load no such package themselves."""
    (directory / "conftest.py").write_text(LOADED)
    (directory / "test_it.py").write_text(text)
    (directory / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILERLITE_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", *STRICT, "-p", "no:hypothesispytest", "-p", "no:anyio"],
        cwd=directory,
        env=kept,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_entry_point() -> None:
    (found,) = entry_points(group="pytest11", name="mailerlite_async")
    assert found.value == PLUGIN


def test_without_its_fixtures_nothing_is_loaded(tmp_path: Path) -> None:
    printed = fresh_run(
        tmp_path,
        """
import os, socket
import pytest

@pytest.mark.mailerlite(requests=1)
def test_none():
    assert socket.getaddrinfo.__module__ == "socket"
    assert not any(name.startswith("MAILERLITE") for name in os.environ)
""",
    )
    ours, heavy = [line.split()[1:] for line in printed if line.startswith(("ours:", "heavy:"))]
    assert ours == [
        "mailerlite_async",
        *(f"mailerlite_async.{name}" for name in ("_lazy", "_version", "testing")),
        PLUGIN,
    ]
    assert heavy == []


def test_installed_as_it_is_it_gives_the_fixtures(tmp_path: Path) -> None:
    printed = fresh_run(tmp_path, "def test_call(mailerlite): assert mailerlite.subscribers.count() == 0\n")
    assert any(line.startswith("1 passed") for line in printed)
    (heavy,) = [line for line in printed if line.startswith("heavy:")]
    assert "httpx" in heavy
