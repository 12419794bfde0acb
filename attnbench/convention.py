"""What one element of each kind of work costs, beside the multiply-adds.

A multiply-add is one MAC and two FLOPs. A FLOP here is any arithmetic operation on one number:
add, multiply, divide, compare, and also exp, sqrt, sigmoid, ReLU (one each, as one instruction
of the machine's vector library). Moving data (views, copies, padding, concatenation, choice by a
mask) is none. A multiply-add is a product that goes into a sum, whichever operators do the two.
Closed forms and the counter both take these prices, so they can agree to the integer.
"""

from typing import Literal, get_args

Kind = Literal[
    "convolution",
    "contraction",
    "normalisation",
    "softmax",
    "pointwise",
    "reduction",
    "resampling",
    "transform",
]
KINDS = get_args(Kind)
MAC_KINDS = ("convolution", "contraction")  # linear layers count as convolutions of one pixel

FLOPS_PER_MAC = 2
COMPLEX_MAC = 4  # multiply-adds of real numbers in one of complex ones
SOFTMAX = 5  # maximum, subtract, exp, sum, divide
BATCH_NORM_INFERENCE = 2  # one scale and one shift: mean and variance are constants then
STATISTICS_NORM = 5  # sum; subtract, square, sum; divide by the deviation
VARIANCE = 4  # sum; subtract, square, sum
AFFINE = 2  # times weight, plus bias
POINTWISE = 1
COMPLEX_PRODUCT = 6  # four products, two sums
COMPLEX_SUM = 2  # or a product with a real number
REDUCTION = 1  # per element read
SQUARED_REDUCTION = 2  # an L2 norm squares and adds each element read
BILINEAR = 8  # four neighbours, each weighted and added, per element written
LINEAR = 4  # the same with two neighbours
TRILINEAR = 16  # with eight
BICUBIC = 32  # with sixteen
# A Fourier transform of N complex numbers is 5·N·log2(N) FLOPs, of N real ones half of that: those
# of radix 2, by which all algorithms are compared. Source: benchFFT, fftw.org/speed/method.html.
FOURIER = 5
FOURIER_REAL = 2.5
