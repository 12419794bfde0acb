"""The residual network of the field, with its parameter names, dilated for dense prediction.

Source: He, Zhang, Ren, Sun. Deep Residual Learning for Image Recognition, CVPR 2016; names and
strides of torchvision's resnet.py. Dilation instead of stride as in Chen, Papandreou, Schroff,
Adam. Rethinking Atrous Convolution for Semantic Image Segmentation, 2017; the first block of a
dilated stage has the dilation of the stage before, as in torchvision and mmsegmentation.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from attnbench.errors import HeadError
from attnbench.kinds import BACKBONES

Stem = Literal["plain", "deep", "deep_narrow"]
Stride = Literal["3x3", "1x1"]
DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
DEPTHS |= {152: (3, 8, 36, 3)}
WIDTHS = (64, 128, 256, 512)
# Three 3x3 convolutions instead of one of 7x7: 64-64-128 in EMANet, semseg and PyTorch-Encoding,
# 32-32-64 in mmsegmentation's ResNetV1c.
STEMS = {"plain": (64,), "deep": (64, 64, 128), "deep_narrow": (32, 32, 64)}
STAGES = {  # by output stride: the stride and the dilation of each stage
    32: ((1, 1), (2, 1), (2, 1), (2, 1)),
    16: ((1, 1), (2, 1), (2, 1), (1, 2)),
    8: ((1, 1), (2, 1), (1, 2), (1, 4)),
}


def depth(backbone: str) -> int:
    """The layers that a name counts: 50 of "resnet50". Raises HeadError for any other name."""
    known = BACKBONES[1:]
    if backbone not in known:
        raise HeadError(f"backbone {backbone!r}: choose one of {', '.join(known)}")
    return int(backbone.removeprefix("resnet"))


class Residual(nn.Module):
    """(N, C, H, W) -> (N, W', H / stride, W / stride): convolutions, and the input beside them.

    `convolutions` are (outputs, kernel side, stride, dilation) of each; batch norm follows every
    one, ReLU all but the last, which the sum comes before. Two places take a block of attention on
    the `outputs` channels: `inside`, just before the sum, and `after` all.
    """

    def __init__(self, inputs: int, convolutions: list[tuple[int, int, int, int]], stride: int):
        super().__init__()
        self.layers, now = len(convolutions), inputs
        for i, (outputs, side, step, dilation) in enumerate(convolutions, 1):
            conv = _conv(now, outputs, side, stride=step, dilation=dilation)
            setattr(self, f"conv{i}", conv)
            setattr(self, f"bn{i}", nn.BatchNorm2d(outputs))
            now = outputs
        self.relu, self.outputs = nn.ReLU(), now
        self.inside: nn.Module | None = None
        self.after: nn.Module | None = None
        self.downsample = None
        if stride > 1 or inputs != now:
            shortcut = _conv(inputs, now, 1, stride=stride)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(now))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i in range(1, self.layers + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = self.relu(y) if i < self.layers else y
        y = y if self.inside is None else self.inside(y)
        y = self.relu(y + (x if self.downsample is None else self.downsample(x)))
        return y if self.after is None else self.after(y)


class ResNet(nn.Module):
    """(N, 3, H, W) -> (N, F, H / output_stride, W / output_stride); logits (N, classes) with some.

    F is `features`: 2048, or 512 for depths 18 and 34. `stride_in` is the convolution of a
    bottleneck that strides, the first 1x1 in the Caffe release. Without `dilated` a stage that does
    not stride has dilation 1 all the same. `stages(x)` gives the four maps.
    """

    def __init__(
        self,
        depth: int,
        *,
        stem: Stem = "plain",
        output_stride: int = 32,
        stride_in: Stride = "3x3",
        dilated: bool = True,
        classes: int = 0,
    ):
        super().__init__()
        if depth not in DEPTHS or output_stride not in STAGES:
            known = f"depths {', '.join(map(str, DEPTHS))} and output strides 8, 16, 32"
            raise HeadError(f"resnet{depth}, output stride {output_stride}: there are {known}")
        self.expansion, self.stride_in = (1 if depth < 50 else 4), stride_in
        self.conv1, now = _stem(STEMS[stem]), STEMS[stem][-1]
        self.bn1 = nn.BatchNorm2d(now)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        before = 1
        for i, (stride, wanted) in enumerate(STAGES[output_stride]):
            stage, dilation = [], wanted if dilated else 1
            for n in range(DEPTHS[depth][i]):
                step, spread = (stride, before) if n == 0 else (1, dilation)
                stage.append(self._block(now, WIDTHS[i], step, spread))
                now = WIDTHS[i] * self.expansion
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
            before = dilation
        self.features = now
        self.fc = nn.Linear(now, classes) if classes else None

    @property
    def layers(self) -> list[nn.Sequential]:
        """The four stages, each a sequence of blocks."""
        return [self.layer1, self.layer2, self.layer3, self.layer4]

    def stages(self, x: Tensor) -> list[Tensor]:
        """The maps after each of the four stages."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        maps = []
        for stage in self.layers:
            x = stage(x)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> Tensor:
        y = self.stages(x)[-1]
        return y if self.fc is None else self.fc(torch.mean(y, dim=(2, 3)))

    def _block(self, inputs: int, width: int, stride: int, dilation: int) -> Residual:
        if self.expansion == 1:
            return Residual(inputs, [(width, 3, stride, dilation), (width, 3, 1, dilation)], stride)
        first, second = (stride, 1) if self.stride_in == "1x1" else (1, stride)
        outputs = width * self.expansion
        layers = [(width, 1, first, 1), (width, 3, second, dilation), (outputs, 1, 1, 1)]
        return Residual(inputs, layers, stride)


def _stem(widths: tuple[int, ...]) -> nn.Module:
    """One 7x7 convolution, or several of 3x3 with batch norm and ReLU between; stride 2."""
    if len(widths) == 1:
        return _conv(3, widths[0], 7, stride=2)
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(zip((3, *widths), widths, strict=False)):
        layers += [nn.BatchNorm2d(inputs), nn.ReLU()] if i else []
        layers.append(_conv(inputs, outputs, 3, stride=1 if i else 2))
    return nn.Sequential(*layers)


def _conv(inputs: int, outputs: int, side: int, *, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    padding = dilation * (side // 2)
    how = {"stride": stride, "dilation": dilation, "padding": padding, "bias": False}
    return nn.Conv2d(inputs, outputs, side, **how)
