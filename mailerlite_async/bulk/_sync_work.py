"""A sync from its arguments to its report, as flows and jobs that both flavours carry out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mailerlite_async._flow import Flow
from mailerlite_async._pages import PageGuard
from mailerlite_async._paths import object_id
from mailerlite_async.bulk._sync_diff import STATUSES, Found, Wishes, add_members, compare
from mailerlite_async.bulk._sync_model import SyncProgress, SyncReport, SyncRows
from mailerlite_async.bulk._sync_rows import RowReader
from mailerlite_async.bulk._sync_stages import Stage, stages
from mailerlite_async.bulk._sync_staging import PAGE, Staging
from mailerlite_async.calls import fields as field_calls
from mailerlite_async.calls import groups
from mailerlite_async.calls._finding import check_name, walk
from mailerlite_async.config import Options
from mailerlite_async.errors import MailerLiteError, NotSentError
from mailerlite_async.models import Group, SubscriberRow

Progress = Callable[[SyncProgress], object]

_MOST_RETRIES = 12


def patient(options: Options) -> Options:
    """The options of the calls that read: everybody else goes first, and a sync outlives a bad quarter of an hour."""
    return options.evolve(background=True, max_wait=None, max_retries=_MOST_RETRIES)


class SyncWork:
    """One sync.

    Args:
        rows: the source; it is only looked at, so that one row is not taken for many.
        group: an id, or the name of a group.
        by: how members are found.
        dry_run: whether nothing is changed.
        max_removals: how many members may be removed.
        resubscribe: whether people who have unsubscribed are subscribed again.
        statuses: of members that may be changed; None for all.
        on_progress: is told how far it is.

    Raises:
        TypeError, ValueError: if an argument is wrong.
    """

    def __init__(
        self,
        rows: object,
        *,
        group: str | int,
        by: str,
        dry_run: bool,
        max_removals: float,
        resubscribe: bool,
        statuses: Iterable[str] | None,
        on_progress: Progress | None,
    ) -> None:
        if isinstance(rows, str | bytes | Mapping | SubscriberRow):
            raise TypeError("rows must be an iterable of rows, not one row")
        if isinstance(group, str) and not (group.isascii() and group.isdigit()):
            check_name(group, "group")
        else:
            group = object_id(group, "group")
        check_name(by, "by")
        _check_removals(max_removals)
        self.dry_run = dry_run
        self._group = group
        self._group_id: str | None = None
        self._wishes = Wishes(by, _read_statuses(statuses), resubscribe, max_removals)
        self._tell = on_progress or (lambda _: None)
        self._types: Mapping[str, str] = {}
        self._rows = 0
        self._staging = Staging()
        self._found: Found | None = None
        self._stopped_by: MailerLiteError | None = None

    def close(self) -> None:
        """Give up."""
        self._staging.close()

    # -- reading -------------------------------------------------------------------------------------------------------

    def begin(self) -> Flow[RowReader]:
        """Find the group and the fields; gives what reads the rows.

        Raises:
            ValueError: if `by` is not a field of the account.
        """
        if self._group.isdigit():
            self._group_id = self._group
        else:
            group = yield from groups.find(self._group)
            self._group_id = None if group is None else group.id
        known = yield from walk(field_calls.list(limit=field_calls.PAGE_SIZES["list"]))
        self._types = {field.key: field.type for field in known}
        by = self._wishes.by
        if by not in ("email", "id") and by not in self._types:
            raise ValueError("by must be 'email', 'id' or the key of a field of the account")
        return RowReader(by, self._types)

    def add(self, row: Any, reader: RowReader) -> None:
        """Take a row of the source."""
        self._staging.add_row(self._rows, reader.read(row), self._wishes.by)
        self._rows += 1
        if self._rows % PAGE == 0:
            self._tell(SyncProgress("rows", self._rows))

    def read_group(self) -> Flow[None]:
        """Read all members, and find what has to change."""
        self._tell(SyncProgress("rows", self._rows, self._rows))
        done = 0
        for status in STATUSES if self._group_id is not None else ():
            guard = PageGuard()
            call = groups.subscribers(self._group_id or "", status=status, limit=groups.PAGE_SIZES["subscribers"])
            following = call
            while following is not None:
                page = yield following
                guard.check(page)
                add_members(self._staging, page.items, self._wishes, self._types)
                done += len(page.items)
                self._tell(SyncProgress("members", done))
                following = page.next
        self._found = compare(self._staging, self._wishes, self._types)
        if self._found.too_many is not None and not self.dry_run:
            raise self._found.too_many

    # -- changing ------------------------------------------------------------------------------------------------------

    def make_group(self) -> Flow[None]:
        """Make the group, if nobody has its name and there is somebody to put into it."""
        if self._group_id is None and self._staging.count():
            group: Group = yield from groups.get_or_create(self._group)
            self._group_id = group.id

    def stages(self) -> Iterator[Stage]:
        """The jobs to carry out, one after the other; what one of them finds decides about the next."""
        return stages(self._staging, self._group_id or "", self._wishes, self._types, self._tell)

    def ended(self, stopped_by: MailerLiteError | None) -> bool:
        """A job has ended; tells whether to go on."""
        if stopped_by is None:
            return True
        self._stopped_by = stopped_by
        self._staging.fail_rest(NotSentError(stopped_by))
        return False

    def report(self) -> SyncReport:
        """What was found and done. From now on the database belongs to the report."""
        staging, found = self._staging, self._found
        assert found is not None
        return SyncReport(
            dry_run=self.dry_run,
            group_id=self._group_id,
            rows=self._rows,
            members=found.members,
            added=staging.count("add", failed=False),
            updated=staging.count("update", failed=False),
            removed=staging.count("remove", failed=False),
            resubscribed=staging.count("resubscribe", failed=False),
            unchanged=found.unchanged,
            kept=found.kept,
            changes=SyncRows(staging.count(), staging.changes),
            failed=SyncRows(staging.count(failed=True), lambda: staging.changes(failed=True)),
            refused=SyncRows(staging.number("SELECT count(*) FROM refused"), staging.refusals),
            plan=found.plan,
            too_many_removals=found.too_many,
            stopped_by=self._stopped_by,
            close=staging.close,
        )


def _check_removals(most: object) -> None:
    if isinstance(most, bool) or not isinstance(most, int | float):
        raise TypeError(f"max_removals must be float or int, not {type(most).__name__}")
    if not (0 <= most <= 1 if isinstance(most, float) else most >= 0):
        raise ValueError("max_removals must be a part from 0.0 to 1.0, or a whole number, 0 or more")


def _read_statuses(statuses: Iterable[str] | None) -> frozenset[str]:
    if statuses is None:
        return frozenset(STATUSES)
    if isinstance(statuses, str):
        raise TypeError("statuses must be several statuses, not one text")
    chosen = frozenset(statuses)
    if not chosen or not chosen.issubset(STATUSES):
        raise ValueError(f"statuses must be some of {', '.join(STATUSES)}")
    return chosen
