"""The table of what heads buy, from numbers that can be checked on paper."""

from dataclasses import replace

from made_up import made_up_run, record, trial

from attnbench.record import Reading
from attnbench.report.document import Fold, Text
from attnbench.report.evidence import Evidence
from attnbench.report.quantities import followed
from attnbench.report.sections import SECTIONS
from attnbench.report.tables import Table

NOTE = "recipe 0123: legend_map, 600 steps; seed 0"


def trained(head, number, share, **terms):
    reading = Reading((share,), "share", "higher", "measured", terms, (NOTE,))
    where = trial(head, 16, device="cpu", mode="training")
    return record(where, {"accuracy": reading}, round=number)


def blocks(*records):
    run = replace(made_up_run(rounds=1), records=records, warnings=())
    return SECTIONS["accuracy"].body(Evidence(run))


def cells(table):
    return {row[0].text: [c.text for c in row[1:]] for row in table.rows}


def test_a_difference_is_taken_seed_by_seed():
    found = blocks(
        *(trained("fcn", r, v) for r, v in enumerate((0.30, 0.40, 0.50))),
        *(trained("gc", r, v) for r, v in enumerate((0.50, 0.61, 0.69))),
    )

    (table,) = (b for b in found if isinstance(b, Table))

    # 20, 21 and 19 points: s = 1, t(2) = 4.303, half = 4.303 / 3**0.5 = 2.48
    assert cells(table)["gc"][1:] == ["0.500 to 0.690", "20\u00a0±\u00a02"]
    assert cells(table)["gc"][0].startswith("0.6\u00a0±")
    assert cells(table)["fcn"][1:] == ["0.300 to 0.500", "–"]


def test_it_says_which_training_it_is_of():
    found = blocks(trained("fcn", 0, 0.3))

    notes = [b.parts[0] for b in found if isinstance(b, Text) and b.role == "note"]

    assert notes == ["Training: recipe 0123: legend_map, 600 steps."]


def test_classes_are_means_over_seeds():
    found = blocks(trained("fcn", 0, 0.3, sky=0.2, road=0.4), trained("fcn", 1, 0.5, sky=0.6))

    (fold,) = (b for b in found if isinstance(b, Fold))

    assert cells(fold.blocks[0])["fcn"] == ["0.400", "0.400"]


def test_a_run_without_accuracy_has_no_such_section():
    assert blocks() is None


def test_accuracy_is_not_followed_over_sizes_as_a_cost():
    run = replace(made_up_run(rounds=1), records=(trained("fcn", 0, 0.3),), warnings=())

    assert followed(Evidence(run)) == []
