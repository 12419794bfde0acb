"""What a run prints when it ends: the verdicts on its claims."""

import click

from attnbench.claims import Verdict, verdicts
from attnbench.store import Run
from attnbench.suite import Suite


def print_summary(run: Run, suite: Suite) -> None:
    for verdict in verdicts(suite.claims, run.records):
        click.echo(line(verdict))


def line(verdict: Verdict) -> str:
    found = verdict.found
    value = ""
    if found is not None:
        value = (
            f"{found.value:.3f}"
            if found.exact
            else f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
        )
    last = f", last doubling {verdict.law.last.value:.3f}" if verdict.law else ""
    return f"{verdict.word:18} {verdict.claim.id:24} {value}{last} {verdict.detail}"
