"""Every printed figure that arithmetic can check, counted anew: its id to a number in its unit."""

from collections.abc import Callable

from attnbench.measure._structure import Structures
from attnbench.papers.agreement import Numbers
from attnbench.papers.figures import Ours, Papers, full_name
from attnbench.papers.rules import OURS, PREDICTED, RULES

DECIMAL = {"G": 10**9, "M": 10**6, "MB": 10**6, "MiB": 2**20}
BINARY = {"G": 2**30, "M": 2**20, "MB": 2**20}


def recount(papers: Papers, tell: Callable[[str, int, int], None] = lambda *_: None) -> Numbers:
    """Of each figure with a recipe its number, of each such curve its y; in the printed unit.

    `tell` is told of what is counted, how many papers, of how many.
    """
    counting, found, every = Recount(papers), Numbers(), list(papers)
    for number, paper in enumerate(every):
        tell("recounting", number, len(every))
        for figure in paper.figures:
            if figure.ours is None:
                continue
            found.figures[figure.id] = counting.value(figure.ours, figure.unit, paper.name)
            own = _own(figure.ours, figure.quantity)
            if own is not None:
                found.own[figure.id] = counting.value(own, "", paper.name)
        for series in paper.series:
            if series.ours is not None:
                found.series[series.id] = counting.curve(series.ours, series.x, paper.name)
    return found


class Recount:
    """What recipes come to; structures that several figures share are counted once."""

    def __init__(self, papers: Papers):
        self.papers, self.structures = papers, Structures(papers)

    def value(self, ours: Ours, unit: str, paper: str) -> float:
        given = self.papers.figures[ours.given].value if ours.given else 0.0
        if ours.given_over:
            return given / self.papers.figures[ours.given_over].value
        count = self._counted(ours.of, ours.by, paper)
        if ours.over:
            ratio = count / self._counted(ours.over, ours.by, paper)
            return 1 - ratio if ours.saving else ratio
        return given + count / (BINARY if ours.binary else DECIMAL).get(unit, 1)

    def curve(self, ours: Ours, sides: tuple[float, ...], paper: str) -> list[float]:
        """GFLOPs on square maps of these sides."""
        name = full_name(ours.of, paper)
        maps = [(round(side), round(side)) for side in sides]
        return [RULES[ours.by].value(self.structures.tally(name, at)) / DECIMAL["G"] for at in maps]

    def _counted(self, structure: str, rule: str, paper: str) -> int:
        name = full_name(structure, paper)
        found = self.structures.tally(name)
        if "peak" in RULES[rule].weights:
            found["peak"] = self.structures.peak(name)
        return RULES[rule].value(found)


def _own(ours: Ours, quantity: str) -> Ours | None:
    """How attnbench itself counts the structure of a figure, with nothing taken as given."""
    if quantity == "gflops" and not ours.given:
        return Ours(of=ours.of, by=OURS)
    if ours.predicted or ours.by == PREDICTED:
        return Ours(of=ours.predicted or ours.of, by=PREDICTED)
    return None
