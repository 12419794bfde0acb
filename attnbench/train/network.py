"""The network that a head is trained in: a small one around the block, or a backbone and the head.

The layers that all heads share are made before the head, so that a seed gives them the same start.
"""

from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from attnbench.errors import HeadError
from attnbench.heads import HEADS, describe
from attnbench.heads._deeplab import Decoder
from attnbench.heads._layers import conv_bn_relu
from attnbench.heads._whole import Whole, whole
from attnbench.kinds import COLOURS
from attnbench.networks.resnet import ResNet, depth
from attnbench.networks.segmentation import earlier_stages
from attnbench.train.backbone_weights import load_backbone
from attnbench.training import Option, Training
from attnbench.trial import Trial

STRIDE = 8  # of what the head reads, in pixels of the image
NORM_MOMENTUM = 0.1  # torch's default: 3e-4, EMANet's, keeps the start through a short training


def network(trial: Trial, recipe: Training, classes: int) -> nn.Module:
    """(N, 3, H, W) -> (N, classes, H, W), of the options of a trial, as the default device starts.

    Raises HeadError for a part that cannot be trained, or weights of another backbone.
    """
    kernel = {"kernel": trial.kernel} if trial.kernel == "fused" else {}
    options = trial.options | kernel
    if trial.part == "attention":
        made = Small(
            trial.head, trial.shape.channels, classes, deep=recipe.stem == "deep", **options
        )
    elif trial.part == "network":
        made = Dilated(trial.head, trial.backbone, classes, **options)
        if recipe.backbone_weights:
            load_backbone(made.backbone, recipe.backbone_weights)
    else:
        raise HeadError(f"{trial.head}: trained as part attention or network, not {trial.part}")
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = NORM_MOMENTUM
    if recipe.gates == "open":
        open_gates(made.block if trial.part == "attention" else made.head)
    return made


def open_gates(head: nn.Module) -> None:
    """Norms and factors that start at zero then start at one, and convolutions as torch has them.

    With them at zero what stands behind them is not felt at first, and learns nothing either.
    """
    for layer in head.modules():
        for name, parameter in layer.named_parameters(recurse=False):
            if name == "bias" or parameter.any():
                continue
            if isinstance(layer, nn.Conv2d):
                layer.reset_parameters()
            else:
                nn.init.ones_(parameter)


def like(trained: nn.Module, trial: Trial, recipe: Training, classes: int) -> nn.Module:
    """The network of another trial, whose options change no weight, with those of `trained`.

    Raises HeadError where they do change one.
    """
    recipe = replace(recipe, backbone_weights="")
    with torch.random.fork_rng():
        other = network(trial, recipe, classes)
    try:
        other.load_state_dict(trained.state_dict())
    except RuntimeError:
        raise HeadError(f"{trial.label}: its weights are not those that were trained") from None
    return other.to(next(trained.parameters()).device)


def crop_size(trial: Trial) -> tuple[int, int]:
    """Height and width of the images that a trial is trained on, in pixels."""
    finer = 1 if trial.part == "network" else STRIDE
    return trial.shape.height * finer, trial.shape.width * finer


class Small(nn.Module):
    """Convolutions of stride 8 to C channels, the block on C, a classifier, bilinear enlargement.

    C/4, C/2 and C channels at strides 2, 4 and 8, a 3x3 and a 1x1 more; 1x1 behind the block.
    `deep`: each stride is followed by another 3x3, and 3x3 stands behind the block.
    """

    def __init__(
        self, head: str, channels: int, classes: int, /, *, deep: bool = False, **options: Option
    ):
        super().__init__()
        widths = (COLOURS, max(channels // 4, 1), max(channels // 2, 1), channels)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers.append(_conv(inputs, outputs, stride=2))
            layers += [_conv(outputs, outputs)] if deep else []
        layers += [_conv(channels, channels), conv_bn_relu(channels, channels)]
        self.stem = nn.Sequential(*layers)
        after = _conv(channels, channels) if deep else conv_bn_relu(channels, channels)
        self.after = nn.Sequential(after, nn.Conv2d(channels, classes, 1))
        self.block = HEADS[head](channels, **options)

    def forward(self, x: Tensor) -> Tensor:
        # Heads take views of their input, which channels_last does not allow.
        y = self.after(self.block(self.stem(x).contiguous()))
        return interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)


class Dilated(nn.Module):
    """A ResNet of output stride 8, with the stem of ImageNet checkpoints, and the whole head."""

    def __init__(self, head: str, backbone: str, classes: int, /, **options: Option):
        super().__init__()
        self.backbone = ResNet(depth(backbone), output_stride=STRIDE)
        if "classes" in describe(head).options:  # ocr looks for one region a class
            options = {"classes": classes} | options
        self.head = whole(head, self.backbone.features, **options)
        for part in list(self.head.modules()):
            if isinstance(part, Whole | Decoder):
                part.classifier = nn.Conv2d(part.classifier.in_channels, classes, 1)
        self.earlier = earlier_stages(self.head, self.backbone, f"{head} on {backbone}")

    def forward(self, x: Tensor) -> Tensor:
        maps = [m.contiguous() for m in self.backbone.stages(x)]
        y = self.head(maps[-1], *(maps[stage] for stage in self.earlier))
        return interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)


def _conv(inputs: int, outputs: int, *, stride: int = 1) -> nn.Module:
    conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())
