"""What the explorer is given: all of the run, coded, rounded, bounded, and harmless within HTML."""

import json
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from inline_scripts import markup
from made_up import CHANNELS, SIDES, made_up_run, reading, record, trial

from attnbench.record import Reading
from attnbench.report import render
from attnbench.report.evidence import Evidence
from attnbench.report.explorer import FIRST, colour, payload
from attnbench.report.payload import embedded, short
from attnbench.report.scripts import policy, scripts
from tests.report.hostile import ATTACKS, HEAD, hostile_run


def told(*records, **limits):
    """The payload of those records, as a script reads it."""
    run = replace(made_up_run(rounds=1), records=records, warnings=())
    return json.loads(embedded(payload(Evidence(run), **limits)))


def field(found, name):
    """The word of each trial."""
    column = next(f for f in found["fields"] if f["name"] == name)
    return [column["words"][i] for i in column["at"]]


def metric(found, name):
    return next(m for m in found["metrics"] if m["name"] == name)


def counted(head, side, macs, **fields):
    return record(trial(head, side, **fields), {"macs.counted": reading(macs, "MACs", "counted")})


def timed(head, side, seconds, number=0, **fields):
    where = trial(head, side, **({"device": "cpu"} | fields))
    return record(where, {"latency": reading(seconds, "s", "measured")}, round=number)


def test_a_trial_is_a_row_of_coded_words():
    first = counted("ema", 8, 10)
    other = counted("isa", 16, 20, options={"partition": "balanced"}, kernel="fused")

    found = told(first, other)

    assert found["keys"] == [first.key, other.key]
    assert field(found, "head") == ["ema", "isa"]
    assert field(found, "options") == ["", "partition=balanced"]
    assert field(found, "kernel") == ["eager", "fused"]
    assert field(found, "size") == ["8x8", "16x16"]
    assert field(found, "channels") == [str(CHANNELS)] * 2
    assert found["sides"] == [[8, 8], [16, 16]]
    assert found["families"] == ["compact", "factorised"]


def test_a_time_is_a_mean_of_rounds_with_half_its_interval():
    seconds = (1.0, 2.0, 3.0)

    found = metric(told(*(timed("ema", 8, s, n) for n, s in enumerate(seconds))), "latency")

    # mean 2, standard error 1/√3, Student's quantile of two degrees 4.3027
    assert found["values"] == [2]
    assert found["halves"] == [pytest.approx(4.3027 / 3**0.5, rel=5e-3)]
    assert found["rounds"] == [3]
    assert found["origins"] == ["measured"]


def test_a_count_has_no_interval_and_is_of_its_own_trials():
    found = metric(told(timed("ema", 8, 1.0), counted("ema", 16, 10**9)), "macs.counted")

    assert (found["trials"], found["values"], found["halves"]) == ([1], [10**9], [])


@pytest.mark.parametrize(
    ("value", "kept"),
    [(1234567.0, 1234570), (0.000123456789, 0.000123457), (3.0, 3), (2.5e300, 2.5e300)],
)
def test_numbers_have_six_digits(value, kept):
    assert short(value) == kept


def test_what_is_no_number_is_left_out():
    odd = [timed("ema", s, v) for s, v in ((8, float("inf")), (16, float("nan")), (32, 1.0))]

    found = told(*odd)

    assert metric(found, "latency")["values"] == [1]


def test_trials_beyond_the_most_are_counted():
    found = told(*(counted("ema", s, s) for s in SIDES), most_trials=3)

    assert field(found, "size") == ["16x16", "24x24", "32x32"]
    assert found["trials_left_out"] == len(SIDES) - 3


def test_metrics_go_by_use_until_the_page_is_full_and_the_others_are_named():
    names = ("latency", "params", "zeta", "alpha.part", "beta.part")
    both = [
        record(trial("ema", s), {name: reading(1.0, "", "counted") for name in names})
        for s in SIDES
    ]
    sizes = {n: len(json.dumps(metric(told(*both), n), separators=(",", ":"))) for n in names}
    fixed = told(*both)
    start = len(msgspec.json.encode((fixed["keys"], fixed["fields"])))

    found = told(*both, most_bytes=start + sum(sizes[n] for n in names[:3]) + 50)

    assert [m["name"] for m in found["metrics"]] == ["latency", "params", "zeta"]
    assert found["left_out"] == ["alpha.part", "beta.part"]


