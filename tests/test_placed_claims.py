"""Every claim that the project set out to check is placed in a suite, as data."""

import pytest

from attnbench.suite_file import read_suite, suite_names, suite_path

# The list that the project began with: about cost, identities, and accuracy.
COST = (
    "nl-quadratic", "ema-linear", "isa-root", "ccnet-root", "crossing", "emau-third",
    "emau-params", "isa-figure", "isa-table", "isa-complexity", "emanet-table", "ccnet-table",
    "sa-64gb", "a2-order", "a2-when", "gc-cheap", "se-eca-params", "eca-kernel", "gsop-cost",
    "flops-not-time",
)  # fmt: skip
IDENTITIES = (
    "dnl-split", "dnl-key-mean", "ema-is-kmeans", "ema-likelihood", "ema-low-rank", "a2-is-ema",
    "isa-reaches-all", "isa-factors", "ccnet-two", "gc-query", "same-function",
)  # fmt: skip
ACCURACY = (
    "context-helps", "efficient-as-good", "ema-three", "ema-update", "nl-a2-ema1", "isa-order",
    "isa-partition", "dnl-terms", "dnl-cues", "a2-eca-rank", "bases-mean-something",
)  # fmt: skip
PLACED = {
    claim.id: (name, claim)
    for name in suite_names()
    for claim in read_suite(suite_path(name))[0].claims
}


def placed(claim):
    return [told for told in PLACED if told == claim or told.startswith(f"{claim}-")]


@pytest.mark.parametrize("claim", [*COST, *IDENTITIES, *ACCURACY])
def test_a_claim_is_in_a_suite(claim):
    assert placed(claim)


@pytest.mark.parametrize("claim", COST)
def test_a_claim_about_cost_has_a_check(claim):
    assert all(PLACED[told][1].check for told in placed(claim))


@pytest.mark.parametrize("claim", ACCURACY)
def test_a_claim_about_accuracy_has_a_check_or_says_what_it_needs(claim):
    assert all(PLACED[told][1].check or PLACED[told][1].needs for told in placed(claim))


def test_a_claim_stands_in_one_suite():
    told = [c.id for name in suite_names() for c in read_suite(suite_path(name))[0].claims]

    assert sorted(told) == sorted(set(told))
