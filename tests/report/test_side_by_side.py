"""Several runs in one report: who is called what, what stands beside what, and with which ratio."""

from math import exp, log
from pathlib import Path

import pytest
from made_up import made_up_run, reading, record, trial

from attnbench.merge import NotMergeableError
from attnbench.record import Gpu
from attnbench.report.contents import contents
from attnbench.report.csv_tables import fields
from attnbench.report.evidence import Evidence
from attnbench.report.markdown import markdown
from attnbench.report.places import device_names, places, what_is_compared
from attnbench.report.sections import SECTIONS
from attnbench.report.several import several
from attnbench.report.shown import Shown
from attnbench.report.tables import Table
from tests.replacing import replace

MADE_UP = made_up_run(rounds=1)
HERE = MADE_UP.environments["e1"]
XEON, EPYC = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz", "AMD EPYC 7763 64-Core Processor"


def run(name, seconds, *, macs=100, side=32, head="ema", device="cpu", **environment):
    """One count and a round for each of `seconds`, of one head at one size."""
    there = replace(HERE, id=name * 12, **environment)
    timed = trial(head, side, device=device)
    records = [record(trial(head, side), {"macs.counted": reading(macs, "MACs", "counted")})]
    records += [
        record(timed, {"latency": reading(s, "s", "measured")}, round=i)
        for i, s in enumerate(seconds)
    ]
    return replace(
        MADE_UP,
        path=Path("results") / f"run-{name}",
        info=replace(MADE_UP.info, seed=ord(name)),
        records=tuple(replace(r, environment=there.id) for r in records),
        environments={there.id: there},
        conditions=(),
        warnings=(),
    )


def evidence(*runs):
    return Evidence(several(runs))


def section(found):
    return SECTIONS["side_by_side"].body(found)


def tables(found):
    return [b for b in section(found) if isinstance(b, Table)]


def texts(table, title):
    (column,) = [c for c in table.columns if c.title == title and c.unit != "times the first"]
    return [c.text for c in column.cells]


def test_one_run_has_nothing_side_by_side():
    found = Evidence(made_up_run(rounds=1))

    assert section(found) is None
    assert what_is_compared(found) is None
    assert device_names(found) == {}


def test_one_run_that_went_on_at_another_commit_has_nothing_side_by_side():
    one, two = run("a", [1.0], commit="1"), run("b", [2.0], commit="2")
    later = [replace(r, round=r.round + 1) for r in two.records]
    resumed = replace(
        one, records=(*one.records, *later), environments=one.environments | two.environments
    )

    assert section(Evidence(resumed)) is None


def test_runs_of_one_environment_are_one():
    one = run("a", [1.0, 2.0])
    two = replace(run("a", [3.0]), info=replace(one.info, seed=99))

    found = evidence(one, two)

    assert section(found) is None
    (value,) = [v for (_, metric), v in found.values.items() if metric == "latency"]
    assert value.estimate.value == 2.0  # of 1, 2 and 3


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ({"cpu": XEON}, {"cpu": EPYC}, ["Intel Xeon Platinum 8481C", "AMD EPYC 7763"]),
        ({"commit": "a" * 12}, {"commit": "b" * 12}, ["commit aaaaaaaa+", "commit bbbbbbbb+"]),
        ({"torch": "2.12"}, {"torch": "2.13"}, ["torch 2.12", "torch 2.13"]),
        ({"threads": 1}, {"threads": 2}, ["threads 1", "threads 2"]),
        ({}, {"flags": {"x": "y"}}, ["environment aaaaaaaa", "environment bbbbbbbb"]),
    ],
)
def test_an_environment_is_called_by_what_tells_it_apart(one, other, names):
    found = evidence(run("a", [1.0], **one), run("b", [1.0], **other))

    assert [p.name for p in places(found)] == names
    assert [p.device for p in places(found)] == ["cpu:aaaaaaaa", "cpu:bbbbbbbb"]


