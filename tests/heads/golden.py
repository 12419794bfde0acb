"""Tensors of the official modules: where they lie, and our head built to match a case.

The whole set is looked for beside the checkout; a clone without it has a small one in tests/data.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.errors import HeadError
from attnbench.heads import describe, kernels, load_official
from attnbench.heads._official import OFFICIAL, Official

SMALL = Path(__file__).parents[1] / "data" / "golden"
WHOLE = Path(__file__).parents[2].parent / "shared" / "golden"
FOLDER = WHOLE if WHOLE.is_dir() else SMALL

# What no shape tells, in all cases of a module or in one; `subsample` is in a case's file name.
TOLD = {
    "da_cam_official": {"channels": 32},
    "eca_official_k3": {"channels": 32},
    "cc_official": {"recurrence": 1},
    "ocr_official": {"classes": 5},
    "psa_official__eval_13x17": {"grid": 7, "grid_width": 9},
    "psa_official__train_11x9": {"grid": 6, "grid_width": 5},
    "aspp_pytorchencoding": {"rates": "2-4-6"},
}


def _gate_of_every_pixel(case: "Case", _pooled: Tensor, gate: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(gate.view(-1, 1, 8, 8), case.arrays["in/x"].shape[2:])


def _class_logits(case: "Case", pooled: Tensor, _gate: Tensor) -> Tensor:
    weight, bias = (case.tensor(f"sd/selayer.{k}", pooled.dtype) for k in ("weight", "bias"))
    return F.linear(pooled.flatten(1), weight, bias)


# Official outputs beside the map, read from what enters and leaves the gate of our head.
BESIDE = {
    "gsop_channel_official": ("att", lambda _case, _pooled, gate: gate),
    "gsop_position_official": ("att", _gate_of_every_pixel),
    "enc_official": ("se", _class_logits),
}


# Gradients that the code behind the tensors has wrong: test_enc says what is wrong with them.
WRONG_GRADIENTS = {"enc_official": {"codewords"}}

# How the official function of its inputs is had from our head, where it is not `head(x)`.
FUNCTIONS = {
    # the EM steps without the convolutions around them
    "ema_mmseg_module": lambda head, x: head.reconstruction(x.flatten(2)).view_as(x),
    "ocr_official": lambda head, x, logits: head.contextual(x, logits),
    "psa_official": lambda head, x: torch.cat([x, head(x)], dim=1),
}


@dataclass(frozen=True)
class Case:
    """One run of an official module: its inputs, weights, outputs and gradients."""

    module: str
    entry: dict
    folder: Path = FOLDER
    kernel: str = "eager"
    shaken: int = 0  # the seed of what is added to weights and inputs, 0 for nothing

    @property
    def name(self) -> str:
        return self.entry["file"].removesuffix(".npz")

    @property
    def id(self) -> str:
        return self.name if self.kernel == "eager" else f"{self.name}-{self.kernel}"

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
        return {
            self.official.our_name(name): array
            for name, array in self.group(prefix).items()
            if not self.official.is_beside(name)
        }

    def gradients(self) -> dict[str, np.ndarray]:
        """Parameter gradients by our names, without those that are wrong."""
        wrong = WRONG_GRADIENTS.get(self.module, ())
        return {name: g for name, g in self.ours("f64/gp").items() if name not in wrong}

    def tensor(self, name: str, dtype: torch.dtype) -> Tensor:
        found = torch.from_numpy(self.arrays[name].astype(np.float64))
        if self.shaken and not name.startswith("cot/"):
            draw = torch.Generator().manual_seed(self.shaken)
            noise = 2 * torch.rand(found.shape, generator=draw, dtype=torch.float64) - 1
            found = found * (1 + noise * HALF_A_UNIT)
        return found.to(dtype)

    def head(self, dtype: torch.dtype = torch.float64) -> nn.Module:
        """Our head with the options, weights and mode of the case."""
        options = TOLD.get(self.module, {}) | TOLD.get(self.name, {})
        if "subsample" in self.name:
            options |= {"sub_sample": "after"}
        if self.kernel != "eager":
            options |= {"kernel": self.kernel}
        state = {k: self.tensor(f"sd/{k}", dtype) for k in self.group("sd")}
        return load_official(self.module, state, **options).train(self.entry["mode"] == "train")


@dataclass(frozen=True)
class Run:
    """What our head does on a case: output, input gradients, parameter gradients, maps."""

    head: nn.Module
    out: Tensor
    input_gradients: dict[str, Tensor]
    maps: list[Tensor]
    gates: list[Tensor]
    beside: dict[str, Tensor]

    @property
    def gradients(self) -> dict[str, Tensor | None]:
        return {name: p.grad for name, p in self.head.named_parameters()}


HALF_A_UNIT = 2**-24  # of float32, in the last place


def shaken(case: Case, number: int) -> Run:
    """The case with its weights and inputs off by as much as float32 rounds them, in float64."""
    return run(replace(case, shaken=number))


def run(case: Case, dtype: torch.dtype = torch.float64, device: str = "cpu") -> Run:
    """Forward and backward of our head on the case's inputs and cotangents."""
    head, maps, gates, beside = case.head(dtype).to(device), [], [], {}
    names = describe(case.official.head).keywords.get("maps", ())
    for name in names if case.entry["attention_maps"] else ():  # GloRe's is no softmax: not kept
        head.get_submodule(name).register_forward_hook(
            lambda _module, _args, affinity: maps.append(affinity.detach())
        )
    for layer in head.modules():
        if isinstance(layer, nn.Sigmoid):
            layer.register_forward_hook(lambda _layer, _args, gate: gates.append(gate.detach()))
    if case.module in BESIDE:
        name, read = BESIDE[case.module]
        head.gate.register_forward_hook(
            lambda _layer, args, gate: beside.update({name: read(case, args[0], gate)})
        )
    inputs = {k: case.tensor(f"in/{k}", dtype).to(device) for k in case.entry["inputs"]}
    inputs = {k: x.requires_grad_() for k, x in inputs.items()}
    out = FUNCTIONS.get(case.module, nn.Module.__call__)(head, **inputs)
    outs = {"out": out, **beside}
    cotangents = {name: case.tensor(f"cot/{name}", dtype).to(device) for name in outs}
    losses = [(y * cotangents[name]).sum() for name, y in outs.items()]
    (sum(losses) + 0 * inputs["x"].sum()).backward()
    beside = {name: y.detach() for name, y in beside.items()}
    gradients = {name: x.grad for name, x in inputs.items()}
    return Run(head, out.detach(), gradients, maps, gates, beside)


def fused(case: Case) -> Case | None:
    """The case on the fused kernel, where its head has one for these options."""
    if "fused" not in kernels(case.official.head) or case.module == "ema_mmseg_module":
        return None  # that module has no convolution to fuse
    other = replace(case, kernel="fused")
    try:
        other.head()
    except HeadError:
        return None
    return other


def cases(folder: Path = FOLDER) -> list[Case]:
    """Every case in `folder` of a module that we map to a head."""
    methods = json.loads((folder / "index.json").read_text())["methods"]
    known = {name: method for name, method in methods.items() if name in OFFICIAL}
    return [Case(name, entry, folder) for name, m in known.items() for entry in m["cases"]]
