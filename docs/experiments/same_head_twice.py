"""The same head under two names: how often would a difference be claimed that is not there?

    python docs/experiments/same_head_twice.py [rounds [file to keep the samples in]]

Every round is a fresh process, as in a run; in it each trial is measured twice, as A and as B,
all in random order. Groups of eight rounds are eight-round experiments of their own. Prints what
varied, and for several rules the share of (trial, group) in which A and B seem to differ.
"""

import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import beta as beta_distribution
from scipy.stats import mannwhitneyu

from attnbench import stats
from attnbench.run.isolate import Worker
from attnbench.trial import Budget, Shape, Task, Trial

HEADS = ("ema", "isa", "ccnet", "gc", "non_local", "danet", "se", "glore")
SIDES = (16, 24, 32)
GROUP = 8  # rounds of one experiment
BUDGET = Budget(min_samples=3, max_seconds=0.08, warmup_seconds=0.03)
SEED = 0

Samples = dict[tuple[str, str], list[tuple[float, ...]]]  # (key, A or B) -> samples by round


def measured(rounds: int) -> Samples:
    trials = [Trial(h, Shape(1, 512, s, s), device="cpu") for h in HEADS for s in SIDES]
    order, found = random.Random(SEED), defaultdict(list)
    with TemporaryDirectory() as folder:
        for number in range(rounds):
            tasks = [(trial, name) for trial in trials for name in "AB"]
            order.shuffle(tasks)
            worker = Worker(Path(folder) / "log")
            try:
                for trial, name in tasks:
                    task = Task(trial, ("latency",), number, BUDGET, seed=number)
                    reading = worker.do(task).readings["latency"]
                    found[trial.key, name].append(reading.samples)
            finally:
                worker.stop()
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return found


def spreads(found: Samples) -> tuple[float, float, float]:
    """Relative standard deviations: within a process, between processes, of A against B in one."""
    within, between, pairs = [], [], []
    for rounds in found.values():
        within += [np.std(s, ddof=1) / np.mean(s) for s in rounds if len(s) > 1]
        medians = [np.median(s) for s in rounds]
        between.append(np.std(medians, ddof=1) / np.mean(medians))
    for key in {key for key, _ in found}:
        logs = _medians(found[key, "A"]) - _medians(found[key, "B"])
        pairs.append(np.std(logs, ddof=1) / 2**0.5)
    return tuple(float(np.median(each)) for each in (within, between, pairs))


def _medians(rounds: list[tuple[float, ...]]) -> np.ndarray:
    return np.log([np.median(s) for s in rounds])


def pooled(a: list, b: list) -> bool:
    return mannwhitneyu(np.concatenate(a), np.concatenate(b)).pvalue <= 0.05


def ten_percent(a: list, b: list) -> bool:
    return abs(np.log(np.median(np.concatenate(a)) / np.median(np.concatenate(b)))) > np.log(1.1)


def interval(a: list, b: list) -> bool:
    found = stats.ratio([np.median(s) for s in a], [np.median(s) for s in b])
    return found.low > 1 or found.high < 1


def flips(a: list, b: list) -> bool:
    return stats.sign_flip(_medians(a) - _medians(b)) <= 0.05


def claimed(a: list, b: list) -> bool:
    return stats.differs(np.exp(_medians(a)), np.exp(_medians(b)))


RULES = {
    "all samples pooled, Mann-Whitney at .05": pooled,
    "medians of all samples more than 10 % apart": ten_percent,
    "interval of the ratio of paired rounds excludes 1 (95 %)": interval,
    "sign-flip test of paired rounds at .05": flips,
    "stats.differs: both of them, and by more than 2 %": claimed,
}


def main() -> None:
    found = measured(int(sys.argv[1]) if len(sys.argv) > 1 else 5 * GROUP)
    if len(sys.argv) > 2:
        told = [{"key": key, "name": name, "rounds": r} for (key, name), r in found.items()]
        Path(sys.argv[2]).write_text(json.dumps(told))
    keys = sorted({key for key, _ in found})
    rounds = min(map(len, found.values()))
    groups = [slice(first, first + GROUP) for first in range(0, rounds - GROUP + 1, GROUP)]
    within, between, paired = spreads(found)
    print(f"{len(keys)} trials, {rounds} rounds, {len(groups)} experiments of {GROUP} rounds")
    print(f"within a process {within:.1%}, between processes {between:.1%},")
    print(f"of two measurements in one process {paired:.1%}")
    for words, rule in RULES.items():
        claims = [rule(found[k, "A"][g], found[k, "B"][g]) for k in keys for g in groups]
        n, k = len(claims), sum(claims)
        high = beta_distribution.ppf(0.975, k + 1, n - k) if k < n else 1.0
        low = beta_distribution.ppf(0.025, k, n - k + 1) if k else 0.0
        print(f"{k / n:6.1%}  {k} of {n}, 95 % interval {low:.1%} to {high:.1%}  {words}")


if __name__ == "__main__":
    main()
