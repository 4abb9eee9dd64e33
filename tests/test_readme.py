"""The README: what it says of names is so."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import mailerlite_async
from mailerlite_async import MailerLite, calls

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


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
