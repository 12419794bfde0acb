"""attnbench new: a head, metric, suite or data set of your own to begin with, and its test."""

from pathlib import Path

import click

from attnbench.cli._command import Choice, Command
from attnbench.cli._json import json_option, print_json
from attnbench.skeletons import KINDS, begin


@click.command(
    cls=Command,
    short_help="A head, metric, suite or data set of your own.",
    examples=("attnbench new head my_head", "attnbench new suite my_suite"),
)
@click.argument("kind", type=Choice(KINDS))
@click.argument("name")
@json_option()
def command(kind: str, name: str, *, as_json: bool) -> None:
    """Writes NAME.py here, with its test, or NAME.toml for a suite: it runs as it is.

    Nothing is registered: `attnbench run --head NAME.py:Name` measures it beside the others.
    """
    begun = begin(kind, name, Path())
    if as_json:
        print_json({"files": [str(path) for path in begun.files], "next": begun.commands})
        return
    for path in begun.files:
        click.echo(str(path))
    click.echo("\n".join(["", "next:", *(f"  {line}" for line in begun.commands)]))
