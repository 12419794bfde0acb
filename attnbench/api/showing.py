"""Blocks of a report as a notebook shows them, and as text for a terminal."""

from collections.abc import Sequence
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Any

from attnbench.printable import printable

if TYPE_CHECKING:
    from jinja2 import Template

WIDTH = 400  # of a text: its lines are not broken


def html(blocks: Sequence[Any]) -> str:
    """Escaped: names and messages in a folder may be of anybody."""
    return printable(_template().render(blocks=blocks))


def plain(blocks: Sequence[Any]) -> str:
    """The same for a terminal, as commands print it."""
    from attnbench.cli._blocks import print_blocks
    from attnbench.cli._console import PrintableConsole

    written = StringIO()
    print_blocks(PrintableConsole(file=written, width=WIDTH, highlight=False), blocks)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


@cache
def _template() -> "Template":
    from attnbench.report.page import templates

    return templates().get_template("notebook.html")
