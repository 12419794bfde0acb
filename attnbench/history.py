"""What many runs say of one trial, in the order in which they were made, and where it stepped.

It is for looking back. A step fails nothing: a change is judged by `attnbench gate`, which measures
both sides at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Literal

import msgspec

from attnbench import stats
from attnbench.errors import UnknownNameError
from attnbench.kinds import NO_DEVICE
from attnbench.lines import latest
from attnbench.machines import machine, on_its_machine
from attnbench.record import Better, Origin, Record
from attnbench.stats import Estimate
from attnbench.steps import Step, exact_steps, needed, steps, worth_a_look
from attnbench.store import Run
from attnbench.trial import Trial

Word = Literal["step", "none", "too few runs", "no ratio"]
COMMIT_SHOWN = 12  # characters
LEVEL = 0.05


@dataclass(frozen=True)
class Point:
    """One run: what it found for the trial, and of which code. `found` is in base units: mean of
    the medians of its rounds with Student's interval, as in a report; a count is exact.
    """

    run: str
    made: datetime  # UTC
    code: str  # commit of attnbench, with a "+" where files were changed; else its version
    source: str  # hash of the head's file and of what it shares
    found: Estimate


@dataclass(frozen=True)
class Series:
    """Points of one trial on one machine, oldest first, and what was seen in them.

    `word`: "too few runs" could not show a step, "no ratio" has values that are not above zero.
    """

    trial: Trial
    metric: str
    unit: str
    better: Better
    origin: Origin
    points: tuple[Point, ...]
    steps: tuple[Step, ...] = ()
    word: Word = "none"

    @property
    def where(self) -> str:
        """What tells trials of a head apart: "1x512x64x64 attention float32 cpu inference"."""
        trial = self.trial
        part = f"{trial.part} {trial.backbone}".strip()
        return f"{trial.shape} {part} {trial.dtype} {trial.device} {trial.mode}"

    def is_worse(self, step: Step) -> bool:
        return (step.after > step.before) == (self.better == "lower")


def history(
    runs: Iterable[Run],
    metric: str,
    heads: Sequence[str] = (),
    level: float = LEVEL,
    margin: float = stats.MARGIN,
) -> list[Series]:
    """A series for each trial and machine, with its steps.

    `level` is the expected share of the series with a step that have none in truth (by the first
    step of each; further ones within a series are found at `level` each). What was measured and
    changed by less than `margin`, relative, is no step.
    Raises UnknownNameError for a metric that no run has, or a head.
    """
    runs = list(runs)
    _check_names(runs, metric, heads)
    return _looked_at(_series(runs, metric, heads), level, margin)


def usable(runs: Iterable[Run]) -> tuple[list[Run], list[str]]:
    """The runs that can stand in a history, each once, and why the others cannot."""
    kept: dict[tuple[str, ...], Run] = {}
    notes = []
    for run in runs:
        identity = (run.info.created, run.info.suite, str(run.info.seed), *_starts(run))
        if run.info.merged:
            made_of = ", ".join(run.info.merged)
            notes.append(f"{run.path}: merged, so of no one time; name what it is of: {made_of}")
        elif _time(run.info.created) is None:
            notes.append(f"{run.path}: its run.json does not say when it was made; left out")
        elif identity in kept:
            notes.append(f"{run.path}: a copy of {kept[identity].path}; it is taken once")
        else:
            kept[identity] = run
    return list(kept.values()), notes


def _check_names(runs: Sequence[Run], metric: str, heads: Sequence[str]) -> None:
    readings = {(name, r.trial.head) for run in runs for r in run.records for name in r.readings}
    if metric not in (metrics := {name for name, _ in readings}):
        raise UnknownNameError("metric", metric, metrics, "these runs")
    known = {head for name, head in readings if name == metric}
    for head in heads:
        if head not in known:
            raise UnknownNameError("head", head, known, f"{metric} in these runs")


def _starts(run: Run) -> list[str]:
    return [r.started for r in run.records[:1]]


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _series(runs: Sequence[Run], metric: str, heads: Sequence[str]) -> list[Series]:
    """In the order in which trials first came; without steps."""
    groups: dict[
        tuple[str, str], dict[int, list[Record]]
    ] = {}  # trial and machine -> run -> rounds
    ordered = sorted(runs, key=lambda run: (_time(run.info.created), run.name))
    for number, run in enumerate(ordered):
        machines = {e.id: machine(e) for e in run.environments.values()}
        for record in latest(run.records):
            if metric in record.readings and (not heads or record.trial.head in heads):
                where = machines.get(record.environment, record.environment)
                where = "" if record.trial.device == NO_DEVICE else where
                group = groups.setdefault((record.key, where), {})
                group.setdefault(number, []).append(record)
    seen_on = [key for key, _ in groups]
    return [
        _one_series(by_run, ordered, metric, where if seen_on.count(key) > 1 else "")
        for (key, where), by_run in groups.items()
    ]


def _one_series(
    by_run: dict[int, list[Record]], runs: Sequence[Run], metric: str, where: str
) -> Series:
    last = next(reversed(by_run.values()))[-1]
    if where:
        last = on_its_machine(msgspec.structs.replace(last, environment=where))
    reading = last.readings[metric]
    points = tuple(_point(runs[n], records, metric) for n, records in by_run.items())
    return Series(last.trial, metric, reading.unit, reading.better, reading.origin, points)


def _point(run: Run, records: Sequence[Record], metric: str) -> Point:
    rounds = [float(median(r.readings[metric].samples)) for r in records]
    measured = records[-1].readings[metric].origin == "measured"
    found = stats.mean(rounds) if measured else stats.exactly(rounds[-1])
    here = run.environments.get(records[-1].environment)
    code = f"attnbench {run.info.attnbench}"
    if here and here.commit:
        code = here.commit[:COMMIT_SHOWN] + ("+" if here.dirty else "")
    return Point(run.name, _time(run.info.created), code, records[-1].source, found)


def _looked_at(found: Sequence[Series], level: float, margin: float) -> list[Series]:
    told = [_with_steps(series, level, margin) for series in found]
    noisy = [s for s in told if s.origin == "measured" and s.word in ("step", "none")]
    first = [min(s.steps, key=lambda step: step.rank).p if s.steps else 1.0 for s in noisy]
    real = dict(zip(map(id, noisy), worth_a_look(first, level), strict=True))
    return [s if real.get(id(s), True) else replace(s, steps=(), word="none") for s in told]


def _with_steps(series: Series, level: float, margin: float) -> Series:
    values = [p.found.value for p in series.points]
    if series.origin != "measured":
        seen = exact_steps(values)
        return replace(series, steps=tuple(seen), word="step" if seen else "none")
    if len(values) < needed(level):
        return replace(series, word="too few runs")
    if min(values) <= 0:
        return replace(series, word="no ratio")
    seen = steps(values, level, margin)
    return replace(series, steps=tuple(seen), word="step" if seen else "none")
