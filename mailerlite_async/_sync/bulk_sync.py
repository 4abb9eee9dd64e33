"""Making a group equal to a source, for threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mailerlite_async._sync.caller import SyncCaller
from mailerlite_async.bulk._job import job_options
from mailerlite_async.bulk._sync_model import SyncProgress, SyncReport
from mailerlite_async.bulk._sync_work import SyncWork
from mailerlite_async.models import SubscriberRow, SubscriberStatus


def sync(
    caller: SyncCaller,
    bulk: Any,
    rows: Iterable[SubscriberRow | Mapping[str, Any]],
    *,
    group: str | int,
    by: str = "email",
    dry_run: bool = False,
    max_removals: float = 0.1,
    resubscribe: bool = False,
    statuses: Iterable[SubscriberStatus] | None = None,
    on_progress: Callable[[SyncProgress], object] | None = None,
) -> SyncReport:
    """Make a group equal to a source; `Bulk.sync` says how."""
    work = SyncWork(
        rows,
        group=group,
        by=by,
        dry_run=dry_run,
        max_removals=max_removals,
        resubscribe=resubscribe,
        statuses=statuses,
        on_progress=on_progress,
    )
    caller = SyncCaller(caller.engine, job_options(caller.options))
    try:
        reader = caller.run(work.begin())
        for row in rows:
            work.add(row, reader)
        caller.run(work.read_group())
        if not dry_run:
            caller.run(work.make_group())
            for stage in work.stages():
                job = stage.start(bulk)
                for result in job:
                    stage.note(result)
                if not work.ended(job.summary.stopped_by):
                    break
        return work.report()
    except BaseException:
        work.close()
        raise
