"""MACs and FLOPs by torch's dispatcher: every operator that the forward pass really calls.

Run on tensors without data, so any size takes milliseconds and no memory. Fused attention is priced
as the products and the softmax that it stands for. Operators that ran and have no price are named
in the notes; the count is then a lower bound. Launches are the operators that write a tensor.
"""

import torch
from torch import Tensor, nn

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._dispatch import Work


def count(module: nn.Module, *maps: Tensor) -> Work:
    """The work of one forward pass of `module` on `maps`: (N, C, H, W), real, fake or meta.

    nn.MultiheadAttention and nn.TransformerEncoderLayer have a fast path in inference, of one
    operator for it all; they leave it while a function mode, as that of the masks, is active.
    """
    with torch.no_grad(), Work() as work, work.masks:
        module(*maps)
    return work


def forward_work(bench: Bench) -> Work:
    """The work of a trial's forward pass, without data. Raises UnmeasuredError for others."""
    refuse_compiled(bench.trial)
    if bench.trial.mode == "training":
        raise UnmeasuredError("counts the forward pass; it is taken with mode inference")
    return bench.watched.work


@metric(
    origin="counted",
    units={"macs.counted": "MACs", "flops.counted": "FLOPs", "launches.counted": ""},
)
def counted(bench: Bench) -> dict[str, Found]:
    work = forward_work(bench)
    unpriced = [f"no price for {name} (x{times})" for name, times in sorted(work.unpriced.items())]
    return {
        "macs.counted": Found((work.macs,), dict(work.macs_by_kind), (*unpriced, *_masked(work))),
        "flops.counted": Found((work.flops,), dict(work.flops_by_kind), tuple(unpriced)),
        "launches.counted": Found((work.launches.total(),), dict(sorted(work.launches.items()))),
    }


def _masked(work: Work) -> list[str]:
    """What is to be said of masks in attention: nothing where there is none."""
    notes = []
    if work.masks.discarded_macs:
        notes.append(f"a causal mask leaves {work.useful_macs:,} useful MACs")
    if work.masks.unread:
        notes.append(f"attention masks not read (x{work.masks.unread}): all pairs count as useful")
    return notes
