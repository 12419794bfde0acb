"""What a page shows of a large run: what is nearest to its answer, as much as a reader can take in.

The report of a run that has no more than that shows all of it. Of a larger one, each section says
how many others there are, and where their numbers can be had.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Any, Generic, TypeVar

from attnbench.kinds import NO_DEVICE
from attnbench.report.document import Inline, Text, code, text
from attnbench.report.evidence import Evidence
from attnbench.report.rivals import dense
from attnbench.report.settings import Setting
from attnbench.report.slices import Slice, reference, slices

LINES = 240  # in all figures of a section: of 48 heads and kernels there are then five
FIGURES = 24  # of few lines
COLUMNS = 24  # of the tables that have one for each quantity and setting
TABLES = 24  # of a kind
ROWS = 100  # of a table of what else was found
NAMED = 40  # in a list within a sentence or a cell

T = TypeVar("T")


@dataclass(frozen=True)
class Shown(Generic[T]):
    """Those that are shown, in their order, and how many others there are."""

    items: list[T]
    others: int

    def told(
        self, evidence: Evidence, what: str, chosen: str = "nearest to the answer"
    ) -> list[Text]:
        """A sentence, "12 figures of 96 are shown"; none where that are all."""
        command = code(evidence.export)
        return self._said(what, chosen, " All numbers, as a table: ", command, ".")

    def told_of_failures(self, what: str) -> list[Text]:
        """The same of what has no number."""
        return self._said(what, "of most records", " All are in ", code("records.jsonl"), ".")

    def _said(self, what: str, chosen: str, *rest: str | Inline) -> list[Text]:
        if not self.others:
            return []
        number = len(self.items)
        words = f"{number} {what} of {number + self.others} are shown, those {chosen}."
        return [text(words, *rest, role="note")]


def first(
    found: Sequence[T], most: int, far: Callable[[T], Any], size: Callable[[T], int] = lambda _: 1
) -> Shown[T]:
    """The least far, in the order of `found`: of `most` in size together, but one at least."""
    kept, total = [], 0
    for i in sorted(range(len(found)), key=lambda i: far(found[i])):
        total += size(found[i])
        if total > most and kept:
            break
        kept.append(i)
    return Shown([found[i] for i in sorted(kept)], len(found) - len(kept))


def drawn(lines: int) -> int:
    """What a figure takes of LINES."""
    return max(lines, ceil(LINES / FIGURES))


def answered(evidence: Evidence) -> Slice | None:
    """The size that the answer speaks of."""
    return evidence.once(_answered)


def _answered(evidence: Evidence) -> Slice | None:
    return answered_by(evidence, slices(evidence))


def answered_by(evidence: Evidence, found: list[Slice]) -> Slice | None:
    """Of some slices the one to answer with, as if there were no others."""
    return reference(found, [t.label for t in dense(evidence)])


def setting_of(at: Slice) -> Setting:
    return Setting.of(at.trials[0], at.device)


def distance(evidence: Evidence, setting: Setting) -> tuple[int, float]:
    """From the setting of the answer: in how much they differ, and how far in batch and channels.

    What was counted is of no device, and as near to any.
    """
    at = answered(evidence)
    if at is None:
        return 0, 0.0
    here = setting_of(at)
    names = ("part", "backbone", "dtype", "batch", "channels")
    differ = sum(getattr(setting, n) != getattr(here, n) for n in names)
    differ += setting.device not in (NO_DEVICE, here.device)
    return differ, abs(log(setting.batch / here.batch)) + abs(log(setting.channels / here.channels))


def listed(names: Sequence[str], joint: str = ", ") -> str:
    """As many as can be read: "a, b, c and 12 others"."""
    others = len(names) - NAMED
    told = joint.join(names[:NAMED])
    return f"{told} and {others} others" if others > 0 else told
