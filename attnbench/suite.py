"""A suite: one question, and the trials that it asks for. `suite_file` reads it from TOML.

Nothing here imports torch: heads are known by their declarations.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from attnbench import heads
from attnbench.claims import Claim
from attnbench.trial import Budget, Limits, Option, Shape, Trial

Size = tuple[int, int]
Target = Literal["meta", "auto"]  # "auto" is the device that the run was asked for


@dataclass(frozen=True)
class HeadChoice:
    """A head of a suite, with the options that differ from its defaults."""

    name: str
    options: dict[str, Option] = field(default_factory=dict)


@dataclass(frozen=True)
class Skip:
    """Trials that are not run, and why: a record says so. Empty fields match anything.

    `above` matches maps of more pixels than a square one of that side.
    """

    reason: str
    head: str = ""
    device: str = ""
    mode: str = ""
    kernel: str = ""
    dtype: str = ""
    above: int = 0

    def matches(self, trial: Trial) -> bool:
        return (
            self.head in ("", trial.head)
            and self.device in ("", trial.device.partition(":")[0])
            and self.mode in ("", trial.mode)
            and self.kernel in ("", trial.kernel)
            and self.dtype in ("", trial.dtype)
            and trial.shape.pixels > self.above**2
        )


@dataclass(frozen=True)
class Sweep:
    """Metrics over the product of axes, on one kind of device."""

    metrics: tuple[str, ...]
    axes: dict[str, list[Any]]
    device: Target = "auto"


@dataclass(frozen=True)
class Planned:
    """A trial to run with the metrics asked of it, or not to run for a reason."""

    trial: Trial
    metrics: tuple[str, ...]
    skipped: str = ""


@dataclass(frozen=True)
class Suite:
    """One question: heads, sweeps, claims. `name` is the file's."""

    name: str
    title: str
    question: str
    heads: tuple[HeadChoice, ...]
    sweeps: tuple[Sweep, ...]
    budget: Budget = Budget()
    limits: Limits = Limits()
    skips: tuple[Skip, ...] = ()
    claims: tuple[Claim, ...] = ()
    plots: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()  # whose printed figures the report shows

    def plan(self, device: str) -> list[Planned]:
        """Every trial of every sweep once, with the metrics of all sweeps that ask for it."""
        planned: dict[str, Planned] = {}
        for sweep in self.sweeps:
            on = device if sweep.device == "auto" else sweep.device
            for trial in self._trials(sweep, on):
                before = planned.get(trial.key)
                metrics = (*(before.metrics if before else ()), *sweep.metrics)
                reason = self._skipped(trial)
                planned[trial.key] = Planned(trial, tuple(dict.fromkeys(metrics)), reason)
        return list(planned.values())

    def _trials(self, sweep: Sweep, device: str) -> Iterable[Trial]:
        axes = sweep.axes
        for choice, part, channels, dtype, mode, kernel, batch, (height, width) in product(
            self.heads, axes["part"], axes["channels"], axes["dtype"], axes["mode"],
            axes["kernel"], axes["batch"], axes["size"],
        ):  # fmt: skip
            shape = Shape(batch, channels, height, width)
            yield Trial(choice.name, shape, choice.options, part, dtype, device, mode, kernel)

    def _skipped(self, trial: Trial) -> str:
        supported = heads.kernels(trial.head)
        if trial.kernel not in supported:
            return f"{trial.head} has no {trial.kernel} kernel, only {', '.join(supported)}"
        if trial.dtype == "tf32" and trial.device == "cpu":
            return "TF32 is how NVIDIA GPUs round float32 products; a CPU does not"
        return next((s.reason for s in self.skips if s.matches(trial)), "")
