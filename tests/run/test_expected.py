"""How long a run may take: arithmetic on its budget, and what an earlier run took."""

from dataclasses import replace
from pathlib import Path

import pytest

from attnbench.record import Environment, Record
from attnbench.run.expected import (
    COUNT_SECONDS,
    PROBE_SECONDS,
    START_SECONDS,
    Earlier,
    earlier_run,
    expected,
    reckoned,
)
from attnbench.run.session import Work
from attnbench.store import RunInfo, RunWriter
from attnbench.trial import Budget, Shape, Task, Trial

HERE = Environment(
    id="here", attnbench="0", python="", torch="", numpy="", fvcore="", cuda="", driver="", os="",
    cpu="a", cores=2, memory_bytes=0, threads=1,
)  # fmt: skip
BUDGET = Budget(
    rounds=2, min_samples=3, max_seconds=0.5, min_sample_seconds=0.01, warmup_seconds=0.1
)
SHAPE = Shape(2, 16, 6, 5)
TIMED = Task(Trial("ema", SHAPE, device="cpu"), ("latency",), budget=BUDGET)
COUNTED = Task(Trial("ema", SHAPE), ("counted",))
HOW = {"device": "cpu", "threads": 1, "jobs": 1, "probe": False}


@pytest.mark.parametrize(
    ("forward", "metrics", "mode", "seconds"),
    [
        # forward, warm-up less that forward, samples until the budget is spent
        (0.001, ("latency",), "inference", 0.001 + 0.099 + 0.5),
        (1.0, ("latency",), "inference", 1.0 + 0.0 + 3 * 1.0),  # three samples, however long
        (1.0, ("memory", "latency"), "inference", 1.0 + 0.0 + 1.0 + 3 * 1.0),
        (1.0, ("latency",), "training", 1.0 + 3.0 + 3 * 3.0),  # a step is three forward passes
    ],
)
def test_a_trial_takes_its_budget_or_its_steps(forward, metrics, mode, seconds):
    task = replace(TIMED, metrics=metrics, trial=replace(TIMED.trial, mode=mode))

    assert reckoned(task, forward) == pytest.approx(COUNT_SECONDS + seconds)


def test_counts_are_spread_over_jobs_and_each_round_starts_a_process():
    work = Work((), (COUNTED,) * 8, (TIMED, replace(TIMED, round=1)))

    one, four = (expected(work, {}, None, **HOW | {"jobs": n}) for n in (1, 4))

    assert one.seconds - four.seconds == pytest.approx(8 * COUNT_SECONDS * 3 / 4)
    timed = 2 * reckoned(TIMED, 0)
    starts = 4 * START_SECONDS  # to look at the heads, to count, and two rounds
    assert one.seconds == pytest.approx(8 * COUNT_SECONDS + timed + starts)
    assert (one.records, one.from_run, one.run) == (10, 0, "")


def test_the_probe_is_in_it_where_something_is_timed():
    timed, counted = Work((), (), (TIMED,)), Work((), (COUNTED,), ())

    for work, more in ((timed, PROBE_SECONDS), (counted, 0)):
        without, probed = (expected(work, {}, None, **HOW | {"probe": p}) for p in (False, True))
        assert probed.seconds - without.seconds == pytest.approx(more)


def test_more_threads_have_a_higher_rate_and_a_large_head_takes_longer():
    flops = {TIMED.trial.key: 6 * 10**11}
    work = Work((), (), (TIMED,))

    one, two = (expected(work, flops, None, **HOW | {"threads": n}) for n in (1, 2))

    assert two.rate == 2 * one.rate
    # 10 s or 5 s a forward pass, of which there are the first and three samples
    assert one.seconds - two.seconds == pytest.approx(4 * 5.0)


def test_what_will_be_skipped_takes_no_time():
    work = Work((), (), (TIMED,))
    flops = {TIMED.trial.key: 10**15}

    found = expected(work, flops, None, {TIMED.trial.key}, **HOW)

    assert found.seconds == pytest.approx(COUNT_SECONDS + 2 * START_SECONDS)


def test_what_an_earlier_run_took_is_taken_for_it_and_told():
    earlier = Earlier("results/x", {(TIMED.trial.key, True): 40.0})
    other = replace(TIMED, trial=replace(TIMED.trial, head="isa"))
    later = replace(TIMED, round=1)  # of which the first round is the best that is known

    found = expected(Work((), (), (TIMED, later, other)), {}, earlier, **HOW)

    assert (found.from_run, found.records, found.run) == (2, 3, "results/x")
    assert found.seconds == pytest.approx(80 + reckoned(other, 0) + 3 * START_SECONDS)


def test_metrics_of_which_nothing_is_known_are_named():
    trained = replace(TIMED, metrics=("params", "accuracy"))

    alone = expected(Work((), (), (), (trained,)), {}, None, **HOW)
    known = Earlier("x", {(trained.trial.key, True): 1.0})

    assert alone.unknown == ("accuracy",)
    assert expected(Work((), (), (), (trained,)), {}, known, **HOW).unknown == ()


def written(results: Path, name: str, environment: Environment, *records: tuple[Trial, int, float]):
    (results / name).mkdir(parents=True)
    info = RunInfo("tiny", "2026-01-01T00:00:00+00:00", "0", seed=1, device="cpu", threads=1)
    writer = RunWriter.begin(results / name, info, "")
    writer.add_environment(environment)
    for trial, number, seconds in records:
        told = {"environment": environment.id, "seconds": seconds}
        writer.append(Record(trial, trial.key, number, "ok", **told))
    writer.close()


def test_the_newest_run_of_this_machine_with_these_trials_counts(tmp_path):
    trial, work = TIMED.trial, Work((), (), (TIMED,))
    other = replace(trial, head="isa")
    written(tmp_path, "20260101-000000-a", HERE, (trial, 0, 1.0))
    written(tmp_path, "20260102-000000-b", HERE, (trial, 0, 2.0), (trial, 1, 3.0), (trial, 2, 5.0))
    written(tmp_path, "20260103-000000-c", HERE, (other, 0, 7.0))
    written(tmp_path, "20260104-000000-d", replace(HERE, id="x", cpu="b"), (trial, 0, 8.0))
    written(tmp_path, "20260105-000000-e", replace(HERE, id="y", threads=2), (trial, 0, 9.0))

    found = earlier_run(tmp_path, replace(HERE, id="now", torch="newer"), work)

    assert found.run == str(tmp_path / "20260102-000000-b")
    assert found.of(TIMED) == 2.0
    assert found.of(replace(TIMED, round=4)) == 4.0  # the mean of the rounds after the first
    assert earlier_run(tmp_path, replace(HERE, cores=8), work) is None
    assert earlier_run(tmp_path / "none", HERE, work) is None
