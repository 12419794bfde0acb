import pytest

from attnbench.cost import Cost
from attnbench.trial import Shape

X = Shape(batch=2, channels=16, height=6, width=5)  # N = 30


def test_a_convolution_costs_its_taps_at_every_position():
    cost = Cost.of(X, K=8).conv("query", "C", "K", kernel="9", bias=True)

    assert cost.macs == 2 * 30 * 16 * 8 * 9
    assert cost.params == 16 * 8 * 9 + 8


def test_a_formula_is_both_printed_and_computed():
    cost = Cost.of(X, K=8).matmul("affinity", "B·N²·K")

    assert cost.terms[0].macs == "B·N²·K"
    assert cost.macs == 2 * 30**2 * 8


def test_flops_are_two_a_mac_and_the_rest_by_convention():
    cost = Cost.of(X).matmul("m", "B·N").softmax("s", "B·N").batch_norm("n", "C")

    assert cost.flops == 2 * 60 + 5 * 60 + 2 * 60 * 16
    assert cost.flops_by_kind() == {"contraction": 120, "softmax": 300, "normalisation": 1920}


def test_terms_that_come_several_times_count_several_times():
    once, thrice = (Cost.of(X).conv("c", "C", "C", bias=True, times=t) for t in (1, 3))

    assert (thrice.macs, thrice.params) == (3 * once.macs, 3 * once.params)


def test_a_fraction_is_refused():
    with pytest.raises(ValueError, match="a cost is a whole number"):
        _ = Cost.of(X).matmul("half", "N/4").macs
