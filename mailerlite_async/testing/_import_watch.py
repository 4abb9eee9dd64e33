"""Changes a module as soon as it is there: at once if it is loaded, or else right after somebody has imported it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Change = Callable[[ModuleType], None]


@contextmanager
def watched(name: str, change: Change) -> Iterator[None]:
    """Have a module changed that is loaded, or gets loaded meanwhile.

    Args:
        name: of the module.
        change: called with the module, once at most.
    """
    module = sys.modules.get(name)
    if module is not None:
        change(module)
        yield
        return
    finder = _Finder(name, change)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        finder.leave()


class _Finder(MetaPathFinder):
    """Finds nothing by itself, but has the module changed that the finders behind it find."""

    def __init__(self, name: str, change: Change) -> None:
        self._name = name
        self._change: Change | None = change

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  (the import system gives it)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if fullname != self._name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            sys.meta_path.insert(0, self)  # it may be installed later
            return spec
        execute = spec.loader.exec_module

        def execute_and_change(module: ModuleType) -> None:
            execute(module)
            if self._change is not None:
                self._change(module)

        setattr(spec.loader, "exec_module", execute_and_change)  # noqa: B010  (types do not allow for it)
        return spec

    def leave(self) -> None:
        """Change nothing any more."""
        self._change = None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
