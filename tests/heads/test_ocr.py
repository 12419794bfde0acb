"""Object-contextual representations: regions and relations, and the table of the paper."""

import pytest
import torch

from attnbench.heads.ocr import OCR
from attnbench.trial import Shape


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_with_one_class_every_pixel_gets_the_same_context():
    torch.manual_seed(0)
    head, seen = OCR(8, classes=1).double().eval(), []
    head.output.register_forward_hook(lambda _layer, _args, out: seen.append(out))

    head(pixels(2, 8, 5, 3))

    torch.testing.assert_close(seen[0], seen[0][:, :, :1, :1].expand_as(seen[0]))


def test_region_maps_sum_to_one_over_pixels_and_relations_over_classes():
    head, seen = OCR(8, classes=4).double().eval(), []
    for layer in (head.region_affinity, head.affinity):
        layer.register_forward_hook(lambda _layer, _args, out: seen.append(out))

    head(pixels(2, 8, 5, 3))

    assert [tuple(m.shape) for m in seen] == [(2, 4, 15), (2, 15, 4)]
    for m in seen:
        torch.testing.assert_close(m.sum(dim=2), torch.ones_like(m[:, :, 0]))


def test_parameters_of_table_4_are_those_of_one_layer_transforms_without_bias():
    block = sum(p.numel() for p in OCR(512, layers=1, bias=False).parameters())

    assert (block + 2048 * 512 * 9) / 1e6 == pytest.approx(10.495, abs=0.005)


def test_flops_of_table_4_transform_every_pixel_to_a_value_and_have_no_classifier():
    n, c, k = 128 * 128, 512, 19
    flops = 2 * OCR(c, layers=1, bias=False).cost(Shape(1, c, 128, 128)).macs

    around = 2 * n * 2048 * c * 9 - 2 * n * c * k  # the 3x3 convolution before, the classifier
    of_all_pixels = 2 * (n - k) * c * c // 2
    counted_once = n * k * c // 2  # one of the two products with the regions
    assert (flops + around) / 1e9 == pytest.approx(335.65, abs=0.01)
    assert (flops + around + of_all_pixels - counted_once) / 1e9 == pytest.approx(339.87, abs=0.01)
