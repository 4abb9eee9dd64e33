"""The import from beginning to end: read the file, find group and fields, send, report."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from mailerlite_async._addresses import objection
from mailerlite_async.bulk._chunk import MOST_IMPORT_ROWS
from mailerlite_async.cli.chunks import Trail
from mailerlite_async.cli.columns import Columns, FieldPlan, has_address_column, plan_fields, read_columns
from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.cli.failing import explain
from mailerlite_async.cli.outcome import Outcome
from mailerlite_async.cli.progress import Progress
from mailerlite_async.cli.report import write_csv, write_ending, write_json, write_text
from mailerlite_async.cli.rows import CsvFile, Row
from mailerlite_async.cli.sending import Sender, check_checkpoint, rows_to_send
from mailerlite_async.cli.staging import Refusal, Staging
from mailerlite_async.cli.target import check_new_fields, create_fields, create_group, find_group
from mailerlite_async.errors import MailerLiteError

if TYPE_CHECKING:
    from mailerlite_async import MailerLite

WAIT_TIMEOUT: Final = 1800.0
_SHOWN_EVERY: Final = 500
# Stands for a group that does not exist yet: a plan does not depend on which it is.
_ANY_GROUP: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user asked for; `mailerlite-async import --help` says what each option does.

    Attributes:
        api: what the report calls the API: `emulator`, or the base URL.
        chunk_rows: the most rows of an import.
    """

    file: str
    group: str | None = None
    group_id: str | None = None
    email_column: str | None = None
    create_fields: bool = False
    encoding: str = "utf-8"
    delimiter: str | None = None
    chunk_rows: int = MOST_IMPORT_ROWS
    wait_timeout: float = WAIT_TIMEOUT
    checkpoint: str | None = None
    report: str | None = None
    as_json: bool = False
    dry_run: bool = False
    progress: bool = False
    api: str = "emulator"


def run_import(ml: MailerLite, options: ImportOptions, out: TextIO, err: TextIO) -> int:
    """Import a file into a group.

    Args:
        ml: the client.
        options: what to do.
        out: for the report.
        err: for progress and errors.

    Returns:
        The exit status. Nothing that goes wrong with the file, the API or the machine is raised.
    """
    with Staging() as staging:
        outcome = Outcome(options.file, options.api, options.dry_run, options.create_fields, staging)
        with Progress(err, plain=options.progress) as progress:
            job = _Import(ml, options, outcome, progress)
            try:
                job.run()
            except CannotRunError as error:
                outcome.ending, outcome.problem = "failed", str(error)
            except MailerLiteError as error:
                outcome.ending, outcome.problem = "failed", explain(error)
            except sqlite3.Error as error:
                outcome.ending, outcome.problem = "failed", f"The temporary database failed: {error}."
            except KeyboardInterrupt:
                outcome.ending = "interrupted"
        try:
            job.close()
        except OSError as error:
            outcome.ending, outcome.problem = (
                "failed",
                f"--report {options.report} cannot be written: {error.strerror}.",
            )
        if outcome.ending != "finished":
            write_ending(outcome, err)
        if outcome.ending == "finished" or outcome.chunks:
            if options.as_json:
                write_json(outcome, out)
            elif outcome.ending != "interrupted":
                write_text(outcome, out)
        return outcome.status()


