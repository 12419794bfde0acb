"""What was not measured: failures, skips, and metrics without a reading, each with its reason."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from attnbench.record import Record
from attnbench.report.document import Fold, Heading, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import side
from attnbench.report.sections import section
from attnbench.report.tables import Cell, Column, Table, count, nothing, words

_LONGEST = 600  # characters of a message that are shown
_AGAIN = "then attnbench run --resume {run} --retry failed"
_MENDED = {
    "oom": "a fused kernel, a smaller size or batch, a larger card; or more [limits] memory in the "
    f"suite, {_AGAIN}",
    "timeout": f"more [limits] seconds in the suite, {_AGAIN}",
    "crashed": f"see what the process said: {{run}}/worker.log; {_AGAIN}",
    "error": f"mend what the reason says, {_AGAIN}",
}


@section("Failures and skips", order=90)
def failures(evidence: Evidence) -> list | None:
    failed = _grouped(
        (r.status, r.message, r) for r in evidence.records if r.status not in ("ok", "skipped")
    )
    skipped = _grouped((r.status, r.message, r) for r in evidence.records if r.status == "skipped")
    unmeasured = _grouped(
        (metric, reason, r) for r in evidence.records for metric, reason in r.unmeasured.items()
    )
    blocks: list = []
    run = evidence.run.path
    for title, first, groups, is_folded in (
        ("Failed", "status", failed, False),
        ("Skipped", "status", skipped, False),
        ("Metrics without a reading", "metric", unmeasured, True),
    ):
        if groups:
            table = _table(title, first, groups, run)
            total = _records(sum(len(found) for found in groups.values()))
            blocks.append(
                Fold(f"{title}: {total}", (table,)) if is_folded else Heading(f"{title}: {total}")
            )
            blocks += [] if is_folded else [table]
    if not blocks:
        return None
    return [
        text("A failure is a result too: nothing that was asked for is left out in silence."),
        *blocks,
    ]


def _grouped(found: Iterable[tuple[str, str, Record]]) -> dict[tuple[str, str], list[Record]]:
    groups: dict[tuple[str, str], list[Record]] = {}
    for what, reason, record in found:
        groups.setdefault((what, reason), []).append(record)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def _table(title: str, first: str, groups: dict[tuple[str, str], list[Record]], run: Path) -> Table:
    reasons = [reason or "no reason on record" for _, reason in groups]
    columns = (
        words(first, [what for what, _ in groups]),
        words("reason", [r if len(r) <= _LONGEST else r[:_LONGEST] + " …" for r in reasons]),
        Column("records", tuple(count(len(found)) for found in groups.values())),
        words("heads", [_list(r.trial.label for r in found) for found in groups.values()]),
        words("sizes", [_sizes(found) for found in groups.values()]),
        words("modes", [_list(r.trial.mode for r in found) for found in groups.values()]),
        words("what to do", [_advice(what, run) for what, _ in groups]),
    )
    table = Table(title, columns, is_titled=True)
    return (
        table
        if any(what in _MENDED for what, _ in groups)
        else replace(table, columns=columns[:-1])
    )


def _advice(status: str, run: Path) -> str | Cell:
    if status not in _MENDED:
        return nothing()
    return _MENDED[status].format(run=run)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _sizes(found: list[Record]) -> str:
    shapes = sorted(
        {(r.trial.shape.pixels, r.trial.shape.height, r.trial.shape.width) for r in found}
    )
    return ", ".join(side(h, w) for _, h, w in shapes)
