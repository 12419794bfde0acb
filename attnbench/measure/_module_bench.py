"""A bench of a module that is given: no name of a head, no options, no wiring."""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from attnbench.errors import HeadError, UnmeasuredError
from attnbench.kinds import NO_DEVICE
from attnbench.measure._bench import Bench
from attnbench.measure._meta import like_cpu
from attnbench.measure._step import Step, dtype
from attnbench.stopwatch import BUILDING


@dataclass
class ModuleBench(Bench):
    """A trial of `module`, of which copies are measured: itself it stays as it is.

    The trial says shape, type, device and mode; its head is what the module is called.
    """

    module: nn.Module = field(default_factory=nn.Identity)

    @property
    def declares_cost(self) -> bool:
        return False

    @cached_property
    def outline(self) -> nn.Module:
        with self.spent.on(BUILDING):
            return self._copy(_without_data(self.module), NO_DEVICE)

    def build(self) -> nn.Module:
        return self._copy({}, self.trial.device)

    def without_data(self, module: nn.Module | None = None) -> Step:
        """As of any bench. Raises UnmeasuredError for a module that needs to see its data."""
        if module is None and self.needs_data:
            raise UnmeasuredError(self.needs_data)
        return super().without_data(module)

    @cached_property
    def needs_data(self) -> str:
        """Why the module does not run on tensors without data, as it says; "" where it does.

        Raises HeadError for an output that is not one tensor.
        """
        x = torch.empty(*self.trial.shape, dtype=dtype(self.trial), device=NO_DEVICE)
        try:
            with like_cpu(), torch.no_grad():
                self._is_tensor(self.outline(x))
        except RuntimeError as error:
            return f"it does not run on tensors without data: {_first_line(error)}"
        return ""

    def _check(self, y: Tensor, module: nn.Module) -> None:  # noqa: ARG002 any size will do
        self._is_tensor(y)

    def _output_size(self, module: nn.Module, maps: list[Tensor]) -> tuple[int, ...]:
        with torch.no_grad():
            return tuple(self._is_tensor(module(*maps)).shape)

    def _is_tensor(self, y: Any) -> Tensor:
        if isinstance(y, Tensor):
            return y
        told = f"returns a {type(y).__name__}; measure a module that returns one tensor of it"
        raise HeadError(f"{self.trial.head}: {told}")

    def _copy(self, instead: dict[int, Any], device: str) -> nn.Module:
        """With what `instead` has for the objects of an id."""
        try:
            copy = deepcopy(self.module, instead)
        except (RuntimeError, TypeError) as error:  # a tensor of a graph, or a lock
            told = f"cannot be copied to be measured: {_first_line(error)}"
            raise HeadError(f"{self.trial.head}: {told}") from error
        copy.to(device, dtype(self.trial))
        return copy.train(self.trial.mode == "training")


def _without_data(module: nn.Module) -> dict[int, Any]:
    """What to copy a module with, so that no data is: its tensors by id, each on no device."""
    found: dict[int, Any] = {}
    for each in module.modules():
        tensors = [*each.parameters(recurse=False), *each.buffers(recurse=False)]
        tensors += [value for value in vars(each).values() if isinstance(value, Tensor)]
        for tensor in tensors:
            empty = tensor.detach().to(NO_DEVICE)
            is_weight = isinstance(tensor, nn.Parameter)
            trained = tensor.requires_grad
            found[id(tensor)] = nn.Parameter(empty, requires_grad=trained) if is_weight else empty
    return found


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
