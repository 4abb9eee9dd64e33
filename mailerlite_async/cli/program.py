"""The commands of `mailerlite-async` under one roof, and how every one of them ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from mailerlite_async._version import __version__
from mailerlite_async.cli.completion_command import completion_command
from mailerlite_async.cli.connecting import CONNECTED
from mailerlite_async.cli.emulator_command import emulator_command
from mailerlite_async.cli.errors import ALL_TAKEN, COULD_NOT_RUN, INTERRUPTED
from mailerlite_async.cli.export_command import export_command
from mailerlite_async.cli.import_command import import_command
from mailerlite_async.cli.limits_command import limits_command
from mailerlite_async.cli.plan_command import plan_command
from mailerlite_async.cli.sync_command import sync_command


class _Program(click.Group):
    """Ends alike, whatever of it cannot write its output."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the options of the program itself; some of them print something."""
        with _writing():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _writing(ctx):
            return super().invoke(ctx)


@contextmanager
def _writing(context: click.Context | None = None) -> Iterator[None]:
    """End with the status for what could not run, and without a traceback, if stdout cannot be written.

    Left to click, a closed pipe would end with the status for refused rows.
    """
    status = ALL_TAKEN
    try:
        try:
            yield
        except click.exceptions.Exit as ended:
            status = ended.exit_code
            raise
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _give_up_stdout()
        click.echo("Error: nobody reads the output any more.", err=True)
        raise click.exceptions.Exit(COULD_NOT_RUN) from None
    except OSError as error:
        if error.filename is not None:  # of a file that cannot be opened, not of a stream
            raise
        _give_up_stdout()
        if status < COULD_NOT_RUN:  # or the command has said what went wrong
            done = (
                context is not None and CONNECTED in context.meta and context.invoked_subcommand != limits_command.name
            )
            rest = " What was to be done is done, unless something else is said above." if done else ""
            click.echo(f"Error: the output cannot be written: {error.strerror}.{rest}", err=True)
        raise click.exceptions.Exit(max(status, COULD_NOT_RUN)) from None


def _give_up_stdout() -> None:
    """Let what is still to be written go nowhere: Python would stumble over it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    _open_closed_streams()
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


def _open_closed_streams() -> None:
    """Give the program the streams that it was started without, so that not every command has to ask for them."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  (for as long as the process lives)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
