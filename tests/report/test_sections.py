"""What sections find, from numbers that can be checked on paper."""

import pytest
from blocks import evidence, plain, row, tables
from made_up import made_up_run, reading, record, trial

from attnbench.record import Reading
from attnbench.report.answer import factor, sentences
from attnbench.report.document import Fold, Text
from attnbench.report.evidence import Evidence
from attnbench.report.sections import SECTIONS
from attnbench.report.slices import reference, slices
from attnbench.report.tables import Table, names, quantities
from attnbench.stats import Estimate, exactly

SIDES = (4, 8, 16, 32)


def counted(head, side, macs, **fields):
    return record(trial(head, side), {"macs.counted": reading(macs, "MACs", "counted", **fields)})


def timed(head, side, seconds, number=0):
    where = trial(head, side, device="cpu")
    return record(where, {"latency": reading(seconds, "s", "measured")}, round=number)


def test_a_head_of_64_n_overtakes_one_of_n_squared_at_a_side_of_8():
    found = evidence(
        *(counted("self_attention", s, s**4) for s in SIDES),
        *(counted("ema", s, 64 * s * s) for s in SIDES),
    )

    table = next(tables(SECTIONS["crossings"].body(found)))

    assert row(table, "ema") == [("8²", "16× less at 32²")]  # 32⁴ / (64 · 32²) = 16


def test_a_head_that_is_always_cheaper_and_one_that_never_is():
    found = evidence(
        *(counted("self_attention", s, s**4) for s in SIDES),
        *(counted("ema", s, s**4 // 2) for s in SIDES),
        *(counted("gc", s, 3 * s**4) for s in SIDES),
    )

    table = next(tables(SECTIONS["crossings"].body(found)))

    assert row(table, "ema") == [("at most 4²", "2.0× less at 32²")]
    assert row(table, "gc") == [("not up to 32²", "3.0× more at 32²")]


def test_the_last_doubling_of_n_squared_plus_n_is_below_two():
    found = evidence(*(counted("non_local", s, s**4 + s * s) for s in SIDES))

    local, fitted = tables(SECTIONS["exponents"].body(found))

    # log(32⁴ + 32²) - log(16⁴ + 16²) over log 4 is 1.998
    assert row(local, "non_local") == [("O(N²·C)",), ("2.00",)]
    assert fitted.columns[1].unit == "4² to 32²"


def test_formula_and_count_that_differ_are_named():
    other = {"macs.modelled": reading(99, "MACs", "modelled")}
    ours = {"macs.counted": reading(100, "MACs", "counted")}
    found = evidence(record(trial("ema", 16), ours | other))

    told = [b for b in SECTIONS["flops"].body(found) if not isinstance(b, Table | Fold)]

    assert any("differ in 1 of 1 cases: ema at 16² (MACS)" in plain(t) for t in told)


@pytest.mark.parametrize(
    ("fvcore", "notes", "cell"),
    [
        (100, (), ("equal",)),
        (90, ("it does not see -10",), ("−10", "it does not see −10")),
        (90, (), ("−10 MACs, and no reason known",)),
    ],
)
def test_what_fvcore_counts_otherwise_is_named_or_held_against_us(fvcore, notes, cell):
    ours = {"macs.counted": reading(100, "MACs", "counted")}
    theirs = {"macs.fvcore": reading(fvcore, "MACs", "counted", notes=notes)}
    found = evidence(record(trial("ema", 16), ours | theirs))

    table = next(tables(SECTIONS["flops"].body(found)))

    assert row(table, "ema")[-1] == cell


def test_failures_are_counted_by_reason():
    failed = [
        record(trial("ema", s, device="cpu"), {}, status="oom", message="too large")
        for s in (64, 32)
    ]
    late = record(trial("gc", 32, device="cpu"), {}, status="timeout", message="")

    table = next(tables(SECTIONS["failures"].body(evidence(*failed, late))))

    assert [[c.text for c in r[:5]] for r in table.rows] == [
        ["oom", "too large", "2", "ema", "32², 64²"],
        ["timeout", "no reason on record", "1", "gc", "32²"],
    ]


def test_a_failure_stands_in_the_table_of_its_size():
    gone = record(trial("gc", 16, device="cpu"), {}, status="oom", message="too large")
    found = evidence(timed("ema", 16, 1.0), gone)

    table = next(tables(SECTIONS["sizes"].body(found)))

    assert row(table, "gc") == [("out of memory",)]


def test_the_answer_compares_with_the_dense_head():
    seconds = {"self_attention": (10.0, 11.0), "ema": (1.0, 1.1)}
    found = evidence(
        *(timed(head, 16, s, i) for head, both in seconds.items() for i, s in enumerate(both))
    )

    told = [plain(t) for t in sentences(found, reference(slices(found), ["self_attention"]))]

    assert "ema 10× less time" in told[0]


def test_the_answer_is_at_the_largest_map_on_which_a_dense_head_was_timed():
    at_8 = [timed(head, 8, 1.0) for head in ("self_attention", "ema")]
    at_16 = [timed(head, 16, 1.0) for head in ("gc", "ema")]
    found = evidence(*at_8, *at_16)

    assert reference(slices(found), ["self_attention"]).side == "8²"
    assert reference(slices(found), []).side == "16²"


def test_the_answer_is_at_a_map_on_which_most_heads_were_timed():
    at_8 = [timed(head, 8, 1.0) for head in ("self_attention", "ema", "gc")]
    at_16 = [timed(head, 16, 1.0) for head in ("self_attention", "ema")]

    assert reference(slices(evidence(*at_8, *at_16)), ["self_attention"]).side == "8²"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (exactly(0.1), "10× less time"),
        (exactly(3), "3.0× more time"),
        (exactly(1.01), "about the same time"),
        (Estimate(0.8, 0.5, 1.3), "about the same time"),
    ],
)
def test_a_comparison_says_no_more_than_its_interval(ratio, text):
    assert factor(ratio, "time") == text


