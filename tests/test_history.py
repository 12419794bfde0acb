"""Series of runs: their order, their machines, and which of them can show a step."""

from math import isnan

import numpy as np
import pytest

from attnbench.errors import UnknownNameError
from attnbench.history import history, usable
from attnbench.run_folders import runs_in
from attnbench.store import read_run
from tests.run_folders import FIRST, environment, record, write


def read(results):
    return [read_run(path) for path in runs_in(results)]


def noisy(levels, seed=0):
    """Three rounds for each run, 1 % apart."""
    random = np.random.default_rng(seed)
    return [tuple(float(v) for v in level * np.exp(random.normal(0, 0.01, 3))) for level in levels]


def test_points_stand_in_the_order_in_which_runs_were_made(tmp_path):
    for number in (2, 0, 1):
        write(tmp_path, number, record(rounds=(1.0 + number,) * 3), name=f"run{9 - number}")

    (series,) = history(read(tmp_path), "latency")

    assert [p.found.value for p in series.points] == [1, 2, 3]
    assert [p.run for p in series.points] == ["run9", "run8", "run7"]
    assert series.points[0].made == FIRST
    assert [p.code for p in series.points] == ["c0ffee000000", "c0ffee000001", "c0ffee000002"]
    assert series.word == "too few runs"


def test_a_point_is_the_mean_of_the_medians_of_rounds(tmp_path):
    write(tmp_path, 0, record(rounds=((1.0, 2.0, 9.0), (4.0,), (6.0,))))

    (point,) = history(read(tmp_path), "latency")[0].points

    assert point.found.value == 4.0  # of 2, 4, 6
    # Student's t for two degrees of freedom, 4.303, times 2 / sqrt 3
    assert point.found.high == pytest.approx(4 + 4.303 * 2 / 3**0.5, rel=1e-3)


def test_a_count_is_exact_and_any_change_of_it_a_step(tmp_path):
    for number, macs in enumerate((100, 100, 101)):
        write(tmp_path, number, record(rounds=(macs,), metric="macs.counted"))

    (series,) = history(read(tmp_path), "macs.counted")

    assert (series.word, [s.at for s in series.steps]) == ("step", [2])
    assert series.points[0].found.exact
    assert series.is_worse(series.steps[0])


def test_a_planted_step_has_its_run_and_its_commit(tmp_path):
    for number, rounds in enumerate(noisy([1.0] * 10 + [1.2] * 8)):
        write(tmp_path, number, record(rounds=rounds))

    (series,) = history(read(tmp_path), "latency")

    (step,) = series.steps
    assert series.points[step.at].code == "c0ffee000010"
    assert step.ratio.low < 1.2 < step.ratio.high
    assert series.is_worse(step)


def test_a_change_within_the_margin_is_no_step(tmp_path):
    for number in range(20):
        value = (1.0 if number < 10 else 1.01) + number / 1e6
        write(tmp_path, number, record(rounds=(value,) * 3))

    runs = read(tmp_path)
    assert [s.word for s in history(runs, "latency")] == ["none"]
    assert [s.word for s in history(runs, "latency", margin=0.005)] == ["step"]


def test_machines_are_kept_apart_and_commits_are_not(tmp_path):
    for number in range(4):
        cpu = ("one", "other")[number % 2]
        write(tmp_path, number, record(rounds=(1.0 + number,) * 3),
              here=environment(number, cpu=cpu))  # fmt: skip

    found = history(read(tmp_path), "latency")

    assert [[p.found.value for p in s.points] for s in found] == [[1, 3], [2, 4]]
    devices = {s.trial.device for s in found}
    assert len(devices) == 2
    assert all(d.startswith("cpu:") for d in devices)


def test_counts_of_two_machines_are_one_series(tmp_path):
    for number in range(2):
        write(tmp_path, number, record(rounds=(5,), metric="macs.counted"),
              here=environment(number, cpu=f"cpu {number}"))  # fmt: skip

    (series,) = history(read(tmp_path), "macs.counted")

    assert len(series.points) == 2


def test_trials_are_series_of_their_own_and_a_head_can_be_chosen(tmp_path):
    every = [*record("ema"), *record("ema", side=32), *record("isa")]
    write(tmp_path, 0, every)

    runs = read(tmp_path)
    assert len(history(runs, "latency")) == 3
    assert {s.trial.head for s in history(runs, "latency", heads=["isa"])} == {"isa"}


@pytest.mark.parametrize(
    ("metric", "heads", "message"),
    [
        ("latncy", (), "these runs: unknown metric 'latncy'; did you mean 'latency'?"),
        ("latency", ("emma",), "unknown head 'emma'; did you mean 'ema'?"),
        ("latency", ("ema", "isa"), "unknown head 'isa'"),
    ],
)
def test_a_name_that_no_run_has_is_an_error(tmp_path, metric, heads, message):
    write(tmp_path, 0, record())

    with pytest.raises(UnknownNameError) as told:
        history(read(tmp_path), metric, heads)

    assert message in str(told.value)


def test_values_that_are_not_above_zero_have_no_ratio(tmp_path):
    for number in range(10):
        write(tmp_path, number, record(rounds=(float(number),) * 3, metric="error", unit="eps"))

    assert [s.word for s in history(read(tmp_path), "error")] == ["no ratio"]


def test_of_many_quiet_series_few_show_a_step(tmp_path):
    heads = [f"head{i}" for i in range(30)]
    rounds = {head: noisy([1.0] * 10, seed=i) for i, head in enumerate(heads)}
    for number in range(10):
        write(tmp_path, number, [r for h in heads for r in record(h, rounds[h][number])])

    found = history(read(tmp_path), "latency", margin=0.0)

    # One by one 5 % of them would; together, none is expected to in 95 % of such histories.
    assert len(found) == 30
    assert sum(s.word == "step" for s in found) <= 1


def test_a_merge_a_copy_and_a_run_without_a_time_are_told_and_left_out(tmp_path):
    write(tmp_path, 0, record(), name="a")
    write(tmp_path, 0, record(), name="copy")
    write(tmp_path, 1, record(), name="merge", merged=("a", "b"))
    write(tmp_path, 2, record(), name="timeless", created="yesterday")

    kept, notes = usable(read(tmp_path))

    assert [run.name for run in kept] == ["a"]
    assert len(notes) == 3
    assert "copy: a copy of" in notes[0]
    assert "name what it is of: a, b" in notes[1]
    assert "timeless: its run.json does not say when" in notes[2]


def test_a_step_from_zero_has_no_ratio(tmp_path):
    for number, count in enumerate((0, 7)):
        write(tmp_path, number, record(rounds=(count,), metric="macs.fvcore"))

    (step,) = history(read(tmp_path), "macs.fvcore")[0].steps

    assert isnan(step.ratio.value)


def test_the_code_is_the_version_where_there_is_no_commit(tmp_path):
    write(tmp_path, 0, record(), here=environment(commit=""))
    write(tmp_path, 1, record(), here=environment(1, commit="c0ffee", dirty=True))

    (series,) = history(read(tmp_path), "latency")

    assert [p.code for p in series.points] == ["attnbench 0.1.0", "c0ffee+"]
