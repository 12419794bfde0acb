"""How far a step is from what the device allows: latency over the larger of two floors.

The floors are the multiply-adds at the best rate of large matrix products and a convolution of the
same type, and the bytes that must move (input, weights, output, and in training their gradients,
each once) at the rate of a large copy, both measured in the same process. Bound by bytes, a ratio
below 1 says that they were still in a cache. The rate of the products alone stands beside the
ceiling: where it is far below, a head that is made of them cannot come near the floor.
Source: Williams, Waterman, Patterson, Roofline, CACM 2009.
"""

from attnbench.convention import FLOPS_PER_MAC
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._ceilings import ceilings
from attnbench.measure._dispatch import Work
from attnbench.measure._meta import like_cpu
from attnbench.measure.memory_predicted import baseline


@metric(
    origin="measured",
    units={
        "roofline": "",
        "roofline.floor": "s",
        "roofline.intensity": "FLOPs/byte",
        "roofline.flop_rate": "FLOPs/s",
        "roofline.flop_ceiling": "FLOPs/s",
        "roofline.product_ceiling": "FLOPs/s",
        "roofline.byte_rate": "bytes/s",
        "roofline.byte_ceiling": "bytes/s",
    },
    better={
        "roofline.flop_rate": "higher",
        "roofline.flop_ceiling": "higher",
        "roofline.product_ceiling": "higher",
        "roofline.byte_rate": "higher",
        "roofline.byte_ceiling": "higher",
        "roofline.intensity": "higher",
    },
    needs_device=True,
    repeat=True,
)
def roofline(bench: Bench) -> dict[str, Found]:
    flops, moved = _needed(bench)
    top = ceilings(bench.device, bench.trial)
    seconds = bench.hot.median
    compute, memory = flops / top.flops_a_second, moved / top.bytes_a_second
    larger = "multiply-adds" if compute > memory else "bytes"
    return {
        "roofline": Found((seconds / max(compute, memory),), notes=(f"bound by {larger}",)),
        "roofline.floor": Found((max(compute, memory),)),
        "roofline.intensity": Found((flops / moved,)),
        "roofline.flop_rate": Found((flops / seconds,)),
        "roofline.flop_ceiling": Found((top.flops_a_second,)),
        "roofline.product_ceiling": Found((top.products,)),
        "roofline.byte_rate": Found((moved / seconds,)),
        "roofline.byte_ceiling": Found((top.bytes_a_second,)),
    }


def _needed(bench: Bench) -> tuple[int, int]:
    """FLOPs of the multiply-adds, and bytes that must move, of the step."""
    with like_cpu():
        step = bench.without_data()
        with Work() as work, work.masks:
            y = step.forward()
            if step.training:
                y.backward(step.cotangent)
        made = [y, *step.gradients]
        moved = baseline(step) + sum(t.untyped_storage().nbytes() for t in made)
        return FLOPS_PER_MAC * work.macs, moved
