"""From which positions of the input each of the output receives: the pattern of the Jacobian."""

import torch
from torch import Tensor, nn


def unreached(head: nn.Module, x: Tensor) -> int:
    """Pairs of positions (i, j) such that the output at i does not depend on the input at j."""
    return int((~received(head, x)).sum())


def received(head: nn.Module, x: Tensor) -> Tensor:
    """(1, C, H, W) -> (N, N) of bool: whether block (i, j) of the Jacobian has an entry but 0.

    One backward pass a row, of a sum over channels with weights that differ: entries would have to
    cancel exactly, or a ReLU be shut in all channels of a position, to be missed.
    """
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        y = head(x)
        weights = torch.linspace(1, 2, y.shape[1], dtype=y.dtype, device=y.device)
        outputs = weights @ y[0].flatten(1)  # N
        rows = [torch.autograd.grad(out, x, retain_graph=True)[0] for out in outputs]
    return torch.stack([row[0].flatten(1).ne(0).any(dim=0) for row in rows])
