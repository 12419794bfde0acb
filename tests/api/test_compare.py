"""Two runs held against each other: the verdicts of made-up records, whose truth is known."""

import json
from itertools import count
from math import comb, nan

import pytest
from click.testing import CliRunner

import attnbench
from attnbench.cli import attnbench as group
from attnbench.errors import AttnbenchError, StoreError, UnknownNameError
from attnbench.gate import rule
from attnbench.gate.errors import NotComparableError
from attnbench.gate.outputs import write as write_outputs
from attnbench.gate.result import Gate, Side, Timing
from attnbench.stats import Estimate
from tests.api.runs import records, run
from tests.replacing import replace
from tests.run_folders import environment, trial

QUIET = (1.000, 1.004, 0.998, 1.002, 0.996, 1.001, 1.003, 0.999)


def scaled(values, factor):
    return tuple(v * factor for v in values)


@pytest.fixture
def two(tmp_path):
    """Runs of these records, before and after, on one machine."""

    days = count()

    def made(before, after, here=None):
        return run(tmp_path, next(days), before), run(tmp_path, next(days), after, here=here)

    return made


def only(comparison):
    (change,) = comparison
    return change


def test_a_head_that_takes_twice_as_long_is_worse_with_the_ratio_and_the_margin(two):
    change = only(attnbench.compare(*two(records(QUIET), records(scaled(QUIET, 2)))))

    assert (change.verdict, change.metric, change.trial.head) == ("worse", "latency", "ema")
    assert change.ratio.value == pytest.approx(2)
    assert change.ratio.low < 2 < change.ratio.high
    assert (change.before.value, change.after.value) == pytest.approx((1.0005, 2.001))
    # the margin of the suite, and the spread of processes on top: the runs are not paired
    assert 0.02 < change.margin < 0.03
    assert "latency 1.00 s -> 2.00 s (+9" in change.message


@pytest.mark.parametrize(
    ("factor", "verdict"), [(0.5, "better"), (1.0, "same"), (1.02, "unclear"), (1.1, "worse")]
)
def test_same_is_earned_within_the_margin_and_worse_beyond_it(two, factor, verdict):
    found = attnbench.compare(*two(records(QUIET), records(scaled(QUIET, factor))))

    assert only(found).verdict == found.verdict == verdict
    assert found.tally == f"1 {verdict}"


def test_a_margin_that_is_given_is_the_one_that_is_used(two):
    found = attnbench.compare(*two(records(QUIET), records(scaled(QUIET, 1.1))), margin=0.2)

    assert only(found).verdict == "same"
    assert only(found).margin == pytest.approx(0.2, abs=0.01)
    assert found.margin == 0.2


def test_where_higher_is_better_a_fall_is_worse(two):
    share = {"metric": "accuracy", "unit": "share", "better": "higher"}
    fell = attnbench.compare(
        *two(records(scaled(QUIET, 0.8), **share), records(scaled(QUIET, 0.4), **share))
    )

    assert only(fell).verdict == "worse"
    assert only(fell).ratio.value == pytest.approx(0.5)
    assert only(fell).ratio.low < 0.5 < only(fell).ratio.high


def test_many_readings_are_one_family(two):
    """A p that is enough for one time is not for forty: Holm asks a fortieth of the level."""
    some = QUIET[:5]  # at best 1 / (10 choose 5) = 0.004
    alone = attnbench.compare(*two(records(some), records(scaled(some, 2))))
    sides = [
        [r for n in range(40) for r in records(scaled(some, f if n == 0 else 1), side=8 + n)]
        for f in (1, 2)
    ]
    crowded = attnbench.compare(*two(*sides))

    assert only(alone).verdict == "worse"
    assert {c.trial.shape.height: c.verdict for c in crowded}[8] == "unclear"
    assert any("rounds a side are needed" in note for note in crowded.notes)


def test_the_rounds_that_are_needed_are_those_whose_shuffles_can_tell():
    for cells in (1, 40, 200):
        n = rule.needed_processes(cells, 0.01)
        assert 1 / comb(2 * n, n) <= 0.01 / cells < 1 / comb(2 * n - 2, n - 1)
    assert rule.needed_processes(201, 0.01) is None  # p is never below 1 / 20,000


