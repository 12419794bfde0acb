"""A sheet of maps as a picture: which pixels are coloured, and how much."""

from math import sqrt

import numpy as np
import pytest

from attnbench.map_sheet import Photograph, Row, Sheet, Tile
from attnbench.report import map_colours
from attnbench.report.map_colours import BEHIND, COLD, COVER, HOT
from attnbench.report.map_figure import WIDTH, figure

DARKEST, LIGHTEST = BEHIND
WHITE = Photograph("white.png", 6, 4, np.full((4, 6, 3), 255, np.uint8))


def heat(weights, **how):
    return map_colours.heat(Tile("t", np.array(weights, float), **how), WHITE, 100)


def hot(share):
    """Over white, whose grey is LIGHTEST."""
    cover = COVER * share**0.6
    return pytest.approx(
        [(1 - cover) * LIGHTEST + cover * c for c in HOT(float(share))[:3]], abs=1e-6
    )


def test_a_place_covers_its_part_of_the_image_by_the_root_of_its_share():
    found = heat([[0.64, 0], [0.16, 0.2]])

    assert found.shape == (4, 6, 3)
    assert found[0, 0].tolist() == found[1, 2].tolist() == hot(1)
    assert found[2, 0].tolist() == found[3, 2].tolist() == hot(0.5)
    assert found[0, 3].tolist() == found[1, 5].tolist() == [LIGHTEST] * 3


def test_a_map_without_a_preference_is_held_against_six_times_the_even_weight():
    found = heat([[0.25, 0.25], [0.25, 0.25]], even=0.25)

    assert found[0, 0].tolist() == hot(sqrt(1 / 6))


def test_a_map_of_zeros_colours_nothing():
    assert (heat([[0, 0], [0, 0]]) == LIGHTEST).all()


def test_below_zero_is_in_the_other_colours():
    found = heat([[-2, 2]])

    assert found[0, 0].tolist() == pytest.approx([(1 - COVER) + COVER * c for c in COLD(1.0)[:3]])
    assert found[0, 5].tolist() == hot(1)


def test_the_image_behind_is_lighter_than_it_was_and_keeps_its_order():
    levels = np.array([[0, 128, 255]], np.uint8)[..., None].repeat(3, axis=2)
    tile = Tile("t", np.zeros((1, 1)))

    found = map_colours.heat(tile, Photograph("grey", 3, 1, levels), 100)[0, :, 0]

    assert found.tolist() == pytest.approx(
        [DARKEST, DARKEST + (LIGHTEST - DARKEST) * 128 / 255, LIGHTEST]
    )


def row(label, *tiles):
    return Row(label, "random weights, seed 0", "a small network", (2, 2), tiles)


def texts(sheet):
    return [t.get_text() for t in figure(sheet).texts]


def test_what_is_told_above_a_tile():
    even = np.full((2, 2), 0.25)
    peak = np.array([[0.7, 0.1], [0.1, 0.1]])
    base = Tile("base", np.array([[0.5, 0.1], [0.1, 0.1]]), number=3, even=0.1, is_base=True)
    tiles = (Tile("pairwise", peak, (1, 2), even=0.25), Tile("unary", even, even=0.25), base)

    found = texts(Sheet(WHITE, ((1, 2),), (row("h", *tiles, Tile("node", peak - 0.5, number=1)),)))

    for name, told in (
        ("pairwise of 1,2", "max 0.7 = 2.8 x even"),
        ("unary of all pixels", "max 0.25 = 1.0 x even"),
        ("base 3", "max 0.5, 20 % of all"),
        ("node 1", "-0.4 to 0.2"),
    ):
        assert found[found.index(name) + 1] == told


def test_nothing_is_drawn_beside_the_sheet_and_no_tile_over_another():
    photo = Photograph("tall", 2, 30, np.zeros((30, 2, 3), np.uint8))
    many = [Tile("base", np.ones((2, 2)), number=k, even=1, is_base=True) for k in range(1, 17)]
    asked = [Tile("pairwise", np.ones((2, 2)), (0, k)) for k in range(5)]

    drawn = figure(Sheet(photo, ((0, 0),), (row("a", *many), row("b " * 40, *asked, *many))))

    boxes = [axes.get_position() for axes in drawn.axes]
    assert len(boxes) == 1 + 1 + 16 + 5 + 16  # the photograph, a bar of colour, tiles
    for i, one in enumerate(boxes):
        assert 0 <= one.x0 < one.x1 <= 1
        assert 0 <= one.y0 < one.y1 <= 1
        for other in boxes[:i]:
            apart_x = one.x0 >= other.x1 or other.x0 >= one.x1
            assert apart_x or one.y0 >= other.y1 or other.y0 >= one.y1
    assert drawn.get_size_inches()[0] * 72 == pytest.approx(WIDTH)


def test_a_name_that_would_be_mathematics_or_steer_is_written_out():
    photo = Photograph("$x$\n.png", 6, 4, WHITE.pixels)

    found = texts(Sheet(photo, ((0, 0),), (row("a"),)))

    assert "Attention over $x$\\n.png" in found
    assert not any(t.get_parse_math() for t in figure(Sheet(photo, (), (row("a"),))).texts)
