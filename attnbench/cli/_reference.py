"""docs/cli.md: what every command says of itself, as `attnbench COMMAND --help` prints it.

python -m attnbench.cli._reference docs/cli.md
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from attnbench.cli import NAME, attnbench

RENEWED_BY = "python -m attnbench.cli._reference docs/cli.md"
WIDTH = 80
_ABOVE = f"""# Command line

Made by `{RENEWED_BY}` from what each command says with `--help`.

Results go to stdout, progress and notes to stderr. `--json` prints one value of JSON and nothing
else on stdout. `-q` and `-v` may stand before the name of the command or behind it. Exit codes: 0
done, 1 the answer is no, 2 wrong use, 3 cannot tell, 4 not comparable, 70 a bug of attnbench, 130
interrupted.
`NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are obeyed.
"""


def commands(
    group: click.Group, above: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    """Every command below `group`, those of its groups included, with a context of its own."""
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        context = click.Context(command, above, name, terminal_width=WIDTH)
        yield command, context
        if isinstance(command, click.Group):
            yield from commands(command, context)


def root() -> click.Context:
    """Of the whole command line, as wide as the page."""
    how = attnbench.context_settings
    return click.Context(attnbench, info_name=NAME, terminal_width=WIDTH, **how)


def page() -> str:
    """All of it, in Markdown."""
    top = root()
    every = [(attnbench, top), *commands(attnbench, top)]
    names = [context.command_path for _, context in every]
    contents = [f"- [{name}](#{name.replace(' ', '-')})" for name in names]
    parts = [f"## {c.command_path}\n\n```\n{command.get_help(c)}\n```" for command, c in every]
    return "\n\n".join((_ABOVE.rstrip(), "\n".join(contents), *parts)) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
