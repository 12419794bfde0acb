"""The HTML page: evidence through sections through templates, in one self-contained file.

Templates escape what would be markup; what would turn the direction of text or steer a terminal
that shows the source is written out.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from attnbench.printable import printable
from attnbench.report.contents import Contents, contents
from attnbench.report.drawing import drawing
from attnbench.report.palette import DARK, LIGHT
from attnbench.report.plot import Plot, Scatter
from attnbench.report.svg import inline
from attnbench.store import Run


def render(run: Run, shown: Contents | None = None) -> str:
    """The whole page. The same run gives the same bytes; `shown` is what it has, where known."""
    shown = shown or contents(run)
    first, *others = shown.chapters
    page = (
        templates()
        .get_template("page.html")
        .render(
            run=run,
            title=shown.title,
            question=shown.question,
            summary=first,
            chapters=others,
            light=LIGHT,
            dark=DARK,
        )
    )
    return printable(page)


def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("attnbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = _svg
    return environment


def _svg(plot: Plot | Scatter) -> Markup:
    """Markup is safe here: ElementTree wrote it, and it escapes every name and number."""
    svg = inline(drawing(plot), f"plot-{plot.name}", plot.title, plot.description)
    return Markup(svg)  # noqa: S704
