"""The samples themselves, as they came: whether times drift, jump, or have two modes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from attnbench.kinds import MODES
from attnbench.record import Record
from attnbench.report.document import Figure, Picker, bullets, strong, text
from attnbench.report.evidence import Evidence
from attnbench.report.explorer import colour
from attnbench.report.looks import look
from attnbench.report.numbers import side
from attnbench.report.payload import plain, short
from attnbench.report.quantities import MODE_WORDS
from attnbench.report.rivals import dense
from attnbench.report.samples_figure import Samples
from attnbench.report.sections import section
from attnbench.report.shown import answered_by
from attnbench.report.slices import Slice, slices
from attnbench.report.tables import Cell, Column, Table, quantities
from attnbench.stats import exactly
from attnbench.trial import Trial
from attnbench.units import steps

METRIC, UNIT = "latency", "s"
MOST_TRIALS = 300  # that the page keeps samples of
MOST_SAMPLES = 1_000  # of one trial
MOST_IN_ALL = 40_000  # numbers: some 300 kB

Rounds = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Option:
    """One trial to choose: what it is called, its colour, its samples by round."""

    name: str
    colour: str
    rounds: Rounds
    each: int = 1  # of how many samples one is kept


@dataclass(frozen=True)
class Choices:
    """All that the script draws from; the first is what the page shows without it."""

    options: tuple[Option, ...]
    multiples: tuple[tuple[str, float], ...]


_INTRO = (
    "Each point is a sample, in the order in which it was taken. Shaded and plain bands are "
    "rounds, each a fresh process, and the line across a band is its median; to the right, how "
    "many samples lie where."
)
_SEEN = bullets(
    (
        text(strong("Drift"), ": a slope within a band. The device warms up, or a load begins."),
        text(
            strong("Steps"),
            ": bands at different heights. Processes differ, and more samples do not help.",
        ),
        text(
            strong("Outliers"),
            ": points far above the rest. Something interrupted; a median does not see it.",
        ),
        text(strong("Two modes"), ": two bulges to the right. The device or a kernel switches."),
    )
)


@section("Samples", order=86)
def samples(evidence: Evidence) -> list | None:
    timed = [evidence.trials[key] for key, metric in evidence.values if metric == METRIC]
    if not timed:
        return None
    at = answered_by(evidence, [s for s in slices(evidence) if s.first(METRIC)])
    trials = _ordered(evidence, at, timed)[:MOST_TRIALS]
    found = _by_trial(evidence, trials)
    shown = trials[0]
    options = _within([_option(t, found[t.key]) for t in trials])
    left = len(timed) - len(options)
    some = f"{left} of {len(timed)} trials are left out of the choice, to keep the page small."
    notes = [text(some, role="note")] if left else []
    return [
        text(_INTRO),
        _SEEN,
        Picker(_figure(shown, found[shown.key]), Choices(options, tuple(steps(UNIT)))),
        *notes,
    ]


def _by_trial(evidence: Evidence, trials: Sequence[Trial]) -> dict[str, Rounds]:
    """Samples of those trials by round, in the order of the rounds."""
    return {t.key: tuple(_rounds(evidence.by_trial.records[t.key])) for t in trials}


def _rounds(records: Iterable[Record]) -> Iterator[tuple[float, ...]]:
    for record in sorted(records, key=lambda r: r.round):
        if METRIC in record.readings:
            yield tuple(map(float, record.readings[METRIC].samples))


def _ordered(evidence: Evidence, at: Slice | None, timed: list[Trial]) -> list[Trial]:
    """First the dense head at the size of the answer, then that size, then the others."""
    here = set(at.keys.values()) if at else set()
    first = [t.label for t in dense(evidence)[:1]]
    places = {head: i for i, head in enumerate(evidence.heads)}

    def place(t: Trial) -> tuple:
        is_away, is_other = t.key not in here, [t.label] != first
        where = (t.shape.batch, t.shape.channels, t.dtype, t.device)
        return (
            is_away,
            MODES.index(t.mode),
            is_other,
            -t.shape.pixels,
            places[t.head],
            t.label,
            where,
        )

    return sorted(timed, key=place)


def _name(t: Trial) -> str:
    at = f"{t.label}, {MODE_WORDS[t.mode]} at {side(t.shape.height, t.shape.width)}"
    return f"{at}, batch {t.shape.batch}, {t.reads}, {t.dtype}, {t.device}"


def _each(rounds: Rounds) -> int:
    """Of how many samples one is drawn, so that a long run is no longer page."""
    return -(-sum(map(len, rounds)) // MOST_SAMPLES)


def _option(t: Trial, rounds: Rounds) -> Option:
    each = _each(rounds)
    kept = tuple(tuple(map(short, r[::each])) for r in rounds)
    return Option(plain(_name(t)), colour(t.head), kept, each)


def _within(options: list[Option]) -> tuple[Option, ...]:
    """The first of them, as many as the page has room for."""
    kept, left = [], MOST_IN_ALL
    for option in options:
        left -= sum(map(len, option.rounds))
        if left < 0 and kept:
            break
        kept.append(option)
    return tuple(kept)


def _figure(t: Trial, rounds: Rounds) -> Figure:
    name = _name(t)
    medians = [float(np.median(r)) for r in rounds]
    count = sum(map(len, rounds))
    lowest, highest = (f"{v:.3g} s" for v in (min(medians), max(medians)))
    told = f"{count} samples in {len(rounds)} rounds; their medians lie from {lowest} to {highest}."
    each = _each(rounds)
    title = f"Samples of {name}" + (f", one of every {each}" if each > 1 else "")
    drawn = tuple(r[::each] for r in rounds)
    plot = Samples("samples", title, told, UNIT, look(t.head).slot, drawn)
    return Figure(plot, _table(name, rounds))


def _table(name: str, rounds: Rounds) -> Table:
    def column(title: str, share: float) -> Column:
        values = [exactly(float(np.quantile(r, share))) for r in rounds]
        return quantities(title, values, UNIT)

    columns = (
        Column("round", tuple(Cell(str(i + 1)) for i in range(len(rounds))), is_number=False),
        column("least", 0),
        column("lower quartile", 0.25),
        column("median", 0.5),
        column("upper quartile", 0.75),
        column("most", 1),
        Column("samples", tuple(Cell(str(len(r)), sort=len(r)) for r in rounds)),
    )
    return Table(f"Rounds of {name}", columns)
