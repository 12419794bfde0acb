"""JUnit XML: what Jenkins, GitLab, Azure and most other runners show as tests.

A suite for each tier that looked at something, a case for each quantity of each trial. Worse is a
failure. Unclear, new and gone are skipped, with the reason: an `error` would fail the job in every
runner, and whether unclear fails it is for `--unclear` and the exit code alone to say.
Source: the schema junit-10.xsd that Jenkins' xUnit plugin reads Surefire reports by.
"""

import math
from xml.etree import ElementTree as ET

from attnbench.gate.outputs.wording import (
    Finding,
    Tier,
    change,
    findings,
    machine,
    names,
    sentence,
    side,
    value,
)  # fmt: skip
from attnbench.gate.result import Answer, Gate
from attnbench.printable import one_line

_SKIPPED: tuple[Answer, ...] = ("unclear", "new", "gone")


def junit(gate: Gate) -> str:
    r"""`<testsuites>`; characters that XML has not are written out, as in "\\x1b"."""
    found = findings(gate)
    root = ET.Element(
        "testsuites", name="attnbench gate", time=f"{gate.seconds:.3f}", **_counts(found)
    )
    name = names(f.trial for f in found)
    for number, tier in enumerate(("exact", "timed")):
        if of_tier := [f for f in found if f.tier == tier]:
            _add_suite(root, gate, tier, number, of_tier, name)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_suite(
    root: ET.Element,
    gate: Gate,
    tier: Tier,
    number: int,
    found: list[Finding],
    name: dict[str, str],
) -> None:
    told = _counts(found) | {"skipped": str(sum(f.answer in _SKIPPED for f in found))}
    suite = ET.SubElement(
        root, "testsuite", name=f"attnbench.{one_line(gate.suite)}.{tier}", id=str(number), **told
    )
    if gate.started:
        suite.set("timestamp", gate.started[:19])  # the schemas have no zone; it is UTC
    properties = ET.SubElement(suite, "properties")
    for key, text in _properties(gate, tier).items():
        ET.SubElement(properties, "property", name=key, value=text)
    for finding in found:
        _add_case(suite, finding, name[finding.trial.key])


def _add_case(suite: ET.Element, finding: Finding, name: str) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=suite.get("name", ""), name=f"{name}: {finding.quantity}"
    )
    if finding.answer == "worse":
        failure = ET.SubElement(case, "failure", type="worse", message=finding.message)
        failure.text = _body(finding)
    elif finding.answer in _SKIPPED:
        ET.SubElement(
            case, "skipped", type=finding.answer, message=f"{finding.answer}: {finding.message}"
        )
    else:
        ET.SubElement(case, "system-out").text = f"{finding.answer}: {finding.message}"


def _body(finding: Finding) -> str:
    sides = (
        (k, value(v, finding.unit)) for k, v in (("base", finding.base), ("head", finding.head))
    )
    lines = [f"{key}: {text}" for key, text in sides]
    return "\n".join([*lines, f"difference: {change(finding) or 'no ratio'}", finding.message])


def _counts(found: list[Finding]) -> dict[str, str]:
    failures = sum(f.answer == "worse" for f in found)
    return {"tests": str(len(found)), "failures": str(failures), "errors": "0"}


def _properties(gate: Gate, tier: Tier) -> dict[str, str]:
    told = {
        "answer": sentence(gate),
        "base": side(gate.base),
        "head": side(gate.head),
        "environment": machine(gate),
    }
    if tier == "timed":
        told |= {"level": f"{gate.level:g}", "pairs": str(gate.pairs), "seed": str(gate.seed)}
        if not math.isnan(gate.detectable):
            told["detectable"] = f"{gate.detectable:g}"
    return {key: text for key, text in told.items() if text}
