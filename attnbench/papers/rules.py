"""How the literature counts: each rule a weight for every kind of thing that a network has or does.

The things are tallied by `measure/_tally.py`. A rule that is not attnbench's own says how its
numbers differ from ours: that is the word of a verdict that needs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# convolution, contraction: multiply-adds, of products of two maps the second; linear layers count
# as contraction. flops: all that attnbench counts. bias: outputs of convolutions that have one.
# norm, relu: elements that leave batch norm, ReLU. pool: elements that enter maximum pooling.
# outputs: elements that leave the modules without submodules. Of a module that is called twice
# outputs and relu have the last call alone, which is what counters that hook modules kept; with
# every call ResNet-152 would have 10.83 GFLOPs in ECA-Net's table, which prints 10.82.
# elements, bytes: what a formula says. peak: bytes of weights and of the most tensors alive at
# once, without the input.
Thing = Literal[
    "convolution", "contraction", "flops", "bias", "norm", "relu", "pool",
    "outputs", "params", "elements", "bytes", "peak",
]  # fmt: skip
FLOAT = 4  # bytes of float32


@dataclass(frozen=True)
class Rule:
    """`weights` of the things that it counts, in one sentence, and where the rule is known from.

    `differs` says by what a number under it differs from one of attnbench; empty for our own.
    """

    weights: Mapping[Thing, int]
    says: str
    source: str
    differs: str = ""

    def value(self, tally: Mapping[Thing, int]) -> int:
        return sum(weight * tally.get(thing, 0) for thing, weight in self.weights.items())


_FACTOR = "factor two: its FLOPs are MACs"
OURS, PREDICTED = "attnbench", "peak"
RULES = {
    OURS: Rule(
        {"flops": 1},
        "2 for every multiply-add, and one for each other operation on a number",
        "attnbench, docs/method.md",
    ),
    "flops": Rule(
        {"convolution": 2, "contraction": 2},
        "2 for every multiply-add of convolutions and products; nothing else",
        "ISA (arXiv 1907.12273) and OCR (1909.11065)",
    ),
    "macs": Rule(
        {"convolution": 1, "contraction": 1},
        "1 for every multiply-add of convolutions and products",
        "fvcore and most papers",
        differs=_FACTOR,
    ),
    "multiply-adds": Rule(
        {"convolution": 1, "contraction": 1},
        "1 for every multiply-add of convolutions and products, and printed under that name",
        "DeepLabv3+ (1802.02611), table 3",
    ),
    "flops with bias": Rule(
        {"convolution": 2, "contraction": 2, "bias": 2},
        "2 for every multiply-add, the bias of a convolution being one more an output",
        "speedinghzl/CCNet, issue 2",
        differs="biases count",
    ),
    "products once": Rule(
        {"convolution": 2, "contraction": 1},
        "2 for every multiply-add of convolutions, 1 for those of products of two maps",
        "openseg-group/openseg.pytorch @ aefc755, segmentor/tools/cost_helper.py",
        differs="products of two maps count 1 a multiply-add",
    ),
    "products left out": Rule(
        {"convolution": 1},
        "1 for every multiply-add of convolutions; products of two maps are not seen",
        "the counter of mmcv, which hooks modules",
        differs="factor two, and the products of two maps are left out",
    ),
    "torchstat": Rule(
        {"convolution": 1, "contraction": 1, "bias": 1, "norm": 2, "relu": 1, "pool": 1},
        "1 for every multiply-add and bias, 2 an element of batch norm, 1 of ReLU, 1 into a pool",
        "Swall0w/torchstat, which XiaLiPKU/EMANet names in its issues 16 and 46",
        differs="factor two, with batch norm and ReLU counted",
    ),
    "old thop": Rule(
        {"convolution": 1, "contraction": 1, "bias": 1, "norm": 4, "relu": 1},
        "1 for every multiply-add and bias, 4 an element of batch norm, 1 of ReLU",
        "Lyken17/pytorch-OpCounter as it was, by paras_flops.py of BangguWu/ECANet",
        differs="factor two, with batch norm and ReLU counted",
    ),
    "params": Rule({"params": 1}, "1 for every trainable number", "all papers"),
    "outputs": Rule(
        {"outputs": FLOAT},
        "4 bytes for every number that leaves a module, one called twice counted once",
        "torchstat, which EMANet's table 1 uses",
        differs="all outputs ever made, not those alive at once",
    ),
    "elements": Rule(
        {"elements": 1},
        "1 for every number of the tensors that the formula names",
        "EMANet's table 1, found by arithmetic",
        differs="element counts printed as MB",
    ),
    PREDICTED: Rule(
        {"peak": 1},
        "weights, and the tensors alive at once in inference; the input is not in it",
        "attnbench's memory_predicted",
    ),
    "live maps": Rule(
        {"params": FLOAT, "elements": FLOAT},
        "4 bytes for every weight, and for every number of the maps that the formula names",
        "found by arithmetic: it fits, and other maps may fit as well",
    ),
    "bytes": Rule({"bytes": 1}, "the bytes of one tensor", "arithmetic"),
}
