"""attnbench.compare: what changed from one run to another."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attnbench.api.comparison import Comparison
    from attnbench.api.run_handle import Run
    from attnbench.gate.rules import Rules
    from attnbench.store import Run as Stored


def compare(
    before: "str | Path | Run",
    after: "str | Path | Run",
    *,
    heads: Sequence[str] = (),
    metrics: Sequence[str] = (),
    margin: float | None = None,
    level: float | None = None,
    allow_mismatch: bool = False,
    results: str | Path = "results",
) -> "Comparison":
    """How each trial and reading of a run changed in another, by the rules of `attnbench gate`.

    Counts, predicted bytes and outputs have no noise: any change is one. What was measured is worse
    or better only where the whole interval of its ratio is beyond the margin and an exact test over
    processes agrees, corrected for how many readings there are. Runs are not taken side by side,
    so margins are wider by the spread of processes, and `notes` say so; two sides of one gate were,
    and have its answers.

    before, after: each a Run, a path, or a name below `results`.
    heads: only these, by name or label ("ema bases=32"); all that both have by default.
    metrics: only these readings, as "latency" or "macs.counted"; by default all counts, and of what
        is measured the reading that has the name of its metric.
    margin: the relative change that does not matter; by default that of the suite, 0.02.
    level: the chance that any reading is called worse wrongly; by default the suite's, 0.01.
    allow_mismatch: compare what different machines or versions of torch gave; notes list them.
    results: where runs are looked for that are given by name.

    Raises StoreError for what is no run, NotComparableError for runs of different places or without
    a trial in common, UnknownNameError for a head or reading that neither run has.
    """
    from attnbench.api.run_handle import Run
    from attnbench.api.two_runs import Chosen, comparison
    from attnbench.gate.rules import with_changes

    old, new = (Run.at(run, results).stored for run in (before, after))
    chosen = Chosen(tuple(heads), tuple(metrics))
    _check_names(old, new, tuple(heads), tuple(metrics))
    given = {"margin": margin, "level": level}
    changed = {name: value for name, value in given.items() if value is not None}
    if not (changed or heads or metrics) and (found := _of_one_gate(old, new)):
        return found
    rules = with_changes(_rules(new), changed)
    return comparison(old, new, rules, chosen, allowed=allow_mismatch)


def _rules(run: "Stored") -> "Rules":
    """Those of the suite; the usual ones where it cannot be read any more."""
    from attnbench.gate.rules import Rules
    from attnbench.report.evidence import Evidence

    suite = Evidence(run).suite
    return suite.gate if suite else Rules()


def _check_names(
    old: "Stored", new: "Stored", heads: Sequence[str], metrics: Sequence[str]
) -> None:
    from attnbench.errors import UnknownNameError

    records = [*old.records, *new.records] if heads or metrics else []
    known_heads = {name for r in records for name in (r.trial.head, r.trial.label)}
    known_metrics = {name for r in records for name in r.readings}
    for kind, given, known in (("head", heads, known_heads), ("reading", metrics, known_metrics)):
        for name in given:
            if name not in known:
                raise UnknownNameError(kind, name, known, f"{old.path}, {new.path}")


def _of_one_gate(old: "Stored", new: "Stored") -> "Comparison | None":
    """What a gate said of its own two sides, which it measured in turns."""
    from attnbench.api.gate_answers import answers
    from attnbench.gate.stored import stored_gate
    from attnbench.run_folders import BASE_SIDE, HEAD_SIDE, gate_of

    folder = gate_of(old.path)
    sides = (old.path.resolve().name, new.path.resolve().name)
    if folder is None or folder != gate_of(new.path) or sides != (BASE_SIDE, HEAD_SIDE):
        return None
    gate = stored_gate(folder)
    return answers(gate, str(old.path), str(new.path)) if gate else None
