"""A plot as a figure of matplotlib, for the page or for a paper."""

from matplotlib.figure import Figure

from attnbench.report.figures import growth
from attnbench.report.format import PAGE, Format
from attnbench.report.plot import Plot, Scatter
from attnbench.report.samples_figure import Samples, samples
from attnbench.report.scatter import scatter


def drawing(plot: Plot | Scatter | Samples, on: Format = PAGE) -> Figure:
    draw = {Scatter: scatter, Samples: samples}.get(type(plot), growth)
    return draw(plot, on)
