"""What the jobs of both clients have in common: their arguments, checked, and how patient their calls are."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import msgspec

from mailerlite_async.bulk._checkpoint import PATIENCE, Checkpoint
from mailerlite_async.bulk._kernel import Kernel
from mailerlite_async.bulk._model import BulkImport, BulkSummary
from mailerlite_async.bulk._operations import Work
from mailerlite_async.config import Options

# A job that runs for hours meets more faults than a call does: these last for several minutes.
_FEWEST_RETRIES = 12
IMPORT_TIMEOUT = 3600.0

_SUBSCRIBERS = frozenset({"get", "delete", "forget", "assign", "unassign"})


@attrs.frozen
class JobSettings:
    """The arguments of a bulk method.

    Attributes:
        work: the operation.
        rows: the source.
        checkpoint: the path of the checkpoint file, None for none.
        on_progress: called with the summary after each chunk.
        timeout: seconds to wait for each import.
        on_import: called with each step of an import, in the thread that runs it.
        api_key: of the client, which a checkpoint is for.
    """

    work: Work
    rows: Any
    checkpoint: str | os.PathLike[str] | None
    on_progress: Callable[[BulkSummary], object] | None
    timeout: float = IMPORT_TIMEOUT
    on_import: Callable[[BulkImport], object] | None = None
    api_key: str = attrs.field(kw_only=True, repr=False)

    def check(self) -> None:
        """Refuse arguments that make no sense.

        Raises:
            TypeError, ValueError: naming the argument.
        """
        check_rows(self.rows, "subscribers" if self.work.operation in _SUBSCRIBERS else "rows")
        if self.on_progress is not None and not callable(self.on_progress):
            raise TypeError("on_progress must be a function")
        if self.on_import is not None and not callable(self.on_import):
            raise TypeError("on_import must be a function")
        if not (isinstance(self.timeout, int | float) and 0 <= self.timeout < math.inf):
            raise ValueError("timeout must be a number of seconds, 0 or more")

    @property
    def total(self) -> int | None:
        """How many rows there are, if the source can tell."""
        return len(self.rows) if hasattr(self.rows, "__len__") else None

    @property
    def place(self) -> Path | None:
        """Where the checkpoint is, however its path is written; None if there is none."""
        return None if self.checkpoint is None else Path(self.checkpoint).resolve()

    def open(self, base_url: str, *, patience: float = PATIENCE) -> tuple[Kernel, Checkpoint | None]:
        """The job, ready to take rows.

        Args:
            base_url: of the API, which is part of what a checkpoint is for.
            patience: seconds to block for as long as the checkpoint is in use.

        Raises:
            CheckpointError: if the checkpoint cannot be used.
        """
        checkpoint = None
        if self.checkpoint is not None:
            job = f"{self.work.name} {base_url}"
            checkpoint = Checkpoint.open(self.checkpoint, job, self.api_key, patience=patience)
        kernel = Kernel(
            self.work,
            checkpoint=checkpoint,
            total=self.total,
            timeout=self.timeout,
            on_progress=self.on_progress,
            on_import=self.on_import,
        )
        return kernel, checkpoint


def check_rows(rows: object, argument: str) -> None:
    """Refuse what is one row rather than many.

    Raises:
        TypeError: naming the argument.
    """
    if isinstance(rows, str | bytes | Mapping) or not (hasattr(rows, "__iter__") or hasattr(rows, "__aiter__")):
        raise TypeError(f"{argument} must be an iterable, not {type(rows).__name__}")


def job_options(options: Options) -> Options:
    """The options of a job's calls: behind all foreground calls, and patient."""
    retries = max(_FEWEST_RETRIES, options.max_retries)
    return msgspec.structs.replace(options, background=True, max_wait=None, max_retries=retries)
