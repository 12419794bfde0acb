"""attnbench new: a head, metric, suite or data set of your own to begin with, and its test."""

from pathlib import Path

import click

from attnbench.skeletons import KINDS, begin


@click.command(epilog="Example: attnbench new head my_head")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
def command(kind: str, name: str) -> None:
    """Writes NAME.py here, with its test, or NAME.toml for a suite: it runs as it is.

    Nothing is registered: `attnbench run --head NAME.py:Name` measures it beside the others.
    """
    begun = begin(kind, name, Path())
    for path in begun.files:
        click.echo(str(path))
    click.echo("\n".join(["", "next:", *(f"  {line}" for line in begun.commands)]))
