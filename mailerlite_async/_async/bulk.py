"""Bulk work: thousands of rows the cheapest legal way, each with its own result."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Any

from mailerlite_async._async.bulk_job import AsyncBulkJob
from mailerlite_async._async.bulk_sync import sync
from mailerlite_async._async.caller import AsyncCaller
from mailerlite_async.bulk._chunk import MOST_IMPORT_ROWS
from mailerlite_async.bulk._job import IMPORT_TIMEOUT, JobSettings, check_rows
from mailerlite_async.bulk._model import BulkImport, BulkPlan, BulkSummary, Operation
from mailerlite_async.bulk._operations import Work
from mailerlite_async.bulk._plan import Planner
from mailerlite_async.bulk._sync_model import SyncProgress, SyncReport
from mailerlite_async.models import (
    ForgottenSubscriber,
    Group,
    ImportReport,
    Subscriber,
    SubscriberRow,
    SubscriberStatus,
)

Row = SubscriberRow | Mapping[str, Any]
Reference = str | int | Subscriber
Rows = Iterable[Row] | AsyncIterable[Row]
References = Iterable[Reference] | AsyncIterable[Reference]
Checkpoint = str | os.PathLike[str] | None
OnProgress = Callable[[BulkSummary], object] | None
OnImport = Callable[[BulkImport], object] | None


class AsyncBulk:
    """Bulk work of a client: `client.bulk`.

    A job lets every other call of the client, or of those that share its limits, go first. It takes any iterable or
    async iterable of rows, generators included, keeps a bounded number of rows in memory, and gives a `BulkResult` for
    each row, in order. One bad row never costs another. A 401 or 403, or a service that is down for minutes, stops the
    job: every row that was not sent then comes with `NotSentError`.

    With `checkpoint`, the path of a file, a job that was killed goes on where it was when it is started again with the
    same
    rows: finished chunks are not sent again and their results come from the file; rows that were sent without an answer
    are sent again if that leads to the same state (`BulkResult.doubt`), and reported with `InDoubtError` if not. The
    file holds the API's answers, so it is personal data: delete it when the job is done.

    Args:
        caller: the client's.

    API: https://developers.mailerlite.com/docs/batching.html
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        return f"<AsyncBulk of {self._caller.engine.config.base_url}>"

    def upsert(
        self,
        rows: Rows,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[Subscriber | ImportReport]:
        """Create or update subscribers by address.

        Rows that have no more than an address, fields and one group go into an import of that group if there are more
        than 50 of them; their value is the `ImportReport`. Addresses that an import refuses for their form, such as
        those of roles, are sent once more by themselves, since a call for one subscriber takes them. All others are
        sent in batches of 50, which count as imports, too (five a minute, so 250 rows), or one by one if there are no
        more than 24.

        Args:
            rows: `SubscriberRow`s, or mappings with `email` and what `subscribers.upsert` takes. Dates may be text as
                the API writes it, in UTC.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if rows is not an iterable.

        API: https://developers.mailerlite.com/docs/subscribers.html
        """
        return self._job("upsert", None, rows, checkpoint, on_progress)

    def import_into(
        self,
        group_id: str | int,
        rows: Rows,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
        timeout: float = IMPORT_TIMEOUT,
        chunk_rows: int = MOST_IMPORT_ROWS,
        on_import: OnImport = None,
    ) -> AsyncBulkJob[ImportReport]:
        """Import rows into a group: up to 20,000 rows are one call of the import limit.

        The API names five rows that it did not take for each reason. If there are more, the group is read back, or the
        addresses are looked up, to name the others.

        Args:
            group_id: the id of the group.
            rows: `SubscriberRow`s, or mappings with `email` and perhaps `fields`.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.
            timeout: seconds to wait for each import.
            chunk_rows: the most rows of an import. A checkpoint is for the same number only.
            on_import: called with a `BulkImport` at each step of each import, by the sync client in any of its threads.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if rows is not an iterable.
            ValueError: if the id is not one, the timeout is negative, or there cannot be so many rows in an import.

        API: https://developers.mailerlite.com/docs/groups.html
        """
        work = Work.of("import_into", group_id, chunk_rows)
        return AsyncBulkJob(self._caller, JobSettings(work, rows, checkpoint, on_progress, timeout, on_import))

    def get(
        self,
        subscribers: References,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[Subscriber]:
        """Read subscribers, 50 in a call.

        Args:
            subscribers: ids, addresses or subscribers.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if subscribers is not an iterable.

        API: https://developers.mailerlite.com/docs/subscribers.html
        """
        return self._job("get", None, subscribers, checkpoint, on_progress)

    def update(
        self,
        rows: Rows,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[Subscriber]:
        """Change subscribers by id, 50 in a call. `groups` REPLACES the groups somebody is in.

        Args:
            rows: mappings with `id` and what `subscribers.update` takes.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if rows is not an iterable.

        API: https://developers.mailerlite.com/docs/subscribers.html
        """
        return self._job("update", None, rows, checkpoint, on_progress)

    def delete(
        self,
        subscribers: References,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[None]:
        """Delete subscribers, 50 in a call. The API keeps their data.

        Args:
            subscribers: ids or subscribers.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if subscribers is not an iterable.

        API: https://developers.mailerlite.com/docs/subscribers.html
        """
        return self._job("delete", None, subscribers, checkpoint, on_progress)

    def forget(
        self,
        subscribers: References,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[ForgottenSubscriber]:
        """Have all data of subscribers erased within 30 days, 50 in a call. This is never sent twice.

        Args:
            subscribers: ids or subscribers.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if subscribers is not an iterable.

        API: https://developers.mailerlite.com/docs/subscribers.html
        """
        return self._job("forget", None, subscribers, checkpoint, on_progress)

    def assign(
        self,
        subscribers: References,
        group_id: str | int,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[Group]:
        """Put subscribers into a group, 50 in a call.

        Args:
            subscribers: ids, addresses or subscribers.
            group_id: the id of the group.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if subscribers is not an iterable.
            ValueError: if the id is not one.

        API: https://developers.mailerlite.com/docs/groups.html
        """
        return self._job("assign", group_id, subscribers, checkpoint, on_progress)

    def unassign(
        self,
        subscribers: References,
        group_id: str | int,
        *,
        checkpoint: Checkpoint = None,
        on_progress: OnProgress = None,
    ) -> AsyncBulkJob[None]:
        """Take subscribers out of a group, 50 in a call.

        Args:
            subscribers: ids, addresses or subscribers.
            group_id: the id of the group.
            checkpoint: the path of the file the job is kept in; None for none.
            on_progress: called with the job's `BulkSummary` after each chunk.

        Returns:
            The job. Iterate over it, or `run()` it.

        Raises:
            TypeError: if subscribers is not an iterable.
            ValueError: if the id is not one.

        API: https://developers.mailerlite.com/docs/groups.html
        """
        return self._job("unassign", group_id, subscribers, checkpoint, on_progress)

    async def sync(
        self,
        rows: Rows,
        *,
        group: str | int,
        by: str = "email",
        dry_run: bool = False,
        max_removals: float = 0.1,
        resubscribe: bool = False,
        statuses: Iterable[SubscriberStatus] | None = None,
        on_progress: Callable[[SyncProgress], object] | None = None,
    ) -> SyncReport:
        """Make a group equal to a source: add who is missing, update whose values differ, remove all others.

        Nobody is deleted: a removal takes a member out of this group and changes nothing else. Nobody who has
        unsubscribed is subscribed again, unless `resubscribe` says so: such people are put into the group and stay
        unsubscribed. Members whom a refused row is about are left alone, even if it is refused for its address and that
        only hints at them.

        A run that ended in any way, a crash as well, is resumed by running it again: it compares anew and sends what is
        left. The members are read once for each status, up to 1,000 in a call, and kept in a temporary database, so
        that memory stays bounded.

        Args:
            rows: whoever shall be in the group: `SubscriberRow`s, or mappings with `email` and perhaps `fields`. Fields
                a row does not name are left alone, and None or an empty text clears one. Two rows about the same person
                are not both used: the second is refused.
            group: the id of the group, or its exact name. If nobody has the name, the group is made once there is
                somebody to put into it.
            by: how the member of a row is found. `email`: by the address. `id`: by an `id` in the row, so that a
                changed address is an update; rows without one are found by the address. The key of a field: by its
                value, which each row must have; members without a value are found by the address. A row that finds
                nobody is an add.
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

        API: https://developers.mailerlite.com/docs/groups.html
        """
        return await sync(
            self._caller,
            self,
            rows,
            group=group,
            by=by,
            dry_run=dry_run,
            max_removals=max_removals,
            resubscribe=resubscribe,
            statuses=statuses,
            on_progress=on_progress,
        )

    async def plan(
        self,
        operation: Operation,
        rows: Rows | References,
        *,
        group_id: str | int | None = None,
        chunk_rows: int = MOST_IMPORT_ROWS,
    ) -> BulkPlan:
        """What a job would send, by which way, how long that takes and why. Nothing is sent.

        Args:
            operation: the name of the method.
            rows: its rows, which are read to their end.
            group_id: for the methods that take one.
            chunk_rows: for `import_into`, the most rows of an import.

        Returns:
            The plan.

        Raises:
            ValueError: if there is no such operation, or the id is missing or makes no sense.
            TypeError: if rows is not an iterable.

        API: https://developers.mailerlite.com/docs/batching.html
        """
        check_rows(rows, "rows")
        planner = Planner(Work.of(operation, group_id, chunk_rows), self._caller.engine.config.limits)
        if isinstance(rows, AsyncIterable):
            async for row in rows:
                planner.add(row)
        else:
            for row in rows:
                planner.add(row)
        return planner.plan()

    def _job(
        self,
        operation: Operation,
        group_id: str | int | None,
        rows: Rows | References,
        checkpoint: Checkpoint,
        on_progress: OnProgress,
    ) -> AsyncBulkJob[Any]:
        work = Work.of(operation, group_id)
        return AsyncBulkJob(self._caller, JobSettings(work, rows, checkpoint, on_progress))
