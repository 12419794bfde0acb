"""Meta tensors, led the way that CPU tensors go: the same storages, in the same layout, no data.

A test holds the bytes of a step equal to those of one that really runs. torch's fake tensors would
do, but take ten times as long for a new size, and are off by a quarter for a head at batch 1.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

from attnbench.measure._meta_rules import RULES
from attnbench.measure._mode import Mode

aten = torch.ops.aten
_CONSTRUCTORS = frozenset(_device_constructors())
_FILLERS = frozenset(
    f for f in vars(nn.init).values() if getattr(f, "__module__", "") == nn.init.__name__
)
_LED = _CONSTRUCTORS | _FILLERS | {scaled_dot_product_attention}


@contextmanager
def like_cpu() -> Iterator[None]:
    """Within it tensors are made without data; what our watchers see of them is as on a CPU."""
    before, Mode.rules = Mode.rules, RULES
    try:
        with WithoutData():
            yield
    finally:
        Mode.rules = before


class WithoutData(TorchFunctionMode):
    """New tensors are meta tensors, as under `torch.device("meta")`, and nothing fills them; fused
    attention is by the CPU's flash kernel, where torch would take meta tensors apart.
    """

    def __torch_function__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        named = kwargs or {}
        if func not in _LED:  # nearly all, of them every look at a shape
            return func(*args, **named)
        if func in _FILLERS:  # a third of the time to build a head
            return args[0] if args else named["tensor"]
        if func in _CONSTRUCTORS and named.get("device") is None:
            return func(*args, **named | {"device": "meta"})
        if func is scaled_dot_product_attention and _takes_flash(*args, **named):
            return aten._scaled_dot_product_flash_attention_for_cpu(*args, **named)[0]
        return func(*args, **named)


def _takes_flash(query: Tensor, key: Tensor, value: Tensor, *others: Any, **named: Any) -> bool:
    """Whether the kernel is for it: one width, channels last, no dropout; a mask is not looked at.

    Source: torch, aten/src/ATen/native/transformers/sdp_utils_cpp.cpp.
    """
    widths = {t.shape[-1] for t in (query, key, value)}
    plain = not others and not named.keys() - {"scale", "is_causal"}
    return plain and len(widths) == 1 and all(t.stride(-1) == 1 for t in (query, key, value))