def test_one_process_a_side_shows_no_noise_and_so_nothing_but_equality(two):
    bytes_ = {"metric": "memory", "unit": "bytes"}
    before = [*records((512,), **bytes_), *records((512,), **bytes_, side=32)]
    after = [*records((512,), **bytes_), *records((640,), **bytes_, side=32)]
    found = {c.trial.shape.height: c for c in attnbench.compare(*two(before, after))}

    assert found[64].verdict == "same"
    assert found[32].verdict == "unclear"
    assert "one process a side" in found[32].message


def test_any_change_of_a_count_is_one_and_its_ratio_is_exact(two):
    macs = {"metric": "macs.counted", "unit": "MACs", "origin": "counted", "device": "meta"}
    before = [r for s, v in ((8, 100), (16, 200), (32, 300)) for r in records((v,), side=s, **macs)]
    after = [r for s, v in ((8, 100), (16, 201), (32, 150)) for r in records((v,), side=s, **macs)]
    found = {c.trial.shape.height: c for c in attnbench.compare(*two(before, after))}

    assert {s: c.verdict for s, c in found.items()} == {8: "same", 16: "worse", 32: "better"}
    assert found[16].ratio == Estimate(1.005, 1.005, 1.005)
    assert (found[16].before.value, found[16].after.value) == (200, 201)


def test_what_is_in_one_run_alone_is_new_or_gone_and_what_ends_badly_broke(two):
    failed = replace(
        records(QUIET[:1], head="isa")[0], status="oom", readings={}, message="no room"
    )
    before = [*records(QUIET), *records(QUIET, head="gc"), *records(QUIET, head="isa")]
    after = [*records(QUIET), *records(QUIET, head="fcn"), failed]
    found = attnbench.compare(*two(before, after))

    told = {c.trial.head: c.verdict for c in found}
    assert told == {"isa": "broke", "gc": "gone", "fcn": "new", "ema": "same"}
    assert [c.verdict for c in found] == ["broke", "gone", "new", "same"]
    assert found.verdict == "worse"
    assert "oom: no room" in found.of("broke")[0].message
    assert "before has no record" in found.of("new")[0].message


def test_a_reading_that_one_side_has_not_is_told(two):
    energy = {r.round: r.readings for r in records(QUIET, metric="energy", unit="J")}
    more = [replace(r, readings=r.readings | energy[r.round]) for r in records(QUIET)]
    found = attnbench.compare(*two(records(QUIET), more))

    assert {c.metric: c.verdict for c in found} == {"latency": "same", "energy": "new"}
    assert found.of("new")[0].before is None


def test_heads_and_readings_may_be_chosen_and_must_be_there(two):
    before = [*records(QUIET), *records(QUIET, head="gc")]
    runs = two(before, before)

    assert {c.trial.head for c in attnbench.compare(*runs, heads=["gc"])} == {"gc"}
    with pytest.raises(UnknownNameError, match="unknown head 'gcc'; did you mean 'gc'"):
        attnbench.compare(*runs, heads=["gcc"])
    with pytest.raises(UnknownNameError, match="unknown reading 'latancy'; did you mean 'latency'"):
        attnbench.compare(*runs, metrics=["latancy"])


def test_runs_of_other_places_are_refused_or_the_differences_listed(two):
    runs = two(records(QUIET), records(QUIET), here=environment(1, cpu="Another"))

    with pytest.raises(NotComparableError, match="cpu A processor -> Another"):
        attnbench.compare(*runs)
    assert any("cpu A processor" in n for n in attnbench.compare(*runs, allow_mismatch=True).notes)


def test_counts_of_another_machine_may_be_compared(two):
    macs = {"metric": "macs.counted", "unit": "MACs", "origin": "counted", "device": "meta"}
    runs = two(records((5,), **macs), records((5,), **macs), here=environment(1, cpu="Another"))

    assert attnbench.compare(*runs).verdict == "same"


def test_runs_without_a_common_trial_and_folders_that_are_none_are_one_line(two, tmp_path):
    with pytest.raises(NotComparableError, match="have no trial in common"):
        attnbench.compare(*two(records(QUIET), records(QUIET, side=8)))
    with pytest.raises(StoreError, match="no such run folder"):
        attnbench.compare(tmp_path / "none", tmp_path / "nor", results=tmp_path)
    with pytest.raises(AttnbenchError, match="margin = 2"):
        attnbench.compare(*[run(tmp_path, 5, records(QUIET))] * 2, margin=2)