def test_versions_on_one_of_several_machines_are_called_by_both():
    found = evidence(
        run("a", [1.0], cpu=XEON, commit="1" * 12, dirty=False),
        run("b", [1.0], cpu=XEON, commit="2" * 12, dirty=False),
        run("c", [1.0], cpu=EPYC),
    )

    xeon = "Intel Xeon Platinum 8481C"
    assert [p.name for p in places(found)] == [
        f"{xeon}, commit 11111111", f"{xeon}, commit 22222222", "AMD EPYC 7763",
    ]  # fmt: skip


def test_a_gpu_is_called_by_its_card():
    cards = [{"gpus": (Gpu(name),), "device": "cuda"} for name in ("NVIDIA H200", "NVIDIA A100")]

    found = evidence(run("a", [1.0], **cards[0]), run("b", [1.0], **cards[1]))

    assert [p.name for p in places(found)] == ["H200", "A100"]


def test_the_first_screen_says_which_runs_machines_and_commits_are_compared():
    found = several([run("a", [1.0], cpu=XEON), run("b", [1.0, 2.0], cpu=EPYC, commit="c0ffee")])

    first = contents(found).chapters[0]

    (table,) = [b for b in first.blocks if isinstance(b, Table)]
    assert table.caption == "What is compared"
    told = {f.header: f.values for f in fields(table)}
    assert told["machine"] == (XEON, EPYC)
    assert told["commit"] == ("0123456789ab, with changes", "c0ffee, with changes")
    assert told["runs"] == ("run-a", "run-b")
    assert told["rounds"] == ("1", "2")


def test_times_stand_beside_each_other_with_their_unpaired_ratio():
    # Logarithms 0 and 2 against 1 and 3: their means differ by 1, each with a variance of 2 over 2.
    # Welch: 2² / (1 + 1) = 2 degrees of freedom, t = 4.3027, half = 4.3027 · √2 = 6.0849.
    found = evidence(run("a", [1.0, exp(2)], cpu=XEON), run("b", [exp(1), exp(3)], cpu=EPYC))

    (table,) = tables(found)

    assert [c.title for c in table.columns[1:]] == [
        "Intel Xeon Platinum 8481C", "AMD EPYC 7763", "AMD EPYC 7763",
    ]  # fmt: skip
    (ratio,) = table.columns[-1].cells
    assert table.columns[-1].unit == "times the first"
    assert ratio.sort == pytest.approx(exp(1))
    assert (log(ratio.low), log(ratio.high)) == pytest.approx((1 - 6.0849, 1 + 6.0849), abs=1e-3)
    assert "not paired" in section(found)[0].parts[0]


def test_the_lowest_of_a_row_is_best_and_whom_its_interval_reaches():
    found = evidence(
        run("a", [1.0, 1.01, 0.99], cpu=XEON),
        run("b", [2.0, 2.01, 1.99], cpu=EPYC),
        run("c", [1.0, 1.02, 0.98], cpu="Arm"),
    )

    (table,) = tables(found)

    assert [c.cells[0].is_best for c in table.columns[1:4]] == [True, False, True]
    assert texts(table, "Arm")[0].startswith("1.00")


def test_one_round_a_side_gives_a_ratio_and_no_interval():
    (table,) = tables(evidence(run("a", [2.0], cpu=XEON), run("b", [3.0], cpu=EPYC)))

    (ratio,) = table.columns[-1].cells
    assert (ratio.text, ratio.lines, ratio.low) == ("1.50", (), None)


def test_a_head_that_failed_on_one_machine_says_so():
    here, there = run("a", [1.0], cpu=XEON), run("b", [1.0], cpu=EPYC)
    more = [run("a", [1.0], head="gc", cpu=XEON), run("c", [1.0], head="gc", cpu="Arm")]
    lost = record(trial("gc", 32, device="cpu"), {}, status="oom")
    there = replace(there, records=(*there.records, replace(lost, environment="b" * 12)))
    here = replace(here, records=(*here.records, *more[0].records))

    (table,) = tables(evidence(here, there, more[1]))

    assert texts(table, "AMD EPYC 7763") == ["1.00", "out of memory"]


