"""What the installed distribution says of itself, and the files that are no modules."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata, resources

from tests.support.fresh import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTION = metadata.distribution("mailerlite-async")


def test_licence_comes_along() -> None:
    assert DISTRIBUTION.metadata["License-Expression"] == "MIT"
    assert DISTRIBUTION.metadata.get_all("License-File") == ["LICENSE"]
    assert (DISTRIBUTION.read_text("licenses/LICENSE") or "").startswith("MIT License")


def test_types_and_scripts_come_along() -> None:
    files = resources.files("mailerlite_async")
    assert (files / "py.typed").is_file()
    for name in ("exchange.lua", "lanes.lua"):
        assert "redis" in (files / "_redis" / name).read_text(encoding="utf-8")


def test_extras_are_those_of_the_project() -> None:
    assert set(DISTRIBUTION.metadata.get_all("Provides-Extra") or ()) == PROJECT["optional-dependencies"].keys()


def test_every_dependency_has_a_minimum() -> None:
    extras = [each for extra in PROJECT["optional-dependencies"].values() for each in extra]
    for requirement in [*PROJECT["dependencies"], *extras]:
        assert re.search(r">=\d", requirement), f"{requirement}: the session `minimum` would take the oldest there is"


def test_version_is_that_of_the_package() -> None:
    from mailerlite_async._version import __version__

    assert __version__ == DISTRIBUTION.version
