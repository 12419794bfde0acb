"""Several runs as one: nothing lost, nothing twice, and nothing paired that was not measured so."""

from pathlib import Path

import pytest

from attnbench.claims import Claim, Ratio
from attnbench.conditions import Conditions
from attnbench.curves import curves
from attnbench.errors import EXIT_NOT_COMPARABLE, StoreError
from attnbench.frame import frame
from attnbench.merge import merge, write
from attnbench.record import Environment
from attnbench.report import render
from attnbench.store import Run, RunInfo, RunWriter, read_run
from attnbench.verdicts import verdicts
from tests.replacing import replace

INFO = RunInfo("suite", "2026-01-01T00:00:00+00:00", "0", seed=1, device="cpu", threads=1)
HERE, THERE = "a" * 12, "b" * 12
FORMATS = sorted(Path(__file__).parent.glob("data/format-*/*"))


def machine(identity):
    facts = dict.fromkeys(
        ("attnbench", "python", "torch", "numpy", "fvcore", "cuda", "driver", "os", "cpu"), "x"
    )
    return Environment(id=identity, cores=2, memory_bytes=1, threads=1, **facts)


@pytest.fixture
def run(record):
    """A function that makes a run: latencies of a head by round, on a machine."""

    def made(name, *values, head="ema", on=HERE, side=16, **info):
        records = [
            replace(
                record(head, side, v, metric="latency", number=n, device="cpu"),
                environment=on,
                started=f"2026-01-01T00:00:{n:02}.{sum(name.encode()) % 1000:03}+00:00",
            )
            for n, v in enumerate(values)
        ]
        told = replace(INFO, **({"seed": sum(name.encode())} | info))
        return Run(Path("results") / name, told, "", tuple(records), {on: machine(on)})

    return made


def merged(*runs):
    return merge(runs, Path("results/all")).run


def test_rounds_of_a_run_stay_together_and_meet_those_of_no_other(run):
    found = merged(run("one", 1.0, 2.0), run("two", 3.0, 4.0, 5.0))

    assert [(r.run, r.round, r.readings["latency"].samples) for r in found.records] == [
        ("one", 0, (1.0,)), ("one", 1, (2.0,)),
        ("two", 2, (3.0,)), ("two", 3, (4.0,)), ("two", 4, (5.0,)),
    ]  # fmt: skip
    assert found.info.merged == ("one", "two")


def test_heads_of_different_runs_are_not_compared_round_by_round(run):
    check = Ratio(metric="latency", head="ema", to="gc", within=(0.0, 9.0))
    claim = Claim("c", "s", "p", check)
    apart = merged(run("one", 1.0, 2.0, head="ema"), run("two", 3.0, 4.0, head="gc"))

    (verdict,) = verdicts([claim], apart.records)

    assert (verdict.word, verdict.found) == ("not measured here", None)
    assert verdict.detail == "needs a round with both ema and gc at 16x16"


def test_heads_are_compared_in_the_rounds_that_have_both(run, record):
    check = Ratio(metric="latency", head="ema", to="gc", within=(0.0, 9.0))
    ema = [record("ema", 16, v, metric="latency", number=n) for n, v in ((0, 8.0), (1, 2.0))]
    gc = [record("gc", 16, v, metric="latency", number=n) for n, v in ((1, 1.0), (2, 4.0))]

    (verdict,) = verdicts([Claim("c", "s", "p", check)], [*ema, *gc])

    assert verdict.found.value == pytest.approx(2.0)  # of round 1: 2 over 1


def test_what_was_measured_on_two_machines_becomes_two_devices(run):
    found = merge([run("one", 1.0), run("two", 9.0, on=THERE)], Path("all"))

    assert [r.trial.device for r in found.run.records] == ["cpu:aaaaaaaa", "cpu:bbbbbbbb"]
    assert all(r.key == r.trial.key for r in found.run.records)
    assert [c.at(0).value for c in curves(found.run.records, "latency")] == [1.0, 9.0]
    assert found.run.environments.keys() == {HERE, THERE}
    assert "measured in 2 environments (aaaaaaaa, bbbbbbbb)" in found.notes[0]


def test_a_run_and_its_copies_are_one_run(run):
    whole = run("one", 1.0, 2.0, 3.0)
    cut = replace(whole, path=Path("copy"), records=whole.records[:2])

    for order in ((whole, cut), (cut, whole)):
        found = merge(order, Path("all"))
        assert [r.round for r in found.run.records] == [0, 1, 2]
        assert "2 copies of one run" in found.notes[0]


def test_of_a_trial_that_a_copy_did_again_the_later_record_counts(run):
    old = run("one", 1.0)
    again = replace(
        old.records[0],
        started="2026-01-02T00:00:00+00:00",
        readings={"latency": replace(old.records[0].readings["latency"], samples=(2.0,))},
    )
    new = replace(old, records=(*old.records, again))

    for order in ((old, new), (new, old)):
        assert frame(merged(*order))["value"].tolist() == [2.0]


