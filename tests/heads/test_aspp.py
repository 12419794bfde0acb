"""Atrous spatial pyramid pooling: its branches, and the sizes of the module as published."""

import torch
from torch.nn import functional as F

from attnbench.heads.aspp import ASPP
from attnbench.trial import Shape


def aspp(**options):
    torch.manual_seed(0)
    return ASPP(6, width=4, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_projection_reads_the_pixel_then_the_rates_then_the_image():
    head, x, seen = aspp(rates="2-3"), pixels(2, 6, 7, 5), []
    head.projection.register_forward_pre_hook(lambda _layer, args: seen.append(args[0]))
    weights = [branch.conv.weight for branch in head.branches]
    maps = [
        F.conv2d(x, weights[0]),
        F.conv2d(F.pad(x, (2, 2, 2, 2)), weights[1], dilation=2),
        F.conv2d(F.pad(x, (3, 3, 3, 3)), weights[2], dilation=3),
    ]
    maps = [F.relu(branch.norm(y)) for branch, y in zip(head.branches, maps, strict=True)]
    image = head.pool(x.sum(dim=(2, 3), keepdim=True) / 35).expand(-1, -1, 7, 5)

    head(x)

    torch.testing.assert_close(seen[0], torch.cat([*maps, image], dim=1))


def test_rates_beyond_the_map_see_the_pixel_alone():
    x = pixels(1, 6, 5, 5).requires_grad_()

    aspp(rates="5-6-7", image_pool=False)(x)[0, :, 2, 3].sum().backward()

    assert x.grad.abs().sum(dim=(0, 1)).nonzero().tolist() == [[2, 3]]


def test_deeplab_at_2048_channels_costs_what_the_formula_of_its_convolutions_says():
    x, head = Shape(1, 2048, 65, 65), ASPP(2048, projection="width")
    pixel = 2048 * 256 + 3 * 2048 * 9 * 256 + 1280 * 256

    assert head.cost(x).macs == 65 * 65 * pixel + 2048 * 256
