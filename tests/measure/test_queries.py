from math import log

import pytest
import torch

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.measure import queries
from attnbench.measure._bench import Bench
from attnbench.trial import Shape, Trial


def distances(head, **options):
    trial = Trial(head, Shape(2, 16, 3, 5), options, device="cpu")
    return measure.readings("queries", Bench(trial))


def test_equal_rows_are_no_distance_apart():
    rows = torch.tensor([[0.25, 0.75]] * 3)

    assert queries.cosine_distance(rows) == pytest.approx(0, abs=1e-7)
    assert queries.jensen_shannon(rows) == pytest.approx(0, abs=1e-7)


def test_two_queries_that_share_no_key_are_half_and_log_two_apart():
    rows = torch.eye(2)  # of four pairs two are of a row with itself

    assert queries.cosine_distance(rows) == pytest.approx((0 + 0.5 + 0.5 + 0) / 4)
    assert queries.jensen_shannon(rows) == pytest.approx((0 + log(2) + log(2) + 0) / 4)


def test_queries_of_a_head_are_within_the_range_of_the_distance():
    found = distances("non_local")

    assert 0 < found["query.cosine_distance"].samples[0] < 0.5
    assert 0 < found["query.jsd"].samples[0] < log(2)


def test_a_map_that_is_no_distribution_has_no_divergence():
    assert list(distances("non_local", pairwise="dot_product")) == ["query.cosine_distance"]


@pytest.mark.parametrize(
    ("head", "options"), [("ema", {}), ("gc", {}), ("dnl", {"terms": "unary"})]
)
def test_a_head_without_a_map_of_all_pairs_says_so(head, options):
    with pytest.raises(UnmeasuredError, match="no map of all pairs"):
        distances(head, **options)
