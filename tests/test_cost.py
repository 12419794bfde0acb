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


def test_windows_that_do_not_fit_share_rows_and_columns():
    # 6 rows in 4 windows of 2; 5 columns in windows of 2, 3, 2.
    cost = Cost.of(X).adaptive_mean("p", "B·C", 4, 3)

    assert cost.flops == 2 * 16 * (2 + 2 + 2 + 2) * (2 + 3 + 2)


def test_more_windows_than_rows_read_a_row_each_or_both_of_two():
    # 6 rows in 8 windows: 1, 2, 2, 1 and again; 5 columns in 5.
    cost = Cost.of(X).adaptive_mean("p", "1", 8, 5)

    assert cost.flops == 2 * (1 + 2 + 2 + 1) * 5


def test_terms_that_come_several_times_count_several_times():
    once, thrice = (Cost.of(X).conv("c", "C", "C", bias=True, times=t) for t in (1, 3))

    assert (thrice.macs, thrice.params) == (3 * once.macs, 3 * once.params)


def test_two_equal_terms_are_two_terms_of_their_kind():
    cost = Cost.of(X).conv("c", "C", "C").conv("c", "C", "C")

    assert cost.macs_by_kind() == {"convolution": cost.macs} == {"convolution": 2 * 2 * 30 * 16**2}
    assert cost.flops_by_kind() == {"convolution": cost.flops}


def test_a_fraction_is_refused():
    with pytest.raises(ValueError, match="a cost is a whole number"):
        _ = Cost.of(X).matmul("half", "N/4").macs


def test_joined_costs_have_the_terms_and_symbols_of_both():
    one, other = Cost.of(X, K=8).matmul("one", "B·K"), Cost.of(X, F=3).matmul("other", "B·F")

    cost = one.joined(other)

    assert [t.name for t in cost.terms] == ["one", "other"]
    assert cost.macs == 2 * 8 + 2 * 3


def test_costs_that_mean_different_things_by_a_symbol_are_not_joined():
    with pytest.raises(ValueError, match="K is 8 in one cost and 9 in the other"):
        Cost.of(X, K=8).joined(Cost.of(X, K=9))
