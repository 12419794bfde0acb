"""What a run prints when it ends: the answer, MACs three ways, and the verdicts."""

from collections import Counter
from typing import Any

import attnbench.measure as measure
from attnbench.cli._blocks import print_blocks
from attnbench.cli._console import stdout
from attnbench.cli._verdicts import print_verdicts, verdict_facts
from attnbench.lines import latest
from attnbench.report.brief import details, headlines
from attnbench.report.evidence import Evidence
from attnbench.store import Run


def print_summary(run: Run) -> None:
    """Tables and verdicts to stdout."""
    console, evidence = stdout(), Evidence(run)
    if first := headlines(evidence):
        print_blocks(console, first)
        console.print()
    print_blocks(console, details(evidence))
    console.print()
    if evidence.verdicts:
        print_verdicts(console, evidence.verdicts)
    for line in _without_readings(run):
        console.print(line, markup=False, soft_wrap=True)


def summary_facts(run: Run) -> dict[str, Any]:
    """What a program gets of a run that has ended."""
    records = latest(run.records)
    return {
        "run": str(run.path),
        "suite": run.info.suite,
        "records": len(records),
        "by_status": dict(sorted(Counter(r.status for r in records).items())),
        "claims": [verdict_facts(run.info.suite, v) for v in Evidence(run).verdicts],
    }


def _without_readings(run: Run) -> list[str]:
    """Metrics that no trial has a reading of, and why."""
    read = {name for r in run.records for name in r.readings}
    reasons: dict[str, list[str]] = {}
    for record in run.records:
        for metric, reason in record.unmeasured.items():
            if not read & measure.directions(metric).keys():
                reasons.setdefault(metric, []).append(reason)
    return [f"no {metric}: {'; '.join(dict.fromkeys(told))}" for metric, told in reasons.items()]
