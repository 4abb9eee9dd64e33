"""The commands of `mailerlite-async` under one roof, and how every one of them ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from mailerlite_async._version import __version__
from mailerlite_async.cli.completion_command import completion_command
from mailerlite_async.cli.emulator_command import emulator_command
from mailerlite_async.cli.errors import COULD_NOT_RUN, INTERRUPTED
from mailerlite_async.cli.export_command import export_command
from mailerlite_async.cli.import_command import import_command
from mailerlite_async.cli.limits_command import limits_command
from mailerlite_async.cli.plan_command import plan_command
from mailerlite_async.cli.sync_command import sync_command


class _Program(click.Group):
    """Ends alike, whichever command loses its reader."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # Not left to click, which would end with the status for refused rows. And Python would stumble over the
            # closed pipe once more when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            click.echo("Error: nobody reads the output any more.", err=True)
            ctx.exit(COULD_NOT_RUN)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mailerlite-async")
def program() -> None:
    """Work with a MailerLite account from the command line.

    The API key is read from MAILERLITE_API_KEY.
    """


for _command in (
    import_command,
    export_command,
    sync_command,
    plan_command,
    limits_command,
    emulator_command,
    completion_command,
):
    program.add_command(_command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: without the name of the program; None for those of the process.

    Returns:
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of all scripts are printed, on terminals of all encodings.
            stream.reconfigure(errors="backslashreplace")
    try:
        # Not standalone, because click would end an interrupted command with 1.
        status: object = program.main(arguments, prog_name="mailerlite-async", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return COULD_NOT_RUN
    except (click.Abort, KeyboardInterrupt):
        # Outside of what the commands guard themselves: before they begin, or while they write their report.
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    return status if isinstance(status, int) else 0
