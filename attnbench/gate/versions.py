"""Base and head as versions of the code: a folder whose package its workers run, and what it has.

Where a folder holds the package of attnbench its workers run that one, else the installed one.
Nothing of a side is imported here: what it has is read from its files.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from attnbench.declaration import declaration
from attnbench.errors import AttnbenchError
from attnbench.gate.errors import BrokenHeadError, NotComparableError
from attnbench.gate.own_code import OwnCode
from attnbench.measure import METRICS
from attnbench.record import SCHEMA
from attnbench.run.isolate import Worker
from attnbench.trial import Settings, Trial

_SCHEMA = re.compile(r"^SCHEMA = (\d+)", re.MULTILINE)
_FAILURE = re.compile(r"it said: (.*)\); see |started? \((.*)\); see ")
# Modules that a worker may run, and what tells the second which trials it slows down: a JSON object
# of a trial's key -> the part by which it is slower.
WORKER, PLANTED = "attnbench.run.worker", "attnbench.gate.planted"
PARTS = "ATTNBENCH_PLANTED"


@dataclass(frozen=True)
class Version:
    """One side of a gate: "base" or "head", what the user calls it, and where its files are."""

    role: str
    name: str
    root: Path
    folder: Path
    commit: str = ""
    settings: Settings = Settings()
    gpu: str | None = None
    module: str = WORKER
    variables: Mapping[str, str] = field(default_factory=dict)
    own: OwnCode = OwnCode()

    @property
    def package(self) -> Path | None:
        """The folder of its own package, if it has one."""
        found = self.root / "attnbench"
        return found if (found / "run" / "worker.py").is_file() else None

    def start(self, log: Path, variables: Mapping[str, str] = MappingProxyType({})) -> Worker:
        """A worker of this side. Raises AttnbenchError when it does not come up."""
        folders = dict.fromkeys((self.root, *(self.root / p for p in self.own.packages)))
        paths = [*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])]
        told = {"PYTHONPATH": os.pathsep.join(paths), **self.variables, **variables}
        return Worker(log, self.settings, self.gpu, self.module, self.folder, told)

    def first(self, log: Path) -> Worker:
        """As `start`, where nobody has seen it start yet. Raises NotComparableError for a base
        that does not, or writes records of another format; BrokenHeadError for such a head.
        """
        self._check_format()
        try:
            return self.start(log)
        except AttnbenchError as error:
            told = _FAILURE.search(str(error))
            reason = next(filter(None, told.groups()), "") if told else str(error)
            kind = NotComparableError if self.role == "base" else BrokenHeadError
            raise kind(f"{self.role} {self.name} does not start: {reason}") from None

    def on(self, gpu: str | None) -> "Version":
        return replace(self, gpu=gpu)

    def _check_format(self) -> None:
        if self.package is None:
            return
        told = _SCHEMA.search((self.package / "record.py").read_text(encoding="utf-8"))
        if told is None or int(told[1]) != SCHEMA:
            other = told[1] if told else "unknown"
            raise NotComparableError(
                f"{self.role} {self.name} writes records of format {other}, and this attnbench "
                f"{SCHEMA}; choose a commit since that format, or store a run and use --baseline"
            )

    def lacks(self, trial: Trial) -> str:
        """What the trial needs and this side does not have, in words; empty where it has it all."""
        own = self.own.files.get(("head", trial.head))
        if own is not None:
            return "" if (self.root / own).is_file() else f"no head {trial.head}"
        return self._of_package(trial) if self.package else ""

    def _of_package(self, trial: Trial) -> str:
        file = self.package / "heads" / f"{trial.head}.py"
        if not file.is_file():
            return f"no head {trial.head}"
        try:
            told = declaration(file, "head")
        except (AttnbenchError, TypeError, ValueError):
            return ""  # it is there and broken: its worker says how
        for name in trial.options:
            if name not in told.options:
                return f"no option {name} of {trial.head}"
        kernel = told.options.get("kernel")
        if trial.kernel == "fused" and (kernel is None or "fused" not in kernel.choices):
            return f"no fused kernel of {trial.head}"
        return ""

    def lacks_metrics(self) -> frozenset[str]:
        own = {
            name
            for (kind, name), file in self.own.files.items()
            if kind == "metric" and not (self.root / file).is_file()
        }
        if self.package is None:
            return frozenset(own)
        folder = self.package / "measure"
        ours = METRICS.published
        return frozenset(own.union(n for n in ours if not (folder / f"{n}.py").is_file()))

    def heads(self) -> frozenset[str]:
        """Names of the heads in its own package; none where it has no package."""
        if self.package is None:
            return frozenset()
        files = (self.package / "heads").glob("*.py")
        return frozenset(f.stem for f in files if not f.name.startswith("_"))