def test_that_runs_were_not_side_by_side_is_said_and_sides_of_a_gate_have_its_answer(two, tmp_path):
    assert (
        "not taken side by side" in attnbench.compare(*two(records(QUIET), records(QUIET))).notes[0]
    )
    folder = tmp_path / "20260901-120000-gate"
    sides = [run(folder, 0, records(QUIET), name=side) for side in ("base", "head")]
    times = (Estimate(1, 1, 1), Estimate(1.5, 1, 2), Estimate(1.5, 1.4, 1.6))
    timing = Timing(trial(), *times, p=0.001, pairs=12, margin=0.03, answer="worse", confirmed=True)
    gate = Gate("gate", Side("base"), Side("head"), timed=(timing,), pairs=12, detectable=nan)
    write_outputs(gate, {"json": folder / "gate.json"})

    found = attnbench.compare(*sides)

    assert (only(found).verdict, only(found).ratio.value, only(found).margin) == (
        "worse",
        1.5,
        0.03,
    )
    assert "took its times in pairs" in found.notes[0]


def test_a_comparison_is_a_table_and_a_page(two):
    found = attnbench.compare(*two(records(QUIET), records(scaled(QUIET, 2))))
    rows = found.frame()

    assert rows.verdict.tolist() == ["worse"]
    assert rows.ratio[0] == pytest.approx(2)
    for shown in (found._repr_html_(), str(found)):
        assert "worse" in shown
        assert "latency 1.00 s -" in shown
    assert "&gt; 2.00 s" in found._repr_html_()
    assert repr(found).endswith("1 worse>")


def test_messages_of_a_folder_cannot_hurt(two):
    evil = "<script>alert(1)</script>\x1b[2J"
    failed = replace(records(QUIET[:1])[0], status="error", readings={}, message=evil)
    found = attnbench.compare(*two(records(QUIET), [failed]))

    assert "<script>" not in found._repr_html_()
    assert "\x1b" not in found._repr_html_() + str(found)


def command(*words):
    return CliRunner().invoke(group, ["compare", *map(str, words)])


@pytest.mark.parametrize(("factor", "code"), [(0.5, 0), (1, 0), (1.02, 3), (2, 1)])
def test_the_command_ends_with_the_answer(two, factor, code):
    before, after = two(records(QUIET), records(scaled(QUIET, factor)))

    done = command(before.path, after.path)

    assert done.exit_code == code
    assert done.stdout.splitlines()[-1] == attnbench.compare(before, after).tally
    assert "note: the runs were not taken side by side" in done.stderr


def test_the_command_prints_a_line_a_change_and_json_for_a_program(two):
    before, after = two(records(QUIET), records(scaled(QUIET, 2)))

    line = command(before.path, after.path).stdout.splitlines()[0]
    assert line.startswith("worse    ema 1x512x64x64 cpu  latency 1.00 s -> 2.00 s (+9")
    told = json.loads(command(before.path, after.path, "--json").stdout)
    assert told["verdict"] == "worse"
    assert told["counts"] == {"worse": 1}
    assert told["changes"][0]["ratio"]["value"] == pytest.approx(2)
    assert told["changes"][0]["trial"]["head"] == "ema"


def test_json_of_what_is_not_known_is_null_and_runs_of_other_places_are_code_4(two):
    before, after = two(records(QUIET), records(QUIET[:2]), here=environment(1, cpu="Another"))

    done = command(before.path, after.path, "--json", "--allow-mismatch")
    assert json.loads(done.stdout)["changes"][0]["after"]["low"] is None
    refused = command(before.path, after.path)
    assert isinstance(refused.exception, NotComparableError)
    assert refused.exception.exit_code == 4


def test_of_one_verdict_what_changed_most_for_the_worse_comes_first(two):
    factors = {8: 1.5, 16: 3, 32: 2}
    after = [r for side, f in factors.items() for r in records(scaled(QUIET, f), side=side)]
    before = [r for side in factors for r in records(QUIET, side=side)]

    found = attnbench.compare(*two(before, after))

    assert [c.trial.shape.height for c in found.of("worse")] == [16, 32, 8]
