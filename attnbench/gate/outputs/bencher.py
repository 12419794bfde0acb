"""Bencher Metric Format: {benchmark: {measure: {value, lower_value, upper_value}}}.

Source: bencher.dev/docs/reference/bencher-metric-format. A name has at most 1,024 characters, the
name of a measure 64. The measure `latency`, which every project there has, is of nanoseconds; the
others are ours, in base units.
"""

import json
import math
from dataclasses import replace

from attnbench.gate.outputs.wording import Finding, findings, names
from attnbench.gate.result import Gate
from attnbench.stats import Estimate

NANOSECONDS = 1e9  # in a second
LONGEST_MEASURE = 64  # characters


def bencher(gate: Gate) -> str:
    """What head has, by trial and quantity; a bound only where it is known."""
    found = [f for f in findings(gate) if f.head and math.isfinite(f.head.value)]
    name = names(f.trial for f in found)
    table: dict[str, dict[str, dict[str, float]]] = {}
    for finding in found:
        measures = table.setdefault(name[finding.trial.key], {})
        measures[finding.quantity[:LONGEST_MEASURE]] = _metric(_scaled(finding))
    return json.dumps(table, indent=1, allow_nan=False) + "\n"


def _scaled(finding: Finding) -> Estimate:
    head = finding.head
    if finding.quantity != "latency" or finding.unit != "s":
        return head
    value, low, high = (NANOSECONDS * v for v in (head.value, head.low, head.high))
    return replace(head, value=value, low=low, high=high)


def _metric(found: Estimate) -> dict[str, float]:
    told = {"value": found.value, "lower_value": found.low, "upper_value": found.high}
    return {key: v for key, v in told.items() if math.isfinite(v)}
