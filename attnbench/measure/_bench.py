"""A built head and its input: what every metric is a function of."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from attnbench.errors import HeadError
from attnbench.heads import HEADS
from attnbench.trial import Budget, Trial


def build(trial: Trial) -> nn.Module:
    """The head of a trial, freshly initialised on the current default device, in its mode."""
    kernel = {} if trial.kernel == "eager" else {"kernel": trial.kernel}
    with _default_dtype(dtype(trial)):  # a module of fake tensors cannot be cast afterwards
        module = HEADS[trial.head](trial.shape.channels, **trial.options, **kernel)
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
    """One step of a trial: forward under no_grad, or forward and backward with fresh gradients."""

    module: nn.Module
    x: Tensor
    training: bool
    cotangent: Tensor | None = None  # made before, so that it is in the baseline of the memory

    def forward(self) -> Tensor:
        with torch.set_grad_enabled(self.training):
            return self.module(self.x)

    def __call__(self) -> None:
        y = self.forward()
        if self.training:
            y.backward(self.cotangent)

    def forget_gradients(self) -> None:
        self.module.zero_grad(set_to_none=True)
        self.x.grad = None

    @property
    def held(self) -> list[Tensor]:
        """Weights, buffers, input and cotangent: what is in memory before the step."""
        extra = [] if self.cotangent is None else [self.cotangent]
        return [*self.module.parameters(), *self.module.buffers(), self.x, *extra]


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
            step = self._step(build(self.trial), feature_map(self.trial))
        _wake_zero_weights(step.module)
        start = time.perf_counter()
        y = step.forward()
        self.first_seconds = time.perf_counter() - start
        if y.shape != step.x.shape:
            want, got = tuple(step.x.shape), tuple(y.shape)
            raise HeadError(
                f"{self.trial.head}: output has shape {got}, expected that of the input, {want}"
            )
        if not torch.isfinite(y).all():
            raise HeadError(f"{self.trial.head}: output has NaN or infinity in it")
        return step

    def fake(self) -> Step:
        """The step on fake CPU tensors: shapes without memory. Use inside `fake_tensors()`."""
        return self._step(
            build(self.trial), torch.empty(*self.trial.shape, dtype=dtype(self.trial))
        )

    def _step(self, module: nn.Module, x: Tensor) -> Step:
        training = self.trial.mode == "training"
        if training:
            return Step(module, x.requires_grad_(), training, torch.full_like(x, 1 / x.numel()))
        return Step(module, x, training)


def fake_tensors() -> FakeTensorMode:
    """A context in which tensors have a shape, a device (CPU) and no memory."""
    return FakeTensorMode()


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
