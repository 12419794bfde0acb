"""The classifier of images with a head's block where its paper puts it, for its published costs.

A plain ResNet with one 7x7 convolution first, output stride 32 and 1000 classes; PLACES says which
of its residual blocks get an attention block, and on which side of the sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from attnbench.errors import HeadError
from attnbench.heads import HEADS
from attnbench.kinds import IMAGE_CLASSES
from attnbench.networks.resnet import Residual, ResNet, depth
from attnbench.trial import Option

OF = {"every": slice(None), "last": slice(-1, None), "last but one": slice(-2, -1)}


@dataclass(frozen=True)
class Place:
    """Where a block goes: `of` which residual blocks of each of the `stages`, 1 to 4.

    `side`: `inside` is on the residual, before the sum, `after` is on what comes out.
    """

    source: str
    stages: tuple[int, ...]
    of: Literal["every", "last", "last but one"] = "every"
    side: Literal["inside", "after"] = "inside"
    output_stride: int = 32


ALL = (1, 2, 3, 4)
PLACES = {
    "fcn": Place("the plain network, without a block: what the others add to", stages=()),
    "se": Place("Hu et al., CVPR 2018, fig. 3", ALL),
    "eca": Place("BangguWu/ECANet, eca_resnet.py: ECABottleneck", ALL),
    "cbam": Place("Woo et al., ECCV 2018, fig. 3; Jongchan/attention-module, model_resnet.py", ALL),
    "gc": Place("Cao et al., ICCV workshops 2019, sec. 4.1 and table 4: c3 to c5", (2, 3, 4)),
    "bam": Place(
        "Park et al., BMVC 2018, fig. 1; Jongchan/attention-module, model_resnet.py: bam1 to bam3",
        stages=(1, 2, 3),
        of="last",
        side="after",
    ),
    # Stage 4 does not stride, and is not dilated; README: attpos = 001 0001 000001 001. The input
    # convolution of stage 1 strides by 2 there and not here, as in the head.
    "gsop": Place(
        "ZilinGao/Global-Second-order-Pooling-Convolutional-Networks, resnet.py: GSoP-Net1",
        ALL,
        of="last",
        output_stride=16,
    ),
    "non_local": Place(
        "Wang et al., CVPR 2018, sec. 5.1: before the last residual block of res4",
        stages=(3,),
        of="last but one",
        side="after",
    ),
}


def classifier(head: str, backbone: str, **options: Option) -> ResNet:
    """(N, 3, H, W) -> (N, 1000); `options` are those of the head, of each of its blocks.

    Raises HeadError for a head whose paper has no such network.
    """
    place = PLACES.get(head)
    if place is None:
        known = ", ".join(PLACES)
        raise HeadError(f"{head}: no place in a classifier is known; there is one of {known}")
    how = {"output_stride": place.output_stride, "dilated": False}
    network = ResNet(depth(backbone), classes=IMAGE_CLASSES, **how)
    make = partial(HEADS[head], **options)
    for residual in _holders(network, place):
        setattr(residual, place.side, make(residual.outputs))
    return network


def _holders(network: ResNet, place: Place) -> Iterable[Residual]:
    for stage in place.stages:
        yield from list(network.layers[stage - 1])[OF[place.of]]
