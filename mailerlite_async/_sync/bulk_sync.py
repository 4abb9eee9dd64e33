"""Making a group equal to a source, for threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mailerlite_async._sync.caller import SyncCaller
from mailerlite_async.bulk._sync_model import SyncProgress, SyncReport
from mailerlite_async.bulk._sync_work import SyncWork, patient
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
    """Make a group equal to a source: add who is missing, update whose values differ, remove who is not in the source.

    Nobody is deleted: a removal takes a member out of this group and changes nothing else. Nobody who has unsubscribed
    is subscribed again, unless `resubscribe` says so: such people are put into the group and stay unsubscribed. Members
    whom a refused row is about are left alone.

    A run that ended in any way, a crash as well, is resumed by running it again: it compares anew and sends what is
    left. The members are read once for each status, up to 1,000 in a call, and kept in a temporary database, so that
    memory stays bounded.

    Args:
        rows: whoever shall be in the group: `SubscriberRow`s, or mappings with `email` and perhaps `fields`. Fields a
            row does not name are left alone, and None or an empty text clears one. Two rows about the same person are
            not both used: the second is refused.
        group: the id of the group, or its exact name. If nobody has the name, the group is made once there is somebody
            to put into it.
        by: how the member of a row is found. `email`: by the address. `id`: by an `id` in the row, so that a changed
            address is an update; rows without one are found by the address. The key of a field: by its value, which
            each row must have; members without a value are found by the address. A row that finds nobody is an add.
        dry_run: True to change nothing: the report has the changes that would be made.
        max_removals: how many members may be removed: a float is a part of the members of these statuses, 1.0 being
            all, and an int is a number. An empty source would remove everybody, so the default refuses it.
        resubscribe: True to subscribe those of the source again who have unsubscribed. Have their consent.
        statuses: members with another status are neither updated nor removed; None considers all.
        on_progress: called with a `SyncProgress` now and then.

    Returns:
        The report. A change that failed is in it with its error, and costs no other change.

    Raises:
        TooManyRemovalsError: if more members than `max_removals` would be removed; nothing was changed.
        NotFoundError: if there is no group with this id.
        ValueError: if `by`, `max_removals` or `statuses` makes no sense.
        MailerLiteError: if the group could not be read; nothing was changed. See `mailerlite_async.errors`.
    """
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
    caller = SyncCaller(caller.engine, patient(caller.options))
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