def test_a_page_that_leaves_metrics_out_says_which(monkeypatch):
    run = made_up_run(rounds=1)
    most = len(embedded(payload(Evidence(run)))) * 3 // 4
    monkeypatch.setattr("attnbench.report.explorer.payload", partial(payload, most_bytes=most))

    page = render(run)

    assert "Left out of the chart to keep the page small: " in page
    assert "roofline." in page.partition("Left out of the chart")[2][:1000]


def test_the_first_view_is_latency_in_inference_at_the_setting_of_the_answer():
    records = [
        timed(head, side, 1.0, mode=mode, dtype=dtype)
        for head in ("self_attention", "ema")
        for side in (8, 16)
        for mode in ("inference", "training")
        for dtype in ("float32", "float16")
    ]

    view = told(*records)["view"]

    assert (view["x"], view["y"]) == ("pixels", "latency")
    assert view["filters"]["mode"] == ["inference"]
    assert len(view["filters"]["dtype"]) == 1
    assert "device" not in view["filters"]


@pytest.mark.parametrize(
    ("metrics", "y"),
    [
        (("memory_predicted", "macs.counted", "params"), "memory_predicted"),
        (("macs.counted", "params"), "macs.counted"),
        (("charge",), "charge"),
    ],
)
def test_without_times_it_is_the_next_best(metrics, y):
    one = record(trial("ema", 8), {m: reading(1.0, "", "counted") for m in metrics})

    assert told(one)["view"]["y"] == y


def test_what_was_trained_at_one_size_is_seen_over_its_macs():
    accuracy = Reading((0.7,), "", "higher", "measured")
    trained = [
        record(trial(h, 8, device="cpu", mode="training"), {"accuracy": accuracy})
        for h in ("ema", "gc")
    ]

    view = told(*trained, counted("ema", 8, 10), counted("gc", 8, 5))["view"]

    assert (view["x"], view["y"]) == ("macs.counted", "accuracy")


def test_costs_of_one_size_are_seen_over_macs():
    records = [counted("ema", 8, 10), timed("ema", 8, 1.0), timed("gc", 8, 2.0)]

    assert told(*records)["view"]["x"] == "macs.counted"
    assert told(*records, timed("gc", 16, 2.0))["view"]["x"] == "pixels"


def test_a_head_has_the_colour_of_the_page():
    evidence = Evidence(made_up_run(rounds=1))
    found = json.loads(embedded(payload(evidence)))
    words = next(f["words"] for f in found["fields"] if f["name"] == "head")

    assert found["colours"] == [colour(word) for word in words]
    looks = zip(found["colours"], found["dashes"], found["markers"], strict=True)
    assert len({(c, tuple(d), m) for c, d, m in looks}) == len(words)


def test_data_cannot_end_its_element_and_says_the_same():
    text = str(embedded(payload(Evidence(hostile_run()))))

    assert not set("<>&\u2028\u2029") & set(text)
    found = json.loads(text)
    words = next(f["words"] for f in found["fields"] if f["name"] == "head")
    assert ATTACKS[0] in "".join(words)
    assert any(w.startswith(HEAD[:50]) for w in words)
    assert "\u202e" not in "".join(words)  # it would turn the reading


@pytest.mark.parametrize("explorer", [True, False])
def test_a_hostile_page_has_no_script_but_its_own(explorer):
    page = render(hostile_run(), explorer=explorer)

    left = markup(page)

    assert "<script" not in left
    assert "<img" not in left


@pytest.mark.parametrize(("explorer", "count"), [(True, 9), (False, 3)])
def test_the_policy_allows_each_script_by_its_hash_and_nothing_else(explorer, count):
    told = policy(scripts(explorer=explorer))

    assert told.count("'sha256-") == count
    for word in ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "img-src data:"):
        assert word in told
    assert "unsafe-eval" not in told
    assert "unsafe-inline" not in told.replace("style-src 'unsafe-inline'", "")


def test_a_page_of_five_hundred_records_is_below_its_limits():
    run = made_up_run()
    run = replace(run, records=run.records[:500])

    assert len(render(run).encode()) < 8_000_000
    assert len(render(run, explorer=False).encode()) < 1_500_000


def test_without_a_reading_there_is_nothing_to_explore():
    page = render(replace(made_up_run(), records=(), environments={}))

    assert 'id="explore"' not in page
    assert len(page.encode()) < 200_000  # nor is Plotly in it


def test_the_most_useful_metrics_are_known():
    assert FIRST[0] == "macs.counted"
    assert "latency" in FIRST
