"""What a stored run of the suite `speed` has measured, by mark."""

from collections.abc import Iterable
from dataclasses import dataclass

from attnbench import stats
from attnbench.by_trial import ByTrial, by_trial
from attnbench.errors import StoreError
from attnbench.kinds import KERNELS, MODES
from attnbench.lines import latest
from attnbench.report.numbers import side
from attnbench.store import Run
from attnbench.trial import label
from benchmarks.official import Mark

SUITE = "speed"


@dataclass(frozen=True)
class Timed:
    """Seconds a step of one kernel: the fastest sample of all rounds, the median of each round."""

    fastest: float
    by_round: dict[int, float]

    def over(self, other: "Timed") -> stats.Estimate:
        both = sorted(self.by_round.keys() & other.by_round.keys())
        return stats.ratio(*([timed.by_round[i] for i in both] for timed in (self, other)))


@dataclass(frozen=True)
class Times:
    """Of a run: times by head with options, side, mode and kernel, and floors by head and side."""

    found: ByTrial
    keys: dict[tuple[str, int, str, str], str]  # of the trials

    def timed(self, mark: Mark, mode: str, kernel: str) -> Timed | None:
        key = self.keys.get((mark.label, mark.side, mode, kernel), "")
        readings = self.found.of(key, "latency")
        if not readings:
            return None
        fastest = min(float(s) for r in readings for s in r.samples)
        return Timed(fastest, self.found.rounds[key, "latency"].medians)

    def is_known(self, mark: Mark) -> bool:
        """Whether the published steps were timed, and wherever they were, their floor."""
        keys = [self.keys.get((mark.label, mark.side, mode, "eager"), "") for mode in MODES]
        latency, floor = (
            [bool(self.found.of(key, metric)) for key in keys]
            for metric in ("latency", "roofline.floor")
        )
        return latency[MODES.index("inference")] and latency == floor

    def kernels(self, mark: Mark, mode: str = "inference") -> dict[str, Timed]:
        found = {kernel: self.timed(mark, mode, kernel) for kernel in KERNELS}
        return {kernel: timed for kernel, timed in found.items() if timed}

    def floor(self, mark: Mark, mode: str = "inference") -> float:
        """Seconds, at the best rates that a round found."""
        readings = self.found.of(self._eager(mark, mode), "roofline.floor")
        return min(float(s) for r in readings for s in r.samples)

    def bound(self, mark: Mark, mode: str = "inference") -> str:
        note = self.found.of(self._eager(mark, mode), "roofline")[-1].notes[0]
        return note.removeprefix("bound by ")

    def ceiling(self, metric: str) -> float:
        """The best rate of all processes: a ceiling is what was reached once."""
        keys = self.found.having.get(metric, ())
        return max(float(s) for k in keys for r in self.found.of(k, metric) for s in r.samples)

    def _eager(self, mark: Mark, mode: str) -> str:
        return self.keys[mark.label, mark.side, mode, "eager"]


def times_of(run: Run, marks: Iterable[Mark]) -> Times:
    """Raises StoreError where the run has not timed what a mark is for."""
    found = by_trial(latest(run.records))
    keys = {
        (label(t.head, t.options), t.shape.height, t.mode, t.kernel): key
        for key, t in found.trials.items()
    }
    timed = Times(found, keys)
    for mark in marks:
        if not timed.is_known(mark):
            raise StoreError(
                f"{run.path}: has no time and roofline of {mark.label} at "
                f"{side(mark.side, mark.side)}; make a run with: attnbench run --suite {SUITE}"
            )
    return timed
