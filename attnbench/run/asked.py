"""What a user asks of a suite beside what stands in it: heads, metrics, settings, a device."""

from collections.abc import Mapping
from dataclasses import dataclass

import attnbench.measure as measure
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.head_choice import parse_head
from attnbench.kinds import NO_DEVICE
from attnbench.own import absolute
from attnbench.suite import Suite
from attnbench.suite_file import known_metric, override


@dataclass(frozen=True)
class Asked:
    """What a user may change about a suite when it is run."""

    heads: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    device: str = "auto"
    metrics: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, tuple[str, ...]]:
        """As a run folder keeps it: what is a user's own is found from any other folder."""
        heads, metrics = (tuple(map(absolute, texts)) for texts in (self.heads, self.metrics))
        return {"head": heads, "only": self.only, "set": self.settings, "metric": metrics}

    @classmethod
    def again(cls, told: Mapping[str, tuple[str, ...]], device: str) -> "Asked":
        heads, only, settings, metrics = (
            told.get(k, ()) for k in ("head", "only", "set", "metric")
        )
        return cls(heads, only, settings, device, metrics)

    def of(self, suite: Suite) -> Suite:
        added = tuple(parse_head(h) for h in self.heads)
        chosen = tuple(dict.fromkeys(name for names in self.only for name in names.split(",")))
        known = {c.name for c in (*suite.choices, *added)}
        for name in chosen:
            if name not in known:
                raise UnknownNameError("head of this suite", name, known, "--only")
        if added and all(sweep.is_grid for sweep in suite.sweeps):
            told = f"--head {added[0].name}: {suite.name} is about options of its own heads"
            raise SuiteError(f"{told}; write a suite with this head in it")
        suite = suite.joined_by(added)
        suite = suite.only(chosen, also=added) if chosen else suite
        return override(self._measured(suite), self.settings)

    def _measured(self, suite: Suite) -> Suite:
        """With the metrics that are asked for. Raises UnknownNameError, SuiteError."""
        names = tuple(map(known_metric, self.metrics))
        for name in names:
            if name not in measure.METRICS:
                raise UnknownNameError("metric", name, measure.METRICS, "--metric")
        facts = {name: measure.describe(name).keywords for name in names}
        on_device = {name for name, told in facts.items() if told.get("needs_device")}
        if on_device and all(sweep.device == NO_DEVICE for sweep in suite.sweeps):
            told = f"--metric {min(on_device)}: needs a device, and {suite.name} only counts"
            raise SuiteError(f"{told}; take another suite, such as resolution-sweep")
        return suite.measured_by(names, on_device=on_device)
