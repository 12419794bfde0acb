"""What is told beside the results, on stderr; and the options that ask for less of it or for more.

Both may stand before the name of a command or behind it. Warnings and errors are never left out.
"""

from typing import Any

import click

from attnbench.errors import AttnbenchError
from attnbench.printable import one_line

_QUIET, _VERBOSE = f"{__name__}.quiet", f"{__name__}.verbose"


def note(line: str) -> None:
    """A line of plain text to stderr, which --quiet leaves out."""
    if not is_quiet():
        click.echo(one_line(line), err=True)


def is_quiet() -> bool:
    return _was_given(_QUIET)


def is_verbose() -> bool:
    return _was_given(_VERBOSE)


def quiet() -> click.Option:
    """The option of any command."""
    told = "No progress and no notes; warnings and errors stay."
    return click.Option(
        ["-q", "--quiet"], is_flag=True, help=told, expose_value=False, callback=_asked(_QUIET)
    )


def verbose(told: str) -> click.Option:
    """The option of a command that can tell more: `told` says what."""
    return click.Option(
        ["-v", "--verbose"], is_flag=True, help=told, expose_value=False, callback=_asked(_VERBOSE)
    )


def _was_given(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(name))


def _asked(name: str) -> Any:
    """Keeps it where the commands below see it too: what a context has in `meta`, they share."""

    def keep(context: click.Context, _option: click.Parameter, given: bool) -> None:  # noqa: FBT001
        if given:
            context.meta[name] = True
        if context.meta.get(_QUIET) and context.meta.get(_VERBOSE):
            raise AttnbenchError("--quiet and --verbose contradict each other; leave out one")

    return keep
