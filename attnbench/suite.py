"""A suite: one question, and the trials that it asks for. `suite_file` reads it from TOML.

Nothing here imports torch: heads are known by their declarations.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

from attnbench import heads
from attnbench.claims import Claim
from attnbench.gate.rules import Rules
from attnbench.training import Training
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
    """Metrics over the product of axes, on one kind of device, of its own heads or the suite's."""

    metrics: tuple[str, ...]
    axes: dict[str, list[Any]]
    device: Target = "auto"
    heads: tuple[HeadChoice, ...] = ()
    is_grid: bool = False  # its heads have every combination of some options: no other joins them


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
    training: Training | None = None  # before accuracy is taken
    gate: Rules = Rules()  # by which a change of a head is judged

    @property
    def choices(self) -> tuple[HeadChoice, ...]:
        """Those of the suite, then those that only a sweep has."""
        own = (choice for sweep in self.sweeps for choice in sweep.heads)
        return _joined(self.heads, tuple(own))

    def joined_by(self, more: tuple[HeadChoice, ...]) -> "Suite":
        """The suite with these heads too, in every sweep that is no grid of options."""
        sweeps = (
            replace(s, heads=_joined(s.heads, more)) if s.heads and not s.is_grid else s
            for s in self.sweeps
        )
        return replace(self, heads=_joined(self.heads, more), sweeps=tuple(sweeps))

    def measured_by(self, more: tuple[str, ...], *, on_device: Container[str]) -> "Suite":
        """The suite with these metrics too; those that need a device in the sweeps that have one.

        On no device nothing repeats.
        """
        sweeps = (
            replace(s, metrics=tuple(dict.fromkeys((*s.metrics, *_taken(more, s, on_device)))))
            for s in self.sweeps
        )
        return replace(self, sweeps=tuple(sweeps))

    def only(self, names: Container[str], also: Container[HeadChoice] = ()) -> "Suite":
        """The suite with no other heads; a sweep that is left with none goes too."""

        def kept(choices: tuple[HeadChoice, ...]) -> tuple[HeadChoice, ...]:
            return tuple(c for c in choices if c.name in names or c in also)

        sweeps = []
        for sweep in self.sweeps:
            own = kept(sweep.heads)
            sweeps += [replace(sweep, heads=own)] if own or not sweep.heads else []
        return replace(self, heads=kept(self.heads), sweeps=tuple(sweeps))

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
        for choice, part, backbone, channels, dtype, mode, kernel, batch, size in product(
            sweep.heads or self.heads, axes["part"], axes["backbone"], axes["channels"],
            axes["dtype"], axes["mode"], axes["kernel"], axes["batch"], axes["size"],
        ):  # fmt: skip
            what = (choice.name, Shape(batch, channels, *size), choice.options, part)
            yield Trial(*what, dtype, device, mode, kernel, backbone)

    def _skipped(self, trial: Trial) -> str:
        supported = heads.kernels(trial.head)
        if trial.kernel not in supported:
            return f"{trial.head} has no {trial.kernel} kernel, only {', '.join(supported)}"
        if trial.dtype == "tf32" and trial.device == "cpu":
            return "TF32 is how NVIDIA GPUs round float32 products; a CPU does not"
        return next((s.reason for s in self.skips if s.matches(trial)), "")


def _taken(metrics: tuple[str, ...], sweep: Sweep, on_device: Container[str]) -> list[str]:
    return [m for m in metrics if sweep.device == "auto" or m not in on_device]


def _joined(some: tuple[HeadChoice, ...], more: tuple[HeadChoice, ...]) -> tuple[HeadChoice, ...]:
    return tuple({str(choice): choice for choice in (*some, *more)}.values())
