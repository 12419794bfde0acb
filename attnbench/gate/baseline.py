"""A base that was measured before: the records of a run, or of the head side of an earlier gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from attnbench.gate import fingerprint
from attnbench.gate.errors import NotComparableError
from attnbench.gate.plan import LATENCY, Plan
from attnbench.gate.result import Side
from attnbench.lines import latest
from attnbench.record import Environment, Record
from attnbench.run_folders import find_run
from attnbench.store import Run, read_run
from attnbench.trial import Trial

UNPAIRED = (
    "times are compared with {name}, measured {when} and not side by side: what the machine has "
    "drifted since is in them, and margins are wider by the spread of processes"
)


@dataclass(frozen=True)
class Baseline:
    """Records of round 0 by key, and all of them by key for what is timed."""

    run: Run
    records: dict[str, Record]
    rounds: dict[str, list[Record]]

    @property
    def side(self) -> Side:
        environments = [r.environment for r in self.records.values()]
        commit = next((e.commit for e in self.run.environments.values()), "")
        return Side(str(self.run.path), commit, environments[-1] if environments else "")

    def medians(self, trial: Trial) -> list[float]:
        """Seconds a call, one value a process."""
        records = self.rounds.get(trial.key, [])
        return [median(r.readings[LATENCY].samples) for r in records if LATENCY in r.readings]

    def compared(self, here: Environment, planned: Plan, *, allowed: bool) -> list[str]:
        """What is to be said of the comparison. Raises NotComparableError where it means nothing.

        Counts need the same torch; times the same machine, driver and settings as well.
        """
        asked = [(t.trial.key, False) for t in planned.exact]
        asked += [(t.key, True) for t in planned.timed]
        if not any(key in self.rounds for key, _ in asked):
            raise NotComparableError(f"{self.run.path} has none of the trials that are asked for")
        found: dict[str, None] = {}
        for environment, timed in self._environments(asked):
            found |= dict.fromkeys(fingerprint.differences(environment, here, timed=timed))
        notes = fingerprint.check(found, str(self.run.path), allowed=allowed)
        if planned.timed:
            notes.append(UNPAIRED.format(name=self.run.path, when=self.run.info.created))
            for environment, timed in self._environments(asked):
                notes += fingerprint.other_card(environment, here) if timed else []
        return list(dict.fromkeys(notes))

    def _environments(self, asked: Sequence[tuple[str, bool]]) -> list[tuple[Environment, bool]]:
        found = {
            (record.environment, timed): None
            for key, timed in asked
            for record in self.rounds.get(key, [])
        }
        known = self.run.environments
        missing = [e for e, _ in found if e not in known]
        if missing:
            raise NotComparableError(
                f"{self.run.path} does not tell where its records were made; measure the base again"
            )
        return [(known[e], timed) for e, timed in found]


def baseline(name: str, results: Path) -> Baseline:
    """The run that is meant: a path or a name below `results`; of a gate it is its head side.

    Raises StoreError for what is no run, or is of a newer format.
    """
    run = read_run(find_run(name, results))
    first: dict[str, Record] = {}
    rounds: dict[str, list[Record]] = {}
    for record in latest(run.records):
        rounds.setdefault(record.key, []).append(record)
        if record.round == 0:
            first[record.key] = record
    return Baseline(run, first, rounds)
