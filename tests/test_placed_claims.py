"""Every claim that the project set out to check is placed in a suite, as data."""

import re

import pytest

from attnbench import heads, measure
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


OF_METRIC = {r: m for m in measure.METRICS for r in measure.describe(m).keywords["units"]}


@pytest.mark.parametrize("name", suite_names())
def test_what_a_claim_is_of_is_measured_by_its_suite(name):
    suite = read_suite(suite_path(name))[0]
    planned = [p for device in ("cpu", "cuda") for p in suite.plan(device) if not p.skipped]

    for claim in suite.claims:
        for subject in claim.check.subjects if claim.check else ():
            over = getattr(claim.check, "over", "")
            found = [
                p
                for p in planned
                if OF_METRIC[subject.metric] in p.metrics and subject.matches(p.trial, over)
            ]
            assert found, f"{claim.id}: nothing measures {subject.metric} of {subject}"
            if claim.check.place:
                shapes = {(p.trial.shape.height, p.trial.shape.width) for p in found}
                assert claim.check.place in shapes, claim.id


def degree(formula, symbol):
    """The largest power of a symbol in a sum of products, as in "N·C·d + N·d²"."""
    powers = {"²": 2, "³": 3}
    terms = re.split(r" \\+ ", formula)
    found = []
    for term in terms:
        factors = re.findall(rf"{symbol}([²³]?)(?=·|$)", term)
        found.append(sum(powers.get(f, 1) for f in factors))
    return max(found)


@pytest.mark.parametrize(
    ("claim", "symbol"),
    [
        ("ema-bases", "K"),
        ("ema-iterations", "T"),
        ("a2-features", "m"),
        ("a2-descriptors", "n"),
        ("ocr-classes", "M"),
        ("enc-codewords", "K"),
        ("ccnet-recurrence", "R"),
        ("gsop-width", "d"),
        ("aspp-width", "K"),
    ],
)
def test_a_claimed_power_is_that_which_the_head_declares(claim, symbol):
    told = PLACED[claim][1].check
    declared = heads.describe(told.head).keywords["complexity"].partition(":")[0].partition(",")[0]

    assert told.within[0] < degree(declared, symbol) < told.within[1]


@pytest.mark.parametrize("head", heads.HEADS)
def test_a_claimed_power_of_pixels_is_that_which_the_head_declares(head):
    told = PLACED[f"{head}-pixels"][1].check
    declared = heads.describe(head).keywords["complexity"]

    square, root = "N²" in declared, "√N" in declared
    expected = {"isa": 2, "ccnet": 1.5}.get(head, 2 if square else 1)
    assert told.within[0] < expected < told.within[1]
    assert root == (head in ("isa", "ccnet"))


@pytest.mark.parametrize("head", heads.HEADS)
def test_every_head_has_its_axes_and_its_formula_in_the_complexity_suite(head):
    for axis in ("pixels", "channels", "formula"):
        assert PLACED[f"{head}-{axis}"][0] == "complexity"
