"""The whole head: from a backbone's features to logits, wired as in the paper's official network.

A trunk is the block with the convolutions around it, a classifier reads the sum of the trunks.
The constants are those of the official networks: 512 channels within, 19 classes. Dropout is left
out everywhere, which is no work in inference and keeps a step deterministic; so are auxiliary
heads on earlier stages and the enlargement of the logits. Blocks that came without a network for
segmentation (a2, bam, cbam, cgnl, eca, glore, gsop, se) are wired plainly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import HEADS, describe
from attnbench.heads._layers import check_input, check_options, conv_bn_relu
from attnbench.kinds import CLASSES
from attnbench.trial import Option, Shape

WIDTH = 512


@dataclass(frozen=True)
class Wiring:
    """What surrounds a block, in this order; each 3x3 is a convolution, batch norm and ReLU.

    `reduce`: 3x3 to WIDTH channels, else the block reads the features themselves. The block.
    `after`: 3x3 to so many channels, 0 for none. `join`: concatenation behind the features, and a
    3x3 to `after` or WIDTH channels. `bias` is of the first 3x3, `slope` of every ReLU.
    """

    reduce: bool = True
    after: int = 0
    join: bool = False
    bias: bool = False
    slope: float = 0.0


WIRINGS = {
    "plain": Wiring(),
    "surrounded": Wiring(after=WIDTH, join=True),
    "joined": Wiring(join=True),
    "direct": Wiring(reduce=False, join=True),
}


def whole(name: str, channels: int, **options: Option) -> nn.Module:
    """The whole head of `name`: (N, channels, H, W) -> (N, CLASSES, H, W); `options` its block's.

    Its `earlier` are the channels of maps from earlier stages, which it takes after the features;
    they, and the logits, are `finer` times as high and wide.
    """
    block, wiring = HEADS[name], describe(name).keywords.get("wiring", "plain")
    if wiring == "own":
        return block.whole(channels, **options)
    inside = WIDTH if WIRINGS[wiring].reduce else channels
    return Whole([Trunk(block(inside, **options), channels, WIRINGS[wiring])])


class Trunk(nn.Module):
    """(N, F, H, W) -> (N, E, H, W): a block and what surrounds it.

    `made` are the channels that come out of the block, 0 for those that go in.
    """

    def __init__(
        self, block: nn.Module, channels: int, wiring: Wiring = WIRINGS["plain"], *, made: int = 0
    ):
        super().__init__()
        self.head = type(block).__module__.rpartition(".")[2]
        check_options(self, channels=channels)
        self.channels, self.wiring = channels, wiring
        self.inside = WIDTH if wiring.reduce else channels
        self.made = made or self.inside
        self.outputs = wiring.after or (WIDTH if wiring.join else self.made)
        wide = {"size": 3, "slope": wiring.slope}
        self.reduction = (
            conv_bn_relu(channels, WIDTH, bias=wiring.bias, **wide) if wiring.reduce else None
        )
        self.block = block
        self.after = conv_bn_relu(self.made, wiring.after, **wide) if wiring.after else None
        both = channels + (wiring.after or self.made)
        self.joined = conv_bn_relu(both, self.outputs, **wide) if wiring.join else None

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        y = self.block(x if self.reduction is None else self.reduction(x))
        y = y if self.after is None else self.after(y)
        return y if self.joined is None else self.joined(torch.cat([x, y], dim=1))

    def cost(self, x: Shape) -> Cost:
        """That of the block on C channels, between 3x3 from the F of the features to E."""
        inside = replace(x, channels=self.inside)
        cost, now = Cost.of(inside, F=x.channels, E=self.outputs), "C"
        if self.reduction is not None:
            bias = self.wiring.bias
            cost = cost.conv_bn_relu("network: reduction", "F", "C", kernel="9", bias=bias)
        cost = cost.joined(self.block.cost(inside))
        if self.made != self.inside:
            cost, now = cost.joined(Cost.of(inside, Y=self.made)), "Y"
        if self.after is not None:
            cost, now = cost.conv_bn_relu("network: after", now, "E", kernel="9"), "E"
        if self.joined is not None:
            both = f"(F + {now})"
            cost = cost.conv_bn_relu("network: joined", both, "E", kernel="9")
        return cost


class Whole(nn.Module):
    """(N, F, H, W) -> (N, CLASSES, H, W): the sum of `trunks` by one classifier.

    `idle` classifiers more are for losses of the official training beside that on the logits: they
    count as parameters and do not run.
    """

    earlier: tuple[int, ...] = ()
    finer = 1  # how many times the sides of the features those of earlier maps and logits are

    def __init__(self, trunks: Sequence[Trunk], *, idle: int = 0):
        super().__init__()
        self.channels, width = trunks[0].channels, trunks[0].outputs
        self.trunks = nn.ModuleList(trunks)
        self.classifier = nn.Conv2d(width, CLASSES, 1)
        self.idle = nn.ModuleList(nn.Conv2d(width, CLASSES, 1) for _ in range(idle))

    def forward(self, x: Tensor) -> Tensor:
        y, *others = (trunk(x) for trunk in self.trunks)
        for other in others:
            y = y + other
        return self.classifier(y)

    def cost(self, x: Shape) -> Cost:
        """The trunks, and E·J multiply-adds a pixel for J classes."""
        cost, *others = (trunk.cost(x) for trunk in self.trunks)
        for other in others:
            cost = cost.joined(other).pointwise("network: sum", "B·N·E")
        cost = replace(cost, symbols=cost.symbols | {"J": CLASSES})
        cost = cost.conv("network: classifier", "E", "J", bias=True)
        if not self.idle:
            return cost
        return cost.weights("network: idle classifiers", f"{len(self.idle)}·(E·J + J)")
