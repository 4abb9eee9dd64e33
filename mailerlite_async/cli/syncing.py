"""The sync from beginning to end: read the file, compare, ask, change the group, report."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from mailerlite_async.bulk._sync_rows import RowReader
from mailerlite_async.cli.errors import ALL_TAKEN, COULD_NOT_RUN, INTERRUPTED, SOME_REFUSED, CannotRunError
from mailerlite_async.cli.export_rows import OWN
from mailerlite_async.cli.failing import explain
from mailerlite_async.cli.outcome import TargetGroup
from mailerlite_async.cli.progress import Progress
from mailerlite_async.cli.records import Records
from mailerlite_async.cli.refusals import find_unclear
from mailerlite_async.cli.sync_report import write_json, write_text
from mailerlite_async.cli.target import find_group
from mailerlite_async.errors import MailerLiteError, TooManyRemovalsError

if TYPE_CHECKING:
    from mailerlite_async import MailerLite
    from mailerlite_async.bulk import SyncProgress, SyncReport
    from mailerlite_async.models import Field

DEFAULT_REMOVALS: Final = 0.1
_BY_EMAIL: Final = "email"
_BY_ID: Final = "id"
_STAGES: Final = {
    "rows": "Reading the file",
    "members": "Reading the group",
    "import": "Adding",
    "update": "Updating",
    "resubscribe": "Subscribing again",
    "assign": "Adding",
    "check": "Looking at who was added",
    "remove": "Removing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """What the user asked for; `mailerlite-async sync --help` says what each option does.

    Attributes:
        api: what the report calls the API: `emulator`, or the base URL.
        confirmed: whether to change the group without asking.
        all_changes: whether the report for people shows all changes, and not only the first of each kind.
    """

    file: str
    group: str | None = None
    group_id: str | None = None
    by: str = _BY_EMAIL
    max_removals: float = DEFAULT_REMOVALS
    resubscribe: bool = False
    statuses: tuple[str, ...] = ()
    dry_run: bool = False
    confirmed: bool = False
    keep_values: bool = False
    email_column: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    all_changes: bool = False
    as_json: bool = False
    progress: bool = False
    api: str = "emulator"


@dataclass(slots=True)
class SyncOutcome:
    """What is known of a run, so that it can be told at any moment.

    Attributes:
        doing: what is being done, for "Interrupted while ...".
        group: None until it was looked up.
        report: None until the group was compared.
        lines: where the rows of the file start.
        ignored: names of columns the account has no field for.
        own: names of columns of an export with what every subscriber has.
        ending: how it ended; `declined` if the user said no.
        problem: why it failed.
        may_have_changed: whether it is not certain that nothing was changed.
    """

    doing: str = "starting"
    group: TargetGroup | None = None
    report: SyncReport | None = None
    lines: Any = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    ending: Literal["finished", "failed", "interrupted", "declined"] = "finished"
    problem: str | None = None
    may_have_changed: bool = False

    def status(self) -> int:
        """The exit status."""
        if self.ending == "interrupted":
            return INTERRUPTED
        if self.ending != "finished" or self.report is None:
            return COULD_NOT_RUN
        return SOME_REFUSED if len(self.report.refused) or len(self.report.failed) else ALL_TAKEN


def run_sync(
    ml: MailerLite,
    options: SyncOptions,
    out: TextIO,
    err: TextIO,
    *,
    confirm: Callable[[], bool] = lambda: False,
) -> int:
    """Make a group equal to a file.

    Args:
        ml: the client.
        options: what to do.
        out: for the report.
        err: for progress and errors.
        confirm: asks the user, who has seen the changes, whether to make them.

    Returns:
        The exit status. Nothing that goes wrong with the file, the API or the machine is raised.
    """
    outcome = SyncOutcome()
    try:
        _run(ml, options, outcome, out, err, confirm)
    except CannotRunError as error:
        outcome.ending, outcome.problem = "failed", str(error)
    except TooManyRemovalsError as error:
        outcome.ending, outcome.problem = "failed", too_many(error)
        outcome.may_have_changed = False
    except MailerLiteError as error:
        outcome.ending, outcome.problem = "failed", explain(error)
        # A sync raises only what happens before its first change; what happens later is in its report.
        outcome.may_have_changed = False
    except sqlite3.Error as error:
        outcome.ending, outcome.problem = "failed", f"The temporary database failed: {error}."
    except KeyboardInterrupt:
        outcome.ending = "interrupted"
    try:
        _tell(outcome, options, out, err)
    finally:
        if outcome.report is not None:
            outcome.report.close()
    return outcome.status()


def too_many(error: TooManyRemovalsError) -> str:
    """What a user can do about it."""
    return (
        f"{error.removals:,} of {error.members:,} members would be removed, and --max-removals allows "
        f"{error.allowed:,}. --dry-run --all shows them; if the file is right, allow more."
    )


def _run(
    ml: MailerLite,
    options: SyncOptions,
    outcome: SyncOutcome,
    out: TextIO,
    err: TextIO,
    confirm: Callable[[], bool],
) -> None:
    outcome.doing = "looking up the group and the fields"
    with Progress(err, plain=options.progress) as progress:
        # Before the first call: a file that cannot be read needs none.
        with _records(options):
            pass
        outcome.group = find_group(ml, options.group, options.group_id)
        if outcome.group.id is None and outcome.group.name.isdigit():
            raise CannotRunError(
                f"--group {outcome.group.name}: no group is called that, and a name of digits would be taken for an id."
            )
        fields = list(ml.fields.iter())
        if options.by not in (_BY_EMAIL, _BY_ID) and options.by not in {field.key for field in fields}:
            raise CannotRunError(f"--by {options.by}: it must be email, id or the key of a field of the account.")
        # A row that cannot be read may be about a member who would be removed: that is known once both were compared.
        # With none of these a file need not be compared twice.
        preview = options.dry_run or not options.confirmed or _has_unreadable(options, outcome, fields)
        _compare(ml, options, outcome, progress, fields, dry_run=preview)
        if options.dry_run or not preview:
            return
        report = outcome.report
        assert report is not None  # compared above
        if outcome.ending == "failed":
            _drop(outcome)
            return
        if options.confirmed:
            _drop(outcome)
            _compare(ml, options, outcome, progress, fields, dry_run=False)
            return
    if report.too_many_removals is not None:
        raise report.too_many_removals
    try:
        write_text(outcome, out, title=_title(options, outcome, "would change"), all_changes=options.all_changes)
        out.flush()
    except OSError as error:
        raise CannotRunError(f"The changes cannot be shown: {error.strerror}.") from None
    if not len(report.changes):
        return
    outcome.doing = "waiting for your answer"
    if not confirm():
        outcome.ending = "declined"
        return
    _drop(outcome)
    with Progress(err, plain=options.progress) as progress:
        _compare(ml, options, outcome, progress, fields, dry_run=False)


def _drop(outcome: SyncOutcome) -> None:
    """Forget a comparison."""
    assert outcome.report is not None  # there was one
    outcome.report.close()
    outcome.report = None


def _has_unreadable(options: SyncOptions, outcome: SyncOutcome, fields: list[Field]) -> bool:
    """Whether there is something wrong with a row, whatever the others say."""
    outcome.doing = "reading the file"
    reader = RowReader(options.by, {field.key: field.type for field in fields})
    with _records(options) as records:
        keys = records.fields_of(fields).keys
        return any(reader.read(row).objection is not None for row in _rows(records, keys, options))


def _compare(
    ml: MailerLite,
    options: SyncOptions,
    outcome: SyncOutcome,
    progress: Progress,
    fields: list[Field],
    *,
    dry_run: bool,
) -> None:
    """Compare file and group, and unless it is a dry run, change the group."""
    group = outcome.group
    assert group is not None  # looked up before
    stage = ""

    def show(now: SyncProgress) -> None:
        nonlocal stage
        outcome.doing = _STAGES[now.stage].lower()
        if not dry_run and (now.stage, now.total) != ("rows", None):
            # The first change is told when it is made, so an interruption may come after it.
            outcome.may_have_changed = True
            if now.stage in ("rows", "members"):
                outcome.doing = "reading the group, or beginning to change it"
        if now.stage != stage:
            stage = now.stage
            progress.stage(_STAGES[stage], now.total)
        progress.show(now.done)

    outcome.doing = "reading the file"
    with _records(options) as records:
        plan = records.fields_of(fields)
        outcome.lines = records.lines
        outcome.ignored = [column.name for column in plan.unknown]
        outcome.own = [column.name for column in plan.own]
        if options.by == _BY_ID and records.columns is not None and records.id_column is None:
            raise CannotRunError(f"--by id: {options.file} has no column called id.")
        report = outcome.report = ml.bulk.sync(
            _rows(records, plan.keys, options),
            group=group.id or group.name,
            by=options.by,
            dry_run=dry_run,
            max_removals=options.max_removals,
            resubscribe=options.resubscribe,
            statuses=options.statuses or None,
            on_progress=show,
        )
    group.created = group.id is None and report.group_id is not None
    group.id = report.group_id
    if report.stopped_by is not None:
        outcome.ending, outcome.problem = "failed", explain(report.stopped_by)
    elif dry_run and (unclear := find_unclear(report)) is not None:
        outcome.ending, outcome.problem = "failed", unclear.explain(options.file, outcome.lines, report.removed)
    elif options.dry_run and report.too_many_removals is not None:
        outcome.ending, outcome.problem = "failed", too_many(report.too_many_removals)


def _records(options: SyncOptions) -> Records:
    return Records(
        options.file, encoding=options.encoding, delimiter=options.delimiter, email_column=options.email_column
    )


def _rows(records: Records, keys: dict[int, str], options: SyncOptions) -> Iterator[Any]:
    """The rows as a sync takes them: what an export writes besides is left out."""
    wanted = {"email", "fields", "id"} if options.by == _BY_ID else {"email", "fields"}
    for row in records.read(keys, empty=not options.keep_values):
        if isinstance(row, dict):
            yield {key: value for key, value in row.items() if key in wanted or key not in OWN}
        else:
            yield row


def _title(options: SyncOptions, outcome: SyncOutcome, what: str) -> str:
    return f"{options.file} {what} {outcome.group}."


def _tell(outcome: SyncOutcome, options: SyncOptions, out: TextIO, err: TextIO) -> None:
    report = outcome.report
    if outcome.ending == "declined":
        err.write("Nothing was changed.\n")
        return
    if outcome.ending == "interrupted":
        err.write(f"Interrupted while {outcome.doing}.\n")
    elif outcome.problem is not None:
        err.write(f"Error: {outcome.problem}\n")
    if outcome.ending != "finished":
        if outcome.may_have_changed:
            err.write("Changes may have been made. Running the command again compares anew, and makes the others.\n")
        else:
            err.write("Nothing was changed.\n")
    if report is None:
        return
    if options.as_json:
        write_json(outcome, out, file=options.file, api=options.api)
    elif options.dry_run:
        title = _title(options, outcome, "would change")
        write_text(outcome, out, title=f"Dry run, nothing was changed. {title}", all_changes=options.all_changes)
    elif options.confirmed or outcome.may_have_changed:
        title = _title(options, outcome, "has changed" if len(report.changes) else "changes nothing in")
        write_text(outcome, out, title=title, all_changes=options.all_changes)
