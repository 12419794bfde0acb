"""What one element of each kind of work costs, beside the multiply-adds.

A multiply-add is one MAC and two FLOPs. A FLOP here is any arithmetic operation on one number:
add, multiply, divide, compare, and also exp, sqrt, sigmoid, ReLU (one each, as one instruction
of the machine's vector library). Moving data (views, copies, padding, concatenation) is none.
Closed forms and the counter both take these prices, so they can agree to the integer.
"""

from typing import Literal, get_args

Kind = Literal[
    "convolution", "contraction", "normalisation", "softmax", "pointwise", "reduction", "resampling"
]
KINDS = get_args(Kind)
MAC_KINDS = ("convolution", "contraction")  # linear layers count as convolutions of one pixel

FLOPS_PER_MAC = 2
SOFTMAX = 5  # maximum, subtract, exp, sum, divide
BATCH_NORM_INFERENCE = 2  # one scale and one shift: mean and variance are constants then
STATISTICS_NORM = 5  # sum; subtract, square, sum; divide by the deviation
AFFINE = 2  # times weight, plus bias
POINTWISE = 1
REDUCTION = 1  # per element read
SQUARED_REDUCTION = 2  # an L2 norm squares and adds each element read
BILINEAR = 8  # four neighbours, each weighted and added, per element written
