"""Training of a network by a recipe: the same seed gives the same weights, interrupted or not.

A batch is a function of seed and step, the learning rate of the step; weights, state of the
optimiser and of torch's generators are in a checkpoint. On CUDA, operators that add in any order
are replaced where torch has another, and said so by a warning of torch where it has not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from attnbench.errors import AttnbenchError
from attnbench.train.batches import Batches
from attnbench.train.checkpoint import Checkpoint
from attnbench.train.class_weights import class_weights
from attnbench.train.datasets import VOID
from attnbench.train.progress import Progress
from attnbench.train.schedule import rate
from attnbench.training import Training

MOMENTUM = 0.9  # of SGD
MIXED = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class TrainingError(AttnbenchError):
    """A training that came to nothing."""


@dataclass(frozen=True)
class How:
    """Where and in which type: weights are float32, products in `dtype` where that is shorter."""

    device: torch.device
    dtype: str = "float32"
    name: str = "training"  # what its progress is called


def fit(
    network: nn.Module,
    batches: Batches,
    recipe: Training,
    how: How,
    checkpoint: Checkpoint | None = None,
) -> list[float]:
    """Trains the network in place; the loss of every step, in nats.

    Goes on from `checkpoint` where there is one, and stores its state there every so many steps.
    Raises TrainingError for a loss that is no number, DataError for a broken picture.
    """
    run = _Run(network.to(how.device).train(), batches, recipe, how)
    with _deterministic(how.device):
        state = checkpoint.load() if checkpoint else None
        if state is not None:
            run.restore(state)
        progress = Progress(how.name, recipe.steps, len(run.losses))
        for step in range(len(run.losses), recipe.steps):
            loss = run.step(step)
            if not isfinite(loss):
                raise TrainingError(f"{how.name}: loss is {_named(loss)} at step {step + 1}")
            progress.step(step + 1, loss)
            every = recipe.checkpoint_every
            if checkpoint and every and (step + 1) % every == 0 and step + 1 < recipe.steps:
                checkpoint.save(run.state())
    return run.losses


class _Run:
    """A training between two steps."""

    def __init__(self, network: nn.Module, batches: Batches, recipe: Training, how: How):
        self.network, self.batches, self.recipe, self.how = network, batches, recipe, how
        self.losses: list[float] = []
        self.optimiser = _optimiser(network, recipe)
        self.scaler = torch.amp.GradScaler(how.device.type, enabled=how.dtype == "float16")
        weights = class_weights(batches.pictures) if recipe.class_weights else None
        self.weights = (torch.ones(batches.pictures.classes) if weights is None else weights).to(
            how.device
        )
        if how.device.type == "cuda":  # faster convolutions there
            network.to(memory_format=torch.channels_last)

    def step(self, step: int) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.recipe, step)
        images, labels = (t.to(self.how.device) for t in self.batches.of(step))
        mixed = MIXED.get(self.how.dtype)
        with torch.autocast(self.how.device.type, mixed, enabled=mixed is not None):
            logits = self.network(images)
        loss = mean_loss(logits.float(), labels, self.weights)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.losses.append(loss.item())
        return self.losses[-1]

    def state(self) -> dict[str, Any]:
        cuda = self.how.device.type == "cuda"
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "generator": torch.get_rng_state(),
            "cuda_generator": torch.cuda.get_rng_state(self.how.device) if cuda else None,
            "losses": self.losses,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["generator"])
        if state["cuda_generator"] is not None:
            torch.cuda.set_rng_state(state["cuda_generator"], self.how.device)
        self.losses = list(state["losses"])


def mean_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy in nats, the weighted mean over pixels that are not void; 0 if all are.

    Added up outside the operator, whose own sum on CUDA is in any order.
    """
    each = cross_entropy(logits, labels, weights, ignore_index=VOID, reduction="none")
    labelled = labels != VOID
    total = (weights[labels.where(labelled, 0)] * labelled).sum()
    return each.sum() / total.clamp_min(torch.finfo(total.dtype).tiny)


def _optimiser(network: nn.Module, recipe: Training) -> torch.optim.Optimizer:
    weights = [p for p in network.parameters() if p.requires_grad]
    how = {"lr": recipe.lr, "weight_decay": recipe.weight_decay}
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(weights, momentum=MOMENTUM, **how)
    return torch.optim.AdamW(weights, **how)


def _named(loss: float) -> str:
    return "NaN" if loss != loss else "infinite"  # noqa: PLR0124 only NaN differs from itself


@contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    """On CUDA, operators that give the same bits again, where torch has them."""
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
