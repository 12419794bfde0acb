"""What an identity is checked on: the head of a trial with its weights, and one input."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from attnbench.errors import UnmeasuredError
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._step import build
from attnbench.trial import Option, Trial


@dataclass(frozen=True)
class Case:
    """Weights of a trial's head and one map, (1, C, H, W), that it is given."""

    trial: Trial
    weights: dict[str, Tensor]
    x: Tensor

    @cached_property
    def head(self) -> nn.Module:
        """The head itself, in inference, every map materialised."""
        return self.variant()

    def variant(self, **options: Option) -> nn.Module:
        """The head built anew with other `options`, on the weights that both have."""
        chosen = self.trial.options | options
        trial = replace(self.trial, options=chosen, mode="inference", kernel="eager")
        with torch.device(trial.device):
            module = build(trial)
        module.load_state_dict({name: self.weights[name] for name in module.state_dict()})
        return module


def case(bench: Bench) -> Case:
    """Weights and first image of a trial, woken. Raises UnmeasuredError for what is no block."""
    refuse_compiled(bench.trial)
    if bench.trial.part != "attention":
        raise UnmeasuredError(
            "taken with part attention: the network around it is another function"
        )
    step = bench.again().real
    return Case(bench.trial, step.module.state_dict(), step.x[:1].detach())


def apart(found: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest value, in multiples of the type's machine epsilon."""
    scale = expected.abs().max() * torch.finfo(expected.dtype).eps
    return float((found - expected).abs().max() / scale)


def captured(head: nn.Module, name: str, x: Tensor) -> Tensor | None:
    """What passes through the submodule `name` in the last of its calls; None without a call."""
    seen = calls(head, name, x)
    return seen[-1] if seen else None


def calls(head: nn.Module, name: str, x: Tensor) -> list[Tensor]:
    """What passes through the submodule `name`, one call after another."""
    seen: list[Tensor] = []
    handle = head.get_submodule(name).register_forward_hook(lambda _m, _x, y: seen.append(y))
    try:
        head(x)
    finally:
        handle.remove()
    return seen
