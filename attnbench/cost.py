"""What a head costs in closed form: terms whose printed formula is the one that is computed.

A formula is text over the symbols of the shape and the head ("B·N²·K"): it is evaluated to get
the number and printed to show where the number comes from, so the two cannot differ.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cache
from math import gcd
from types import CodeType
from typing import Any

from attnbench import convention
from attnbench.convention import FLOPS_PER_MAC, Kind
from attnbench.trial import Shape

_POWERS = {"²": "**2", "³": "**3", "⁴": "**4"}


@dataclass(frozen=True)
class Term:
    """One kind of work in a head. `macs`, `flops` (beside the MACs) and `params` are formulas."""

    name: str
    kind: Kind
    macs: str = "0"
    flops: str = "0"
    params: str = "0"


@dataclass(frozen=True)
class Cost:
    """Terms over symbols; B, C, H, W and N = H·W are those of the input, in inference.

    Each method returns a longer Cost. Formulas may use + - · * / ( ) and ² ³ ⁴ on symbols and
    integers; a division must come out even.
    """

    symbols: dict[str, int]
    terms: tuple[Term, ...] = field(default=())

    @classmethod
    def of(cls, x: Shape, **symbols: int) -> "Cost":
        shape = {"B": x.batch, "C": x.channels, "H": x.height, "W": x.width, "N": x.pixels}
        return cls(shape | symbols)

    def conv(
        self,
        name: str,
        inputs: str,
        outputs: str,
        *,
        kernel: str = "1",
        bias: bool = False,
        at: str = "B·N",
        times: int = 1,
    ) -> "Cost":
        """`times` convolutions `inputs` -> `outputs` at `at` positions; `kernel` is its area.

        The bias rides on the accumulator of the multiply-add: it costs a parameter, no FLOP.
        """
        area = "" if kernel == "1" else f"·{kernel}"
        lead = "" if times == 1 else f"{times}·"
        weights = f"{inputs}·{outputs}{area}"
        params = f"{lead}({weights} + {outputs})" if bias else f"{lead}{weights}"
        return self._add(Term(name, "convolution", macs=f"{lead}{at}·{weights}", params=params))

    def linear(self, name: str, inputs: str, outputs: str, *, at: str) -> "Cost":
        """A convolution of kernel 1 with bias, done as a product of matrices."""
        weights, params = f"{inputs}·{outputs}", f"{inputs}·{outputs} + {outputs}"
        return self._add(Term(name, "contraction", macs=f"{at}·{weights}", params=params))

    def matmul(self, name: str, macs: str) -> "Cost":
        return self._add(Term(name, "contraction", macs=macs))

    def softmax(self, name: str, elements: str) -> "Cost":
        return self._add(Term(name, "softmax", flops=f"{convention.SOFTMAX}·{elements}"))

    def batch_norm(self, name: str, channels: str, *, at: str = "B·N", times: int = 1) -> "Cost":
        lead = "" if times == 1 else f"{times}·"
        flops = f"{lead}{convention.BATCH_NORM_INFERENCE}·{at}·{channels}"
        return self._add(Term(name, "normalisation", flops=flops, params=f"{lead}2·{channels}"))

    def conv_bn_relu(
        self,
        name: str,
        inputs: str,
        outputs: str,
        *,
        at: str = "B·N",
        times: int = 1,
        **how: Any,
    ) -> "Cost":
        """`times` convolutions as in `conv`, `how` being its options, with batch norm and ReLU."""
        cost = self.conv(name, inputs, outputs, at=at, times=times, **how)
        cost = cost.batch_norm(f"{name}: norm", outputs, at=at, times=times)
        elements = f"{at}·{outputs}"
        return cost.pointwise(f"{name}: ReLU", elements if times == 1 else f"{times}·{elements}")

    def attention(
        self,
        pairs: str,
        key: str,
        value: str,
        *,
        kernel: str,
        scaled: bool = True,
        of: str = "",
        queries: str = "B·N",
    ) -> "Cost":
        """Softmax attention over `pairs`, with keys and values of these widths.

        A fused `kernel` scales the `queries`, of the keys' width, where an eager one scales pairs.
        """
        cost = self.matmul(f"{of}logits", f"{pairs}·{key}")
        if scaled:
            cost = cost.pointwise(f"{of}scale", f"{queries}·{key}" if kernel == "fused" else pairs)
        return cost.softmax(f"{of}affinity", pairs).matmul(f"{of}context", f"{pairs}·{value}")

    def layer_norm(self, name: str, elements: str, channels: str = "") -> "Cost":
        """Layer and group norm; with weight and bias for each of `channels`, if given."""
        each = convention.STATISTICS_NORM + (convention.AFFINE if channels else 0)
        params = f"2·{channels}" if channels else "0"
        return self._add(Term(name, "normalisation", flops=f"{each}·{elements}", params=params))

    def pointwise(self, name: str, elements: str) -> "Cost":
        return self._add(Term(name, "pointwise", flops=elements))

    def reduction(self, name: str, elements: str, *, squared: bool = False) -> "Cost":
        each = f"{convention.SQUARED_REDUCTION}·" if squared else ""
        return self._add(Term(name, "reduction", flops=f"{each}{elements}"))

    def adaptive_mean(self, name: str, maps: str, height: int, width: int) -> "Cost":
        """Means of `maps` maps over `height` x `width` windows that cover them evenly.

        Neighbours share a row or column wherever H/h or W/w is no whole number: the windows
        read H + h - gcd(H, h) rows together, whether they are fewer or more than the rows.
        """
        more = {"H": height, "W": width}
        more = {side: count - gcd(self.symbols[side], count) for side, count in more.items()}
        sides = (f"({side} + {rows})" if rows else side for side, rows in more.items())
        return self.reduction(name, "·".join([maps, *sides]))

    def bilinear(self, name: str, elements: str) -> "Cost":
        """Interpolation between four neighbours, `elements` written."""
        return self._add(Term(name, "resampling", flops=f"{convention.BILINEAR}·{elements}"))

    def weights(self, name: str, params: str) -> "Cost":
        """Parameters that cost no arithmetic of their own, or whose work another term has."""
        return self._add(Term(name, "pointwise", params=params))

    def joined(self, other: "Cost") -> "Cost":
        """The terms of both, over the symbols of both.

        Raises ValueError for a symbol that has another value in the other.
        """
        for symbol, value in other.symbols.items():
            ours = self.symbols.get(symbol, value)
            if ours != value:
                raise ValueError(f"{symbol} is {ours} in one cost and {value} in the other")
        return Cost(self.symbols | other.symbols, self.terms + other.terms)

    def value(self, formula: str) -> int:
        """`formula` with this cost's symbols put in. Raises ValueError for a fraction."""
        number = eval(_compiled(formula), {"__builtins__": {}}, self.symbols)  # noqa: S307 our own text
        if number != int(number):
            raise ValueError(f"{formula} = {number} for {self.symbols}: a cost is a whole number")
        return int(number)

    @property
    def macs(self) -> int:
        return sum(self.value(t.macs) for t in self.terms)

    @property
    def flops(self) -> int:
        """Two a multiply-add, plus everything else by `attnbench.convention`."""
        return FLOPS_PER_MAC * self.macs + sum(self.value(t.flops) for t in self.terms)

    @property
    def params(self) -> int:
        return sum(self.value(t.params) for t in self.terms)

    def macs_by_kind(self) -> dict[str, int]:
        return self._by_kind([self.value(t.macs) for t in self.terms])

    def flops_by_kind(self) -> dict[str, int]:
        return self._by_kind([self.flops_of(t) for t in self.terms])

    def flops_of(self, term: Term) -> int:
        """FLOPs of one term, those of its multiply-adds among them."""
        return FLOPS_PER_MAC * self.value(term.macs) + self.value(term.flops)

    def _by_kind(self, worth: list[int]) -> dict[str, int]:
        """`worth` is that of each term in turn; two terms may be equal, as pools of one size."""
        kinds = dict.fromkeys(convention.KINDS, 0)
        for term, value in zip(self.terms, worth, strict=True):
            kinds[term.kind] += value
        return {k: v for k, v in kinds.items() if v}

    def _add(self, term: Term) -> "Cost":
        return replace(self, terms=(*self.terms, term))


@cache
def _compiled(formula: str) -> CodeType:
    text = re.sub("[²³⁴]", lambda m: _POWERS[m.group()], formula).replace("·", "*")
    return compile(text, "<cost formula>", "eval")
