"""How sure the times are: what varied within a process and between processes, what disturbed."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attnbench import stats
from attnbench.kinds import MODES
from attnbench.record import Reading
from attnbench.report.document import Heading, bullets, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import number
from attnbench.report.quantities import MODE_WORDS
from attnbench.report.sections import section
from attnbench.report.shown import answered_by
from attnbench.report.slices import Slice, columns, slices
from attnbench.report.tables import Cell, Column, Table, names, nothing, quantities, words
from attnbench.units import scale

HIGH = 0.99  # the quantile that is shown where there are samples enough for it
REGIMES = (
    ("latency", "back to back"),
    ("latency.device", "without gaps"),
    ("latency.cold", "cold cache"),
    ("latency.host", "host, to issue"),
)
PAID_ONCE = (("latency.first", "first call"), ("latency.compile", "compilation"))
_INTRO = (
    "A row is a head; its rounds are fresh processes. Within: the distance between the quartiles "
    "of the samples of one process, over their median, in the median process. Between: the "
    "standard deviation of the processes' medians, over their mean. Where between is the larger, "
    "more samples would not have helped, and only more rounds do."
)


@dataclass(frozen=True)
class Rounds:
    """The readings of one trial, a round each."""

    readings: tuple[Reading, ...]

    @cached_property
    def samples(self) -> list[float]:
        return [s for r in self.readings for s in r.samples]

    @property
    def within(self) -> float | None:
        spreads = [stats.spread(r.samples) for r in self.readings if len(r.samples) > 3]
        return float(np.median(spreads)) if spreads else None

    @property
    def between(self) -> float | None:
        medians = [float(np.median(r.samples)) for r in self.readings]
        return float(np.std(medians, ddof=1) / np.mean(medians)) if len(medians) > 1 else None

    @property
    def stopped(self) -> str:
        """Why sampling ended, most often."""
        known = ("precision reached", "spread settled", "budget spent")
        told = Counter(note for r in self.readings for note in r.notes if note in known)
        return told.most_common(1)[0][0] if told else ""


@section("How the times were taken", order=85)
def timing(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if s.first("latency")]
    if not found:
        return None
    at = answered_by(evidence, found)
    tables = [t for mode in MODES if (t := _table(evidence, at, mode))]
    regimes = [t for mode in MODES if (t := _regimes(at, mode))]
    return [text(_INTRO), *tables, *regimes, *_disturbed(evidence)]


def _table(evidence: Evidence, at: Slice, mode: str) -> Table | None:
    rounds = [_rounds(evidence, at, label, mode) for label in at.labels]
    if not any(rounds):
        return None
    medians = at.estimates("latency", mode)
    divisor, unit = scale(max(v.value for v in medians if v), "s")
    lowest = tuple(_seconds(min(r.samples), divisor) if r else nothing() for r in rounds)
    found = (
        names(at.trials),
        quantities("median", medians, "s", origin="measured"),
        Column("lowest sample", lowest, unit),
        Column("within", tuple(_percent(r and r.within) for r in rounds), "of the median"),
        Column("between", tuple(_percent(r and r.between) for r in rounds), "of the mean"),
        Column("99 in 100 below", tuple(_high(r, divisor) for r in rounds), unit),
        words("samples", [_counts(r) if r else nothing() for r in rounds]),
        words("stopped by", [r.stopped if r else nothing() for r in rounds]),
        *columns(at, mode, PAID_ONCE),
    )
    title = f"Times of {MODE_WORDS[mode]} at {at.side}"
    return Table(title, found).without_empty_rows()


def _rounds(evidence: Evidence, at: Slice, label: str, mode: str) -> Rounds | None:
    key = at.keys.get((label, mode, at.device), "")
    found = evidence.by_trial.of(key, "latency")
    return Rounds(tuple(found)) if found else None


def _seconds(value: float, divisor: float) -> Cell:
    return Cell(number(value / divisor), sort=value, base="s")


def _percent(share: float | None) -> Cell:
    if share is None:
        return nothing()
    return Cell(f"{number(100 * share, 2)} %", sort=share, base="share")


def _high(rounds: Rounds | None, divisor: float) -> Cell:
    """An upper bound of the quantile, at 95 %; nothing where the samples are too few for one."""
    bound = stats.quantile_bound(rounds.samples, HIGH) if rounds else np.nan
    if np.isnan(bound):
        return nothing()
    return Cell(f"≤ {number(bound / divisor)}", sort=bound, base="s")


def _counts(rounds: Rounds) -> str:
    counts = sorted({len(r.samples) for r in rounds.readings})
    each = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"{each} in each of {len(rounds.readings)} rounds"


def _regimes(at: Slice, mode: str) -> Table | None:
    """Only of a device that works beside the host."""
    if not any(at.estimates("latency.device", mode)):
        return None
    found = (
        names(at.trials),
        *columns(at, mode, REGIMES),
        words("launch-bound", [_launch_bound(at, label, mode) for label in at.labels]),
    )
    return Table(
        f"Times of {MODE_WORDS[mode]} at {at.side}, hot and cold", found
    ).without_empty_rows()


def _launch_bound(at: Slice, label: str, mode: str) -> str | Cell:
    """Whether the host takes longer to issue a step than the device to do it."""
    host, own = (at.value(label, f"latency.{part}", mode) for part in ("host", "device"))
    if host is None or own is None:
        return nothing()
    return "yes" if host.estimate.value > own.estimate.value else "no"


def _disturbed(evidence: Evidence) -> list:
    """What readings say of a device that was slowed down, or of a warm-up without end."""
    told: Counter[str] = Counter()
    for noted, count in evidence.tally.notes.items():
        told.update(dict.fromkeys(_kinds(noted), count))
    if not told:
        return []
    lines = [f"{what}: in {count} readings" for what, count in told.most_common()]
    return [Heading("What disturbed them"), bullets(lines)]


def _kinds(notes: tuple[str, ...]) -> set[str]:
    kinds = {
        "slowed down in": "the device was slowed down",
        "warm-up did": "the warm-up did not settle",
    }
    return {
        f"{said}{', and too often to leave those samples out' if 'too many' in note else ''}"
        for note in notes
        for start, said in kinds.items()
        if note.startswith(start)
    }
