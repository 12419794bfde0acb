"""A plot as a figure of matplotlib, for the page or for a paper."""

from matplotlib.figure import Figure

from attnbench.report.figures import growth
from attnbench.report.format import PAGE, Format
from attnbench.report.plot import Plot, Scatter
from attnbench.report.scatter import scatter


def drawing(plot: Plot | Scatter, on: Format = PAGE) -> Figure:
    return scatter(plot, on) if isinstance(plot, Scatter) else growth(plot, on)
