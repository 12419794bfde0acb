"""What may be typed for an axis."""

import pytest

from attnbench.axes import typed_values
from attnbench.errors import SuiteError
from attnbench.suite_file import override, read_suite, suite_path


@pytest.mark.parametrize(
    ("axis", "text", "values"),
    [
        ("size", "32..256x2", [32, 64, 128, 256]),
        ("size", "32..255x2", [32, 64, 128]),
        ("size", "32..128+32", [32, 64, 96, 128]),
        ("size", "3..7x3", [3]),
        ("size", "16,64..128x2,9x7", [16, 64, 128, "9x7"]),
        ("batch", "1..3+1", [1, 2, 3]),
        ("dtype", "float32,bfloat16", ["float32", "bfloat16"]),
    ],
)
def test_values_and_ranges_are_spelt_out(axis, text, values):
    assert typed_values(axis, text, "--set") == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1..3", "--set: 1..3: write a range as 32..128x2"),
        ("1..3x1", "a range goes up, from above zero, by x2 or +1 at least"),
        ("8..4x2", "a range goes up"),
        ("0..4+1", "a range goes up"),
        ("1..9+0", "a range goes up"),
        ("1..2147483647+1", "2147483647 values; a range has 1000 at most"),
        ("1..99999999999x2", "write a range as"),
    ],
)
def test_a_range_that_cannot_be_is_refused(text, message):
    with pytest.raises(SuiteError) as refused:
        typed_values("size", text, "--set")

    assert message in str(refused.value)


def test_a_range_is_put_into_every_sweep():
    suite = override(read_suite(suite_path("smoke"))[0], ["size=4..8x2"])

    assert all(sweep.axes["size"] == [(4, 4), (8, 8)] for sweep in suite.sweeps)
