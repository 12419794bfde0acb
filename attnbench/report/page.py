"""The HTML page: evidence through sections through templates, in one self-contained file.

Templates escape what would be markup; what would turn the direction of text or steer a terminal
that shows the source is written out.
"""

from zlib import crc32

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from attnbench.printable import printable
from attnbench.report.contents import Contents, contents
from attnbench.report.document import Chapter
from attnbench.report.drawing import drawing
from attnbench.report.explorer import ORDER, explored
from attnbench.report.looks import look
from attnbench.report.palette import DARK, LIGHT
from attnbench.report.payload import embedded
from attnbench.report.plot import Plot, Scatter
from attnbench.report.samples_figure import Samples
from attnbench.report.scripts import policy, scripts
from attnbench.report.sections import SECTIONS
from attnbench.report.svg import inline
from attnbench.store import Run


def render(run: Run, shown: Contents | None = None, *, explorer: bool = True) -> str:
    """The whole page. The same run gives the same bytes; `shown` is what it has, where known.

    Without the explorer it is smaller by several megabytes, most of them Plotly.
    """
    shown = shown or contents(run)
    evidence = shown.evidence
    first, *others = shown.chapters
    chosen = explored(evidence) if explorer else None
    if chosen:
        others.insert(_place(others), chosen)
    allowed = scripts(explorer=chosen is not None)
    page = (
        templates()
        .get_template("page.html")
        .render(
            run=run,
            title=shown.title,
            question=shown.question,
            summary=first,
            chapters=others,
            looks=sorted({look(head) for head in evidence.heads}, key=lambda found: found.name),
            light=LIGHT,
            dark=DARK,
            scripts=allowed,
            policy=policy(allowed),
        )
    )
    return printable(page)


def _place(others: list[Chapter]) -> int:
    """Where the explorer stands among the chapters."""
    return sum(SECTIONS[c.name].order < ORDER for c in others)


def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("attnbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"svg": _svg, "embedded": embedded}
    return environment


def _svg(plot: Plot | Scatter | Samples) -> Markup:
    """Markup is safe here: ElementTree wrote it, and it escapes every name and number."""
    svg = inline(drawing(plot), f"p{crc32(plot.name.encode()):x}", plot.title, plot.description)
    return Markup(svg)  # noqa: S704
