import pytest

from attnbench.train.schedule import rate
from attnbench.training import Training


def test_the_rate_rises_in_a_line_to_its_full_value():
    recipe = Training(steps=100, lr=1.0, warmup=0.05)

    assert [rate(recipe, s) for s in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


@pytest.mark.parametrize(
    ("schedule", "step", "wanted"),
    [
        ("cosine", 0, 2.0),
        ("cosine", 50, 1.0),
        ("cosine", 25, 1 + 2**-0.5),
        ("poly", 0, 2.0),
        ("poly", 50, 2 * 0.5**0.9),
    ],
)
def test_the_rate_falls_to_zero(schedule, step, wanted):
    recipe = Training(steps=100, lr=2.0, warmup=0.0, schedule=schedule)

    assert rate(recipe, step) == pytest.approx(wanted)
    assert rate(recipe, 100) == pytest.approx(0.0)
