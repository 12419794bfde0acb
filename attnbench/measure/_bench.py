"""A built head and its input: what every metric is a function of."""

import gc
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
from attnbench.measure._device import Device, device
from attnbench.measure._sampling import Samples, sample
from attnbench.measure._timing import hot
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
    """Of weights and input. TF32 is how products of float32 are rounded, no type of its own."""
    return torch.float32 if trial.dtype == "tf32" else getattr(torch, trial.dtype)


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

    def forward_without_graph(self) -> Tensor:
        """In the mode of the step, for its memory: what only the graph keeps is not in it."""
        with torch.no_grad():
            return self.module(*self.inputs)

    def __call__(self) -> None:
        y = self.forward()
        if self.training:
            y.backward(self.cotangent)

    def afresh(self) -> None:
        """The step, without the gradients of the one before: what is timed."""
        self.forget_gradients()
        self()

    def forget_gradients(self) -> None:
        for x in (*self._weights, *self.inputs):
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
        return [*self._weights, *self._buffers, *self.inputs, *extra]

    # Looked up once: a walk through the modules takes as long as a short step.
    @cached_property
    def _weights(self) -> list[Tensor]:
        return list(self.module.parameters())

    @cached_property
    def _buffers(self) -> list[Tensor]:
        return list(self.module.buffers())


@dataclass(frozen=True)
class First:
    """What the first call of a step took: the forward pass that checks the output.

    `before` and `peak` are bytes allocated before it and at most in it; 0 where none are counted.
    """

    seconds: float
    compile_seconds: float = 0.0
    before: int = 0
    peak: int = 0


@dataclass
class Bench:
    """A trial with its budget; the real and the fake step are built when first asked for."""

    trial: Trial
    budget: Budget = Budget()
    seed: int = 0

    @cached_property
    def outline(self) -> nn.Module:
        """What the trial measures, on the meta device: names and shapes. Raises HeadError."""
        with torch.device("meta"):
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
        torch.manual_seed(self.seed)
        with torch.device(self.trial.device):
            module = build(self.trial)
            step = self._step(module, feature_maps(self.trial, module))
        _wake_zero_weights(step.module)
        compiled = self._compiled(step) if self.trial.kernel == "compiled" else 0.0
        first, y = self._first(step)
        want, got = tuple(output_shape(self.trial, module)), tuple(y.shape)
        if got != want:
            raise HeadError(f"{self.trial.head}: output has shape {got}, expected {want}")
        if not torch.isfinite(y).all():
            raise HeadError(f"{self.trial.head}: output has NaN or infinity in it")
        return step, replace(first, compile_seconds=compiled)

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
        how = {"resolution": self.device.resolution, "warmed": warmed}
        with undisturbed(step):
            return sample(hot(self.device, step.afresh), self.budget, **how)

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


@contextmanager
def undisturbed(step: Step) -> Iterator[None]:
    """Without garbage collection, which is not the head's; gradients are gone afterwards."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        step.forget_gradients()


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
