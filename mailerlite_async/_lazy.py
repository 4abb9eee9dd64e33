"""Names of a package that load their module when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def load_on_demand(package: str, origins: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package.

    Args:
        package: its name.
        origins: for each public name the module below `mailerlite_async` it is defined in; for a module its own path.
    """

    def load(name: str) -> object:
        origin = origins.get(name)
        if origin is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f"mailerlite_async.{origin}")
        value: object = module if origin.rpartition(".")[2] == name else getattr(module, name)
        setattr(sys.modules[package], name, value)  # the next access finds it without coming here
        return value

    return load
