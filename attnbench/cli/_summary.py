"""What a run prints when it ends: the answer, MACs three ways, and the verdicts."""

from collections import Counter
from itertools import pairwise
from typing import Any

from attnbench import measure
from attnbench.cli._blocks import print_blocks
from attnbench.cli._console import stdout
from attnbench.cli._verdicts import print_verdicts, verdict_facts
from attnbench.lines import latest
from attnbench.report import answer
from attnbench.report.document import Fold, Text
from attnbench.report.evidence import Evidence
from attnbench.report.rivals import dense
from attnbench.report.sections.accuracy import accuracy
from attnbench.report.sections.flops import flops
from attnbench.report.sections.summary import headline
from attnbench.report.slices import reference, slices
from attnbench.report.tables import Table
from attnbench.store import Run


def print_summary(run: Run) -> None:
    """Tables and verdicts to stdout."""
    console, evidence = stdout(), Evidence(run)
    if at := reference(slices(evidence), [t.label for t in dense(evidence)]):
        table = headline(evidence, at)
        tables = [table] if len(table.columns) > 1 else []
        if tables or not at.first("accuracy"):
            print_blocks(console, [*tables, *answer.sentences(evidence, at)])
            console.print()
    print_blocks(console, _bought(evidence))
    print_blocks(console, [b for b in flops(evidence) or () if not isinstance(b, Fold)])
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


def _bought(evidence: Evidence) -> list[Text | Table]:
    """The tables of accuracy, each with the text above it, which tells the training."""
    blocks = accuracy(evidence) or []
    above = {id(text) for text, below in pairwise(blocks) if isinstance(below, Table)}
    return [b for b in blocks if isinstance(b, Table) or id(b) in above]


def _without_readings(run: Run) -> list[str]:
    """Metrics that no trial has a reading of, and why."""
    read = {name for r in run.records for name in r.readings}
    reasons: dict[str, list[str]] = {}
    for record in run.records:
        for metric, reason in record.unmeasured.items():
            if not read & measure.directions(metric).keys():
                reasons.setdefault(metric, []).append(reason)
    return [f"no {metric}: {'; '.join(dict.fromkeys(told))}" for metric, told in reasons.items()]