def test_best_is_all_that_the_interval_of_the_lowest_reaches():
    values = [Estimate(1.0, 0.9, 1.1), Estimate(1.2, 1.05, 1.35), Estimate(2.0, 1.9, 2.1), None]

    column = quantities("latency", values, "s", mark_best=True)

    assert [c.is_best for c in column.cells] == [True, True, False, False]
    assert column.unit == "s"


def test_a_head_has_one_look_and_another_kernel_is_hollow():
    trials = [trial("ema", 8), trial("isa", 8), trial("isa", 8, kernel="fused")]

    ema, isa, fused = names(trials).cells

    assert isa.look == fused.look != ema.look
    assert [c.is_hollow for c in (ema, isa, fused)] == [False, False, True]


@pytest.mark.parametrize("name", list(SECTIONS))
def test_a_section_has_a_title_and_a_place_of_its_own(name):
    entry = SECTIONS[name]

    assert entry.title
    assert [s.order for s in SECTIONS.values()].count(entry.order) == 1


def samples(head, seconds, number, **more):
    """A record of one round with all of these samples."""
    notes = ("budget spent", *more.pop("notes", ()))
    found = Reading(tuple(seconds), "s", "lower", "measured", notes=notes)
    others = {f"latency.{name}": reading(value, "s", "measured") for name, value in more.items()}
    return record(trial(head, 32, device="cpu"), {"latency": found} | others, round=number)


def test_times_tell_what_varied_within_a_process_and_between_processes():
    # Quartiles 0.9 and 1.1 of a median of 1: 20 %. Medians 1.0 and 1.2: 0.1414 over 1.1 is 13 %.
    first, second = (0.8, 0.9, 1.0, 1.1, 1.2), (1.2,) * 5
    found = evidence(samples("ema", first, 0), samples("ema", second, 1))

    table = next(tables(SECTIONS["timing"].body(found)))

    cells = dict(zip([c.title for c in table.columns[1:]], row(table, "ema"), strict=True))
    assert cells["lowest sample"] == ("0.800",)
    assert cells["within"] == ("10 %",)  # the median of 20 % and 0 %
    assert cells["between"] == ("13 %",)
    assert cells["99 in 100 below"] == ("–",)  # 299 samples are needed
    assert cells["samples"] == ("5 in each of 2 rounds",)
    assert cells["stopped by"] == ("budget spent",)


def test_what_is_paid_once_is_apart():
    found = evidence(samples("ema", [1.0], 0, first=9.0), samples("ema", [1.0], 1, first=9.0))

    table = next(tables(SECTIONS["timing"].body(found)))

    assert table.columns[-1].title == "first call"
    assert row(table, "ema")[-1] == ("9.00",)


