"""A progress bar for bulk jobs, drawn on stderr with `rich`, which the extra `[cli]` brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from mailerlite_async.bulk import BulkSummary


@contextmanager
def progress_bar(title: str, *, file: TextIO | None = None) -> Iterator[Callable[[BulkSummary], None]]:
    """Show how far a bulk job is, for as long as the `with` statement lasts.

    Nothing is drawn if the output is no terminal, so a program may always use it.

    Args:
        title: what is being done.
        file: where to draw; stderr if left out.

    Yields:
        A function to give to a job as `on_progress`.

    Raises:
        ModuleNotFoundError: if `rich` is not installed.

    Example:
        with progress_bar("Importing") as show:
            ml.bulk.upsert(rows, on_progress=show).run()
    """
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'progress_bar needs rich, which is not installed: pip install "mailerlite-async[cli]"', name=error.name
        ) from None
    console = Console(file=file) if file is not None else Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        # What a program prints while a job is running is its own business, and goes where it would go without a bar.
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    )
    task = bar.add_task(title, total=None, state="")

    def show(summary: BulkSummary) -> None:
        bar.update(task, completed=summary.finished, total=summary.total, state=_state(summary))

    # Some versions of rich end even a bar that is not drawn with an empty line.
    with bar if console.is_terminal else nullcontext():
        yield show


def _state(summary: BulkSummary) -> str:
    of_all = "" if summary.total is None else f" of {summary.total:,}"
    failed = f", {summary.failed:,} failed" if summary.failed else ""
    return f"{summary.finished:,}{of_all} rows{failed}"
