"""A figure of the report for a notebook: on white paper, so that it can be read on a dark page."""

from io import StringIO

import matplotlib as mpl
from matplotlib.figure import Figure

from attnbench.report.drawing import drawing
from attnbench.report.figures import STYLE
from attnbench.report.palette import PAPER
from attnbench.report.plot import Plot, Scatter
from attnbench.report.samples_figure import Samples


class Drawn(Figure):
    """A figure that a notebook shows without being told to."""

    def _repr_svg_(self) -> str:
        written = StringIO()
        with mpl.rc_context(STYLE):
            self.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        return written.getvalue()


def figure(plot: Plot | Scatter | Samples) -> Figure:
    drawn = drawing(plot)
    drawn.set_facecolor(PAPER)
    drawn.__class__ = Drawn  # all that it adds is how it is shown
    return drawn
