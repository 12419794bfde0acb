import re

import pytest
from made_up import made_up_run, reading, record

from attnbench.report.document import Figure, Fold, Row, Text
from attnbench.report.evidence import Evidence
from attnbench.report.page import render
from attnbench.report.quantities import followed
from attnbench.report.sections.accuracy import accuracy
from attnbench.report.tables import Table
from attnbench.trial import Shape, Trial
from tests.replacing import replace

HEADS = {"fcn": (0.33, 100e6), "se": (0.52, 1e6), "gc": (0.521, 20e6), "non_local": (0.97, 90e6)}
NOTE = "recipe abc: legend_map, 600 steps; seed 0"


def share(value, **more):
    return replace(reading(value, "share", "measured"), better="higher", **more)


@pytest.fixture
def run():
    """Four heads over three seeds, each with its MACs at the size that it was trained at."""
    records = []
    for head, (iou, macs) in HEADS.items():
        trained = Trial(head, Shape(16, 64, 16, 16), device="cpu", mode="training")
        for seed, off in enumerate((-0.01, 0.0, 0.01)):
            found = share(iou + off, terms={"low": iou - 0.1, "high": iou}, notes=(NOTE,))
            readings = {"accuracy": found, "accuracy.pixel": share(iou)}
            records.append(record(trained, readings, round=seed))
        costed = Trial(head, Shape(1, 64, 16, 16))
        records.append(record(costed, {"macs.counted": reading(macs, "MACs", "counted")}))
    return replace(made_up_run(), records=tuple(records))


def blocks(run, kind):
    """Those of a kind, in columns too."""
    found = []
    for block in accuracy(Evidence(run)):
        columns = block.columns if isinstance(block, Row) else ((block,),)
        found += [b for column in columns for b in column if isinstance(b, kind)]
    return found


def test_every_head_has_its_share_in_percent_with_the_interval_over_seeds(run):
    (table,) = blocks(run, Table)
    cells = {row[0].text: [c.text for c in row] for row in table.rows}

    # Student's 95 % for three values 0.01 apart: 4.303 * 0.01 / sqrt(3) = 0.0248.
    assert cells["non_local"][1] == "97.0 ± 2.5"
    assert "23.0 (low) to 33.0 (high)" in cells["fcn"]
    assert cells["se"][-1] == "3"


def test_the_first_sentence_says_from_where_to_where_and_what_is_as_good_as_the_best(run):
    """gc does as well as non_local with one seed, and worse by 20 and 40 points with the others."""
    off = {0: 0.2, 1: 0.0, 2: 0.4}
    records = [
        replace(r, readings=r.readings | {"accuracy": share(0.96 + 0.01 * r.round - off[r.round])})
        if r.trial.head == "gc" and "accuracy" in r.readings
        else r
        for r in run.records
    ]
    page = render(replace(run, records=tuple(records)))

    answer = re.sub("<[^>]*>", "", page).partition("Trained alike")[2].partition("\n")[0]
    assert answer.startswith(", 3 seeds, heads reach a mean IoU from fcn 33.0 ± 2.5 %")
    assert (
        "to non_local 97.0 ± 2.5 %. Seed by seed the best cannot be told apart from gc." in answer
    )


def test_terms_of_what_was_measured_are_means_over_the_seeds(run):
    *_, last = [r for r in run.records if r.trial.head == "fcn" and "accuracy" in r.readings]
    odd = replace(last, readings=last.readings | {"accuracy": share(0.34, terms={"low": 0.53})})
    records = [odd if r is last else r for r in run.records]

    (table,) = blocks(replace(run, records=tuple(records)), Table)

    cells = {row[0].text: [c.text for c in row] for row in table.rows}
    assert "33.0 (low) to 33.0 (low)" in cells["fcn"]  # (0.23 + 0.23 + 0.53) / 3


def test_a_difference_is_taken_seed_by_seed(run):
    """19 points in each seed, whatever the seeds differ by; the last one of it 20.5."""
    *_, last = [r for r in run.records if r.trial.head == "se" and "accuracy" in r.readings]
    better = replace(last, readings=last.readings | {"accuracy": share(0.52 + 0.01 + 0.015)})
    records = [better if r is last else r for r in run.records]

    (table,) = blocks(replace(run, records=tuple(records)), Table)
    cells = {row[0].text: [c.text for c in row] for row in table.rows}

    # 19, 19 and 20.5: mean 19.5, s = 0.866, 4.303 * 0.866 / sqrt(3) = 2.15
    assert cells["se"][2] == "19.5 ± 2.2"
    assert cells["fcn"][2] == "–"


def test_what_was_tried_with_other_options_stands_beside_what_was_trained(run):
    tried = [{"iterations=1": 0.5, "iterations=8": 0.9}, {"iterations=1": 0.3, "iterations=8": 0.7}]
    records = tuple(
        replace(r, readings=r.readings | {"accuracy.with": share(0.3, terms=tried[r.round])})
        if r.trial.head == "se" and "accuracy" in r.readings and r.round < 2
        else r
        for r in run.records
    )

    (fold,) = blocks(replace(run, records=records), Fold)
    (table,) = fold.blocks

    assert [c.title for c in table.columns] == [
        "head",
        "as trained",
        "iterations=1",
        "iterations=8",
    ]
    assert [c.text for c in table.rows[0]] == ["se", "52.0", "40.0", "80.0"]
    assert len(table.rows) == 1


def test_accuracy_is_not_followed_over_sizes_as_a_cost(run):
    assert [q.metric for q in followed(Evidence(run))] == ["macs.counted"]


def test_the_training_is_told(run):
    assert "legend_map, 600 steps" in str(blocks(run, Text)[0].parts)


def test_the_front_is_of_those_that_none_surely_beats(run):
    (figure,) = blocks(run, Figure)

    ahead = {m.label for m in figure.plot.marks if m.is_front}
    assert ahead == {"se", "gc", "non_local"}  # fcn is dearer and worse; gc might be better than se
    assert "se, gc, non_local" in figure.plot.description


def test_a_run_without_training_has_no_such_section():
    assert accuracy(Evidence(made_up_run())) is None


def test_the_page_has_the_figure_as_text_and_picture(run):
    page = render(run)

    assert "What the heads buy" in page
    assert "Mean IoU against MACs of a forward pass" in page


def test_a_learning_curve_is_the_mean_over_the_seeds(run):
    losses = {0: (1.0, 0.5), 1: (3.0, 0.7)}
    records = tuple(
        replace(r, readings=r.readings | {"accuracy.curve": curve(losses[r.round])})
        if "accuracy" in r.readings and r.round in losses
        else r
        for r in run.records
    )

    (figure,) = [
        fold.blocks[0]
        for fold in accuracy(Evidence(replace(run, records=records)))
        if isinstance(fold, Fold)
    ]

    line = figure.plot.lines[0]
    assert line.values == pytest.approx((2.0, 0.6))
    assert line.pixels == (50, 100)
    assert figure.plot.sizes == {50: "50 %", 100: "100 %"}


def curve(samples):
    return replace(reading(1.0, "nats", "measured"), samples=samples)