def test_counts_on_which_the_runs_differ_are_shown_and_the_others_are_not():
    one = run("a", [1.0], cpu=XEON, macs=100)
    two = run("b", [1.0], cpu=EPYC, macs=101)

    *_, table = tables(evidence(one, two))

    assert table.caption == "MACs"
    assert [f.values for f in fields(table)][2:] == [("100",), ("101",)]
    assert len(tables(evidence(one, replace(two, records=two.records[1:])))) == 1


def test_runs_that_measured_nothing_are_compared_by_the_counts_that_differ():
    one, two = run("a", [], macs=100, commit="1"), run("b", [], macs=102, commit="2")

    (table,) = tables(evidence(one, two))

    assert [c.title for c in table.columns[2:]] == ["commit 1+", "commit 2+"]


def test_runs_without_a_size_in_common_say_so():
    found = evidence(run("a", [1.0], cpu=XEON), run("b", [1.0], cpu=EPYC, side=16))

    (told,) = section(found)
    assert "same size" in told.parts[0]


def test_headings_name_the_machine_and_keys_stay(tmp_path):
    found = several([run(n, [1.0], cpu=c) for n, c in (("a", XEON), ("b", EPYC))])

    titles = {t for c in contents(found).chapters for b in c.blocks
              if (t := getattr(b, "title", ""))}  # fmt: skip

    assert any(title.endswith("AMD EPYC 7763") for title in titles)
    assert {r.trial.device for r in found.records} == {"meta", "cpu:aaaaaaaa", "cpu:bbbbbbbb"}


def test_notes_of_the_merge_and_warnings_of_the_runs_are_warnings_of_the_report():
    one = replace(run("a", [1.0], cpu=XEON), warnings=("line 3 is cut",))
    two = replace(run("b", [1.0], cpu=EPYC), suite_text="other = 1")

    found = several([one, two])

    text = markdown(contents(found))
    for warning in (
        "run-a: line 3 is cut",
        "run-b: its suite is another; question and claims are of run-a",
        "measured in 2 environments (aaaaaaaa, bbbbbbbb), which are told apart as devices",
    ):
        assert warning in found.warnings
        assert f"<strong>Warning:</strong> {warning}" in text


def test_the_report_is_named_after_its_runs():
    assert several([run("a", [1.0]), run("b", [1.0])]).name == "run-a+run-b"


def test_the_report_of_many_runs_has_a_name_that_a_file_can_have():
    many = [
        replace(run("a", [1.0]), path=Path(f"results/{'x' * 60}-{i}"), info=replace(
            MADE_UP.info, seed=i)) for i in range(9)
    ]  # fmt: skip

    names = {several(many).name, several([many[0], *many[2:], many[1]]).name}

    assert len(names) == 2
    assert all(len(name) < 200 and "+8-more-" in name for name in names)


def test_runs_of_different_trainings_are_not_reported_together():
    def trained(name, recipe):
        made = run(name, [0.5])
        told = replace(
            made.records[1].readings["latency"], unit="share", notes=(f"recipe {recipe}: quick",)
        )
        return replace(made, records=(replace(made.records[1], readings={"accuracy": told}),))

    with pytest.raises(NotMergeableError, match="different trainings"):
        several([trained("a", "x"), trained("b", "y")])


def test_what_is_left_out_is_had_by_a_command_that_names_the_runs():
    found = evidence(run("a", [1.0], cpu=XEON), run("b", [1.0], cpu=EPYC))

    (told,) = Shown([1], 2).told(found, "tables")

    assert told.parts[2].text == "attnbench export run-a run-b --csv FILE"
