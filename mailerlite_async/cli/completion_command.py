"""The command `completion`: the script that lets a shell complete the program's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

_PROGRAM = "mailerlite-async"
_VARIABLE = "_MAILERLITE_ASYNC_COMPLETE"
_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}

_EPILOG = """\b
To install it:
  bash  mailerlite-async completion bash > ~/.mailerlite-async.bash
        echo '. ~/.mailerlite-async.bash' >> ~/.bashrc
  zsh   mailerlite-async completion zsh > ~/.mailerlite-async.zsh
        echo '. ~/.mailerlite-async.zsh' >> ~/.zshrc    (below compinit)
  fish  mailerlite-async completion fish \\
            > ~/.config/fish/completions/mailerlite-async.fish
Then open a new shell. bash must be 4.4 or newer.

\b
Exit status:
    0  the script was printed
    2  there is none for this shell
"""


@click.command("completion", epilog=_EPILOG, short_help="Print the script for shell completion.")
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion_command(context: click.Context, *, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and files.

    It needs no key, and completing calls no API.
    """
    script = _SHELLS[shell](context.find_root().command, {}, _PROGRAM, _VARIABLE)
    # The base class's own: that of bash looks at the version of the bash on this machine, and the script may be for
    # another one.
    click.echo(ShellComplete.source(script))