def test_a_high_quantile_needs_three_hundred_samples():
    found = evidence(samples("ema", [i / 1000 for i in range(1, 301)], 0))

    table = next(tables(SECTIONS["timing"].body(found)))

    assert "≤ 300" in [cell for (cell,) in row(table, "ema")]  # ms: of 300 the largest alone


def test_a_head_whose_host_is_slower_than_its_device_is_launch_bound():
    found = evidence(
        samples("ema", [1.0], 0, device=0.001, cold=0.002, host=0.003),
        samples("gc", [1.0], 0, device=0.003, cold=0.004, host=0.001),
    )

    *_, regimes = tables(SECTIONS["timing"].body(found))

    assert row(regimes, "ema")[-1] == ("yes",)
    assert row(regimes, "gc")[-1] == ("no",)


def test_what_disturbed_the_samples_is_counted():
    slow = "slowed down in 3 of 4 samples by power cap (x3): too many to leave out, kept"
    found = evidence(*(samples("ema", [1.0], n, notes=(slow,)) for n in range(2)))

    *_, lines = SECTIONS["timing"].body(found)

    assert [plain(item) for item in lines.items] == [
        "the device was slowed down, and too often to leave those samples out: in 2 readings"
    ]


def test_the_roofline_says_what_bounds_a_head():
    table = next(tables(SECTIONS["roofline"].body(Evidence(made_up_run()))))

    # Nine C² MACs a pixel for 2·4·C bytes: 2·9·512/8 FLOPs a byte.
    assert row(table, "fcn")[2] == ("1\u202f150",)
    assert row(table, "fcn")[-1] == ("multiply-adds",)


def test_the_roofline_of_training_has_a_table_of_its_own():
    readings = {
        "roofline": reading(3.0, "", "measured", notes=("bound by bytes",)),
        "roofline.flop_ceiling": reading(1e11, "FLOPs/s", "measured"),
    }
    where = trial("ema", 64, device="cpu", mode="training")

    (table,) = tables(SECTIONS["roofline"].body(evidence(record(where, readings))))

    assert table.caption == "Forward and backward at 64², float32"
    assert row(table, "ema") == [("3.00",), ("100",), ("bytes",)]


@pytest.mark.parametrize(("products", "is_told"), [(4e10, True), (9e10, False), (1e11, False)])
def test_the_roofline_tells_where_matrix_products_are_far_below_a_convolution(products, is_told):
    rates = {"flop_rate": 3e10, "flop_ceiling": 1e11, "product_ceiling": products}
    readings = {"roofline": reading(3.0, "", "measured", notes=("bound by multiply-adds",))}
    readings |= {f"roofline.{of}": reading(r, "FLOPs/s", "measured") for of, r in rates.items()}
    found = evidence(*(record(trial(h, 64, device="cpu"), readings) for h in ("ema", "gc")))

    blocks = SECTIONS["roofline"].body(found)
    told = " ".join(plain(b) for b in blocks if isinstance(b, Text))

    assert ("products reach 40.0 GFLOP/s and a convolution 100 GFLOP/s" in told) is is_told


def test_what_was_wrong_with_the_machine_stands_beside_it():
    *_, conditions = [
        b for b in SECTIONS["machine"].body(Evidence(made_up_run())) if hasattr(b, "items")
    ][:1]

    told = [plain(item) for item in conditions.items]
    assert told[0].startswith("stop: of 2 cores, 0.5 are idle: others take turns")
    assert "noisy: the same 1.00 s of work vary by 10.0 % from process to process" in told[1]


def test_a_crossing_pairs_rounds_by_number_not_by_place():
    # Round 0 is slow for both and ema lacks it: by place its round 1 would meet that of the other.
    def cost(head, side, number):
        return (10 if number == 0 else 1) * (side**2 if head == "ema" else side**2 * 2)

    found = evidence(
        *(
            timed("self_attention", s, cost("self_attention", s, n), n)
            for s in SIDES
            for n in (0, 1)
        ),
        *(timed("ema", s, cost("ema", s, 1), 1) for s in SIDES),
    )

    table = next(tables(SECTIONS["crossings"].body(found)))

    assert row(table, "ema") == [("at most 4²", "2.0× less at 32²")]
