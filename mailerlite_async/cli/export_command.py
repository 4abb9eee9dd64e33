"""The command `export`: its options and its help."""

from __future__ import annotations

import sys

import click

from mailerlite_async.cli.connecting import (
    STATUSES,
    complete_file,
    connected,
    emulator_option,
    output_options,
    read_id,
    read_name,
    seed_option,
)
from mailerlite_async.cli.export_rows import Format
from mailerlite_async.cli.exporting import STDOUT, ExportOptions, run_export

_EPILOG = """\b
Exit status:
    0  everything was written
    2  it could not run, or not to the end: bad option, file, key or API
  130  interrupted
After 2 and 130 the same command with --resume goes on.
"""


def _read_fields(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise click.BadParameter("give names with commas between them")
    return names


@click.command("export", epilog=_EPILOG, short_help="Write subscribers to a file.")
@click.option("--group", metavar="NAME", callback=read_name, help="Only members of the group with this exact name.")
@click.option("--group-id", metavar="ID", callback=read_id, help="Only members of the group with this id.")
@click.option("--segment", metavar="NAME", callback=read_name, help="Only members of the segment with this exact name.")
@click.option("--segment-id", metavar="ID", callback=read_id, help="Only members of the segment with this id.")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    help="Only subscribers with this status; may be repeated. Default: all of them.",
)
@click.option(
    "-o", "--output", metavar="FILE", shell_complete=complete_file, default=STDOUT, help="Default: - (stdout)."
)
@click.option("--format", type=click.Choice(("csv", "jsonl")), help="Default: by the name of the file; csv for stdout.")
@click.option(
    "--fields",
    metavar="A,B",
    callback=_read_fields,
    help="Only these, in this order: keys of the account's fields, and id, email, status ... Default: everything.",
)
@click.option("--excel-safe", is_flag=True, help="CSV: put ' before text that begins with = + - @, see above.")
@click.option("--resume", is_flag=True, help="Go on with an export that ended early; begins one if there is none.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--page-size", type=click.IntRange(1, 1000), help="Subscribers to read in one call.")
@emulator_option
@seed_option
@output_options
@click.pass_context
def export_command(
    context: click.Context,
    *,
    group: str | None,
    group_id: str | None,
    segment: str | None,
    segment_id: str | None,
    statuses: tuple[str, ...],
    output: str,
    format: Format | None,
    fields: tuple[str, ...] | None,
    excel_safe: bool,
    resume: bool,
    force: bool,
    page_size: int | None,
    emulator: bool,
    seed: str | None,
    as_json: bool,
    progress: bool,
) -> None:
    """Write the subscribers of the account, of a group or of a segment to a file.

    All statuses are exported unless --status is given. Of groups and segments the API lists one status at a time, so
    each is asked for by itself: active, unsubscribed, unconfirmed, bounced, junk. Whose status changes meanwhile may be
    there twice, or be missing.

    CSV has a column for id, email, status and so on, and one for each field of the account; dates are in UTC. Beyond
    the quotation marks of CSV nothing is escaped. Spreadsheets take a cell that begins with = + - or @ for a formula,
    and whoever subscribes may write one into a field: with --excel-safe such text gets an apostrophe before it, which
    whoever reads the file otherwise has to take away. JSON lines have the fields in an object of their own.

    As long as an export is not complete, FILE.cursor says how much of FILE is, even if this command is killed. --resume
    cuts off what is beyond that and goes on; the other options must be the same.

    Without --emulator the key is read from MAILERLITE_API_KEY.
    """
    if sum(value is not None for value in (group, group_id, segment, segment_id)) > 1:
        raise click.UsageError("give one of --group, --group-id, --segment and --segment-id at most")
    if resume and force:
        raise click.UsageError("--resume goes on with FILE, and --force overwrites it: give one of them")
    if as_json and output == STDOUT:
        raise click.UsageError("--json and the export would both go to stdout: name a file with -o FILE")
    if output == STDOUT and sys.__stdout__ is None:
        raise click.UsageError("stdout is closed: name a file with -o FILE")
    if excel_safe and format == "jsonl":
        raise click.UsageError("--excel-safe is for CSV")
    with connected(context, emulator=emulator, seed=seed) as (client, api):
        options = ExportOptions(
            output=output,
            group=group,
            group_id=group_id,
            segment=segment,
            segment_id=segment_id,
            statuses=tuple(dict.fromkeys(statuses)),
            format=format,
            fields=fields,
            excel_safe=excel_safe,
            resume=resume,
            force=force,
            page_size=page_size,
            as_json=as_json,
            progress=progress,
            api=api,
        )
        status = run_export(client, options, sys.stdout, sys.stderr, data=sys.stdout.buffer)
    context.exit(status)
