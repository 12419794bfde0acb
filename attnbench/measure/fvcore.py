"""MACs as fvcore counts them (it says "flops"), and every difference from our count by name.

fvcore traces the module on real tensors, so it is run up to a size that costs a second, on the
CPU. It sees functions of torch, not the operators below them: it knows no fused attention, and it
adds norms and resizing to the multiply-adds.
"""

import logging
import warnings
from collections import Counter

import torch
from torch import Tensor, nn

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._dispatch import Work
from attnbench.measure._step import feature_maps
from attnbench.measure.counted import forward_work
from attnbench.measure.memory_predicted import predicted_peak

with warnings.catch_warnings():  # it scripts a loss at import, which newer torch deprecates
    warnings.simplefilter("ignore")
    from fvcore.nn import FlopCountAnalysis

MAX_MACS = 20 * 10**9  # about half a second a core
MAX_BYTES = 10**9
_CONVOLUTIONS = ("conv",)
_PRODUCTS = ("matmul", "linear", "einsum", "bmm", "addmm", "baddbmm")
_ATTENTION = "aten::scaled_dot_product_attention"


def traced(module: nn.Module, *maps: Tensor) -> FlopCountAnalysis:
    """Fvcore's analysis of one forward pass, without its warnings: they are in its results."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        analysis = FlopCountAnalysis(module, maps)
        logging.getLogger("fvcore.nn.jit_analysis").disabled = True
        analysis.total()
    return analysis


def differences(by_operator: Counter, unsupported: Counter, work: Work) -> tuple[str, ...]:
    """One sentence for each way in which fvcore's total is not our count of MACs."""
    named = []
    for ours, theirs in (("convolution", _CONVOLUTIONS), ("contraction", _PRODUCTS)):
        fvcore, true = sum(by_operator[o] for o in theirs), work.macs_by_kind[ours]
        if fvcore == true:
            continue
        hidden = unsupported.get(_ATTENTION, 0) if ours == "contraction" else 0
        if hidden:
            named.append(
                f"fvcore sees no scaled_dot_product_attention (x{hidden}): {fvcore - true:+,} MACs"
            )
        else:
            named.append(f"fvcore counts {ours}s otherwise: {fvcore - true:+,} MACs")
    for operator, flops in sorted(by_operator.items()):
        if flops and operator not in (*_CONVOLUTIONS, *_PRODUCTS):
            named.append(f"fvcore adds {operator}, which has no multiply-add to count: {flops:+,}")
    return tuple(named)


@metric(origin="counted", units={"macs.fvcore": "MACs"})
def fvcore(bench: Bench) -> dict[str, Found]:
    work = forward_work(bench)
    if work.macs > MAX_MACS or predicted_peak(bench) > MAX_BYTES:
        raise UnmeasuredError(
            "fvcore would run the head for real, for too long or in too much memory"
        )
    module = bench.build()
    analysis = traced(module, *feature_maps(bench.trial, module))
    by_operator = Counter({o: int(n) for o, n in analysis.by_operator().items()})
    notes = differences(by_operator, analysis.unsupported_ops(), work)
    return {"macs.fvcore": Found((int(analysis.total()),), dict(by_operator), notes)}
