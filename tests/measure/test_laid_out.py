"""Maps over windows, cells and crosses, laid out over pixels: whose pixels they are."""

import pytest
import torch
from torch import tensor

from attnbench.heads._ann_network import Pyramid
from attnbench.heads._windows import in_windows
from attnbench.heads.isa import ISA
from attnbench.measure._identities.case import captured
from attnbench.measure._trained.laid_out import crossed, halved, of_cells, windowed
from attnbench.measure._trained.maps import Map

RANGES = ("long_range", "short_range")


def random(*size):
    return torch.rand(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def reached(grid, window, by):
    """Which places are in one small map, by the definition of the paper and nothing else.

    Windows begin at the top left of the padded map, which has half of the padding there.
    """
    (h, w), (ph, pw) = grid, window
    top, left = (-h % ph) // 2, (-w % pw) // 2
    places = [(i + top, j + left) for i in range(h) for j in range(w)]

    def group(i, j):
        return (i // ph, j // pw) if by == "short_range" else (i % ph, j % pw)

    return tensor([[group(*a) == group(*b) for b in places] for a in places])


@pytest.mark.parametrize("by", RANGES)
@pytest.mark.parametrize(("grid", "window"), [((4, 6), (2, 3)), ((5, 7), (2, 3)), ((3, 3), (4, 4))])
def test_isa_reaches_its_own_window_then_the_same_place_of_each(grid, window, by):
    name = by.replace("range", "only")
    torch.manual_seed(0)
    head = ISA(6, window=window[0], window_width=window[1], order=name).double().eval()
    weights = captured(head, f"stages.{by}.affinity", random(1, 6, *grid)).detach()

    whole = windowed(weights, grid, window, by)

    assert torch.equal(whole > 0, reached(grid, window, by))


@pytest.mark.parametrize("by", RANGES)
def test_a_map_laid_out_over_pixels_does_what_it_does_in_windows(by):
    grid, window = (4, 6), (2, 3)
    x = random(1, 5, *grid)
    weights = {"long_range": random(6, 4, 4), "short_range": random(4, 6, 6)}[by]

    def attention(maps):
        return (maps.flatten(2) @ weights.transpose(1, 2)).view_as(maps)

    whole = windowed(weights, grid, window, by)

    expected = in_windows(attention, x, window, by).flatten(2)
    torch.testing.assert_close(x.flatten(2) @ whole.T, expected)


def test_what_a_place_has_of_cells_it_has_of_the_places_that_they_are_means_of():
    pyramid, grid = Pyramid((1, 2, 3), 1, 1, "eager"), (4, 5)
    weights, x = random(20, 14), random(1, 3, *grid)

    whole = of_cells(weights, grid, pyramid)

    torch.testing.assert_close(x[0].flatten(1) @ whole.T, pyramid.cells(x)[0] @ weights.T)
    one = of_cells(torch.eye(14, dtype=torch.float64)[:2], grid, pyramid)
    assert one[0].tolist() == pytest.approx([1 / 20] * 20)
    assert one[1].view(grid)[:2, :3].tolist() == [pytest.approx([1 / 6] * 3)] * 2
    assert one[1].sum() == pytest.approx(1)


def test_a_maximum_of_four_places_gives_each_a_quarter_and_what_is_in_none_gets_nothing():
    whole = halved(tensor([[0.5, 0.25, 0.0, 0.25]]).double(), (4, 5))

    assert whole.view(4, 5).tolist() == [
        [0.125, 0.125, 0.0625, 0.0625, 0],
        [0.125, 0.125, 0.0625, 0.0625, 0],
        [0, 0, 0.0625, 0.0625, 0],
        [0, 0, 0.0625, 0.0625, 0],
    ]


def test_two_crosses_reach_every_place_by_way_of_two_corners():
    h, w = 3, 4
    first, last = random(h, w, h + w), random(h, w, h + w)

    found = Map("criss-cross", "query", crossed(last), (h, w), first).twice(1 * w + 2)

    def step(weights, at, to):
        """From `at` to `to` by its column and by its row, as a cross has them."""
        by_column = weights[*at, to[0]].item() if at[1] == to[1] else 0
        return by_column + (weights[*at, h + to[1]].item() if at[0] == to[0] else 0)

    places = [(i, j) for i in range(h) for j in range(w)]
    expected = [sum(step(last, (1, 2), c) * step(first, c, p) for c in places) for p in places]
    assert found.tolist() == pytest.approx(expected)
    assert min(expected) > 0


def test_a_map_that_is_made_once_has_none_before_it():
    assert Map("pairwise", "query", torch.eye(4), (2, 2)).twice(0) is None
