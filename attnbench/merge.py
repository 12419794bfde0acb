"""Runs united into one, so that a report shows them in one table.

A round is a fresh process of one run: rounds of a run stay together and get numbers that no other
run has, so nothing pairs rounds of different runs. What was measured in different environments
becomes different devices ("cpu:53c60e73"), so nothing averages over them. A count is exact: those
of one trial are united in one record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

import attnbench
from attnbench.conditions import Conditions
from attnbench.errors import EXIT_NOT_COMPARABLE, StoreError
from attnbench.kinds import NO_DEVICE
from attnbench.lines import latest
from attnbench.machines import ID_SHOWN, on_its_machine
from attnbench.plain_files import replacing_folder
from attnbench.record import SCHEMA, Record
from attnbench.store import Run, RunInfo, RunWriter

LONGEST_NAME = 150  # characters of a run's name


class NotMergeableError(StoreError):
    """Runs of which one table would say something wrong."""

    exit_code = EXIT_NOT_COMPARABLE


@dataclass(frozen=True)
class Merged:
    """A run made of others, and what a reader of it should know."""

    run: Run
    notes: tuple[str, ...]


def merge(runs: Sequence[Run], path: Path) -> Merged:
    """The runs as one that is to be stored at `path`. The suite is that of the first.

    Copies of one run are that run; of records with the same trial and round the latest counts.
    Raises NotMergeableError for a run that was merged itself, and for different trainings.
    """
    for run in runs:
        if run.info.merged:
            made_of = ", ".join(run.info.merged)
            raise NotMergeableError(
                f"{run.path}: merged already; name what it is made of: {made_of}"
            )
    _check_recipes(runs)
    groups = _by_identity(runs)
    names = _names(groups)
    parts = [_of_one_run(copies, name) for copies, name in zip(groups, names, strict=True)]
    used = {r.environment for part in parts for r in part if r.trial.device != NO_DEVICE}
    measured = [r for part in _numbered(parts) for r in part]
    counted = [r for part in parts for r in part if r.trial.device == NO_DEVICE]
    if len(used) > 1:
        measured = [on_its_machine(r) for r in measured]
    first = runs[0]
    united = Run(
        path=path,
        info=_info(first.info, [c[0].info for c in groups], names),
        suite_text=first.suite_text,
        records=(*_united(counted), *measured),
        disputed=tuple(_disputed(counted)),
        environments={e.id: e for run in runs for e in run.environments.values()},
        conditions=_conditions(runs),
    )
    return Merged(united, tuple(_notes(groups, parts, used)))


def _check_recipes(runs: Sequence[Run]) -> None:
    """Raises NotMergeableError for accuracies of different trainings: their mean says nothing."""
    found = {
        note.partition(":")[0]: run.path
        for run in runs
        for record in run.records
        if "accuracy" in record.readings
        for note in record.readings["accuracy"].notes
        if note.startswith("recipe ")
    }
    if len(found) > 1:
        told = ", ".join(f"{recipe} in {path}" for recipe, path in sorted(found.items()))
        raise NotMergeableError(f"their accuracies are of different trainings: {told}")


def write(run: Run) -> None:
    """Makes the folder of a run: the whole of it, or none. Raises StoreError, also if it exists."""
    if run.path.exists() or run.path.is_symlink():
        raise StoreError(f"{run.path}: is there already; merge into a new folder")
    with replacing_folder(run.path, kinds=()) as draft:
        _fill(RunWriter.begin(draft, run.info, run.suite_text), run)


def _fill(writer: RunWriter, run: Run) -> None:
    try:
        for environment in run.environments.values():
            writer.add_environment(environment)
        for conditions in run.conditions:
            writer.add_conditions(conditions)
        for record in run.records:
            writer.append(record)
    finally:
        writer.close()


def _by_identity(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs and their copies."""
    groups: list[list[Run]] = []
    for run in runs:
        same = [copies for copies in groups if _is_copy(run, copies[0])]
        if same:
            same[0].append(run)
        else:
            groups.append([run])
    return groups


