"""Imports: start them, read their report and wait for their end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mailerlite_async._call import Call
from mailerlite_async._codec import Data, ImportLink
from mailerlite_async._flow import Flow, Sleep
from mailerlite_async._paths import object_id
from mailerlite_async.calls._rows import import_body
from mailerlite_async.errors import WaitTimeoutError
from mailerlite_async.models import ImportJob, ImportReport, SubscriberRow

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 30.0


def create(rows: Iterable[SubscriberRow | Mapping[str, Any]]) -> Call[ImportJob]:
    """Start importing rows into no group. Uses the import lane: five calls a minute, however many rows each has.

    The API names this call in its rate limits and documents it nowhere else; `groups.import_subscribers` is documented.

    Args:
        rows: `SubscriberRow`s, or mappings with `email` and perhaps `fields`. All of them are sent in one request.

    Returns:
        The job.

    Raises:
        ValidationError: if a row is refused; the keys of `errors` are such as `subscribers.3.email`.
        ValueError: if there are no rows, or a row has no `email` or another key; it names the row.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/
    """
    return Call("POST", "/subscribers/import", ImportLink(), json=import_body(rows), repeatable=False)


def get(import_id: ImportJob | str | int) -> Call[ImportReport]:
    """How far an import is.

    Args:
        import_id: the job, or its id.

    Returns:
        The report; `done` is False while it runs.

    Raises:
        NotFoundError: if there is no such import.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    import_id = import_id.id if isinstance(import_id, ImportJob) else import_id
    segments = (object_id(import_id, "import_id"),)
    return Call("GET", "/subscribers/import/{id}", Data(ImportReport), segments, repeatable=True)


def wait(
    job: ImportJob | str | int,
    *,
    timeout: float = 600.0,
    on_progress: Callable[[ImportReport], object] | None = None,
) -> Flow[ImportReport]:
    """Wait until an import is done, or was stopped.

    The report is read after pauses of 2 s, 3 s, 4.5 s and so on up to 30 s.

    Args:
        job: the job, or its id.
        timeout: seconds to wait at most.
        on_progress: called with every report read, in the thread or loop of the caller.

    Returns:
        The last report.

    Raises:
        WaitTimeoutError: if the time is up; it has the last report, and the import goes on.
        NotFoundError: if there is no such import.
        ValueError: if the id is not one, or the timeout is negative.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    if not timeout >= 0:
        raise ValueError("timeout must be a number of seconds, 0 or more")
    return _wait(get(job), timeout, on_progress)


def _wait(
    read: Call[ImportReport], timeout: float, on_progress: Callable[[ImportReport], object] | None
) -> Flow[ImportReport]:
    deadline = (yield Sleep(0)) + timeout
    pause = _FIRST_PAUSE
    while True:
        report: ImportReport = yield read
        if on_progress is not None:
            on_progress(report)
        if report.done or report.stopped_at is not None:
            return report
        left = deadline - (yield Sleep(0))
        if left <= 0:
            raise WaitTimeoutError(report)
        yield Sleep(min(pause, left))
        pause = min(_LONGEST_PAUSE, pause * 1.5)
