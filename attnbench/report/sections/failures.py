"""What was not measured: failures, skips, and metrics without a reading, each with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from attnbench.record import Record
from attnbench.report.document import Fold, Heading, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import side
from attnbench.report.sections import section
from attnbench.report.shown import ROWS, first, listed
from attnbench.report.tables import Cell, Column, Table, count, nothing, words
from attnbench.trial import Trial

_LONGEST = 600  # characters of a message that are shown
_AGAIN = "then attnbench run --resume {run} --retry failed"
_MENDED = {
    "oom": "a fused kernel, a smaller size or batch, a larger card; or more [limits] memory in the "
    f"suite, {_AGAIN}",
    "timeout": f"more [limits] seconds in the suite, {_AGAIN}",
    "crashed": f"see what the process said: {{run}}/worker.log; {_AGAIN}",
    "error": f"mend what the reason says, {_AGAIN}",
}


@dataclass
class Cases:
    """Records that have one thing in common: how many, and of which trials."""

    count: int = 0
    trials: dict[str, Trial] = field(default_factory=dict)


Groups = dict[tuple[str, str], Cases]


@section("Failures and skips", order=90)
def failures(evidence: Evidence) -> list | None:
    told = evidence.tally
    fates = list(told.failed.alike("status", "message", "trial"))
    failed = _grouped((r.status, r.message, r, n) for r, n in fates if r.status != "skipped")
    skipped = _grouped((r.status, r.message, r, n) for r, n in fates if r.status == "skipped")
    unmeasured = _grouped(
        (metric, reason, r, n)
        for r, n in told.unmeasured.alike("reason", "trial")
        for metric, reason in r.unmeasured.items()
    )
    run = "RUN" if evidence.run.info.merged else evidence.run.path  # a merge is not resumed itself
    blocks: list = []
    for title, what, groups, is_folded in (
        ("Failed", "status", failed, False),
        ("Skipped", "status", skipped, False),
        ("Metrics without a reading", "metric", unmeasured, True),
    ):
        if groups:
            shown = first([*groups], ROWS, lambda group, groups=groups: -groups[group].count)
            kept = {group: groups[group] for group in shown.items}
            table = _table(title, what, kept, run)
            inner = (*shown.told_of_failures("rows"), table)
            total = _records(sum(cases.count for cases in groups.values()))
            name = f"{title}: {total}"
            blocks += [Fold(name, inner)] if is_folded else [Heading(name), *inner]
    if not blocks:
        return None
    return [
        text("A failure is a result too: nothing that was asked for is left out in silence."),
        *blocks,
    ]


def _grouped(found: Iterable[tuple[str, str, Record, int]]) -> Groups:
    """By what and why; of a record, and how many are like it."""
    groups: Groups = {}
    for what, reason, record, count_of_it in found:
        cases = groups.setdefault((what, reason), Cases())
        cases.count += count_of_it
        cases.trials[record.key] = record.trial
    return dict(sorted(groups.items(), key=lambda item: (-item[1].count, item[0])))


def _table(title: str, what: str, groups: Groups, run: Path | str) -> Table:
    reasons = [reason or "no reason on record" for _, reason in groups]
    trials = [cases.trials.values() for cases in groups.values()]
    columns = (
        words(what, [first for first, _ in groups]),
        words("reason", [r if len(r) <= _LONGEST else r[:_LONGEST] + " …" for r in reasons]),
        Column("records", tuple(count(cases.count) for cases in groups.values())),
        words("heads", [_list(t.label for t in found) for found in trials]),
        words("sizes", [_sizes(found) for found in trials]),
        words("modes", [_list(t.mode for t in found) for found in trials]),
        words("what to do", [_advice(status, run) for status, _ in groups]),
    )
    told = columns if any(status in _MENDED for status, _ in groups) else columns[:-1]
    return Table(title, told, is_titled=True)


def _advice(status: str, run: Path | str) -> str | Cell:
    if status not in _MENDED:
        return nothing()
    return _MENDED[status].format(run=run)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _list(names: Iterable[str]) -> str:
    return listed(sorted(set(names)))


def _sizes(trials: Iterable[Trial]) -> str:
    shapes = {(t.shape.pixels, t.shape.height, t.shape.width) for t in trials}
    return listed([side(h, w) for _, h, w in sorted(shapes)])
