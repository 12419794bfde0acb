"""Figures: names that keep apart, marks on the axes, and colours that follow the page."""

import re
from itertools import pairwise

import pytest

from attnbench.report.figures import growth
from attnbench.report.format import PAGE
from attnbench.report.labels import spread
from attnbench.report.looks import Look
from attnbench.report.plot import Line, Plot
from attnbench.report.svg import inline
from attnbench.report.ticks import rounded, x_ticks, y_ticks

PIXELS = (256, 1024, 4096)


def line(label, scale=1.0, power=1.0, **fields):
    values = tuple(scale * n**power for n in PIXELS)
    base = {"pair": label, "look": Look(0, "o"), "variant": 0, "is_hollow": False}
    base |= {"pixels": PIXELS, "values": values, "low": values, "high": values}
    return Line(label=label, **(base | fields))


def plot(*lines):
    sizes = {n: f"{round(n**0.5)}²" for n in PIXELS}
    return Plot("p", "title & more", "a <description>", "MACs", lines, sizes)


def written(*lines):
    return inline(growth(plot(*lines)), "p", "title & more", "a <description>")


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([10, 50], [10, 50]),  # apart already
        ([20, 20], [15, 25]),  # around their mean
        ([20, 20, 20], [10, 20, 30]),
        ([0, 0], [0, 10]),  # not below the axis
        ([100, 100], [90, 100]),  # not above it
        ([20, 22, 26, 60], [13, 23, 33, 60]),  # mean of 20, 12, 6 is 12 2/3: see below
    ],
)
def test_names_are_moved_as_little_as_keeps_them_apart(wanted, places):
    assert spread(wanted, gap=10, top=100) == pytest.approx(places, abs=0.34)


def test_names_of_lines_that_end_together_do_not_overlap():
    svg = written(*(line(f"head{i}", scale=1 + i / 1000) for i in range(12)))

    heights = [float(y) for y in re.findall(r'translate\([\d.]+ ([\d.]+)\)">head\d', svg)]
    heights += [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>head\d', svg)]
    heights.sort()

    assert len(heights) == 12
    assert all(b - a >= PAGE.gap - 0.01 for a, b in pairwise(heights))


def test_kernels_that_end_together_share_a_name():
    eager = line("isa")
    fused = line("isa fused", scale=1.001, pair="isa", is_hollow=True)

    svg = written(eager, fused)

    assert ">isa<" in svg
    assert "isa fused" not in svg


def test_kernels_that_end_apart_have_their_own_names():
    svg = written(line("isa"), line("isa fused", scale=0.1, pair="isa", is_hollow=True))

    assert ">isa<" in svg
    assert ">isa fused<" in svg


def test_a_name_is_text_and_not_mathematics_or_markup():
    svg = written(line(r"<b>$\frac{1}{2}$</b>"))

    assert r"&lt;b&gt;$\frac{1}{2}$&lt;/b&gt;" in svg


def test_a_long_name_is_cut_and_leaves_room_for_the_figure():
    svg = written(line("x" * 200))

    assert "x" * 23 + "…" in svg


def test_colours_are_the_variables_of_the_page():
    svg = written(line("a"), line("b", look=Look(3, "s")))

    assert "var(--head-3)" in svg
    assert not re.search(r"#[0-9a-f]{6}", svg)


def test_a_figure_has_no_namespace_and_no_font_of_its_own():
    svg = written(line("a"))

    assert "http" not in svg
    assert "font-family" not in svg
    assert "<style" not in svg


def test_an_interval_that_reaches_below_zero_can_be_drawn():
    low = tuple(-v for v in line("a").values)

    assert "<svg" in written(line("a", low=low))


@pytest.mark.parametrize(
    ("low", "high", "unit", "ticks"),
    [
        (1, 1000, "s", [1, 10, 100, 1000]),
        (0.9, 11, "s", [1, 2, 5, 10]),
        (2**20, 2**23, "bytes", [2**20, 2**21, 2**22, 2**23]),
        (2.1, 2.2, "s", [pytest.approx(2.1494, abs=1e-4)]),  # sqrt(2.1 * 2.2)
    ],
)
def test_marks_of_costs_are_round(low, high, unit, ticks):
    found = y_ticks(low, high, unit)

    assert found == ticks or set(ticks) <= set(found)


def test_marks_of_costs_are_few():
    assert len(y_ticks(1, 2**40, "bytes")) <= 9
    assert len(y_ticks(1e-9, 1e15, "s")) <= 9


def test_marks_of_sizes_keep_the_largest_and_leave_room():
    sides = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)

    found = x_ticks([s * s for s in sides], most=5)

    assert [round(n**0.5) for n in found] == [16, 32, 64, 128, 256, 512]


@pytest.mark.parametrize(
    ("tick", "unit", "text"),
    [(1e9, "MACs", "1 GMAC"), (2**24, "bytes", "16 MiB"), (0.05, "s", "50 ms"), (5, "", "5")],
)
def test_a_mark_says_its_unit(tick, unit, text):
    assert rounded(tick, unit) == text
