import pytest

from attnbench.errors import AttnbenchError
from attnbench.units import parse_bytes, quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00412, "s", "4.12 ms"),
        (3.5e-7, "s", "350 ns"),
        (146028888064, "MACs", "146 GMAC"),
        (2 * 1024**3, "bytes", "2.00 GiB"),
        (1023, "bytes", "1\u202f020 B"),
        (999_600_000, "FLOPs", "1.00 GFLOP"),
        (0, "bytes", "0 B"),
        (525312, "", "525 k"),
        (4.67, "eps", "4.67 eps"),
        (1.77e15, "eps", "1.77 P eps"),
    ],
)
def test_a_quantity_is_scaled_to_its_unit_with_three_digits(value, unit, text):
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("text", "size"), [("8 GB", 8 * 10**9), ("8 GiB", 8 * 2**30), ("1.5kB", 1500), ("42", 42)]
)
def test_decimal_and_binary_sizes_are_told_apart(text, size):
    assert parse_bytes(text) == size


def test_a_size_that_is_none_is_refused():
    with pytest.raises(AttnbenchError, match="'eight' is not a size in bytes; write it as"):
        parse_bytes("eight")
