"""A whole network for dense prediction: a dilated backbone, a head, logits as large as the image.

Source: XiaLiPKU/EMANet @ 96c8f70, network.py, and alike hszhao/semseg and PyTorch-Encoding: ResNet
with a stem of three 3x3 convolutions, 64-64-128, and output stride 8; logits enlarged bilinearly
with corners aligned. Departs from it: the blocks of the last stage have dilation 2, 4, 4 where
EMANet's grid of rates makes it 2, 8, 16, which is the same work and memory. No auxiliary head, no
dropout.
"""

from torch import Tensor, nn
from torch.nn.functional import interpolate

from attnbench.errors import HeadError
from attnbench.heads._whole import whole
from attnbench.networks.resnet import WIDTHS, ResNet, depth
from attnbench.trial import Option


class Segmentation(nn.Module):
    """(N, 3, H, W) -> (N, CLASSES, H, W); `backbone` takes the weights of a ResNet of its names.

    `options` are those of the head. A head that reads earlier stages gets those with as many
    channels as it wants.
    """

    def __init__(self, head: str, backbone: str, **options: Option):
        super().__init__()
        self.backbone = ResNet(depth(backbone), stem="deep", output_stride=8)
        self.head = whole(head, self.backbone.features, **options)
        self.earlier = earlier_stages(self.head, self.backbone, f"{head} on {backbone}")

    def forward(self, x: Tensor) -> Tensor:
        maps = self.backbone.stages(x)
        y = self.head(maps[-1], *(maps[stage] for stage in self.earlier))
        return interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=True)


def earlier_stages(head: nn.Module, backbone: ResNet, where: str) -> tuple[int, ...]:
    """The stages, from 0, whose maps a whole head reads beside the last: by their channels.

    Raises HeadError, which begins with `where`, for channels that no stage has.
    """
    made = [width * backbone.expansion for width in WIDTHS]
    wanted = getattr(head, "earlier", ())
    if not set(wanted) <= set(made):
        raise HeadError(f"{where}: no stage has {wanted[0]} channels")
    return tuple(map(made.index, wanted))
