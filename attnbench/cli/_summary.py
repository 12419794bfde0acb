"""What a run prints when it ends: the answer, MACs three ways, and the verdicts."""

from attnbench import measure
from attnbench.claims import Verdict, verdicts
from attnbench.cli._blocks import print_blocks
from attnbench.cli._console import stdout
from attnbench.report import answer
from attnbench.report.document import Fold
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import exponent, interval
from attnbench.report.rivals import dense
from attnbench.report.sections.flops import flops
from attnbench.report.sections.summary import headline
from attnbench.report.slices import reference, slices
from attnbench.store import Run
from attnbench.suite import Suite

WHERE = {"fit": "fit", "last": "last doubling"}


def print_summary(run: Run, suite: Suite) -> None:
    """Tables and verdicts to stdout."""
    console, evidence = stdout(), Evidence(run)
    if at := reference(slices(evidence), [t.label for t in dense(evidence)]):
        print_blocks(console, [headline(evidence, at), *answer.sentences(evidence, at)])
        console.print()
    print_blocks(console, [b for b in flops(evidence) or () if not isinstance(b, Fold)])
    console.print()
    for verdict in verdicts(suite.claims, evidence.records):
        console.print(_line(verdict), markup=False, soft_wrap=True)
    for line in _without_readings(run):
        console.print(line, markup=False, soft_wrap=True)


def _without_readings(run: Run) -> list[str]:
    """Metrics that no trial has a reading of, and why."""
    read = {name for r in run.records for name in r.readings}
    reasons: dict[str, list[str]] = {}
    for record in run.records:
        for metric, reason in record.unmeasured.items():
            if not read & measure.directions(metric).keys():
                reasons.setdefault(metric, []).append(reason)
    return [f"no {metric}: {'; '.join(dict.fromkeys(told))}" for metric, told in reasons.items()]


def _line(verdict: Verdict) -> str:
    """As in "holds  ema-linear-macs  MACs ~ N^1.00 (0.99 to 1.01), last doubling N^1.00, ..."."""
    check = verdict.claim.check
    low, high = check.within
    found = [verdict.detail]
    if verdict.law is not None:
        law = verdict.law
        found = [
            f"fitted N^{exponent(law.exponent)}",
            f"last doubling N^{exponent(law.last)}",
            *found,
            f"claimed of the {WHERE[check.of]}: {low:g} to {high:g}",
        ]
    elif verdict.found is not None:
        found = [f"ratio {interval(verdict.found)}", *found, f"claimed: {low:g} to {high:g}"]
    metric = f"{check.metric} ({check.terms})" if check.terms else check.metric
    return f"{verdict.word:17}  {verdict.claim.id:18}  {metric}: {', '.join(found)}"
