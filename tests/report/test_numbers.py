"""Numbers carry the digits that they deserve."""

from math import nan

import pytest

from attnbench.report.numbers import (
    exponent,
    interval,
    misfit,
    number,
    quantity,
    regrouped,
    side,
    times,
    whole,
)
from attnbench.stats import Estimate, exactly

NARROW, FIXED = "\u202f", "\u00a0"  # spaces between thousands, and before a unit


def plus_minus(value, half):
    return Estimate(value, value - half, value + half)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (exactly(1234567), f"1{NARROW}230{NARROW}000"),
        (Estimate(4.1234, nan, nan), "4.12"),
        (plus_minus(4.1234, 0.0812), f"4.12{FIXED}±{FIXED}0.08"),
        (plus_minus(4.1234, 0.0142), f"4.123{FIXED}±{FIXED}0.014"),  # two digits below 2
        (plus_minus(123.4, 5.6), f"123{FIXED}±{FIXED}6"),
        (plus_minus(0.5, 0.9), f"0.5{FIXED}±{FIXED}0.9"),
    ],
)
def test_a_value_is_as_long_as_its_interval_lets_it(estimate, text):
    assert interval(estimate) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (exactly(1.98765), "1.99"),
        (plus_minus(1.5, 0.004), "1.50"),
        (plus_minus(1.54321, 0.02), f"1.54{FIXED}±{FIXED}0.02"),
        (plus_minus(1.54321, 0.3), f"1.5{FIXED}±{FIXED}0.3"),
        (exactly(-0.5), "−0.50"),
        (Estimate(1.98, nan, nan), "≈2.0"),  # measured once
    ],
)
def test_an_exponent_has_two_places_at_most(estimate, text):
    assert exponent(estimate) == text


def test_a_quantity_is_scaled_and_has_its_unit():
    assert quantity(exactly(2**20 * 700), "bytes") == f"700{FIXED}MiB"
    assert quantity(plus_minus(0.00412, 0.00008), "s") == f"4.12{FIXED}±{FIXED}0.08{FIXED}ms"


def test_counts_are_printed_whole():
    assert whole(1073741824) == NARROW.join(["1", "073", "741", "824"])
    assert number(0.000123456) == "0.000123"


@pytest.mark.parametrize(("ratio", "text"), [(1.44, "1.4×"), (12.3, "12×"), (123.4, "123×")])
def test_a_factor_has_two_digits_below_a_hundred(ratio, text):
    assert times(ratio) == text


@pytest.mark.parametrize(
    ("residual", "lines"),
    [(1.001, ()), (1.21, ("off by up to 21 %",)), (2.04, ("off by up to 2.0×",))],
)
def test_a_misfit_is_told_where_there_is_one(residual, lines):
    assert misfit(residual) == lines


def test_maps_are_named_by_their_side():
    assert side(64, 64) == "64²"
    assert side(64, 128) == "64×128"


def test_numbers_within_a_sentence_are_grouped_as_elsewhere():
    note = "fvcore does not see it: -8,388,608 MACs, in float-32"

    assert regrouped(note) == (
        f"fvcore does not see it: −8{NARROW}388{NARROW}608 MACs, in float-32"
    )
