"""Which heads are held against which: the dense ones, and those that claim to be cheaper."""

from attnbench.report.evidence import Evidence
from attnbench.report.heads_shown import is_shown
from attnbench.report.looks import family
from attnbench.trial import Trial

DENSE = ("self_attention", "non_local")
_NOT_EFFICIENT = ("pairwise", "convolution")  # families: the dense ones, and the yardstick


def dense(evidence: Evidence) -> list[Trial]:
    """One trial for each dense line of the run: a head with options and kernel."""
    found = [t for t in evidence.once(_lines) if t.head in DENSE]
    return sorted(found, key=lambda t: DENSE.index(t.head))


def efficient(evidence: Evidence) -> list[Trial]:
    """One trial for each line of another head that attends."""
    return [t for t in evidence.once(_lines) if t.head not in DENSE and _is_efficient(t.head)]


def _lines(evidence: Evidence) -> list[Trial]:
    found = {t.label: t for k, t in evidence.trials.items() if k in evidence.measured_keys}
    return sorted((t for t in found.values() if is_shown(evidence, t)), key=evidence.rank)


def _is_efficient(head: str) -> bool:
    """By its family; a head that has no file any more is taken in."""
    return family(head) not in _NOT_EFFICIENT
