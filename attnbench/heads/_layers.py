"""What several heads are made of: conv-BN-ReLU, attention over pairs, checks at the edge."""

from collections import OrderedDict
from itertools import pairwise
from typing import get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.errors import HeadError
from attnbench.heads._blocked import attend_in_blocks

RANK = 4  # (N, C, H, W)


def conv_bn_relu(
    inputs: int,
    outputs: int,
    *,
    size: int = 1,
    dilation: int = 1,
    bias: bool = False,
    slope: float = 0.0,
) -> nn.Sequential:
    """Convolution that keeps H and W, batch norm, ReLU; leaky with a `slope` above 0."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    padding = dilation * (size // 2)
    layers["conv"] = nn.Conv2d(inputs, outputs, size, padding=padding, dilation=dilation, bias=bias)
    layers["norm"] = nn.BatchNorm2d(outputs)
    layers["relu"] = nn.LeakyReLU(slope) if slope else nn.ReLU()
    return nn.Sequential(layers)


def transform(channels: int, keys: int, layers: int, **how: float) -> nn.Sequential:
    """`layers` conv_bn_relu for queries or keys: `channels` to `keys`, then `keys` to `keys`."""
    widths = [channels, *[keys] * layers]
    return nn.Sequential(*(conv_bn_relu(c, k, **how) for c, k in pairwise(widths)))


def zero_(module: nn.Module) -> nn.Module:
    """Sets weight and bias to 0, where the official code starts a layer that way."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    scale: float | None,
    kernel: str,
    affinity: nn.Module,
) -> Tensor:
    """Softmax attention: (B, K, N), (B, K, M), (B, V, M) -> (B, V, N).

    `eager` makes the N x M logits, scales them, and passes their softmax through `affinity`;
    `fused` is the same function that stores no map: on a CPU in blocks of queries, on other
    devices by torch's `scaled_dot_product_attention`.
    """
    if kernel == "fused":
        return _fused(query, key, value, scale)
    logits = query.transpose(1, 2) @ key  # B, N, M
    if scale is not None:
        logits = logits * scale
    attention = affinity(logits.softmax(dim=-1))  # B, N, M
    return value @ attention.transpose(1, 2)


def pixels_first(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, N, C), contiguous."""
    return _transposed(x.flatten(2))


def channels_first(x: Tensor) -> Tensor:
    """(B, N, C) -> (B, C, N), contiguous."""
    return _transposed(x)


def _transposed(x: Tensor) -> Tensor:
    # torch turns a matrix five times as fast as the images of a batch at once.
    return torch.stack([image.t().contiguous() for image in x])


def _fused(query: Tensor, key: Tensor, value: Tensor, scale: float | None) -> Tensor:
    # Without data the way of a CPU is taken. Who takes the graph down would unroll the blocks.
    is_taken_down = torch.compiler.is_compiling() or torch.jit.is_tracing()
    if query.device.type in ("cpu", "meta") and not is_taken_down:
        return attend_in_blocks(query if scale is None else query * scale, key, value)
    rows = (t.transpose(1, 2).contiguous().unsqueeze(1) for t in (query, key, value))
    y = F.scaled_dot_product_attention(*rows, scale=1.0 if scale is None else scale)
    return y.squeeze(1).transpose(1, 2)


def check_input(head: nn.Module, x: Tensor) -> None:
    """Raises HeadError unless `x` is a map of `head.channels` that holds at least one pixel."""
    if x.dim() != RANK or x.shape[1] != head.channels or not x.numel():
        got = tuple(x.shape)
        raise HeadError(f"{_name(head)}: expected (N, C={head.channels}, H, W), got {got}")


def check_options(head: nn.Module, **options: str | float) -> None:
    """Raises HeadError for an option outside its Literal, a number or derived width not above 0.

    The Literal is that of the constructor of `head`.
    """
    for option, value in options.items():
        choices = get_args(type(head).__init__.__annotations__.get(option))
        if choices and value not in choices:
            known = ", ".join(map(repr, choices))
            raise HeadError(f"{_name(head)}: {option} = {value!r}: choose one of {known}")
        if not choices and value <= 0:
            raise HeadError(f"{_name(head)}: {option} = {value}: expected a number above 0")


def numbers(head: nn.Module, option: str, text: str) -> tuple[int, ...]:
    """The whole numbers above 0 that `text` lists, as in "1-2-3-6"; commas part typed options.

    Raises HeadError for anything else.
    """
    parts = str(text).split("-")
    if not all(part.isdecimal() and int(part) for part in parts):
        raise HeadError(f"{_name(head)}: {option} = {text!r}: expected numbers as in '1-2-3-6'")
    return tuple(map(int, parts))


def _name(head: nn.Module) -> str:
    return getattr(head, "head", type(head).__module__.rpartition(".")[2])
