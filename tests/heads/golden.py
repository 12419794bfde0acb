"""Tensors of the official modules: where they lie, and our head built to match a case.

The whole set is looked for beside the checkout; a clone without it has a small one in tests/data.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from attnbench.heads import HEADS, describe
from attnbench.heads._official import NOTHING, OFFICIAL, Official, renamed

SMALL = Path(__file__).parents[1] / "data" / "golden"
WHOLE = Path(__file__).parents[2].parent / "shared" / "golden"
FOLDER = WHOLE if WHOLE.is_dir() else SMALL

# Widths at which the reference ran; `subsample` is in a case's file name.
WIDTHS = {
    "ema_official": {"bases": 16},
    "ema_mmseg_module": {"bases": 16},
    "isa_official": {"value_channels": 24},
    "selfattn_openseg": {"value_channels": 24},
    "ocnet_base_openseg": {"value_channels": 16},
}


@dataclass(frozen=True)
class Case:
    """One run of an official module: its inputs, weights, outputs and gradients."""

    module: str
    entry: dict
    folder: Path = FOLDER

    @property
    def name(self) -> str:
        return self.entry["file"].removesuffix(".npz")

    @property
    def official(self) -> Official:
        return OFFICIAL[self.module]

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / self.entry["file"]) as file:
            return dict(file)

    def group(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays under `prefix/`, by the rest of their name."""
        lead = f"{prefix}/"
        return {k.removeprefix(lead): v for k, v in self.arrays.items() if k.startswith(lead)}

    def ours(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays under `prefix/`, by the name that our head gives them."""
        return {self.official.our_name(k): v for k, v in self.group(prefix).items()}

    def tensor(self, name: str, dtype: torch.dtype) -> Tensor:
        return torch.from_numpy(self.arrays[name].astype(np.float64)).to(dtype)

    def head(self, dtype: torch.dtype = torch.float64) -> nn.Module:
        """Our head with the options, weights and mode of the case."""
        options = self.official.options | WIDTHS.get(self.module, {})
        if "subsample" in self.name:
            options |= {"sub_sample": "after"}
        head = HEADS[self.official.head](self.arrays["in/x"].shape[1], **options).to(dtype)
        state = {k: torch.from_numpy(v) for k, v in self.group("sd").items()}
        state = renamed(self.module, state, head.state_dict().keys())
        head.load_state_dict(state, strict=self.official.lacks == NOTHING)
        return head.train(self.entry["mode"] == "train")


@dataclass(frozen=True)
class Run:
    """What our head does on a case: output, input gradient, parameter gradients, maps."""

    head: nn.Module
    out: Tensor
    input_gradient: Tensor
    maps: list[Tensor]

    @property
    def gradients(self) -> dict[str, Tensor | None]:
        return {name: p.grad for name, p in self.head.named_parameters()}


def run(case: Case, dtype: torch.dtype = torch.float64) -> Run:
    """Forward and backward of our head on the case's input and cotangent."""
    head, maps = case.head(dtype), []
    for name in describe(case.official.head).keywords["maps"]:
        head.get_submodule(name).register_forward_hook(
            lambda _module, _args, affinity: maps.append(affinity.detach())
        )
    x = case.tensor("in/x", dtype).requires_grad_()
    if case.module == "ema_mmseg_module":  # the EM steps without the convolutions around them
        out = head.reconstruction(x.flatten(2)).view_as(x)
    else:
        out = head(x)
    loss = (out * case.tensor("cot/out", dtype)).sum() + 0 * x.sum()
    loss.backward()
    return Run(head, out.detach(), x.grad, maps)


def cases(folder: Path = FOLDER) -> list[Case]:
    """Every case in `folder` of a module that we map to a head."""
    methods = json.loads((folder / "index.json").read_text())["methods"]
    known = {name: method for name, method in methods.items() if name in OFFICIAL}
    return [Case(name, entry, folder) for name, m in known.items() for entry in m["cases"]]
