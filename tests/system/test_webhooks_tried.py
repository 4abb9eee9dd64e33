"""Trying webhooks as docs/webhooks.md says: its application behind a real server, told by the emulator as a program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.terminal import environment, terminal

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, which the commands use"),
]


def test_commands_as_printed(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    api, site = free_port(), free_port()  # in place of those printed, which may be in use here
    serve, happen = (
        block.replace("8025", str(api)).replace("8000", str(site))
        for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    )
    code = re.search(r"### FastAPI\n\n```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert code
    (tmp_path / "app.py").write_text(code[1], encoding="utf-8")
    log = tmp_path / "log"
    taken = '"POST /webhooks/mailerlite HTTP/1.1" 200 OK'
    with terminal(serve, tmp_path, log, site):
        command = ["sh", "-e", "-c", happen]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=True)
        deadline = time.monotonic() + 30
        while taken not in log.read_text(encoding="utf-8") and time.monotonic() < deadline:
            time.sleep(0.1)  # the emulator delivers a moment later
    assert '"email":"ann@example.com"' in done.stdout
    assert "there is no header Signature" in done.stdout
    said = log.read_text(encoding="utf-8")
    assert said.count(taken) == 1
    assert said.count('"POST /webhooks/mailerlite HTTP/1.1" 401 Unauthorized') == 1
