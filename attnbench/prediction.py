"""What a head is predicted to need at one size, and the cards that it may have to fit.

Nothing here imports torch: `measure/_frontier.py` makes predictions, the command line prints them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attnbench.api import showing
from attnbench.trial import Trial
from attnbench.units import quantity

MIB = 2**20

# A card as sold, and the bytes that its driver reports (`nvidia-smi`, memory.total). The name is
# neither GB nor GiB: "40 GB" is 40 GiB, "141 GB" is 140.4 GiB, and "24 GB" with error correction
# in line is 22.5 GiB. Of the cards sold under a name this is one of the smallest, so that a side
# fits the others as well.
# Source of all but the first: thundergolfer.com/blog/nvidia-gpu-memory-capacity (2025), a cloud's
# table of what its cards report; the first is nvidia-smi of an RTX 4060.
CARDS: Mapping[str, int] = {
    "8 GB": 8_188 * MIB,  # RTX 4060
    "16 GB": 15_360 * MIB,  # T4
    "24 GB": 23_028 * MIB,  # A10
    "40 GB": 40_960 * MIB,  # A100
    "80 GB": 81_559 * MIB,  # H100; an A100 of 80 GB reports 81,920 MiB
    "141 GB": 143_771 * MIB,  # H200
}

NOT_IN_IT = (
    "kernel workspace",
    "the allocator's rounding",
    "the CUDA context (0.6 to 1 GB)",
)
ATTENTION = {
    "eager": "written out as published: every map is made",
    "fused": "over pairs in blocks of queries, as on a CPU: no map of all of them is kept",
}


@dataclass(frozen=True)
class Memory:
    """Bytes of one step. `increment` is the peak above `baseline`: weights, buffers, input and, in
    training, the gradient that comes in. `forward` is the peak above it until the output is there.
    """

    baseline: int
    increment: int
    forward: int

    @property
    def total(self) -> int:
        """Bytes that a card must have: baseline and increment."""
        return self.baseline + self.increment


@dataclass(frozen=True)
class Outlook:
    """Memory of one mode, and for each card in `sides` the largest side of a square map that fits.

    That side fits and the next does not; 0 where none fits. `memory` is None, and there are no
    sides, where the head refuses such an input: `refused` says why.
    """

    memory: Memory | None
    sides: Mapping[str, int]
    refused: str = ""


@dataclass(frozen=True, repr=False)
class Prediction:
    """Work and memory of a trial, with no device. `trial` has mode inference, and both are told.

    `params` are the parameters that training changes, `frozen` all else that the weights hold.
    `macs` and `flops` are of the forward pass; `origin` is of them: "modelled" by the head's closed
    form, or "counted". `inference` and `training` are the memory of each mode.
    """

    trial: Trial
    params: int
    frozen: int
    macs: int
    flops: int
    origin: str
    inference: Outlook
    training: Outlook

    def __repr__(self) -> str:
        macs, flops = quantity(self.macs, "MACs"), quantity(self.flops, "FLOPs")
        told = f"{self.trial.label} {self.trial.shape}: {self.params} parameters, {macs}, {flops}"
        modes = (("inference", self.inference), ("training", self.training))
        peaks = (f"{quantity(o.memory.total, 'bytes')} in {m}" for m, o in modes if o.memory)
        return f"<Prediction {', '.join((told, *peaks))}>"

    def __str__(self) -> str:
        return showing.plain(self._blocks)

    def _repr_html_(self) -> str:
        return showing.html(self._blocks)

    @property
    def _blocks(self) -> list[Any]:
        from attnbench.api.prediction_shown import blocks  # noqa: PLC0415 only when it is shown

        return blocks(self)
