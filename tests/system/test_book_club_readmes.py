"""The book-club websites as their READMEs say: every command as printed, in a clone, with real processes and curl."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.terminal import environment, terminal

ROOT = Path(__file__).parent.parent.parent

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell"),
    pytest.mark.skipif(shutil.which("git") is None, reason="needs git, to clone the checkout"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout, to clone it"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, which the commands use"),
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the checkout, which both websites share as they would on somebody's machine."""
    clone = tmp_path_factory.mktemp("book-club") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, timeout=120)
    return clone


def run(command: str, folder: Path) -> tuple[int, str]:
    """The status and the body that a curl command shows; the status is 0 without `-i`."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    if " -i " not in command:
        return 0, done.stdout
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("framework", ["fastapi", "aiohttp"])
def test_commands_of_the_readme(framework: str, clone: Path, tmp_path: Path) -> None:
    readme = (clone / "examples" / f"{framework}_book_club" / "README.md").read_text(encoding="utf-8")
    api, site = free_port(), free_port()  # in place of those printed, which may be in use here
    blocks = [
        re.sub(r"\b8000\b", str(site), re.sub(r"\b8025\b", str(api), block))
        for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    ]
    first, second, *curls = blocks
    assert len(curls) == 4
    logs = [tmp_path / "emulator.log", tmp_path / "website.log"]
    with terminal(first, clone, logs[0], api), terminal(second, clone, logs[1], site):
        shown = [run(command, clone) for block in curls for command in block.splitlines()]
        signed_up, preferences, changed, _, left, refused = shown
        deadline = time.monotonic() + 30
        while json.loads(left[1])["status"] != "unsubscribed" and time.monotonic() < deadline:
            left = run(curls[2].splitlines()[1], clone)  # the emulator delivers a moment later
    told = {"member": 1, "status": "active"}
    assert (signed_up[0], json.loads(signed_up[1])) == (201, {**told, "interests": ["Romance"]})
    assert (preferences[0], json.loads(preferences[1])) == (200, {**told, "interests": ["Romance"]})
    assert (changed[0], json.loads(changed[1])) == (200, {**told, "interests": ["True crime", "Biographies"]})
    assert (left[0], json.loads(left[1])) == (200, {"member": 1, "name": "Ann", "status": "unsubscribed"})
    assert refused[0] == 401
    said = "".join(log.read_text(encoding="utf-8") for log in logs)
    assert "Groups: 4, webhooks: 1. Ids and secrets are stored." in said
    assert "ann@example.com" not in said
    for leftover in (clone / "examples").glob("book_club.db*"):
        leftover.unlink()  # the next website starts with none