def test_two_runs_begun_in_the_same_second_with_the_same_seed_are_two(run):
    one, two = run("one", 1.0, seed=5), run("two", 2.0, seed=5)

    assert len(merged(one, two).records) == 2


def test_runs_of_one_name_from_two_places_are_told_apart(run):
    one, two = run("one", 1.0), replace(run("two", 2.0), path=Path("elsewhere/one"))

    assert merged(one, two).info.merged == ("one", "one-2")


def test_a_run_in_a_folder_of_any_name_is_merged(run, tmp_path):
    one = replace(run("one", 1.0), path=Path("\x1b[2J" + "x" * 240))

    found = merge([one], tmp_path / "all").run
    write(found)

    assert read_run(found.path).info.merged == ("-[2J" + "x" * 146,)


def test_counts_of_one_trial_are_united_in_one_record(run, record):
    counted = record(metric="macs.counted", value=7)
    modelled = record(metric="macs.modelled", value=8)
    one = replace(run("one"), records=(counted, record(side=32)))
    two = replace(run("two"), records=(modelled, record(side=64)))

    found = merged(one, two)

    assert len(found.records) == 3
    assert found.records[0].readings == counted.readings | modelled.readings
    (curve,) = curves(found.records, "macs.counted")
    assert curve.sizes == ((16, 16), (32, 32), (64, 64))


@pytest.mark.parametrize("last", ["ok", "error"])
def test_a_count_that_failed_in_one_run_is_that_of_the_other(run, record, last):
    records = [record(), record(status="error")]
    if last == "ok":
        records.reverse()
    one, two = (replace(run(n), records=(r,)) for n, r in zip("ab", records, strict=True))

    assert [r.status for r in merged(one, two).records] == ["ok"]


def test_conditions_are_united_in_order_of_time(run):
    told = [Conditions(f"2026-01-0{day}T00:00:00+00:00", HERE) for day in (1, 2, 3)]
    one = replace(run("one", 1.0), conditions=(told[2], told[0]))
    two = replace(run("two", 1.0), conditions=(told[0], told[1]))

    assert merged(one, two).conditions == tuple(told)


def test_a_merge_is_not_merged_again_as_a_run_could_count_twice(run):
    with pytest.raises(StoreError, match="merged already; name what it is made of: one, two") as e:
        merged(merged(run("one", 1.0), run("two", 1.0)), run("one", 1.0))

    assert e.value.exit_code == EXIT_NOT_COMPARABLE


def test_other_suites_and_changed_code_are_told(run):
    one = run("one", 1.0)
    two = run("two", 1.0)
    two = replace(two, suite_text="other", records=(replace(two.records[0], source="new"),))

    notes = " ".join(merge([one, two], Path("all")).notes)

    assert "two: its suite is another; question and claims are of one" in notes
    assert "the code of ema changed between the runs" in notes


def test_what_is_written_is_read_back_and_reported(run, tmp_path):
    found = merge([read_run(p) for p in FORMATS], tmp_path / "deep" / "all").run

    write(found)

    again = read_run(found.path)
    assert (again.records, again.info, again.warnings) == (found.records, found.info, ())
    assert again.environments == found.environments
    assert again.conditions == found.conditions
    page = render(again)
    first = next(iter(again.environments))  # that of the run that was named first
    assert f"Measured on cpu:{first[:8]}" in page
    assert f"Machine {len(FORMATS)} of {len(FORMATS)}" in page
    assert [p.name for p in found.path.parent.iterdir()] == ["all"]


def test_a_merge_cannot_be_resumed(run, tmp_path):
    found = merge([run("one", 1.0)], tmp_path / "all").run
    write(found)

    with pytest.raises(StoreError, match="a merge of 1 runs, which cannot be resumed"):
        RunWriter(found.path)


def test_a_folder_that_is_there_is_not_written_into(run, tmp_path):
    (tmp_path / "all").mkdir()

    with pytest.raises(StoreError, match="is there already; merge into a new folder"):
        write(merge([run("one", 1.0)], tmp_path / "all").run)


def test_a_merge_that_cannot_be_written_leaves_nothing(run, tmp_path, monkeypatch):
    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attnbench.plain_files.os.write", full)
    with pytest.raises(StoreError, match="No space left on device"):
        write(merge([run("one", 1.0)], tmp_path / "all").run)

    assert list(tmp_path.iterdir()) == []


def trained(run, name, recipe):
    """A run whose latencies are called accuracies, of a recipe."""
    made = run(name, 0.5)
    (one,) = made.records
    told = replace(
        one.readings["latency"], unit="share", notes=(f"recipe {recipe}: quick; seed 0",)
    )
    return replace(made, records=(replace(one, readings={"accuracy": told}),))


def test_accuracies_of_different_trainings_are_not_merged(run):
    with pytest.raises(StoreError, match="recipe a in .*one, recipe b in .*two") as told:
        merged(trained(run, "one", "a"), trained(run, "two", "b"))

    assert told.value.exit_code == EXIT_NOT_COMPARABLE
    assert len(merged(trained(run, "one", "a"), trained(run, "two", "a")).records) == 2
