"""Which heads a page shows, of a run with more settings of their options than a table can hold."""

from attnbench.report.document import Text, code, text
from attnbench.report.evidence import Evidence
from attnbench.trial import Trial

MOST = 100  # heads with options and kernel: rows of a table, lines of a figure


def is_shown(evidence: Evidence, trial: Trial) -> bool:
    return trial.label in evidence.once(_labels)


def told(evidence: Evidence) -> list[Text]:
    """How many are left out, if any."""
    shown, found = evidence.once(_labels), {t.label for t in evidence.trials.values()}
    if len(found) == len(shown):
        return []
    words = (
        f"Tables and figures show {len(shown)} of {len(found)} heads with their options, those of "
        "fewest options. All numbers, as a table: "
    )
    return [text(words, code(evidence.export), ".", role="note")]


def _labels(evidence: Evidence) -> frozenset[str]:
    trials = {t.label: t for t in evidence.trials.values()}
    if len(trials) <= MOST:
        return frozenset(trials)
    ordered = sorted(trials.values(), key=lambda t: (len(t.options), evidence.rank(t)))
    return frozenset(t.label for t in ordered[:MOST])
