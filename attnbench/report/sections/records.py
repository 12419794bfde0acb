"""Every trial with its key, by which its lines in records.jsonl are found."""

from attnbench.record import Record
from attnbench.report.document import Fold, code, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import side, whole
from attnbench.report.sections import section
from attnbench.report.tables import Column, Table, name, words
from attnbench.trial import Trial

MOST = 1_000  # rows: beyond them a table is no place to look something up


@section("Every record", order=105)
def records(evidence: Evidence) -> list | None:
    if not evidence.trials:
        return None
    trials = sorted(evidence.trials.values(), key=evidence.place)
    lines = evidence.by_trial.records
    found = text(
        f"{whole(len(evidence.records))} records of {whole(len(trials))} trials. "
        "The key of a trial is in each of its lines: ",
        code(f"grep KEY {evidence.folder}/records.jsonl"),
        " prints them, and ",
        code(evidence.export),
        " writes every reading with its key.",
    )
    shown = trials[:MOST]
    title = f"The keys of {whole(len(shown))} trials"
    title += "" if len(shown) == len(trials) else f", of {whole(len(trials))}"
    return [found, Fold(title, (_table(evidence, shown, lines, title),), is_printed=False)]


def _table(
    evidence: Evidence, trials: list[Trial], lines: dict[str, list[Record]], title: str
) -> Table:
    shapes = [t.shape for t in trials]
    columns = (
        Column("head", tuple(name(t) for t in trials), is_number=False),
        words("key", [t.key for t in trials]),
        words("size", [side(s.height, s.width) for s in shapes]),
        words("batch, channels", [f"{s.batch}, {s.channels}" for s in shapes]),
        words("part", [" ".join(filter(None, (t.part, t.backbone))) for t in trials]),
        words("type", [t.dtype for t in trials]),
        words("mode", [t.mode for t in trials]),
        words("device", [t.device for t in trials]),
        words("records", [str(len(lines[t.key])) for t in trials]),
        words("status", [evidence.fates.get(t.key, "ok") for t in trials]),
    )
    return Table(title, columns, is_titled=True)
