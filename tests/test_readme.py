"""The README: its examples run as printed, and what it says of names is so."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mailerlite_async
from mailerlite_async import MailerLite, calls
from mailerlite_async.testing import Emulator

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PRINTED = ["2 imported", "Book club 0", "1000 rows, 1 import", ""]


@pytest.mark.parametrize(
    ("example", "printed"), list(zip(EXAMPLES, PRINTED, strict=True)), ids=["async", "sync", "bulk", "testing"]
)
def test_example_runs_as_printed(example: str, printed: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    emulator = Emulator()
    emulator.seed(groups=["Book club"])
    with emulator.serve() as url:
        done = subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env={"MAILERLITE_API_KEY": "any", "MAILERLITE_BASE_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert printed in done.stdout


def test_table_of_what_works_names_every_method() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE))
    with MailerLite("key") as ml:
        for resource, methods in rows.items():
            public = {name for name in dir(getattr(ml, resource)) if not name.startswith("_")}
            assert set(re.findall(r"`(\w+)`", methods)) == public
    assert rows.keys() == {name for name in calls.__all__ if inspect.ismodule(getattr(calls, name))} | {"bulk"}


def test_table_of_errors_names_real_classes() -> None:
    table = README.split("## Errors and retries")[1].split("##")[0]
    names = set(re.findall(r"`(\w+Error)s?`", table))
    assert len(names) > 10
    assert names <= set(mailerlite_async.__all__)
