"""What a comparison of two runs says: of each trial and reading, how it changed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from attnbench.api.showing import html
from attnbench.kinds import NO_DEVICE
from attnbench.printable import one_line
from attnbench.record import Better
from attnbench.report.document import text
from attnbench.report.tables import Cell, Table, words
from attnbench.stats import Estimate
from attnbench.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["better", "same", "worse", "unclear", "new", "gone", "broke"]
WORST_FIRST: tuple[Verdict, ...] = ("broke", "worse", "unclear", "gone", "new", "better", "same")
MOST_SHOWN = 40  # rows in a notebook


@dataclass(frozen=True)
class Change:
    """One reading of one trial in two runs, in base units.

    `trial` and `metric` say of what, `unit` and `better` what the numbers are. `before` and `after`
    are exact for a count, else the median of the processes with its interval; None where a run has
    no such number. `ratio` is after over before, with its 95 % interval; None where there is none.
    `verdict` is by the rule of the gate: "worse" and "better" where the whole interval is beyond
    `margin`, relative, and the test agrees; "same" where all of it is within; else "unclear".
    "broke" no longer runs, "new" and "gone" are in one run only. `message` says it in words.
    """

    trial: Trial
    metric: str
    unit: str
    better: Better
    before: Estimate | None
    after: Estimate | None
    ratio: Estimate | None
    verdict: Verdict
    margin: float
    message: str

    def __str__(self) -> str:
        return f"{self.verdict:8} {self.where}  {one_line(self.message)}"

    @property
    def where(self) -> str:
        """The trial as a line has it: label, shape, and what is not the usual of it."""
        trial = self.trial
        kind = trial.part if trial.part != "attention" else ""
        usual = {"inference", "float32", NO_DEVICE}
        others = [v for v in (trial.dtype, trial.device, trial.mode) if v not in usual]
        return one_line(
            " ".join(filter(None, (trial.label, kind, trial.backbone, str(trial.shape), *others)))
        )


@dataclass(frozen=True, repr=False)
class Comparison:
    """Two runs, reading by reading, worst first; iterate over it for the changes.

    `before` and `after` name the runs. `changes` are all that were compared. `margin` is the
    relative change that does not matter, `level` the chance that any time is called worse or better
    wrongly. `notes` say what a reader should know: whether the runs were taken side by side, and
    how many rounds would be needed.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    margin: float
    level: float
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of each verdict, worst first; only those that there are."""
        found = Counter(change.verdict for change in self.changes)
        return {verdict: found[verdict] for verdict in WORST_FIRST if found[verdict]}

    @property
    def verdict(self) -> Verdict:
        """Of all together: "worse" where anything is or broke, else "unclear", "better", "same"."""
        if "worse" in self.counts or "broke" in self.counts:
            return "worse"
        order: tuple[Verdict, ...] = ("unclear", "better")
        return next((v for v in order if v in self.counts), "same")

    @property
    def tally(self) -> str:
        """As in "1 worse, 174 same"."""
        told = ", ".join(f"{number} {verdict}" for verdict, number in self.counts.items())
        return told or "nothing was compared"

    def of(self, *verdicts: Verdict) -> tuple[Change, ...]:
        """The changes with one of these `verdicts`: `of("worse", "unclear")`."""
        return tuple(change for change in self.changes if change.verdict in verdicts)

    def frame(self) -> "pd.DataFrame":
        """A row a change, in base units: head, label, shape, dtype, device, mode, kernel, part,
        metric, unit, verdict, margin, and before, after and ratio with their ends (_low, _high).
        """
        import pandas as pd

        return pd.DataFrame([_row(change) for change in self.changes])

    def __repr__(self) -> str:
        return f"<Comparison {self.before!r} -> {self.after!r}: {self.tally}>"

    def __str__(self) -> str:
        return "\n".join([*self.notes, *(str(c) for c in shown(self.changes)), self.tally])

    def _repr_html_(self) -> str:
        return html(self._blocks)

    @property
    def _blocks(self) -> list[Any]:
        told = shown(self.changes)
        rows, left = told[:MOST_SHOWN], len(told) - MOST_SHOWN
        columns = (
            words("verdict", [Cell(c.verdict, tone=_TONES.get(c.verdict, "")) for c in rows]),
            words("trial", [c.where for c in rows]),
            words("what changed", [one_line(c.message) for c in rows]),
        )
        caption = one_line(f"{self.before} -> {self.after}")
        more = f" {left} more are in its frame()." if left > 0 else ""
        return [
            *([Table(caption, columns)] if rows else [text(caption)]),
            text(f"{self.tally}.{more}"),
            *(text(one_line(note), role="note") for note in self.notes),
        ]


_TONES = {"worse": "bad", "broke": "failed"}


def shown(changes: Iterable[Change]) -> list[Change]:
    """What is told one by one: all that is not the same, and what moved within what is allowed."""
    return [c for c in changes if c.verdict != "same"]


def _row(change: Change) -> dict[str, Any]:
    trial = change.trial
    told = {
        "head": trial.head, "label": trial.label, "shape": str(trial.shape), "dtype": trial.dtype,
        "device": trial.device, "mode": trial.mode, "kernel": trial.kernel, "part": trial.part,
        "metric": change.metric, "unit": change.unit, "verdict": change.verdict,
        "margin": change.margin,
    }  # fmt: skip
    for name in ("before", "after", "ratio"):
        found = getattr(change, name) or Estimate(*[float("nan")] * 3)
        told |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    return told
