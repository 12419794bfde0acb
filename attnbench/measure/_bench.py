"""A built head and its input: what every metric is a function of."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import torch
from torch import Tensor, nn

from attnbench.errors import HeadError, UnmeasuredError
from attnbench.heads import HEADS
from attnbench.kinds import NETWORKS
from attnbench.measure._device import Device, device
from attnbench.measure._dispatch import LiveStorages, Work
from attnbench.measure._meta import WithoutData, like_cpu
from attnbench.measure._sampling import Samples, sample
from attnbench.measure._step import (
    Step,
    build,
    dtype,
    feature_maps,
    input_shapes,
    output_shape,
    undisturbed,
    wake_zero_weights,
)
from attnbench.measure._timing import hot
from attnbench.stopwatch import BUILDING, Stopwatch
from attnbench.training import Training
from attnbench.trial import Budget, Trial


@dataclass(frozen=True)
class First:
    """What the first call of a step took: the forward pass that checks the output.

    `before` and `peak` are bytes allocated before it and at most in it; 0 where none are counted.
    """

    seconds: float
    compile_seconds: float = 0.0
    before: int = 0
    peak: int = 0


@dataclass(frozen=True)
class Watched:
    """A forward pass without data: its step, the work done, and the peak of bytes made by it."""

    step: Step
    work: Work
    peak: int


@dataclass
class Bench:
    """A trial with its budget; the steps are built when first asked for.

    `training` and `folder` are for what is trained: its recipe, and where its state is kept.
    `spent` is told what the time goes into.
    """

    trial: Trial
    budget: Budget = Budget()
    seed: int = 0
    round: int = 0
    training: Training | None = None
    folder: str = ""
    spent: Stopwatch = field(default_factory=Stopwatch)

    @cached_property
    def outline(self) -> nn.Module:
        """What the trial measures, on the meta device: names and shapes. Raises HeadError."""
        with self.spent.on(BUILDING), WithoutData():
            return self.build()

    @property
    def declares_cost(self) -> bool:
        """Whether there is a closed form of what is measured."""
        return hasattr(HEADS[self.trial.head], "cost")

    def build(self) -> nn.Module:
        """What is measured, on the current default device, in the mode of the trial."""
        return build(self.trial)

    @cached_property
    def device(self) -> Device:
        return device(self.trial.device)

    def again(self) -> "Bench":
        """The same trial with a real step of its own: what is watched is never what is timed."""
        bench = replace(self)
        bench.device = self.device
        return bench

    @property
    def first(self) -> First:
        """Of `real`."""
        return self._begun[1]

    @property
    def real(self) -> Step:
        """The step on the trial's device, checked once: right shape and finite. Counts as warm-up.

        Raises HeadError for an output of another shape or with NaN or infinity in it.
        """
        return self._begun[0]

    @cached_property
    def _begun(self) -> tuple[Step, First]:
        with self.spent.on(BUILDING):
            return self._begin()

    def _begin(self) -> tuple[Step, First]:
        torch.manual_seed(self.seed)
        with torch.device(self.trial.device):
            module = self.build()
            step = self._step(module, feature_maps(self.trial, module))
        wake_zero_weights(step.module)
        compiled = self._compiled(step) if self.trial.kernel == "compiled" else 0.0
        first, y = self._first(step)
        self._check(y, module)
        if not torch.isfinite(y).all():
            raise HeadError(f"{self.trial.head}: output has NaN or infinity in it")
        return step, replace(first, compile_seconds=compiled)

    def _check(self, y: Tensor, module: nn.Module) -> None:
        want, got = output_shape(self.trial, module), tuple(y.shape)
        if got != want:
            raise HeadError(f"{self.trial.head}: output has shape {got}, expected {want}")

    def _compiled(self, step: Step) -> float:
        start = self.device.now()
        step.compile()
        self.device.synchronize()
        return self.device.now() - start

    def _first(self, step: Step) -> tuple[First, Tensor]:
        self.device.forget()  # so that the first call is one, whatever this process did before
        before = self._allocated()
        if before:
            self.device.reset_peak()
        self.device.synchronize()
        start = self.device.now()
        y = step.forward()
        self.device.synchronize()
        seconds = self.device.now() - start
        peak = self.device.memory().peak_allocated if before else 0
        return First(seconds, before=before, peak=peak), y

    def _allocated(self) -> int:
        try:
            return self.device.memory().allocated
        except UnmeasuredError:
            return 0

    @cached_property
    def hot(self) -> Samples:
        """Samples of the real step, back to back; several metrics speak of the same ones."""
        step = self.real
        # On CUDA the first call sets libraries up; in training it was only half of a step.
        warmed = 0.0 if step.training or self.device.cache_bytes else self.first.seconds
        how = {"resolution": self.device.resolution, "warmed": warmed, "spent": self.spent}
        with undisturbed(step):
            return sample(hot(self.device, step.afresh), self.budget, **how)

    def without_data(self, module: nn.Module | None = None) -> Step:
        """The step on shapes without memory, for use inside `like_cpu()`.

        `module` is that of this trial at another size, which saves building it again.
        """
        module = self.outline if module is None else module
        shapes = input_shapes(self.trial, module)
        return self._step(module, [torch.empty(*s, dtype=dtype(self.trial)) for s in shapes])

    @contextmanager
    def passes(self, module: nn.Module | None = None) -> Iterator[Step]:
        """The step of `without_data(module)`, where its passes can be watched.

        A block of attnbench makes each tensor where its input is, and asks torch for no fused
        attention: what it calls need not be led, nor looked through for masks, which takes a sixth
        of the time. A test holds the blocks to it.
        """
        with like_cpu():
            step = self.without_data(module)
            known = type(step.module).__module__ == f"attnbench.heads.{self.trial.head}"
            with torch._C.DisableTorchFunction() if known else nullcontext():
                yield step

    @cached_property
    def watched(self) -> Watched:
        """One forward pass without data and without a graph; several metrics speak of the same."""
        with self.passes() as step:
            live = LiveStorages(*step.held)
            with Work(live) as work, work.masks:
                step.forward_without_graph()
        return Watched(step, work, live.peak)

    def _step(self, module: nn.Module, maps: list[Tensor]) -> Step:
        if self.trial.mode == "inference":
            return Step(module, maps[0], training=False, earlier=tuple(maps[1:]))
        # Features pass a gradient on to what made them; an image needs none.
        x, *earlier = (m.requires_grad_(self.trial.part not in NETWORKS) for m in maps)
        size = self._output_size(module, maps)
        cotangent = torch.full(size, 1 / prod(size), dtype=x.dtype)
        return Step(module, x, training=True, cotangent=cotangent, earlier=tuple(earlier))

    def _output_size(self, module: nn.Module, _maps: list[Tensor]) -> tuple[int, ...]:
        return output_shape(self.trial, module)


def refuse_compiled(trial: Trial) -> None:
    """Raises UnmeasuredError for a compiled trial: torch's dispatcher does not see inside it."""
    if trial.kernel == "compiled":
        raise UnmeasuredError("taken with kernel eager: a compiled module hides its operators")
