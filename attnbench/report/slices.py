"""Every head at one size of the map: what a table of that size shows."""

from collections.abc import Iterable
from dataclasses import dataclass

from attnbench import stats
from attnbench.curves import Curve
from attnbench.kinds import NO_DEVICE, Mode
from attnbench.report.evidence import Evidence, Value
from attnbench.report.heads_shown import is_shown
from attnbench.report.numbers import side, whole
from attnbench.report.tables import Column, quantities
from attnbench.stats import Estimate
from attnbench.trial import Shape, Trial

FATES = {"oom": "out of memory", "timeout": "time-out"}  # the other statuses read well as they are


@dataclass(frozen=True)
class Slice:
    """Trials of one shape, type, part and backbone, on no device and on one.

    `trials` has one a label.
    """

    evidence: Evidence
    shape: Shape
    dtype: str
    device: str  # "" where the run has none
    trials: tuple[Trial, ...]
    keys: dict[tuple[str, Mode, str], str]

    @property
    def side(self) -> str:
        return side(self.shape.height, self.shape.width)

    @property
    def reads(self) -> str:
        return self.trials[0].reads

    @property
    def input(self) -> str:
        """As in "64×64 map": what goes in, an image into a whole network."""
        kind = "image" if self.trials[0].backbone else "map"
        return f"{self.shape.height}×{self.shape.width} {kind}"

    @property
    def pixels(self) -> str:
        """As in "N = 4 096 pixels": N is of a feature map."""
        return f"{'' if self.trials[0].backbone else 'N = '}{whole(self.shape.pixels)} pixels"

    @property
    def labels(self) -> list[str]:
        return [t.label for t in self.trials]

    def value(self, label: str, metric: str, mode: Mode) -> Value | None:
        values, keys = self.evidence.values, self.keys
        for device in (NO_DEVICE, self.device):
            key = keys.get((label, mode, device))
            if key is not None and (found := values.get((key, metric))) is not None:
                return found
        return None

    def estimates(self, metric: str, mode: Mode) -> list[Estimate | None]:
        values = [self.value(label, metric, mode) for label in self.labels]
        return [v and v.estimate for v in values]

    def curves(self, metric: str, mode: Mode) -> dict[str, Curve]:
        """The curves of a metric, by label, that pass through this slice."""
        here = {
            self.keys.get((v, mode, d), "") for v in self.labels for d in (NO_DEVICE, self.device)
        }
        lines = {self.evidence.trials[k].line for k in here if k}
        return {c.label: c for c in self.evidence.curves(metric) if c.trial.line in lines}

    def missing(self, mode: Mode) -> list[str]:
        """What happened on the device to each head, where it did not go well."""
        keys = [self.keys.get((label, mode, self.device), "") for label in self.labels]
        fates = [self.evidence.fates.get(key, "") for key in keys]
        return [FATES.get(f, f) for f in fates]

    def first(self, metric: str) -> Value | None:
        """Any value of a metric: they share unit and origin."""
        found = (self.value(v, metric, m) for v in self.labels for m in ("inference", "training"))
        return next(filter(None, found), None)

    def ratio(self, label: str, to: str, metric: str, mode: Mode) -> Estimate | None:
        """Cost of one head over that of another, of paired rounds where it was measured."""
        over, under = self.value(label, metric, mode), self.value(to, metric, mode)
        if over is None or under is None or not under.estimate.value:
            return None
        shared = sorted(over.by_round.keys() & under.by_round.keys())
        if over.origin != "measured" or len(shared) < 2:
            return stats.exactly(over.estimate.value / under.estimate.value)
        pairs = [(over.by_round[r], under.by_round[r]) for r in shared]
        return stats.ratio([o for o, _ in pairs], [u for _, u in pairs])


def columns(at: Slice, mode: Mode, titles: Iterable[tuple[str, str]]) -> list[Column]:
    """What was measured of each head, a column a metric that has a value: (metric, title)."""
    found = [(at.first(metric), title, at.estimates(metric, mode)) for metric, title in titles]
    return [
        quantities(title, values, first.unit, origin=first.origin)
        for first, title, values in found
        if first and any(values)
    ]


def slices(evidence: Evidence) -> list[Slice]:
    """By setting, from the smallest map to the largest; machines in the order of their runs."""
    return evidence.once(_slices)


def _slices(evidence: Evidence) -> list[Slice]:
    trials = [t for t in evidence.trials.values() if is_shown(evidence, t)]
    came = dict.fromkeys(t.device for t in trials if t.device != NO_DEVICE)
    found = []
    for device in sorted(came, key=lambda d: d.partition(":")[0]) or [""]:
        groups: dict[tuple, list[Trial]] = {}
        for t in trials:
            if t.device in (NO_DEVICE, device):
                groups.setdefault((t.part, t.backbone, t.dtype, t.shape), []).append(t)
        here = [_slice(evidence, device, group) for group in groups.values()]
        found += sorted((s for s in here if s.trials), key=_order)
    return found


def _slice(evidence: Evidence, device: str, trials: Iterable[Trial]) -> Slice:
    trials = sorted(trials, key=evidence.rank)
    keys = {(t.label, t.mode, t.device): t.key for t in trials}
    alive = {t.label: t for t in trials if _has_news(evidence, t.key)}
    shape, dtype = trials[0].shape, trials[0].dtype
    return Slice(evidence, shape, dtype, device, tuple(alive.values()), keys)


def _has_news(evidence: Evidence, key: str) -> bool:
    return key in evidence.measured_keys or evidence.fates.get(key, "skipped") != "skipped"


def _order(s: Slice) -> tuple:
    return (s.dtype, s.shape.batch, s.shape.channels, s.shape.pixels, s.shape.height)


def reference(found: list[Slice], dense: Iterable[str]) -> Slice | None:
    """The slice to answer with: the largest map on which a dense head was timed, or else any.

    Of those with times, one of the maps on which most heads were timed.
    """
    dense = set(dense)
    ranked = sorted(found, key=lambda s: s.shape.pixels, reverse=True)
    timed = [s for s in ranked if _timed(s)]
    timed = sorted(timed, key=_timed, reverse=True)  # of as many the larger stays first
    with_dense = [s for s in timed if any(s.value(d, "latency", "inference") for d in dense)]
    counted = [s for s in ranked if any(s.estimates("macs.counted", "inference"))]
    return next(iter([*with_dense, *timed, *counted, *ranked]), None)


def _timed(at: Slice) -> int:
    """How many heads have a time."""
    return sum(value is not None for value in at.estimates("latency", "inference"))
