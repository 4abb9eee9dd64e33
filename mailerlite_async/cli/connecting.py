"""What the commands share: options that choose an API, the client for it, and names of files that shells complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.shell_completion import CompletionItem

from mailerlite_async.cli.errors import COULD_NOT_RUN
from mailerlite_async.cli.rows import DELIMITERS
from mailerlite_async.config import DEFAULT_BASE_URL
from mailerlite_async.errors import ConfigurationError

if TYPE_CHECKING:
    from mailerlite_async import MailerLite
    from mailerlite_async.testing import Emulator

STATUSES: Final = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")

CONNECTED: Final = "mailerlite_async.cli.connected"
"""In the `meta` of a context: there was a client, so something may have been done."""

# The emulator answers alike for every version; naming one keeps MAILERLITE_API_VERSION out of it.
_ANY_VERSION: Final = "2026-01-01"
_LONGEST_NAME: Final = 255
_TAB: Final = ("tab", "\\t")
_F = TypeVar("_F", bound=Callable[..., Any])


def complete_file(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave the completion of the name of a file to the shell."""
    return [CompletionItem(incomplete, type="file")]


def read_name(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Check the name of a group or a segment."""
    if value is None:
        return None
    name = value.strip()
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise click.BadParameter(f"a {_kind(parameter)} has a name of 1 to {_LONGEST_NAME} characters")
    return name


def read_id(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Check the id of a group or a segment."""
    if value is not None and not (value.isascii() and value.isdigit()):
        raise click.BadParameter(f"the id of a {_kind(parameter)} is made of digits")
    return value


def _kind(parameter: click.Parameter) -> str:
    return "segment" if (parameter.name or "").startswith("segment") else "group"


def emulator_option(function: _F) -> _F:
    """Add `--emulator`."""
    text = "Use the built-in emulator of the API; needs no key, nothing is kept."
    return click.option("--emulator", is_flag=True, help=text)(function)


def seed_option(function: _F) -> _F:
    """Add `--seed`."""
    text = "With --emulator: what its account holds, as for the command emulator. It is empty otherwise."
    return click.option("--seed", shell_complete=complete_file, metavar="FILE", help=text)(function)


def output_options(function: _F) -> _F:
    """Add `--json` and `--progress`."""
    progress = "Show progress on stderr even if that is no terminal."
    function = click.option("--progress", is_flag=True, help=progress)(function)
    return click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")(function)


def _read_delimiter(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    delimiter = "\t" if value.lower() in _TAB else value
    if len(delimiter) != 1 or delimiter in '"\r\n ':
        raise click.BadParameter("it must be one character, or 'tab'")
    return delimiter


def delimiter_option(function: _F) -> _F:
    """Add `--delimiter`."""
    found = f"found out among {' '.join(DELIMITERS.replace(chr(9), ''))} and tab"
    text = f"What stands between cells; default: {found}."
    return click.option("--delimiter", callback=_read_delimiter, help=text)(function)


def encoding_option(function: _F) -> _F:
    """Add `--encoding`."""
    text = "Encoding of the file. A byte order mark is fine."
    return click.option("--encoding", default="utf-8", show_default=True, help=text)(function)


def email_column_option(function: _F) -> _F:
    """Add `--email-column`."""
    text = "Column with the address, if it has another name than those import finds."
    return click.option("--email-column", metavar="NAME", help=text)(function)


@contextmanager
def connected(context: click.Context, *, emulator: bool, seed: str | None = None) -> Iterator[tuple[MailerLite, str]]:
    """Open a client, and say on stderr which API it talks to.

    Args:
        context: of the command; it ends with exit status 2 if there is no key, or something else is wrong with it.
        emulator: whether to use the emulator, and not the API.
        seed: a file with what the emulator's account holds.

    Yields:
        The client, and what reports call the API.
    """
    if seed is not None and not emulator:
        raise click.UsageError("--seed fills the emulator's account: it needs --emulator")
    try:
        client, api = _to_emulator(seed) if emulator else _to_api()
    except ConfigurationError as error:
        click.echo(f"Error: {error}.", err=True)
        context.exit(COULD_NOT_RUN)
    if emulator:
        click.echo("Using the built-in emulator: nothing leaves this machine.", err=True)
    else:
        click.echo(f"Using the MailerLite API at {api}.", err=True)
    context.meta[CONNECTED] = True
    with client:
        yield client, api
    if emulator:
        click.echo("The emulator's account is gone with the end of this command.", err=True)


def offline_client() -> MailerLite:
    """A client for what sends nothing: it has no key, and nowhere to send to."""
    return _client_of(_new_emulator())


def _to_emulator(seed: str | None) -> tuple[MailerLite, str]:
    emulator = _new_emulator()
    if seed is not None:
        from pathlib import Path

        from mailerlite_async.testing._program import UnusableError, seed_from

        try:
            seed_from(emulator, Path(seed))
        except UnusableError as error:
            raise ConfigurationError(f"--seed: {error}") from None
    return _client_of(emulator), "emulator"


def _new_emulator() -> Emulator:
    from mailerlite_async.testing import Emulator

    return Emulator()


def _client_of(emulator: Emulator) -> MailerLite:
    from mailerlite_async import MailerLite

    return MailerLite("emulator", base_url=DEFAULT_BASE_URL, api_version=_ANY_VERSION, transport=emulator.transport())


def _to_api() -> tuple[MailerLite, str]:
    if not os.environ.get("MAILERLITE_API_KEY", "").strip():
        raise ConfigurationError(
            "no API key: set MAILERLITE_API_KEY, or add --emulator to try this without an account "
            "(MailerLite shows a new key under Integrations, MailerLite API, Generate new token)"
        )
    from mailerlite_async import MailerLite

    client = MailerLite()
    return client, client._caller.engine.config.base_url
