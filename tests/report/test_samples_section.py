"""Samples in the order in which they were taken: which trial, which rounds, what is left out."""

from dataclasses import replace

import pytest
from made_up import made_up_run, record, trial

from attnbench.record import Reading
from attnbench.report.document import Text
from attnbench.report.evidence import Evidence
from attnbench.report.samples_figure import Samples, samples
from attnbench.report.sections.samples import MOST_IN_ALL, MOST_SAMPLES, MOST_TRIALS, Picker
from attnbench.report.sections.samples import samples as section
from attnbench.report.svg import inline


def taken(head, side, values, number=0, **fields):
    where = trial(head, side, **({"device": "cpu"} | fields))
    found = Reading(tuple(values), "s", "lower", "measured")
    return record(where, {"latency": found}, round=number)


def blocks(*records):
    return section(Evidence(replace(made_up_run(rounds=1), records=records, warnings=())))


def picker(*records):
    return next(b for b in blocks(*records) if isinstance(b, Picker))


def test_the_dense_head_at_the_size_of_the_answer_is_shown_first():
    found = picker(
        taken("ema", 16, [1.0]),
        taken("self_attention", 8, [2.0]),
        taken("self_attention", 16, [3.0]),
    )

    assert found.figure.plot.rounds == ((3.0,),)
    names = [o.name.split(",")[0] for o in found.choices.options]
    assert names == ["self_attention", "ema", "self_attention"]


def test_rounds_follow_one_another_by_their_number():
    found = picker(taken("ema", 8, [3.0, 4.0], 1), taken("ema", 8, [1.0, 2.0], 0))

    assert found.figure.plot.rounds == ((1.0, 2.0), (3.0, 4.0))


def test_the_table_has_quartiles_of_each_round():
    found = picker(taken("ema", 8, [1.0, 2.0, 3.0, 4.0, 9.0]))

    values = {c.title: c.cells[0].sort for c in found.figure.table.columns[1:]}
    rows = [c.sort for c in found.figure.table.rows[0][1:]]
    assert rows == [1, 2, 3, 4, 9, 5]  # least, quartile, median, quartile, most, how many
    assert values["median"] == 3


def test_of_many_samples_every_so_many_is_drawn_and_all_are_in_the_table():
    found = picker(taken("ema", 8, range(1, 2 * MOST_SAMPLES + 2)))

    (option,) = found.choices.options
    assert option.each == 3
    assert option.rounds[0][:3] == (1, 4, 7)
    assert found.figure.plot.rounds[0][:3] == (1, 4, 7)
    assert found.figure.plot.title.endswith("one of every 3")
    assert found.figure.table.rows[0][-1].text == str(2 * MOST_SAMPLES + 1)


def test_what_the_page_has_no_room_for_is_counted():
    many = [taken("ema", 8 + i, [1.0]) for i in range(MOST_TRIALS + 5)]

    told = [b for b in blocks(*many) if isinstance(b, Text)][-1]

    assert told.parts[0].startswith(f"5 of {MOST_TRIALS + 5} trials are left out")


def test_samples_in_all_are_bounded():
    most = MOST_IN_ALL // MOST_SAMPLES
    many = [taken("ema", 8 + i, [1.0] * MOST_SAMPLES) for i in range(most + 3)]

    assert len(picker(*many).choices.options) == most


def test_a_run_without_times_has_no_samples():
    assert blocks() is None


@pytest.mark.parametrize(
    "rounds",
    [
        ((1.0,),),
        ((1.0, 1.0, 1.0),),
        ((1.0, 1.1), (1.2,), (1.0, 1.3, 1.2)),
        ((1e-6, 2e-6, 5e-3),),
        ((0.0, 1.0),),
    ],
)
def test_any_samples_can_be_drawn(rounds):
    plot = Samples("samples", "title", "told", "s", 0, rounds)

    svg = inline(samples(plot), "plot", "title", "told")

    assert "sample, a round after another" in svg
    assert "how many" in svg
    assert "nan" not in svg