def _is_copy(run: Run, other: Run) -> bool:
    """Whether both were asked for at once and alike, and have a record in common, or none at all.

    Two runs that were begun in the same second with the same seed have no record in common.
    """
    if replace(run.info, schema=SCHEMA) != replace(other.info, schema=SCHEMA):
        return False
    one, two = ({(r.key, r.round, r.started) for r in v.records} for v in (run, other))
    return bool(one & two) or not one or not two


def _names(groups: list[list[Run]]) -> tuple[str, ...]:
    """Of the runs; those of one name, as two machines may give them, are numbered."""
    names: list[str] = []
    for copies in groups:
        folder = copies[0].path.resolve().name
        base = "".join(c if c.isprintable() else "-" for c in folder)[:LONGEST_NAME]
        name, number = base, 1
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.append(name)
    return tuple(names)


def _of_one_run(copies: list[Run], name: str) -> list[Record]:
    """Its records, each told where it is from. A record of a copy that was resumed is later."""
    every = [r for run in copies for r in run.records]
    if len(copies) > 1:
        every.sort(key=lambda r: datetime.fromisoformat(r.started).timestamp() if r.started else 0)
    return [structs.replace(r, run=name) for r in latest(every)]


def _numbered(parts: Iterable[list[Record]]) -> Iterable[list[Record]]:
    """What was measured, the rounds of each run counted on from those of the run before."""
    begin = 0
    for records in parts:
        measured = [r for r in records if r.trial.device != NO_DEVICE]
        numbers = {n: begin + i for i, n in enumerate(sorted({r.round for r in measured}))}
        yield [structs.replace(r, round=numbers[r.round]) for r in measured]
        begin += len(numbers)


def _united(counted: Iterable[Record]) -> list[Record]:
    found: dict[tuple[str, int], Record] = {}
    for record in counted:
        place = (record.key, record.round)
        found[place] = _both(found[place], record) if place in found else record
    return list(found.values())


def _disputed(counted: Iterable[Record]) -> Iterable[Record]:
    """All records of the trials of which some count is not the same in all of them."""
    groups: dict[tuple[str, int], list[Record]] = {}
    for record in counted:
        groups.setdefault((record.key, record.round), []).append(record)
    for records in groups.values():
        values: dict[str, set[float]] = {}
        for metric, reading in (item for r in records for item in r.readings.items()):
            values.setdefault(metric, set()).add(reading.samples[0])
        if any(len(found) > 1 for found in values.values()):
            yield from records


def _both(before: Record, after: Record) -> Record:
    """The readings of both, the later of each metric; of one that failed, the other alone."""
    if before.status != after.status and "ok" in (before.status, after.status):
        return before if before.status == "ok" else after
    unmeasured = before.unmeasured | after.unmeasured
    return structs.replace(after, readings=before.readings | after.readings, unmeasured=unmeasured)


def _conditions(runs: Iterable[Run]) -> tuple[Conditions, ...]:
    found = {repr(c): c for run in runs for c in run.conditions}
    return tuple(sorted(found.values(), key=lambda c: c.started))


def _info(first: RunInfo, infos: list[RunInfo], names: tuple[str, ...]) -> RunInfo:
    return replace(
        first,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        attnbench=attnbench.__version__,
        device=", ".join(dict.fromkeys(i.device for i in infos)),
        asked={},
        merged=names,
        schema=SCHEMA,
    )


def _notes(groups: list[list[Run]], parts: list[list[Record]], used: set[str]) -> Iterable[str]:
    first = groups[0][0]
    for copies in groups:
        if len(copies) > 1:
            yield f"{copies[0].name}: {len(copies)} copies of one run; it is taken once"
        if copies[0].suite_text != first.suite_text:
            yield f"{copies[0].name}: its suite is another; question and claims are of {first.name}"
    if len(used) > 1:
        ids = ", ".join(sorted(e[:ID_SHOWN] or "unknown" for e in used))
        yield f"measured in {len(used)} environments ({ids}), which are told apart as devices"
    sources: dict[str, set[str]] = {}
    for record in (r for part in parts for r in part):
        sources.setdefault(record.trial.head, set()).add(record.source)
    changed = sorted(head for head, found in sources.items() if len(found) > 1)
    if changed:
        yield f"the code of {', '.join(changed)} changed between the runs; the last counts stand"
