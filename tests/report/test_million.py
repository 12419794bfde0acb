"""A run that is too large for a page: it is read whole, and its page says what it leaves out."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from million import Sweep, write

from attnbench import stats
from attnbench.report import render
from attnbench.report.evidence import Evidence
from attnbench.report.shown import FIGURES, TABLES, first
from attnbench.store import read_run

WIDE = Sweep(  # 960 settings
    heads=(("self_attention", {}), ("ema", {})),
    sides=(16, 32, 512),
    batches=(1, 2, 3, 4, 5, 6, 7, 8, 12, 16),
    channels=(32, 64, 128, 256, 384, 512),
    dtypes=("float32", "bfloat16", "float16", "tf32"),
    devices=("cpu", "cuda"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(write(tmp_path_factory.mktemp("wide") / "wide", 7000, WIDE))


@pytest.fixture(scope="module")
def page(run):
    return render(run, explorer=False)


def test_a_made_up_run_is_a_run(run):
    assert len(run.records) == 7000
    assert not run.warnings
    assert {r.status for r in run.records} == {"ok", "oom", "timeout", "crashed", "skipped"}
    assert all(r.key == replace(r.trial).key for r in run.records)


def test_a_made_up_run_has_the_wanted_rounds(tmp_path):
    small = Sweep((("gc", {}),), (16, 32), (1,), (64,), ("float32",), ("cpu",))

    run = read_run(write(tmp_path / "small", 4 + 3 * 4, small))  # 4 trials a device, 3 rounds

    rounds = Counter(r.round for r in run.records if r.trial.device == "cpu")
    assert rounds == {0: 4, 1: 4, 2: 4}
    with_memory = [r.round for r in run.records if "memory" in r.readings]
    assert set(with_memory) == {0}


def test_the_page_of_very_many_settings_is_bounded_and_says_so(page):
    assert len(page) < 3_000_000
    sections = page.split("<section ")
    assert max(section.count("<figure") for section in sections) <= FIGURES
    told = re.findall(r"<p class=\"note\">(\d+) (\w+) of (\d+) are shown, those ([^<.]+)", page)
    kinds = {what for _, what, _, _ in told}
    assert {"figures", "columns", "tables"} <= kinds
    for shown, what, of, _ in told:
        assert int(shown) < int(of)
        assert what != "tables" or int(shown) <= TABLES
    assert re.search(r"attnbench export \S+/wide --csv FILE", page)


def test_what_is_shown_is_nearest_to_the_answer(run):
    found = first([6, 3, 9, 4], 2, lambda n: abs(n - 4))
    assert (found.items, found.others) == ([3, 4], 2)

    found = first("abc", 2, lambda _: 0, lambda _: 5)
    assert (found.items, found.others) == (["a"], 2)
    assert first([], 2, abs).told(Evidence(run), "figures") == []
    assert first([1], 2, abs).told(Evidence(run), "figures") == []


def test_values_of_a_large_run_are_means_over_rounds(run):
    evidence = Evidence(run)
    measured = [r for r in run.records if "latency" in r.readings][:50]

    for key in {r.key for r in measured}:
        records = [r for r in run.records if r.key == key and "latency" in r.readings]
        medians = {}
        for record in sorted(records, key=lambda r: r.round):
            low, high = sorted(record.readings["latency"].samples)[4:6]  # of ten
            medians[record.round] = (low + high) / 2
        value = evidence.values[key, "latency"]
        assert value.by_round == medians
        assert repr(value.estimate) == repr(stats.mean([*medians.values()]))


def test_a_run_of_very_many_options_shows_those_of_fewest(tmp_path):
    heads = [
        ("gc", {}),
        ("self_attention", {}),
        *(("enc", {"codewords": n}) for n in range(1, 200)),
    ]
    sweep = Sweep(tuple(heads), (16, 32), (1,), (64,), ("float32",), ("cpu",))

    page = render(read_run(write(tmp_path / "options", 800, sweep)), explorer=False)

    assert "Tables and figures show 100 of 202 heads with their options" in page
    assert len(page) < 3_000_000
