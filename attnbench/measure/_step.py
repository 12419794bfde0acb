"""One step of a trial: the head built as the trial says, its inputs, forward and backward."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial

import torch
from torch import Tensor, nn

from attnbench.errors import HeadError
from attnbench.heads import HEADS
from attnbench.heads._whole import whole
from attnbench.kinds import CLASSES, COLOURS, IMAGE_CLASSES, NETWORKS
from attnbench.networks.classification import classifier
from attnbench.networks.segmentation import Segmentation
from attnbench.trial import Shape, Trial


def build(trial: Trial) -> nn.Module:
    """What a trial measures, freshly initialised on the current default device, in its mode.

    Of a compiled trial it is the eager module: only a real step is compiled.
    """
    kernel = {"kernel": trial.kernel} if trial.kernel == "fused" else {}
    with _default_dtype(dtype(trial)):  # nothing is made in another first
        module = _part(trial)(**trial.options, **kernel)
    return module.train(trial.mode == "training")


def _part(trial: Trial) -> Callable[..., nn.Module]:
    """What makes the part of a trial from the options of its head."""
    channels = trial.shape.channels
    if trial.part == "attention":
        return partial(HEADS[trial.head], channels)
    if trial.part == "head":
        return partial(whole, trial.head, channels)
    if channels != COLOURS:
        told = f"part {trial.part} reads an image of {COLOURS} channels, not {channels}"
        raise HeadError(f"{trial.head}: {told}")
    make = Segmentation if trial.part == "network" else classifier
    return partial(make, trial.head, trial.backbone)


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

    # Looked up once: a walk through the modules takes as long as a short step.
    @cached_property
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
        """The step, without the gradients of the one before: what is timed, within `undisturbed`.

        Nothing else is in it, since the smallest heads take 40 us.
        """
        if self.training:
            self.forget_gradients()
            self.module(*self.inputs).backward(self.cotangent)
        else:
            self.module(*self.inputs)

    def forget_gradients(self) -> None:
        for x in self._differentiated:
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

    @property
    def gradients(self) -> list[Tensor]:
        """That the last step left."""
        return [x.grad for x in self._differentiated if x.grad is not None]

    @cached_property
    def _differentiated(self) -> tuple[Tensor, ...]:
        return *self._weights, *self.inputs

    @cached_property
    def _weights(self) -> list[Tensor]:
        return list(self.module.parameters())

    @cached_property
    def _buffers(self) -> list[Tensor]:
        return list(self.module.buffers())


@contextmanager
def undisturbed(step: Step) -> Iterator[None]:
    """Without garbage collection, which is not the head's, and in the mode of gradients of `step`.

    Gradients are gone afterwards.
    """
    gc.collect()
    gc.disable()
    try:
        with torch.set_grad_enabled(step.training):
            yield
    finally:
        gc.enable()
        step.forget_gradients()


def input_shapes(trial: Trial, module: nn.Module) -> list[Shape]:
    """Shapes of what the module of a trial reads: its map, then those of earlier stages."""
    if trial.part != "head":
        return [trial.shape]
    finer = _finer(trial.shape, module)
    return [trial.shape, *(replace(finer, channels=c) for c in module.earlier)]


def output_shape(trial: Trial, module: nn.Module) -> tuple[int, ...]:
    """(N, C, H, W) of a block, with as many channels as it has `made` where it says so;
    (N, classes, H, W) of logits, finer behind a decoder; (N, classes) of a classifier.
    """
    logits = replace(trial.shape, channels=CLASSES)
    if trial.part == "classifier":
        return trial.shape.batch, IMAGE_CLASSES
    if trial.part == "head":
        return tuple(_finer(logits, module))
    if trial.part == "network":
        return tuple(logits)
    return tuple(replace(trial.shape, channels=getattr(module, "made", trial.shape.channels)))


def _finer(shape: Shape, module: nn.Module) -> Shape:
    return replace(shape, height=shape.height * module.finer, width=shape.width * module.finer)


def feature_maps(trial: Trial, module: nn.Module) -> list[Tensor]:
    return [feature_map(replace(trial, shape=s)) for s in input_shapes(trial, module)]


def feature_map(trial: Trial) -> Tensor:
    """(N, C, H, W) as a conv, batch norm and ReLU leave it: half zeros, half positive normal.

    An image is normal, as one that was normalised. The power that a device draws depends on its
    data, so zeros or ones would flatter it.
    """
    x = torch.randn(*trial.shape, dtype=torch.float32)
    return (x if trial.part in NETWORKS else x.relu()).to(dtype(trial))


def wake_zero_weights(module: nn.Module) -> None:
    """Gives parameters that start at zero a small random value.

    Many heads start as the identity; a product with zeros draws less power than one after training.
    """
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.any():
                parameter.normal_(std=0.02)
