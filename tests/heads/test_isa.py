"""Interlaced sparse attention: windows, who sees whom, and the figures of the paper."""

import pytest
import torch

from attnbench.heads.isa import ISA, balanced_window
from attnbench.trial import Shape

LARGE = Shape(1, 512, 128, 128)


def isa(channels=6, **options):
    torch.manual_seed(0)
    return ISA(channels, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def pairs(height, width, window):
    """Pixel pairs of both stages, by counting the padded map row by row."""
    ph, pw = window
    rows, columns = len(range(0, height, ph)), len(range(0, width, pw))
    return rows * columns * (ph * pw) ** 2 + ph * pw * (rows * columns) ** 2


@pytest.mark.parametrize("side", [16, 32, 64, 96, 128, 192, 256, 512])
def test_balanced_window_holds_the_root_of_the_pixels_without_padding(side):
    ph, pw = balanced_window(side, side)

    assert ph * pw == side
    assert side % ph == 0 == side % pw


def test_of_equally_good_windows_the_squarest_then_the_tallest_is_taken():
    assert balanced_window(32, 32) == (8, 4)
    assert balanced_window(4, 8) == (2, 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 13), (7, 5), (11, 11), (6, 17), (13, 12)])
def test_no_window_has_fewer_pairs_than_the_balanced_one(size):
    height, width = size
    every = [(h, w) for h in range(1, height + 1) for w in range(1, width + 1)]

    fewest = min(pairs(height, width, window) for window in every)

    assert pairs(height, width, balanced_window(*size)) == fewest


@pytest.mark.parametrize(
    ("order", "seen"),
    [
        ("long_only", lambda h, w: h % 2 == 1 and w % 3 == 1),  # the same place in every window
        ("short_only", lambda h, w: h // 2 == 0 and w // 3 == 1),  # the same window
        ("long_short", lambda _h, _w: True),
        ("short_long", lambda _h, _w: True),
    ],
)
def test_a_pixel_sees_what_the_order_lets_it_see(order, seen):
    x = pixels(1, 6, 4, 9).requires_grad_()

    isa(window=2, window_width=3, order=order)(x)[0, :, 1, 4].sum().backward()

    reached = x.grad[0].abs().sum(dim=0) > 0
    assert reached.tolist() == [[seen(h, w) for w in range(9)] for h in range(4)]


def test_one_window_over_the_whole_map_is_dense_self_attention():
    head, x = isa(window=4, window_width=5, order="short_only"), pixels(2, 6, 4, 5)
    dense = head.stages["short_range"](x)

    torch.testing.assert_close(head(x), head.fusion(torch.cat([x, dense], dim=1)))


def test_a_map_smaller_than_the_window_is_padded_to_it_evenly():
    head, x = isa(window=5, order="short_only"), pixels(1, 6, 2, 3)
    padded = torch.zeros(1, 6, 5, 5, dtype=x.dtype)
    padded[:, :, 1:3, 1:4] = x  # three rows to add: one above, two below; two columns: one each

    context = head.stages["short_range"](padded)[:, :, 1:3, 1:4]

    torch.testing.assert_close(head(x), head.fusion(torch.cat([x, context], dim=1)))


def test_flops_of_figure_1_are_those_of_one_layer_transforms():
    macs = ISA(512, layers=1).cost(LARGE).macs

    assert 2 * macs / 1e9 == pytest.approx(76.77, abs=0.005)  # the paper prints 76
