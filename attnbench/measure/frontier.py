"""The largest map that fits a card: predicted, for each of `attnbench.prediction.CARDS`.

It is the side of a square map: weights, input and peak of its step fit, and those of the next side
do not. Kernel workspace and what the driver takes are not in it. The size of the trial is not used.
"""

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._frontier import Needs, Sides
from attnbench.prediction import CARDS


@metric(
    origin="predicted",
    units={
        "frontier.8GB": "px",
        "frontier.16GB": "px",
        "frontier.24GB": "px",
        "frontier.40GB": "px",
        "frontier.80GB": "px",
        "frontier.141GB": "px",
    },
    better="higher",
)
def frontier(bench: Bench) -> dict[str, Found]:
    refuse_compiled(bench.trial)
    sides = Sides(Needs(bench).total)
    return {
        f"frontier.{card.replace(' ', '')}": Found((sides.largest(size),))
        for card, size in CARDS.items()
    }
