"""What a run holds, ready for the sections: curves, values by trial, heads in order."""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

from attnbench import stats
from attnbench.by_trial import ByTrial, Rounds, by_trial
from attnbench.curves import Curve, curves_of
from attnbench.errors import AttnbenchError
from attnbench.gate.result import Gate
from attnbench.gate.self_test_result import SelfTest
from attnbench.gate.stored import stored_gate, stored_self_test
from attnbench.kinds import KERNELS, NO_DEVICE
from attnbench.machines import apart
from attnbench.record import Origin, Reading
from attnbench.records import Records
from attnbench.registry import nothing_imported
from attnbench.report.tally import Tally
from attnbench.run_folders import gate_of
from attnbench.stats import Estimate
from attnbench.store import Run
from attnbench.suite import Suite
from attnbench.suite_file import parse_suite
from attnbench.trial import Trial
from attnbench.verdicts import Verdict, verdicts_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """A metric of one trial over all its rounds, in base units. Measured terms are means too."""

    estimate: Estimate
    unit: str
    origin: Origin
    rounds: Rounds
    terms: dict[str, int | float]
    notes: tuple[str, ...] = ()

    @property
    def by_round(self) -> dict[int, float]:
        """Medians of the rounds."""
        return self.rounds.medians


@dataclass(frozen=True)
class Evidence:
    """A run, read once for all sections."""

    run: Run

    @cached_property
    def records(self) -> Records:
        return apart(self.run.records)

    @cached_property
    def by_trial(self) -> ByTrial:
        return by_trial(self.records)

    def once(self, found: Callable[["Evidence"], T]) -> T:
        """What a function of the evidence alone gives, for all sections that ask for it."""
        if found not in self._once:
            self._once[found] = found(self)
        return self._once[found]

    @cached_property
    def _once(self) -> dict[Callable, Any]:
        return {}

    @cached_property
    def suite(self) -> Suite | None:
        return None if isinstance(self._suite, str) else self._suite

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        unread = f"the suite cannot be read, so its claims are not checked: {self._suite}"
        return (*self.run.warnings, *([] if self.suite else [unread]), *self._unfinished)

    @cached_property
    def gate(self) -> Gate | None:
        """What it found, where this run is a side of one."""
        return self._of_gate(stored_gate)

    @cached_property
    def self_test(self) -> SelfTest | None:
        return self._of_gate(stored_self_test)

    def _of_gate(self, read: Callable[[Path], T]) -> T | None:
        folder = gate_of(self.run.path)
        return read(folder) if folder else None

    @cached_property
    def _unfinished(self) -> list[str]:
        """Whether trials that went well on a device lack rounds that others have."""
        # Runs of several lengths, and sides of a gate, cannot be gone on with.
        if self.run.info.merged or gate_of(self.run.path):
            return []
        rounds = {
            key: len(records)
            for key, records in self.by_trial.records.items()
            if self.trials[key].device != NO_DEVICE and key not in self.fates
        }
        most = max(rounds.values(), default=0)
        short = sum(n < most for n in rounds.values())
        if not short:
            return []
        words = f"{short} of {len(rounds)} trials have fewer than {most} rounds"
        return [
            f"the run is not complete: {words}; go on with: attnbench run --resume {self.run.path}"
        ]

    @cached_property
    def _suite(self) -> Suite | str:
        where = str(self.run.path / "suite.toml")
        try:
            with nothing_imported():
                return parse_suite(self.run.suite_text, self.run.info.suite, where)
        except AttnbenchError as error:  # a head of the run may have been removed since
            return str(error)
        except (SyntaxError, TypeError) as error:  # or its file may be half written
            return f"{where}: a declaration is broken: {error}"

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """On the claims of the suite; none where it cannot be read."""
        return verdicts_of(self.suite.claims, self.by_trial) if self.suite else []

    def words(self, key: str) -> str:
        """Title or question of the suite, also of one that names heads which are no more."""
        try:
            return str(tomllib.loads(self.run.suite_text).get(key, ""))
        except tomllib.TOMLDecodeError:
            return ""

    @property
    def folder(self) -> str:
        """Of the records, as one types it; RUN where several were merged for this report alone."""
        run = self.run
        return "RUN" if run.info.merged and not run.path.exists() else str(run.path)

    @property
    def export(self) -> str:
        """The command that writes all readings."""
        typed = " ".join(self.run.info.merged) if self.folder == "RUN" else self.folder
        return f"attnbench export {typed} --csv FILE"

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """In the order of the suite; others follow as they came."""
        chosen = [c.name for c in self.suite.choices] if self.suite else []
        return tuple(dict.fromkeys([*chosen, *(t.head for t in self.trials.values())]))

    def rank(self, trial: Trial) -> tuple:
        """Sorts lines of every table and figure the same way."""
        known = (trial.head, trial.label)
        if known not in self._ranks:
            head, kernel = self.heads.index(trial.head), KERNELS.index(trial.kernel)
            self._ranks[known] = (head, sorted(map(str, trial.options.items())), kernel)
        return self._ranks[known]

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], tuple]:
        return {}

    def place(self, trial: Trial) -> tuple:
        """Sorts trials: by line, those of one setting together, from the smallest map."""
        shape = trial.shape
        what = (trial.part, trial.backbone, trial.dtype, trial.device, trial.mode)
        size = (shape.batch, shape.channels, shape.pixels, shape.height)
        return (*self.rank(trial), *what, *size)

    def curves(self, metric: str, terms: str = "") -> list[Curve]:
        """Every curve of a metric, those of all settings, in the order of the heads."""
        if (metric, terms) not in self._curves:
            found = curves_of(self.by_trial.lines(metric, terms), metric)
            self._curves[metric, terms] = sorted(found, key=lambda c: self.rank(c.trial))
        return self._curves[metric, terms]

    @cached_property
    def _curves(self) -> dict[tuple[str, str], list[Curve]]:
        return {}

    @cached_property
    def values(self) -> dict[tuple[str, str], Value]:
        """(trial key, metric) -> mean over rounds of the medians, exact where it was counted."""
        found = self.by_trial.rounds
        means = stats.means([r.values for r in found.values() if _is_measured(r)])
        estimates = iter(means)
        values = {}
        for (key, metric), rounds in found.items():
            last, terms = rounds.last, rounds.last.terms
            if not _is_measured(rounds):
                estimate = stats.exactly(last.samples[0])
            else:
                estimate = next(estimates)
                terms = _mean_terms(terms, self.by_trial.of(key, metric)) if terms else terms
            told = (last.unit, last.origin, rounds, terms, last.notes)
            values[key, metric] = Value(estimate, *told)
        return values

    @cached_property
    def measured_keys(self) -> set[str]:
        """Of the trials that have a reading."""
        return {key for key, _ in self.values}

    @cached_property
    def trials(self) -> dict[str, Trial]:
        return self.by_trial.trials

    @cached_property
    def tally(self) -> Tally:
        return Tally(self.records)

    @property
    def measured_in(self) -> dict[tuple[str, str], None]:
        """(environment, device) of all that has a reading of a device, in the order of records."""
        return self.tally.measured_in

    @cached_property
    def fates(self) -> dict[str, str]:
        """Status of the trials that did not go well in some round."""
        failed, keys = self.tally.failed, self.records.columns.keys.things
        return {keys[t]: s for t, s in zip(failed.trials.tolist(), failed.statuses, strict=True)}


def _is_measured(rounds: Rounds) -> bool:
    return rounds.last.origin == "measured"


def _mean_terms(terms: Iterable[str], readings: list[Reading]) -> dict[str, float]:
    known = {t: [r.terms[t] for r in readings if t in r.terms] for t in terms}
    return {term: fmean(values) for term, values in known.items()}
