"""The command `import`: its options and its help."""

from __future__ import annotations

import sys

import click

from mailerlite_async.bulk._chunk import MOST_IMPORT_ROWS
from mailerlite_async.cli.connecting import (
    complete_file,
    connected,
    delimiter_option,
    emulator_option,
    encoding_option,
    output_options,
    read_id,
    read_name,
)
from mailerlite_async.cli.importing import WAIT_TIMEOUT, ImportOptions, run_import

_EPILOG = """\b
Exit status:
    0  every row was taken
    1  some rows were refused; the report names them
    2  it could not run, or not to the end: bad input, key or API
  130  interrupted
"""


# Eleven days: more than enough, and finite.
_LONGEST_WAIT = 1_000_000.0


@click.command("import", epilog=_EPILOG, short_help="Put the people of a CSV file into a group.")
@click.argument("file", shell_complete=complete_file)
@click.option("--group", metavar="NAME", callback=read_name, help="Group by its exact name; created if there is none.")
@click.option("--group-id", metavar="ID", callback=read_id, help="Group by its id, instead of --group.")
@emulator_option
@click.option("--dry-run", is_flag=True, help="Check everything, create and send nothing.")
@click.option(
    "--email-column", metavar="NAME", help="Column with the address, if it has another name than those above."
)
@click.option("--create-fields", is_flag=True, help="Make a text field for each column without one, not ignore it.")
@encoding_option
@delimiter_option
@click.option(
    "--chunk-size",
    type=click.IntRange(1, MOST_IMPORT_ROWS),
    default=MOST_IMPORT_ROWS,
    show_default=True,
    help="Rows in one import at most. Five imports a minute are allowed.",
)
@click.option(
    "--wait-timeout",
    type=click.FloatRange(0, _LONGEST_WAIT),
    default=WAIT_TIMEOUT,
    show_default=True,
    help="Seconds to wait for an import to be done.",
)
@click.option(
    "--checkpoint",
    shell_complete=complete_file,
    metavar="FILE",
    help="Keep the import in this file: the same command again goes on where it ended. It holds personal data.",
)
@click.option(
    "--report",
    shell_complete=complete_file,
    metavar="FILE",
    help="Also write the refused rows as CSV: line,email,reason,detail.",
)
@output_options
@click.pass_context
def import_command(
    context: click.Context,
    *,
    file: str,
    group: str | None,
    group_id: str | None,
    emulator: bool,
    dry_run: bool,
    email_column: str | None,
    create_fields: bool,
    encoding: str,
    delimiter: str | None,
    chunk_size: int,
    wait_timeout: float,
    checkpoint: str | None,
    report: str | None,
    as_json: bool,
    progress: bool,
) -> None:
    """Import the people in the CSV file FILE into a group.

    The first line names the columns. The address is in the column email, e-mail, email address, e-mail address or mail.
    Every other column fills the field of the account with its key or name; letter case does not matter, and spaces,
    underscores and hyphens are alike. Also understood: first name, firstname (the field name); lastname, surname
    (last_name); zip code, postcode, postal code (z_i_p); phone number (phone). fields.KEY is the field with this key.
    In a file that export wrote, status, source and what else every subscriber has fill no field. Empty cells clear
    nothing.

    The whole file is checked before anything is sent. Of rows with the same address the first one counts.

    With --checkpoint, an import that was killed or interrupted goes on when the same command is run again: what is done
    is not sent again, and the report is about the whole file.

    Without --emulator the key is read from MAILERLITE_API_KEY.
    """
    if (group is None) == (group_id is None):
        raise click.UsageError("give either --group NAME or --group-id ID")
    with connected(context, emulator=emulator) as (client, api):
        options = ImportOptions(
            file=file,
            group=group,
            group_id=group_id,
            email_column=email_column,
            create_fields=create_fields,
            encoding=encoding,
            delimiter=delimiter,
            chunk_rows=chunk_size,
            wait_timeout=wait_timeout,
            checkpoint=checkpoint,
            report=report,
            as_json=as_json,
            dry_run=dry_run,
            progress=progress,
            api=api,
        )
        status = run_import(client, options, sys.stdout, sys.stderr)
    context.exit(status)
