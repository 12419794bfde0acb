"""What a gate asks of both sides: counts and outputs of some trials, times of others."""

from dataclasses import dataclass
from typing import Literal

import attnbench.measure as measure
from attnbench.errors import SuiteError
from attnbench.suite import Suite
from attnbench.trial import Task, Trial

Tier = Literal["exact", "timed", "all"]
OUTPUT, LATENCY = "output", "latency"


@dataclass(frozen=True)
class Plan:
    """Tasks of the exact tier, trials of the timed one; `others` are metrics that no tier has."""

    exact: tuple[Task, ...]
    timed: tuple[Trial, ...]
    others: tuple[str, ...] = ()


def plan(suite: Suite, device: str, tier: Tier, seed: int) -> Plan:
    """What a suite asks, with its times on `device`. Outputs are taken on the CPU: any runner has
    one. Raises SuiteError for a suite with nothing for this tier.
    """
    counted = [p for p in suite.plan("cpu") if not p.skipped]
    exact = [
        Task(p.trial, metrics, 0, suite.budget, suite.limits, seed)
        for p in counted
        if tier != "timed" and (metrics := tuple(filter(is_exact, p.metrics)))
    ]
    timed = [
        p.trial
        for p in suite.plan(device)
        if tier != "exact" and not p.skipped and LATENCY in p.metrics
    ]
    if not exact and not timed:
        what = {"exact": "counts or outputs", "timed": "latency"}.get(tier, "counts or latency")
        raise SuiteError(f"suite {suite.name} has no {what} of these heads: nothing to compare")
    asked = dict.fromkeys(m for p in counted for m in p.metrics)
    others = tuple(m for m in asked if not is_exact(m) and m != LATENCY)
    return Plan(tuple(exact), tuple(timed), others)


def is_exact(metric: str) -> bool:
    """Whether it has no noise: what needs no device, and outputs."""
    return metric == OUTPUT or not measure.describe(metric).keywords.get("needs_device")
