"""The README's command for the main job, as printed, in an empty clone with a new virtual environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.system


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git, to clone the checkout")
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout, to clone it")
def test_main_job_runs_in_an_empty_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, timeout=120)
    readme = (clone / "README.md").read_text(encoding="utf-8")
    (command,) = [
        line
        for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
        for line in block.splitlines()
        if "--emulator" in line
    ]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAILERLITE_", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        ["sh", "-c", command], cwd=clone, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "nothing leaves this machine" in done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(r"^  imported +2,000$", done.stdout, re.MULTILINE)
    assert re.search(r"^  refused before sending +107$", done.stdout, re.MULTILINE)
    assert re.search(r"^  refused by the server +44$", done.stdout, re.MULTILINE)
