"""The command `emulator`: the emulator of the API in the foreground."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailerlite_async.cli.connecting import complete_file
from mailerlite_async.cli.errors import COULD_NOT_RUN

_EPILOG = """\b
Exit status:
    0  it was stopped by Ctrl-C or SIGTERM
    2  it could not start: bad option or seed, or the port is taken
"""


@click.command("emulator", epilog=_EPILOG, short_help="Serve an emulator of the API.")
@click.option("--port", type=int, default=8025, show_default=True, help="TCP port, 0 for a free one.")
@click.option("--requests", type=int, default=120, show_default=True, help="Calls in a period.")
@click.option("--imports", type=int, default=5, show_default=True, help="Import calls in a period.")
@click.option("--period", type=float, default=60.0, show_default=True, help="Seconds of a period.")
@click.option(
    "--seed",
    shell_complete=complete_file,
    metavar="FILE",
    help="JSON with what the account holds: an object of arrays under subscribers, groups, fields, segments, "
    "automations, forms.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the base URL as a JSON object.")
@click.pass_context
def emulator_command(
    context: click.Context, *, port: int, requests: int, imports: int, period: float, seed: str | None, as_json: bool
) -> None:
    """Serve an emulator of the API on 127.0.0.1.

    It prints its base URL when it is ready, and goes on until Ctrl-C or SIGTERM. Nothing is kept. Give the URL to
    another command as MAILERLITE_BASE_URL. Every key is accepted but `invalid` and keys of 32 lower-case hexadecimal
    digits, the form of the older Classic API.
    """
    from mailerlite_async.testing._program import UnusableError, run

    def announce(base_url: str) -> None:
        print(json.dumps({"base_url": base_url}) if as_json else base_url, flush=True)

    path = None if seed is None else Path(seed)
    try:
        run(port, requests=requests, imports=imports, period=period, seed=path, ready=announce)
    except UnusableError as error:
        click.echo(f"Error: {error}.", err=True)
        context.exit(COULD_NOT_RUN)
