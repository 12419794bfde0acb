"""Every row of `traps` and some heads through one counter, in a process of its own."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from attnbench.measure._meta import like_cpu
from attnbench.measure._step import build, feature_maps
from attnbench.trial import Shape, Trial
from benchmarks.peers.child import answer, reason
from benchmarks.peers.counters import OURS, Counter, counter
from benchmarks.peers.results import Counted, Counts
from benchmarks.peers.traps import MACS, OTHER_FLOPS, Case

CHANNELS, SIDE = 512, 32
HEADS = {
    "non_local": {},
    "non_local fused": {"kernel": "fused"},
    "self_attention": {},
    "danet": {},
    "ccnet": {},
    "isa": {},
    "isa fused": {"kernel": "fused"},
    "a2": {},
    "ema": {},
    "ocr": {},
    "gc": {},
}

WITHOUT_MACS = ("global filter", "softmax", "batch norm", "bilinear x 8")

Built = tuple[nn.Module, tuple[Tensor, ...]]


def trial(label: str, side: int = SIDE) -> Trial:
    return Trial(
        label.split(maxsplit=1)[0], Shape(1, CHANNELS, side, side), device="cpu", **HEADS[label]
    )


def tensors(name: str) -> AbstractContextManager:
    """Among which a counter is asked: ours has no data, as in `macs.counted`; others have it."""
    return like_cpu() if name == OURS else nullcontext()


def built(what: Trial) -> Built:
    module = build(what)
    return module, tuple(feature_maps(what, module))


def rows(name: str, cases: dict[str, Case] = MACS) -> Iterator[Counted]:
    with tensors(name):
        for row, case in cases.items():
            module, inputs = case.make().eval(), tuple(torch.randn(*s) for s in case.shapes)
            yield kindest(name, row, case.macs, (module, inputs))


def heads(name: str) -> Iterator[Counted]:
    """Held against the closed form that the head declares."""
    for label in HEADS:
        with torch.device("meta"):
            true = build(trial(label)).cost(trial(label).shape).macs
        with tensors(name):
            yield kindest(name, label, true, built(trial(label)))


def kindest(name: str, case: str, true: int, what: Built) -> Counted:
    """Under no_grad as in inference; if that is wrong, with gradients, which some users leave on.

    torch has fused layers that it takes only without gradients, and that some counters do not know.
    """
    count = counter(name)
    with torch.no_grad():
        found = counted(count, name, case, true, what)
    if found.macs == true:
        return found
    other = counted(count, name, case, true, what, grad=True)
    return other if other.macs == true else found


def counted(
    count: Counter, name: str, case: str, true: int, what: Built, *, grad: bool = False
) -> Counted:
    try:
        found = count(*what)
    except Exception as error:  # noqa: BLE001 a counter may raise anything
        return Counted(name, case, true, grad=grad, failed=reason(error))
    return Counted(name, case, true, found.macs, found.said, grad)


def counts(name: str) -> Counts:
    torch.manual_seed(0)
    free = {row: OTHER_FLOPS[row] for row in WITHOUT_MACS}
    return Counts(tuple(rows(name)), tuple(rows(name, free)), tuple(heads(name)))


if __name__ == "__main__":
    answer(str, counts)
