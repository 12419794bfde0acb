"""Attention of other libraries, built to compute what a head of ours does: a pair a function."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from attnbench.trial import Option

C = 512
MMCV, MMSEG = "mmcv-lite", "mmsegmentation"


@dataclass(frozen=True)
class Rival:
    """A module of `package`, and the options with which our head is the same function.

    `renames` turn its names of weights into ours, by re.sub one after another. `swapped` is a
    convolution of ours that reads its two inputs in the other order.
    """

    package: str
    make: Callable[[], nn.Module]
    renames: tuple[tuple[str, str], ...]
    options: dict[str, Option] = field(default_factory=dict)
    swapped: str = ""

    def weights(self, theirs: nn.Module, ours: nn.Module) -> dict[str, Tensor]:
        """Those of `theirs`, by the names and in the shapes of `ours`."""
        found, wanted = {}, ours.state_dict()
        for name, value in theirs.state_dict().items():
            for pattern, replacement in self.renames:
                name = re.sub(pattern, replacement, name)  # noqa: PLW2901 one after another
            found[name] = value.reshape(wanted[name].shape)
        if self.swapped:
            found[self.swapped] = torch.cat(found[self.swapped].chunk(2, dim=1)[::-1], dim=1)
        return found


class _NoOperators(ModuleType):
    """Stands for mmcv's compiled operators, which mmcv-lite does not have; no head here calls one.

    mmseg imports all of its heads at once, and they ask for these operators by name.
    """

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)

        def absent(*_: Any, **__: Any) -> NoReturn:
            raise NotImplementedError(f"mmcv-lite has no operator {name}")

        return absent


def _without_operators() -> None:
    sys.modules.setdefault("mmcv._ext", _NoOperators("mmcv._ext"))


class Twice(nn.Module):
    """Criss-cross attention in the recurrence of the paper, as mmseg's CCHead calls it."""

    def __init__(self, attention: nn.Module):
        super().__init__()
        self.cca = attention

    def forward(self, x: Tensor) -> Tensor:
        return self.cca(self.cca(x))


class Last(nn.Module):
    """The block of an mmseg head: without the layers around it, which it is given as identities."""

    def __init__(self, head: nn.Module, *around: str):
        super().__init__()
        for name in around:
            setattr(head, name, nn.Identity())
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        return self.head([x])


class Both(nn.Module):
    """DANet's two branches, added."""

    def __init__(self, position: nn.Module, channel: nn.Module):
        super().__init__()
        self.pam, self.cam = position, channel

    def forward(self, x: Tensor) -> Tensor:
        return self.pam(x) + self.cam(x)


def non_local() -> nn.Module:
    from mmcv.cnn import NonLocal2d

    return NonLocal2d(C, norm_cfg={"type": "BN"})


def dnl() -> nn.Module:
    _without_operators()
    from mmseg.models.decode_heads.dnl_head import DisentangledNonLocal2d

    return DisentangledNonLocal2d(C, temperature=0.05, use_scale=True, norm_cfg={"type": "BN"})


def ccnet() -> nn.Module:
    _without_operators()
    from mmcv.ops.cc_attention import CrissCrossAttention

    return Twice(CrissCrossAttention(C))


def gc() -> nn.Module:
    from mmcv.cnn import ContextBlock

    return ContextBlock(C, ratio=1 / 4)


def danet() -> nn.Module:
    _without_operators()
    from mmseg.models.decode_heads.da_head import CAM, PAM

    return Both(PAM(C, C // 8), CAM())


def ema() -> nn.Module:
    _without_operators()
    from mmseg.models.decode_heads import EMAHead

    head = EMAHead(C, 64, 3, concat_input=False, **_AROUND)
    return Last(head, "ema_in_conv", "bottleneck", "dropout", "conv_seg")


def isa() -> nn.Module:
    _without_operators()
    from mmseg.models.decode_heads import ISAHead

    return Last(ISAHead(C // 2, **_AROUND), "in_conv", "dropout", "conv_seg")


_AROUND = {"in_channels": C, "channels": C, "num_classes": 19, "norm_cfg": {"type": "BN"}}

_PAIRWISE = (
    (r"^g\.conv", "value"),
    (r"^theta\.conv", "query"),
    (r"^phi\.conv", "key"),
    (r"^conv_out\.conv", "output"),
    (r"^conv_out\.bn", "norm"),
    (r"^conv_mask", "mask"),
)
_CRISS_CROSS = ((r"^cca\.gamma\.scale", "gamma"), (r"^cca\.(\w+)_conv", r"\1"))
_DUAL = (
    (r"^pam\.gamma\.scale", "position_gamma"),
    (r"^cam\.gamma\.scale", "channel_gamma"),
    (r"^pam\.(\w+)_project", r"\1"),
)
_INTERLACED = (
    (r"^head\.global_relation", "stages.long_range"),
    (r"^head\.local_relation", "stages.short_range"),
    (r"^head\.out_conv", "fusion"),
    (r"_project\.", "."),
    (r"\.bn\.", ".norm."),
)
_EM = (
    (r"^head\.ema_module\.", ""),
    (r"^head\.ema_mid_conv\.conv", "input"),
    (r"^head\.ema_out_conv\.conv", "output"),
    (r"^head\.ema_out_conv\.bn", "output_norm"),
)
_CONTEXT = ((r"^conv_mask", "mask"), (r"^channel_add_conv", "transforms.add"))

RIVALS = {
    "non_local": Rival(MMCV, non_local, _PAIRWISE),
    "dnl": Rival(MMSEG, dnl, _PAIRWISE, {"output": "conv_bn", "gamma": False}),
    "danet": Rival(MMSEG, danet, _DUAL),
    "ccnet": Rival(MMCV, ccnet, _CRISS_CROSS),
    "isa": Rival(MMSEG, isa, _INTERLACED, {"bias": "value"}, swapped="fusion.conv.weight"),
    "ema": Rival(MMSEG, ema, _EM, {"variant": "mmseg"}),
    "gc": Rival(MMCV, gc, _CONTEXT),
}
