"""The page for those who come from the official SDK: it has every method, and the ones it points to exist."""

from __future__ import annotations

import inspect
import re
from operator import attrgetter

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite
from tests.support.markdown import ROOT

official = pytest.importorskip("mailerlite", reason="the official SDK is not installed")

PAGE = (ROOT / "docs" / "official-sdk.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w.]+)` \| (.*?) \| .*\|$", PAGE.split("## Method by method")[1], re.MULTILINE)


def test_every_public_method_has_its_row() -> None:
    client = official.Client({"api_key": "key"})
    methods = [
        f"{resource}.{name}"
        for resource, holder in vars(client).items()
        for name, _ in inspect.getmembers(holder, inspect.ismethod)
        if not name.startswith("_")
    ]
    assert len(methods) > 45
    assert sorted(name for name, _ in ROWS) == sorted(methods)


@pytest.mark.parametrize(("theirs", "ours"), ROWS, ids=[name for name, _ in ROWS])
def test_methods_it_points_to_exist(theirs: str, ours: str) -> None:
    names = re.findall(r"`([\w.]+)`", ours)
    assert names
    for client in (MailerLite("key"), AsyncMailerLite("key")):
        for name in names:
            assert callable(attrgetter(name)(client))


def test_arguments_it_names_exist() -> None:
    """The arguments in the last column are those of the methods in the one before."""
    client = MailerLite("key")
    checked = 0
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not re.fullmatch(r"`\w+\.\w+`", cells[0]):
            continue
        methods = [attrgetter(name)(client) for name in re.findall(r"`([\w.]+)`", cells[1])]
        parameters = {name for method in methods for name in inspect.signature(method).parameters}
        for name in re.findall(r"`(\w+)=(?:True)?`", cells[2]):
            assert name in parameters, (cells[0], name)
            checked += 1
    assert checked > 15


def test_version_is_the_one_that_was_read() -> None:
    from importlib.metadata import version

    assert f"its version {version('mailerlite')};" in PAGE or f"its version {version('mailerlite')}." in PAGE
