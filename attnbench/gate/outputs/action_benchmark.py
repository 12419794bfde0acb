"""The array of benchmark-action/github-action-benchmark, tool `customSmallerIsBetter`.

Source: its README and `interface BenchmarkResult` in src/extract.ts: name, unit, value, and where
told range and extra, which are text.
"""

import json
import math

from attnbench.gate.outputs.wording import Finding, change, findings, names, side
from attnbench.gate.result import Gate
from attnbench.printable import one_line


def action_benchmark(gate: Gate) -> str:
    """What head has, in base units. Left out: what has no number on head, and what is better
    when it is higher, which this array cannot tell.
    """
    found = findings(gate)
    name = names(f.trial for f in found)
    kept = [f for f in found if f.head and f.better == "lower" and math.isfinite(f.head.value)]
    entries = [_entry(f, name[f.trial.key], gate) for f in kept]
    return json.dumps(entries, indent=1, allow_nan=False) + "\n"


def _entry(finding: Finding, name: str, gate: Gate) -> dict[str, str | int | float]:
    head = finding.head
    entry = {
        "name": f"{name}: {finding.quantity}",
        "unit": one_line(finding.unit),
        "value": head.value,
        "extra": "\n".join(
            [
                f"{finding.answer}: {finding.message}",
                f"difference: {change(finding) or 'none that can be told'}",
                f"head: {side(gate.head)}",
                f"base: {side(gate.base)}",
            ]
        ),
    }
    if head.known and not head.exact:
        entry["range"] = f"{head.low:.6g} to {head.high:.6g}"
    return entry