class _Import:
    """One run, phase by phase; what becomes known goes into the outcome at once."""

    def __init__(
        self,
        ml: MailerLite,
        options: ImportOptions,
        outcome: Outcome,
        progress: Progress,
    ) -> None:
        self._ml = ml
        self._options = options
        self._outcome = outcome
        self._staging = outcome.staging
        self._progress = progress
        self._report: TextIO | None = None

    def run(self) -> None:
        options, outcome = self._options, self._outcome
        self._check_paths()
        outcome.doing = "looking at the file"
        suits = partial(has_address_column, wanted=options.email_column)
        with CsvFile(options.file, options.encoding, options.delimiter, suits) as source:
            where = f"{source.path}, line {source.header_line}"
            columns = outcome.columns = read_columns(source.header, options.email_column, where)
            outcome.doing = "looking up the group and the fields"
            outcome.group = find_group(self._ml, options.group, options.group_id)
            plan = outcome.plan = plan_fields(columns, self._ml.fields.iter(), where)
            if options.create_fields:
                check_new_fields(plan, where)
            self._announce(columns, plan)
            outcome.doing = "reading the file"
            self._stage(source, columns)
        if options.checkpoint is not None:
            outcome.doing = "looking at the checkpoint"
            check_checkpoint(self._ml, outcome.group.id, options.checkpoint, chunk_rows=options.chunk_rows)
        self._open_report()
        if options.dry_run:
            outcome.planned = self._planned_imports(plan)
        elif self._staging.count() > self._staging.count("check"):
            self._send(plan)

    def close(self) -> None:
        """Write the file with the refusals, if it was opened."""
        if self._report is not None:
            with self._report:
                write_csv(self._outcome, self._report)

    # -- before sending ------------------------------------------------------------------------------------------------

    def _check_paths(self) -> None:
        if self._options.report is None:
            return
        path, file = Path(self._options.report), Path(self._options.file)
        if path.is_dir() or not path.parent.is_dir():
            raise CannotRunError(f"--report {path} cannot be written: it must be a file in a directory that exists.")
        if path.is_file() and file.is_file() and path.samefile(file):
            raise CannotRunError(f"--report {path} is the file to import.")
        if self._options.checkpoint is not None and path.resolve() == Path(self._options.checkpoint).resolve():
            raise CannotRunError(f"--report {path} is the checkpoint.")

    def _open_report(self) -> None:
        """Open the file before anything is sent, because afterwards it would be too late to say that this fails."""
        if self._options.report is None:
            return
        try:
            self._report = Path(self._options.report).open("w", encoding="utf-8", newline="")  # noqa: SIM115  (see `close`)
        except OSError as error:
            raise CannotRunError(f"--report {self._options.report} cannot be written: {error.strerror}.") from None

    def _announce(self, columns: Columns, plan: FieldPlan) -> None:
        if plan.unknown and not self._options.create_fields:
            names = ", ".join(repr(column.name) for column in plan.unknown)
            self._progress.say(f"Ignored, since the account has no such field: column {names}. See --create-fields.")
        if plan.own:
            names = ", ".join(repr(column.name) for column in plan.own)
            self._progress.say(f"Ignored, since an export writes it of every subscriber: column {names}.")
        if columns.nameless:
            numbers = ", ".join(map(str, columns.nameless))
            self._progress.say(f"Ignored, since it has no name in the header: column {numbers}.")

    def _stage(self, source: CsvFile, columns: Columns) -> None:
        self._progress.stage("Reading", None)
        kept = [column.index for column in columns.others]
        count = 0
        for count, row in enumerate(source, 1):
            refusal = _check(row, columns)
            if refusal is None:
                email = row.cells[columns.address.index]
                cells = {index: row.cells[index] for index in kept if index < len(row.cells) and row.cells[index]}
                first_line = self._staging.add(row.line, email, cells)
                if first_line is not None:
                    refusal = Refusal(row.line, email, "duplicate_row", f"the same address as in line {first_line}")
            if refusal is not None:
                self._staging.refuse(refusal)
            if count % _SHOWN_EVERY == 0:
                self._progress.show(count)
        if not count:
            raise CannotRunError(f"{source.path} has no rows below the header in line {source.header_line}.")
        refused = self._staging.count("check")
        self._progress.say(f"Read {count:,} rows: {count - refused:,} to send, {refused:,} refused.")

    def _planned_imports(self, plan: FieldPlan) -> list[int]:
        """The rows of each import that would be made."""
        assert self._outcome.group is not None  # looked up by `run`
        planned = {column.index: column.new_field for column in plan.unknown} if self._options.create_fields else {}
        rows = rows_to_send(self._staging, {**plan.keys, **planned})
        group_id = self._outcome.group.id or _ANY_GROUP
        found = self._ml.bulk.plan("import_into", rows, group_id=group_id, chunk_rows=self._options.chunk_rows)
        return [size for step in found.steps for size in step.sizes]

    # -- sending and after ---------------------------------------------------------------------------------------------

    def _send(self, plan: FieldPlan) -> None:
        options, outcome = self._options, self._outcome
        assert outcome.group is not None  # looked up by `run`
        outcome.doing = "creating the group and the fields"
        if options.create_fields:
            create_fields(self._ml, plan, outcome.created_fields)
        group_id = create_group(self._ml, outcome.group)
        outcome.doing = "sending"
        total = self._staging.count() - self._staging.count("check")
        self._progress.stage("Sending", total)
        outcome.checkpoint = options.checkpoint
        trail = outcome.trail = Trail(total, self._progress)
        sender = Sender(self._staging, trail)
        outcome.turned_away, outcome.notes = sender.turned_away, sender.notes
        try:
            sender.send_all(
                self._ml,
                group_id,
                plan.keys,
                chunk_rows=options.chunk_rows,
                timeout=options.wait_timeout,
                checkpoint=options.checkpoint,
            )
        finally:
            trail.close()
            outcome.doing = trail.doing()


def _check(row: Row, columns: Columns) -> Refusal | None:
    """Why a row is not sent, None if it is."""
    index = columns.address.index
    email = row.cells[index] if index < len(row.cells) else ""
    if row.problem is not None:
        return Refusal(row.line, email, "unreadable", f"the row {row.problem}")
    if len(row.cells) > columns.width:
        detail = f"{len(row.cells)} cells, but the header has {columns.width}"
        return Refusal(row.line, email, "too_many_cells", detail)
    if any("\0" in cell for cell in row.cells):
        return Refusal(row.line, email, "unreadable", "the row holds a NUL character")
    if not email:
        return Refusal(row.line, email, "no_address", "the address is empty")
    problem = objection(email)
    return None if problem is None else Refusal(row.line, email, "malformed_address", f"not an address: {problem}")
