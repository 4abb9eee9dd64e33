"""The command `sync`: its options and its help."""

from __future__ import annotations

import sys

import click

from mailerlite_async.cli.connecting import (
    STATUSES,
    complete_file,
    connected,
    delimiter_option,
    email_column_option,
    emulator_option,
    encoding_option,
    output_options,
    read_id,
    read_name,
    seed_option,
)
from mailerlite_async.cli.syncing import SyncOptions, run_sync

_EPILOG = """\b
Exit status:
    0  the group is as the file says; of a dry run: it could be made so
    1  some rows were refused or some changes failed; the report names them
    2  it could not run, or not to the end: bad input, key or API, more
       removals than allowed, or you said no
  130  interrupted
"""


def _read_removals(_context: click.Context, _parameter: click.Parameter, value: str) -> float:
    """A part as float, a number as int: that is how `bulk.sync` tells them apart."""
    text = value.strip()
    try:
        if not text.endswith("%"):
            number = int(text)
            if number >= 0:
                return number
        elif 0 <= (part := float(text[:-1]) / 100) <= 1:
            return part
    except ValueError:
        pass
    raise click.BadParameter("it must be a number of members, or a part of them such as 10%")


@click.command("sync", epilog=_EPILOG, short_help="Make a group equal to a file.")
@click.argument("file", shell_complete=complete_file)
@click.option("--group", metavar="NAME", callback=read_name, help="Group by its exact name; created if there is none.")
@click.option("--group-id", metavar="ID", callback=read_id, help="Group by its id, instead of --group.")
@click.option(
    "--by",
    metavar="KEY",
    default="email",
    show_default=True,
    help="How the member of a row is found: email, id, or the key of a field.",
)
@click.option(
    "--max-removals",
    metavar="10%|N",
    default="10%",
    show_default=True,
    callback=_read_removals,
    help="How many members may be removed; if it would be more, nothing is changed.",
)
@click.option("--resubscribe", is_flag=True, help="Subscribe people of the file again who have unsubscribed.")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    help="Only members with this status are updated or removed; may be repeated. Default: all of them.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be changed, change nothing.")
@click.option("--yes", "confirmed", is_flag=True, help="Do not ask before the group is changed.")
@click.option("--keep-values", is_flag=True, help="An empty cell of CSV leaves the field as it is.")
@click.option("--all", "all_changes", is_flag=True, help="Show all changes, not only the first 20 of each kind.")
@email_column_option
@encoding_option
@delimiter_option
@emulator_option
@seed_option
@output_options
@click.pass_context
def sync_command(
    context: click.Context,
    *,
    file: str,
    group: str | None,
    group_id: str | None,
    by: str,
    max_removals: float,
    resubscribe: bool,
    statuses: tuple[str, ...],
    dry_run: bool,
    confirmed: bool,
    keep_values: bool,
    all_changes: bool,
    email_column: str | None,
    encoding: str,
    delimiter: str | None,
    emulator: bool,
    seed: str | None,
    as_json: bool,
    progress: bool,
) -> None:
    """Make a group equal to the people in FILE: add who is missing, update who differs, remove who is not in it.

    Nobody is deleted: whoever is removed leaves the group, and nothing else. Whoever has unsubscribed stays
    unsubscribed without --resubscribe. The changes are shown first, and made when you say yes; --yes makes them at
    once, and is needed where nobody can be asked.

    FILE is CSV, or lines of JSON if its name ends in .jsonl or .ndjson. CSV is read as by the command import, with one
    difference: an empty cell says that the field is empty, and clears it, unless --keep-values is given. Fields that
    are no column of the file are left alone. A line of JSON is an object with email and fields; what else export writes
    is left out. With --by id there is also a column id. A row that cannot be read leaves its member alone; if
    nobody can tell who that is, and members would be removed, nothing is changed.

    Without --emulator the key is read from MAILERLITE_API_KEY.
    """
    if (group is None) == (group_id is None):
        raise click.UsageError("give either --group NAME or --group-id ID")
    if not (dry_run or confirmed) and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked: add --yes to change the group, or --dry-run")
    with connected(context, emulator=emulator, seed=seed) as (client, api):
        options = SyncOptions(
            file=file,
            group=group,
            group_id=group_id,
            by=by,
            max_removals=max_removals,
            resubscribe=resubscribe,
            statuses=statuses,
            dry_run=dry_run,
            confirmed=confirmed,
            keep_values=keep_values,
            email_column=email_column,
            encoding=encoding,
            delimiter=delimiter,
            all_changes=all_changes,
            as_json=as_json,
            progress=progress,
            api=api,
        )
        status = run_sync(client, options, sys.stdout, sys.stderr, confirm=_confirm)
    context.exit(status)


def _confirm() -> bool:
    try:
        return click.confirm("Make these changes?", err=True)
    except click.Abort:
        raise KeyboardInterrupt from None
