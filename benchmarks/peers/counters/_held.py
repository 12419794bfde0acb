"""A module in the form that a counter asks for, with nothing more to count."""

import torch
from torch import Tensor, nn


class Held(nn.Module):
    """Calls `module` on inputs that it holds, for counters that pass one input at most.

    It has a parameter, which some counters ask for and which nothing uses.
    """

    def __init__(self, module: nn.Module, inputs: tuple[Tensor, ...]):
        super().__init__()
        self.module, self.inputs = module, inputs
        self.unused = nn.Parameter(torch.empty(1))

    def forward(self, _: Tensor) -> Tensor:
        return self.module(*self.inputs)
