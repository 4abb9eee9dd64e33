"""How far a command is, on stderr: a live bar for a terminal, a few plain lines for anything else."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


_SECONDS_BETWEEN_LINES: Final = 5.0


class Progress:
    """Shows the stages of a command one after the other.

    Args:
        err: where to. The bar is drawn only if it is a terminal; what is said appears in any case.
        plain: whether anything else than a terminal is given a line for each stage, and one every few seconds.
        monotonic: a clock, in seconds.
    """

    def __init__(self, err: TextIO, *, plain: bool = False, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._err = err
        self._plain = plain and not err.isatty()
        self._monotonic = monotonic
        self._title = ""
        self._total: int | None = None
        self._said_at = 0.0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._err.isatty():
            self._bar = _make_bar(self._err)
            self._bar.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def stage(self, title: str, total: int | None) -> None:
        """Begin a stage.

        Args:
            title: what is being done.
            total: how many rows there are to do; None if that is not known.
        """
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(title, total=total)
        self._title, self._total = title, total
        if self._plain:
            self.say(f"{title}.")
            self._said_at = self._monotonic()

    def show(self, done: int, title: str | None = None) -> None:
        """Say how many rows are done, and perhaps what is being done now."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)
            if title is not None:
                self._bar.update(self._task, description=title)
        self._title = title or self._title
        if self._plain and self._monotonic() - self._said_at >= _SECONDS_BETWEEN_LINES:
            self.say(f"{self._title}: {done:,}{'' if self._total is None else f' of {self._total:,}'} rows.")
            self._said_at = self._monotonic()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            self._err.write(f"{text}\n")
            self._err.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _make_bar(err: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
        console=Console(file=err),
        transient=True,
        # Neither stream is taken over: stdout belongs to the report.
        redirect_stdout=False,
        redirect_stderr=False,
    )
