"""A built head and its input: what every metric is a function of."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from attnbench.errors import HeadError, UnmeasuredError
from attnbench.heads import HEADS
from attnbench.heads._whole import whole
from attnbench.trial import Budget, Shape, Trial


def build(trial: Trial) -> nn.Module:
    """What a trial measures, freshly initialised on the current default device, in its mode.

    Of a compiled trial it is the eager module: only a real step is compiled.
    """
    kernel = {"kernel": trial.kernel} if trial.kernel == "fused" else {}
    make = HEADS[trial.head] if trial.part == "attention" else partial(whole, trial.head)
    with _default_dtype(dtype(trial)):  # a module of fake tensors cannot be cast afterwards
        module = make(trial.shape.channels, **trial.options, **kernel)
    return module.train(trial.mode == "training")


@contextmanager
def _default_dtype(wanted: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(wanted)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def dtype(trial: Trial) -> torch.dtype:
    return getattr(torch, trial.dtype)


@dataclass
class Step:
    """One step of a trial: forward under no_grad, or forward and backward with fresh gradients.

    `earlier` are maps of earlier stages, for a whole head that reads them beside `x`.
    """

    module: nn.Module
    x: Tensor
    training: bool
    cotangent: Tensor | None = None  # made before, so that it is in the baseline of the memory
    earlier: tuple[Tensor, ...] = ()

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return self.x, *self.earlier

    def forward(self) -> Tensor:
        with torch.set_grad_enabled(self.training):
            return self.module(*self.inputs)

    def __call__(self) -> None:
        y = self.forward()
        if self.training:
            y.backward(self.cotangent)

    def forget_gradients(self) -> None:
        self.module.zero_grad(set_to_none=True)
        for x in self.inputs:
            x.grad = None

    def compile(self) -> None:
        """Replaces the module by what torch.compile makes of it for this shape, as one graph.

        A whole step is made, so that no later one has compilation in it, of either direction.
        """
        torch._dynamo.reset()  # it gives up on a head after eight shapes in a process
        self.module = torch.compile(self.module, dynamic=False, fullgraph=True)
        self()
        self.forget_gradients()

    @property
    def held(self) -> list[Tensor]:
        """Weights, buffers, inputs and cotangent: what is in memory before the step."""
        extra = [] if self.cotangent is None else [self.cotangent]
        return [*self.module.parameters(), *self.module.buffers(), *self.inputs, *extra]


@dataclass
class Bench:
    """A trial with its budget; the real and the fake step are built when first asked for."""

    trial: Trial
    budget: Budget = Budget()
    seed: int = 0
    first_seconds: float = 0.0  # of the forward pass that checked the output

    @cached_property
    def real(self) -> Step:
        """The step on the trial's device, checked once: right shape and finite. Counts as warm-up.

        Raises HeadError for an output of another shape or with NaN or infinity in it.
        """
        torch.manual_seed(self.seed)
        with torch.device(self.trial.device):
            module = build(self.trial)
            step = self._step(module, feature_maps(self.trial, module))
        _wake_zero_weights(step.module)
        if self.trial.kernel == "compiled":
            step.compile()
        start = time.perf_counter()
        y = step.forward()
        self.first_seconds = time.perf_counter() - start
        want, got = tuple(output_shape(self.trial, module)), tuple(y.shape)
        if got != want:
            raise HeadError(f"{self.trial.head}: output has shape {got}, expected {want}")
        if not torch.isfinite(y).all():
            raise HeadError(f"{self.trial.head}: output has NaN or infinity in it")
        return step

    def fake(self, module: nn.Module | None = None) -> Step:
        """The step on shapes without memory, inside `fake_tensors()` or on the meta device.

        `module` is that of this trial at another size, which saves building it again.
        """
        module = build(self.trial) if module is None else module
        shapes = input_shapes(self.trial, module)
        return self._step(module, [torch.empty(*s, dtype=dtype(self.trial)) for s in shapes])

    def _step(self, module: nn.Module, maps: list[Tensor]) -> Step:
        if self.trial.mode == "inference":
            return Step(module, maps[0], training=False, earlier=tuple(maps[1:]))
        x, *earlier = (m.requires_grad_() for m in maps)
        size = tuple(output_shape(self.trial, module))
        cotangent = torch.full(size, 1 / prod(size), dtype=x.dtype)
        return Step(module, x, training=True, cotangent=cotangent, earlier=tuple(earlier))


def refuse_compiled(trial: Trial) -> None:
    """Raises UnmeasuredError for a compiled trial: torch's dispatcher does not see inside it."""
    if trial.kernel == "compiled":
        raise UnmeasuredError("taken with kernel eager: a compiled module hides its operators")


def fake_tensors() -> FakeTensorMode:
    """A context in which tensors have a shape, a device (CPU) and no memory."""
    return FakeTensorMode()


def input_shapes(trial: Trial, module: nn.Module) -> list[Shape]:
    """Shapes of what the module of a trial reads: its map, then those of earlier stages."""
    if trial.part == "attention":
        return [trial.shape]
    finer = _finer(trial.shape, module)
    return [trial.shape, *(replace(finer, channels=c) for c in module.earlier)]


def output_shape(trial: Trial, module: nn.Module) -> Shape:
    """(N, C, H, W) of a block's output, or (N, classes, H, W) of logits, finer behind a decoder."""
    return trial.output if trial.part == "attention" else _finer(trial.output, module)


def _finer(shape: Shape, module: nn.Module) -> Shape:
    return replace(shape, height=shape.height * module.finer, width=shape.width * module.finer)


def feature_maps(trial: Trial, module: nn.Module) -> list[Tensor]:
    return [feature_map(replace(trial, shape=s)) for s in input_shapes(trial, module)]


def feature_map(trial: Trial) -> Tensor:
    """(N, C, H, W) as a conv, batch norm and ReLU leave it: half zeros, half positive normal.

    The power that a device draws depends on its data, so zeros or ones would flatter it.
    """
    return torch.randn(*trial.shape, dtype=torch.float32).relu().to(dtype(trial))


def _wake_zero_weights(module: nn.Module) -> None:
    """Gives parameters that start at zero a small random value.

    Many heads start as the identity; a product with zeros draws less power than one after training.
    """
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.any():
                parameter.normal_(std=0.02)
