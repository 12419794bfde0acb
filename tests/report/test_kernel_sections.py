"""What other kernels change, and what fits a card."""

import pytest
from blocks import evidence, plain, row, tables
from made_up import reading, record, trial

from attnbench.report.answer import sentences
from attnbench.report.document import Figure, Row
from attnbench.report.evidence import Evidence
from attnbench.report.sections import SECTIONS
from attnbench.report.slices import slices


def timed(kernel, side, seconds, number=0):
    at = trial("isa", side, device="cpu", kernel=kernel)
    return record(at, {"latency": reading(seconds, "s", "measured")}, round=number)


def predicted(kernel, side, size):
    at = trial("isa", side, kernel=kernel)
    return record(at, {"memory_predicted": reading(size, "bytes", "predicted")})


def fits(head, sides, mode="inference"):
    names = ("8GB", "16GB", "24GB", "40GB", "80GB", "141GB")
    found = {
        f"frontier.{n}": reading(s, "px", "predicted") for n, s in zip(names, sides, strict=True)
    }
    return record(trial(head, 64, mode=mode), found)


def drawn(blocks):
    rows = [b for b in blocks if isinstance(b, Row)]
    return [f for r in rows for column in r.columns for f in column if isinstance(f, Figure)]


def test_the_ratio_of_two_kernels_is_that_of_paired_rounds():
    # 4 s over 2 s, then 9 s over 3 s: the geometric mean of 2 and 3 is 2.449.
    found = evidence(
        timed("eager", 8, 4.0), timed("fused", 8, 2.0),
        timed("eager", 8, 9.0, 1), timed("fused", 8, 3.0, 1),
    )  # fmt: skip

    (table,) = tables(SECTIONS["fused"].body(found))

    assert row(table, "isa fused")[0][0] == "2.4×"


def test_memory_of_two_kernels_is_compared_at_every_size():
    found = evidence(*(
        predicted(kernel, side, size)
        for kernel, power in (("eager", 4), ("fused", 2))
        for side in (8, 16)
        for size in (side**power,)
    ))  # fmt: skip

    (figure,) = drawn(SECTIONS["fused"].body(found))

    assert row(figure.table, "isa fused") == [("64×",), ("256×",)]
    assert figure.plot.lines[0].values == (64.0, 256.0)


def test_kernels_that_cost_the_same_need_no_section():
    found = evidence(predicted("eager", 8, 100), predicted("fused", 8, 100))

    assert SECTIONS["fused"].body(found) is None


def test_the_largest_side_that_fits_is_marked_best():
    found = evidence(
        fits("ema", (1000, 1200, 1400, 1600, 1800, 2000)), fits("isa", (0, 300, 400, 500, 600, 700))
    )

    (figure,) = drawn(SECTIONS["frontier"].body(found))

    assert row(figure.table, "ema")[0] == ("1\u202f000",)
    assert row(figure.table, "isa")[0] == ("0",)
    best = {r[0].text: [c.is_best for c in r[1:]] for r in figure.table.rows}
    assert best == {"ema": [True] * 6, "isa": [False] * 6}
    assert [len(line.values) for line in figure.plot.lines] == [6, 5]  # nothing of 0 is drawn


@pytest.mark.parametrize("name", ["fused", "frontier", "roofline"])
def test_a_run_without_their_readings_has_no_such_section(name):
    assert SECTIONS[name].body(evidence(timed("eager", 8, 1.0))) is None


def test_every_trial_is_found_by_its_key():
    found = evidence(timed("eager", 8, 1.0), timed("eager", 8, 2.0, 1), timed("fused", 8, 1.0))

    (table,) = tables(SECTIONS["records"].body(found))

    keys = {r[0].text: (r[1].text, r[8].text) for r in table.rows}
    assert keys == {
        "isa": (trial("isa", 8, device="cpu").key, "2"),
        "isa fused": (trial("isa", 8, device="cpu", kernel="fused").key, "1"),
    }


def test_what_failed_comes_with_what_to_do():
    failed = record(trial("isa", 8, device="cpu"), {}, status="oom", message="no memory")

    (table,) = tables(SECTIONS["failures"].body(Evidence(evidence(failed).run)))

    (cell,) = (c.text for c in table.rows[0] if "--retry failed" in c.text)
    assert "fused" in cell


def test_the_answer_says_what_a_card_holds():
    found = evidence(
        fits("ema", (1000, 1200, 1400, 1600, 1800, 2000)), fits("gc", (0, 300, 400, 500, 600, 700))
    )

    lead, *_ = sentences(found, slices(found)[0])

    assert plain(lead) == (
        "By prediction a card of 24 GB holds a forward pass on maps of 400² (gc) to "
        "1\u202f400² (ema)."
    )
