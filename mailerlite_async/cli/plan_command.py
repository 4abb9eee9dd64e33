"""The command `plan`: what a bulk job would send for the rows of a file, without a key and without a call."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

import click

from mailerlite_async.cli.connecting import (
    complete_file,
    delimiter_option,
    email_column_option,
    encoding_option,
    offline_client,
    output_options,
    read_id,
)
from mailerlite_async.cli.errors import ALL_TAKEN, COULD_NOT_RUN, INTERRUPTED, SOME_REFUSED, CannotRunError
from mailerlite_async.cli.progress import Progress
from mailerlite_async.cli.records import Records
from mailerlite_async.cli.refusals import in_words

if TYPE_CHECKING:
    from mailerlite_async.bulk import BulkPlan
    from mailerlite_async.bulk._model import Operation

OPERATIONS: Final = ("upsert", "import_into", "get", "update", "delete", "forget", "assign", "unassign")
_BODIES: Final = ("upsert", "import_into", "update")
_ADDRESSES_TOO: Final = ("get", "assign", "unassign")
_IN_A_GROUP: Final = ("import_into", "assign", "unassign")
# Of an operation that takes a group any will do: a plan does not depend on which.
_ANY_GROUP: Final = "1"
_SHOWN_EVERY: Final = 500
# As many as a plan keeps of the rows that would be refused.
_MOST_TOLD: Final = 100

_EPILOG = """\b
Exit status:
    0  every row could be sent
    1  some rows would be refused before sending; the first 100 are named
    2  it could not run: bad file or option
  130  interrupted
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What the user asked for; `mailerlite-async plan --help` says what each option does."""

    operation: str
    file: str
    group_id: str | None = None
    email_column: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    as_json: bool = False
    progress: bool = False


@click.command("plan", epilog=_EPILOG, short_help="Say how a bulk job would send the rows of a file.")
@click.argument("operation", metavar="OPERATION", type=click.Choice(OPERATIONS))
@click.argument("file", shell_complete=complete_file)
@click.option("--group-id", metavar="ID", callback=read_id, help="upsert: every row is put into this group as well.")
@email_column_option
@encoding_option
@delimiter_option
@output_options
@click.pass_context
def plan_command(
    context: click.Context,
    *,
    operation: str,
    file: str,
    group_id: str | None,
    email_column: str | None,
    encoding: str,
    delimiter: str | None,
    as_json: bool,
    progress: bool,
) -> None:
    """Show how a bulk job would send the rows of FILE: by which ways, in how many calls, how long that takes, and why.

    OPERATION is a method of `bulk`: upsert, import_into, get, update, delete, forget, assign or unassign. Nothing is
    sent, and no key is needed, so neither groups nor fields of the account are looked at.

    FILE is CSV, or lines of JSON if its name ends in .jsonl or .ndjson. CSV is read as by the command import; a column
    called id holds the id of the subscriber, which update, delete and forget need. A line of JSON is what the method
    takes: an object, or an id.
    """
    if group_id is not None and operation not in ("upsert", *_IN_A_GROUP):
        raise click.UsageError(f"--group-id makes no sense for {operation}")
    options = PlanOptions(
        operation=operation,
        file=file,
        group_id=group_id,
        email_column=email_column,
        encoding=encoding,
        delimiter=delimiter,
        as_json=as_json,
        progress=progress,
    )
    context.exit(run_plan(options, sys.stdout, sys.stderr))


def run_plan(options: PlanOptions, out: TextIO, err: TextIO) -> int:
    """Plan a job for the rows of a file.

    Args:
        options: what to do.
        out: for the plan.
        err: for progress and errors.

    Returns:
        The exit status.
    """
    records = Records(
        options.file,
        encoding=options.encoding,
        delimiter=options.delimiter,
        email_column=options.email_column,
    )
    nameless: set[int] = set()
    group_id = (options.group_id or _ANY_GROUP) if options.operation in _IN_A_GROUP else None
    try:
        with Progress(err, plain=options.progress) as progress, offline_client() as ml, records:
            rows = _rows(records, options, progress, nameless)
            plan = ml.bulk.plan(cast("Operation", options.operation), rows, group_id=group_id)
    except CannotRunError as error:
        err.write(f"Error: {error}\n")
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        err.write("Interrupted.\n")
        return INTERRUPTED
    reasons = [
        (row, records.lines[row], _reason(row, error, options.operation, records, nameless))
        for row, error in plan.invalid.items()
    ]
    status = SOME_REFUSED if plan.invalid_count else ALL_TAKEN
    if options.as_json:
        out.write(f"{json.dumps(_as_json(plan, options, reasons, status), ensure_ascii=False, indent=2)}\n")
    else:
        out.writelines(f"{line}\n" for line in _text(plan, options, reasons))
    return status


def _rows(records: Records, options: PlanOptions, progress: Progress, nameless: set[int]) -> Iterator[Any]:
    """The rows as the job takes them; `nameless` is given the first of those that say of nobody."""
    progress.stage("Reading", None)
    for number, record in enumerate(records.read(records.probable_keys(), empty=False), 1):
        if number % _SHOWN_EVERY == 0:
            progress.show(number)
        if options.operation in _BODIES:
            yield _body(record, options, is_csv=records.columns is not None)
        else:
            reference = _reference(record, addresses_too=options.operation in _ADDRESSES_TOO)
            if isinstance(record, dict) and reference == "" and len(nameless) < _MOST_TOLD:
                nameless.add(number - 1)
            yield reference


def _body(record: Any, options: PlanOptions, *, is_csv: bool) -> Any:
    if not isinstance(record, dict):
        return record
    if is_csv and options.operation != "update":
        record.pop("id", None)
    if options.operation == "upsert" and options.group_id is not None:
        record.setdefault("groups", [options.group_id])
    return record


def _reference(record: Any, *, addresses_too: bool) -> Any:
    if not isinstance(record, dict):
        return record
    reference = record.get("id")
    return record.get("email", "") if addresses_too and not reference else reference or ""


def _text(plan: BulkPlan, options: PlanOptions, reasons: Sequence[tuple[int, int, str]]) -> Iterator[str]:
    yield f"Plan of {plan.operation} for the {plan.rows:,} rows of {options.file}. Nothing was sent."
    yield ""
    if plan.steps:
        yield f"{'way':<8}{'rows':>12}{'calls':>9}{'of imports':>12}  why"
    for step in plan.steps:
        yield f"{step.way:<8}{step.rows:>12,}{step.requests:>9,}{step.imports:>12,}  {step.why}"
    yield f"{'in all':<8}{plan.rows - plan.invalid_count:>12,}{plan.requests:>9,}{plan.imports:>12,}"
    yield ""
    yield f"That takes {_duration(plan.seconds)} at best, with the account to itself."
    if plan.invalid_count:
        yield ""
        yield f"Refused before sending: {plan.invalid_count:,} row{'' if plan.invalid_count == 1 else 's'}"
        for _, line, reason in reasons:
            yield f"  line {line:>6}  {reason}"
        if plan.invalid_count > len(plan.invalid):
            yield f"  ... and {plan.invalid_count - len(plan.invalid):,} more"


def _reason(row: int, error: Exception, operation: str, records: Records, nameless: set[int]) -> str:
    if row in nameless:
        if operation in _ADDRESSES_TOO:
            return "has neither id nor email"
        return f"has no id: {operation} needs one"
    # The number of the row says less than the line does.
    text = str(error).partition(": ")[2] or str(error)
    return in_words(text, records.lines, keys="id and fields" if operation == "update" else "email and fields")


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if whole else "less than a second"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _as_json(
    plan: BulkPlan, options: PlanOptions, reasons: Sequence[tuple[int, int, str]], status: int
) -> dict[str, Any]:
    return {
        "file": options.file,
        "exit_status": status,
        "operation": plan.operation,
        "rows": plan.rows,
        "requests": plan.requests,
        "imports": plan.imports,
        "seconds": plan.seconds,
        "steps": [
            {
                "way": step.way,
                "rows": step.rows,
                "requests": step.requests,
                "imports": step.imports,
                "why": step.why,
            }
            for step in plan.steps
        ],
        "invalid_count": plan.invalid_count,
        "invalid": [{"row": row, "line": line, "reason": reason} for row, line, reason in reasons],
    }
