"""The word of a verdict, from two numbers."""

import pytest

from attnbench.papers.agreement import last_digit, verdict
from attnbench.papers.figures import Figure, Ours, Papers

NONE = Papers([])


def judged(printed, ours, *, by="flops", papers=NONE, **fields):
    how = {k: fields.pop(k) for k in ("binary", "given", "of") if k in fields}
    recipe = Ours(by=by, **how)
    figure = Figure(
        id="a.b", head="ema", quantity="gflops", printed=printed, unit="G", ours=recipe,
        **{"agrees": "exact"} | fields,
    )  # fmt: skip
    return verdict(figure, ours, papers)


@pytest.mark.parametrize(
    ("printed", "ours", "agrees", "word"),
    [
        ("100.0", 100.4, "exact", "agrees"),  # 0.4 %
        ("100.0", 100.6, "exact", "differs"),  # 0.6 %
        ("100.0", 103.9, "approx", "agrees"),  # 3.9 %
        ("100.0", 104.1, "approx", "differs"),  # 4.1 %
        ("5", 5.4, "exact", "agrees"),  # 5.4 rounds to 5
        ("5", 5.6, "exact", "differs"),  # and 5.6 to 6
        ("5", 5.6, "approx", "agrees"),  # which is one unit of the last digit away
        ("0.6", 0.53, "approx", "agrees"),
        ("0.60", 0.53, "approx", "differs"),
    ],
)
def test_how_well_two_numbers_must_agree(printed, ours, agrees, word):
    assert judged(printed, ours, agrees=agrees).word == word


def test_a_number_with_more_digits_is_held_to_more():
    assert [last_digit(p) for p in ("76", "8.3", "24.37", "1/3")] == [1, 0.1, 0.01, 0]


def test_a_rule_of_the_paper_alone_is_another_convention():
    found = judged("10.0", 10.0, by="macs")

    assert found.word == "agrees by another convention"
    assert found.differs_by == ("factor two: its FLOPs are MACs",)


def test_another_unit_and_what_is_left_out_are_told():
    found = judged("10.0", 10.0, binary=True, differs_by="the 3x3 is left out")

    assert found.differs_by == ("its G are 2^30", "the 3x3 is left out")


def test_maps_that_were_chosen_only_fit():
    assert judged("10.0", 10.0, by="live maps").word == "fits"


def test_what_is_given_does_not_hide_the_increment():
    base = Figure(id="a.base", head="ema", quantity="gflops", printed="44.4", unit="G")
    papers = Papers([])
    papers.figures["a.base"] = base
    how = {"given": "a.base", "of": "block", "papers": papers}

    # 0.5 % of 44.5 would be 0.22, twice the increment of 0.1
    assert judged("44.5", 44.59, **how).word == "agrees"
    assert judged("44.5", 44.61, **how).word == "differs"


def test_a_lower_bound_and_a_tolerance_of_its_own():
    assert judged("2000", 2500.0, at_least=True).word == "agrees"
    assert judged("2000", 1999.0, at_least=True).word == "differs"
    assert judged("1/3", 0.32, within=0.05, agrees="approx").word == "agrees"
    assert judged("1/3", 0.31, within=0.05, agrees="approx").word == "differs"


def test_a_figure_with_a_reason_is_not_reproducible_while_it_is_off():
    told = {"agrees": "no", "reason": "contradicts its row"}

    assert judged("10.6", 23.9, **told).word == "not reproducible"
    assert judged("10.6", 10.6, **told).word == "agrees"


def test_what_was_not_recounted_differs():
    assert judged("10.6", None).word == "differs"
