"""attnbench claims: what the literature says, and whether it holds."""

from pathlib import Path

import click

from attnbench.errors import EXIT_NO


# fmt: off
@click.command(epilog="Examples: attnbench claims --papers; attnbench claims --papers --paper isa")
@click.option("--papers", is_flag=True,
              help="The printed figures of the papers beside ours, counted now.")
@click.option("--paper", default="", metavar="NAME", help="Of this paper alone, and all of it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program to read.")
@click.option("--write", type=click.Path(path_type=Path), hidden=True, metavar="PAGE",
              help="Keep the recount for the report, and write the page docs/papers.md.")
def command(*, papers: bool, paper: str, as_json: bool, write: Path | None) -> None:
    """Recounts every printed figure that arithmetic can check.

    Exits with 1 when arithmetic no longer gives what it gave.
    """
    # fmt: on
    from attnbench.cli._console import say
    from attnbench.cli._papers import print_papers, write_papers

    if write is not None:
        for path in write_papers(write):
            say(str(path))
        return
    if not (papers or paper):
        raise click.UsageError("say --papers")
    if not print_papers(paper, as_json=as_json):
        raise click.exceptions.Exit(EXIT_NO)
