"""The command `limits`: both limits of the account, by the API's own numbers and as the client keeps to them."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from mailerlite_async.cli.connecting import connected, emulator_option
from mailerlite_async.cli.errors import ALL_TAKEN, COULD_NOT_RUN, INTERRUPTED
from mailerlite_async.cli.failing import explain
from mailerlite_async.errors import MailerLiteError

if TYPE_CHECKING:
    from mailerlite_async import LaneQuota, MailerLite

_EPILOG = """\b
Exit status:
    0  the limits were printed
    2  it could not run: bad key or API
  130  interrupted
"""


@click.command("limits", epilog=_EPILOG, short_help="Show where the limits of the account stand.")
@emulator_option
@click.option("--json", "as_json", is_flag=True, help="Print the limits as one JSON object.")
@click.pass_context
def limits_command(context: click.Context, *, emulator: bool, as_json: bool) -> None:
    """Show where the limits of the account stand.

    This makes one call, which counts. The API tells limit and remaining calls of the limit on all calls; of the limit
    on imports it tells nothing, so what stands there is what this program keeps to by itself. Each run of the program
    begins with a new count: only the API's numbers know what others use.

    Without --emulator the key is read from MAILERLITE_API_KEY.
    """
    with connected(context, emulator=emulator) as (client, api):
        status = run_limits(client, api, sys.stdout, sys.stderr, as_json=as_json)
    context.exit(status)


def run_limits(ml: MailerLite, api: str, out: TextIO, err: TextIO, *, as_json: bool = False) -> int:
    """Make one call, and print both limits.

    Args:
        ml: the client.
        api: what the report calls the API.
        out: for the limits.
        err: for errors.
        as_json: whether the limits are for a program.

    Returns:
        The exit status.
    """
    from mailerlite_async import calls

    try:
        response = ml.execute(calls.subscribers.count())
    except MailerLiteError as error:
        err.write(f"Error: {explain(error)}\n")
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        err.write("Interrupted.\n")
        return INTERRUPTED
    told, quota = response.rate_limit, ml.quota
    # The API has no header for the limit on imports.
    lanes: dict[str, dict[str, Any]] = {
        "requests": {
            "limit": None if told is None else told.limit,
            "remaining": None if told is None else told.remaining,
            **_own(quota.requests),
        },
        "imports": {"limit": None, "remaining": None, **_own(quota.imports)},
    }
    if as_json:
        out.write(f"{json.dumps({'api': api, 'lanes': lanes}, indent=2)}\n")
    else:
        _write_table(lanes, out)
    return ALL_TAKEN


def _own(quota: LaneQuota) -> dict[str, Any]:
    return {
        "own_limit": quota.limit,
        "available": quota.available,
        "held": quota.held,
        "waiting": quota.waiting,
        "reopens_at": None if quota.reopens_at is None else quota.reopens_at.isoformat(),
    }


def _write_table(lanes: dict[str, dict[str, Any]], out: TextIO) -> None:
    titles = {"requests": "all calls", "imports": "imports"}
    out.write(f"{'calls a minute':<22}{'all calls':>12}{'imports':>12}\n")
    rows = {
        "limit, by the API": "limit",
        "remaining, by the API": "remaining",
        "limit we keep to": "own_limit",
        "available to us now": "available",
    }
    for title, key in rows.items():
        cells = ["not told" if lanes[lane][key] is None else f"{lanes[lane][key]:,}" for lane in titles]
        out.write(f"{title:<22}{cells[0]:>12}{cells[1]:>12}\n")
    for lane, title in titles.items():
        if lanes[lane]["reopens_at"] is not None:
            moment = datetime.fromisoformat(lanes[lane]["reopens_at"])
            out.write(f"The API has closed {title} until {moment:%Y-%m-%d %H:%M:%S} UTC.\n")
