"""Heads that were trained alike, and how their accuracies compare."""

from attnbench import stats
from attnbench.report.evidence import Evidence, Value
from attnbench.report.heads_shown import is_shown
from attnbench.stats import Estimate
from attnbench.trial import Trial

BASELINE = "fcn"  # no context: what the others are held against


def trained(evidence: Evidence) -> list[list[Trial]]:
    """Trials with an accuracy, those of one part, backbone, shape, type and device together."""
    groups: dict[tuple, list[Trial]] = {}
    trials = [evidence.trials[key] for key in evidence.by_trial.having.get("accuracy", ())]
    for trial in sorted(trials, key=evidence.rank):
        if is_shown(evidence, trial):
            setting = (trial.part, trial.backbone, trial.shape, trial.dtype, trial.device)
            groups.setdefault(setting, []).append(trial)
    return list(groups.values())


def compared(evidence: Evidence) -> list[Trial]:
    """The first training that several heads went through; empty without one."""
    return next((group for group in trained(evidence) if len(group) > 1), [])


def minus(value: Value, base: Value) -> Estimate | None:
    """The mean of the differences, seed by seed: heads of one seed see the same batches."""
    shared = sorted(value.by_round.keys() & base.by_round.keys())
    return stats.mean([value.by_round[r] - base.by_round[r] for r in shared]) if shared else None


def percent(share: Estimate) -> str:
    """As in "92.7 ± 1.1"."""
    half = f" ± {50 * (share.high - share.low):.1f}" if share.known else ""
    return f"{100 * share.value:.1f}{half}".replace("-", "\u2212")
