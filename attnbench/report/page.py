"""The HTML page: evidence through sections through templates, in one self-contained file.

Templates escape what would be markup; what would turn the direction of text or steer a terminal
that shows the source is written out.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from attnbench.printable import printable
from attnbench.report.evidence import Evidence
from attnbench.report.figures import growth
from attnbench.report.looks import look
from attnbench.report.palette import DARK, LIGHT
from attnbench.report.plot import Plot, Scatter
from attnbench.report.scatter import scatter
from attnbench.report.sections import chapters
from attnbench.report.svg import inline
from attnbench.store import Run


def render(run: Run) -> str:
    """The whole page. The same run gives the same bytes."""
    evidence = Evidence(run)
    first, *others = chapters(evidence)
    page = (
        templates()
        .get_template("page.html")
        .render(
            run=run,
            title=evidence.words("title") or run.info.suite,
            question=evidence.words("question") or f"What did the run of {run.info.suite} find?",
            summary=first,
            chapters=others,
            looks=sorted({look(head) for head in evidence.heads}, key=lambda found: found.name),
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
    drawn = scatter(plot) if isinstance(plot, Scatter) else growth(plot)
    svg = inline(drawn, f"plot-{plot.name}", plot.title, plot.description)
    return Markup(svg)  # noqa: S704
