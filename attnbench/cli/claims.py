"""attnbench claims: what the literature says, and what stored runs say of it."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option

if TYPE_CHECKING:
    from attnbench.report.evidence import Evidence
    from attnbench.verdicts import Verdict


@click.command(
    cls=Command,
    short_help="Verdicts on what the papers say.",
    examples=(
        "attnbench claims",
        "attnbench claims results/reference/sweep-cpu --json",
        "attnbench claims --papers",
        "attnbench claims --papers --paper isa",
    ),
    more="Tell what each claim says and where; with --papers, of figures that nobody can recount.",
)
@_options.runs()
@option(
    "--papers", is_flag=True, help="Printed figures of the papers beside ours, counted now.",
)  # fmt: skip
@option(
    "--paper", default="", metavar="NAME", help="Of this paper alone, and all of it.",
    shell_complete=_names.papers,
)  # fmt: skip
@option("--write", type=click.Path(path_type=Path), hidden=True, metavar="PAGE")
@_options.results()
@json_option()
def command(
    runs: tuple[str, ...],
    *,
    as_json: bool,
    papers: bool,
    paper: str,
    write: Path | None,
    results: Path,
) -> None:
    """Says of every claim whether it holds: on RUN, a run folder or its name below results.

    Without RUN it is the newest run of each suite; claims of a suite that was never run are
    listed with what they need. Nothing is measured.

    With --papers it recounts every printed figure that arithmetic can check, and exits with 1
    where that no longer gives what it gave.
    """
    if papers or paper or write:
        _papers(paper, as_json=as_json, write=write)
        return
    from attnbench.cli._console import stdout, warn
    from attnbench.cli._json import print_json
    from attnbench.cli._verdicts import print_verdicts, verdict_facts

    found = _of_runs(runs, results) if runs else _of_suites(results)
    if as_json:
        warn(line for _, _, warnings in found for line in warnings)
        print_json([verdict_facts(t.partition(":")[0], v) for t, each, _ in found for v in each])
        return
    console = stdout()
    for title, verdicts, warnings in found:
        console.print(title, style="bold", markup=False)
        print_verdicts(console, verdicts)
        console.print()
        warn(warnings)


def _papers(paper: str, *, as_json: bool, write: Path | None) -> None:
    """Prints the recount; or keeps it for the report and writes the page docs/papers.md."""
    from attnbench.cli._console import say
    from attnbench.cli._papers import print_papers, write_papers
    from attnbench.errors import EXIT_NO

    if write is not None:
        for path in write_papers(write):
            say(str(path))
    elif not print_papers(paper, as_json=as_json):
        sys.exit(EXIT_NO)


Found = list[tuple[str, "list[Verdict]", tuple[str, ...]]]  # title, verdicts, warnings


def _of_runs(names: tuple[str, ...], results: Path) -> Found:
    from attnbench.errors import StoreError
    from attnbench.run_folders import find_run

    found = [_of(_evidence(find_run(name, results))) for name in names]
    if not any(verdicts for _, verdicts, _ in found):
        raise StoreError(f"{', '.join(names)}: no suite of these runs makes a claim")
    return [each for each in found if each[1]]


def _of_suites(results: Path) -> Found:
    """The newest run of each suite that makes claims, or what it would need."""
    from attnbench.errors import AttnbenchError
    from attnbench.run_folders import runs_in
    from attnbench.store import read_info
    from attnbench.suite_file import read_suite, suite_names, suite_path
    from attnbench.verdicts import verdicts

    newest = {}
    for path in runs_in(results):
        try:
            newest[read_info(path).suite] = path
        except AttnbenchError:
            continue  # a run that cannot be read is named when it is asked for
    found: Found = []
    for name in suite_names():
        if name in newest:
            found.append(_of(_evidence(newest[name])))
            continue
        suite, _ = read_suite(suite_path(name))
        told = [_needing(v, name) for v in verdicts(suite.claims, ())]
        found.append((f"{name}: {suite.title}, never run here", told, ()))
    return [each for each in found if each[1]]


def _needing(verdict: "Verdict", suite: str) -> "Verdict":
    """Of a suite that was never run: what has no verdict needs one, if a run can give it."""
    if verdict.found is not None or verdict.claim.check is None:
        return verdict
    needs = ["needs attnbench run --suite " + suite, verdict.claim.needs]
    return replace(verdict, detail="; ".join(filter(None, needs)))


def _evidence(path: Path) -> "Evidence":
    from attnbench.cli._reading import read_folders
    from attnbench.report.evidence import Evidence

    return Evidence(*read_folders([path]))


def _of(evidence: "Evidence") -> tuple[str, "list[Verdict]", tuple[str, ...]]:
    title = f"{evidence.run.info.suite}: {evidence.words('title')}, {evidence.run.path}"
    return title, evidence.verdicts, evidence.warnings
