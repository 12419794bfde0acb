"""docs/speed.md: its marks are those of their source, and it is what its stored run says."""

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from attnbench.conditions import Conditions
from attnbench.errors import AttnbenchError, StoreError
from attnbench.heads import HEADS, kernels
from attnbench.host.finding import note, stop
from attnbench.record import Reading, Record
from attnbench.store import read_run
from attnbench.suite_file import read_suite, suite_path
from benchmarks.official import official
from benchmarks.speed import main, markdown
from benchmarks.speed_times import times_of
from tests.replacing import replace as replacing
from tests.run_folders import trial, write

ROOT = Path(__file__).parents[1]
STORED, PAGE = ROOT / "results" / "reference" / "speed-cpu", ROOT / "docs" / "speed.md"
SOURCE = ROOT.parent / "shared" / "HEADS.md"
TOLD = official()
MARKS = {(m.label, m.side): m for m in TOLD.marks}
MODULES = [m for m in TOLD.module if m.params]


def test_the_page_is_what_the_stored_run_and_the_marks_say():
    assert PAGE.read_text(encoding="utf-8") == markdown(read_run(STORED), TOLD), (
        "python -m benchmarks.speed results/reference/speed-cpu docs/speed.md"
    )


def test_every_head_stands_beside_a_module_or_says_why_not():
    beside = {m.head for m in TOLD.module if m.head}

    assert beside | set(TOLD.without) == set(HEADS)
    assert not beside & set(TOLD.without)


def test_the_suite_times_every_mark_in_every_kernel_that_the_head_has():
    suite, _ = read_suite(suite_path("speed"))
    planned = {
        (p.trial.label, p.trial.shape.height)
        for p in suite.plan("cpu")
        if p.trial.mode == "inference" and p.trial.shape.channels == 512 and not p.skipped
    }

    wanted = {
        (m.label if kernel == "eager" else f"{m.label} {kernel}", m.side)
        for m in TOLD.marks
        for kernel in kernels(m.module.head)
    }
    assert wanted == planned


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_our_head_has_the_parameters_of_the_module(module):
    with torch.device("meta"):
        ours = HEADS[module.head](512, **module.options)

    counted = sum(p.numel() for p in ours.parameters())
    assert counted == module.params + module.extra_params


@pytest.mark.parametrize(
    ("label", "side", "ms"),
    [
        ("ema", 64, 75.5),
        ("isa", 96, 731.6),
        ("dnl gamma=False output=conv_bn", 64, 323.9),
        ("psa compact=True grid=48", 95, 158.1),
        ("enc", 96, 1314.2),
        ("ccnet", 64, 129.9),  # the published code: 130.7 is of mmcv
        ("ccnet", 96, 347.9),  # of mmcv: 434.0 is of the published code
    ],
)
def test_the_mark_is_the_fastest_run_of_who_gives_the_function(label, side, ms):
    assert MARKS[label, side].seconds == ms / 1000


def test_there_is_a_mark_for_every_function_and_size():
    # 33 rows of the source; two have no head of ours, and two are of criss-cross attention
    assert len(MARKS) == 2 * (33 - 2 - 1)


@pytest.mark.skipif(not SOURCE.is_file(), reason=f"no {SOURCE.name} beside the checkout")
def test_the_times_are_those_of_their_source():
    section = SOURCE.read_text(encoding="utf-8").partition("## Latency")[2].partition("\n## ")[0]
    cell = r" ([\d.]+) \(([\d.]+)\) \|"
    rows = [[*map(float, r)] for r in re.findall(rf"^\|[^|]+\|{cell}{cell}$", section, re.M)]

    ours = [t for m in TOLD.module for t in m.times]
    assert [n for t in ours for n in (t.median_ms, t.min_ms)] == [n for r in rows for n in r]


def test_who_is_slower_because_of_bytes_is_bound_by_bytes():
    timed = times_of(read_run(STORED), TOLD.marks)

    explained = {(r.label, side) for r in TOLD.slower if r.maps for side in r.sides}
    assert explained <= MARKS.keys()
    assert {timed.bound(MARKS[at]) for at in explained} == {"bytes"}


MADE_UP = """
machine = "a machine"
how = "somehow"
[[module]]
name = "Slow"
code = "a/b @ c"
head = "ema"
times = [{ side = 64, min_ms = 80.0, median_ms = 90.0 }]
[[module]]
name = "Quick"
code = "d/e @ f"
head = "ema"
times = [{ side = 64, min_ms = 50.0, median_ms = 60.0 }]
[[module]]
name = "Other"
code = "g/h @ i"
apart = "it does something else"
times = [{ side = 64, min_ms = 1.0, median_ms = 1.0 }]
[without]
fcn = "nothing was published"
"""
UNITS = {
    "latency": "s",
    "roofline.product_ceiling": "FLOPs/s",
    "roofline.flop_ceiling": "FLOPs/s",
    "roofline.byte_ceiling": "bytes/s",
}


def records(rounds, floor=0.020, **fields):
    """Of `ema`: the latencies of each round, beside a floor, which is higher in other rounds."""
    told, made = trial("ema", **fields), []
    for number, samples in enumerate(rounds):
        found = {
            "latency": samples,
            "roofline": (3.0,),
            "roofline.floor": (1.25 * floor if number else floor,),
            "roofline.product_ceiling": (4e10,),
            "roofline.flop_ceiling": (8e10 if number else 1e11,),
            "roofline.byte_ceiling": (2e10,),
        }
        readings = {
            name: Reading(
                values, UNITS.get(name, ""), "lower", "measured", notes=("bound by bytes",)
            )
            for name, values in found.items()
        }
        made.append(Record(told, told.key, number, "ok", readings=readings))
    return made


@pytest.fixture
def told(tmp_path):
    path = tmp_path / "times.toml"
    path.write_text(MADE_UP, encoding="utf-8")
    return official(path)


def page(tmp_path, told, *made):
    return markdown(read_run(write(tmp_path / "results", 0, chain(*made))), told)


def cells(page, section):
    """Of the first row of a section's table."""
    table = page.partition(f"## {section}\n")[2].partition("\n## ")[0]
    first = [line for line in table.splitlines() if line.startswith("|")][2]
    return [cell.strip().replace("\u00a0", " ") for cell in first.strip("|").split("|")]


def test_a_head_beside_its_mark_and_its_floor(tmp_path, told):
    eager = records([(0.070, 0.060, 0.080), (0.090,)])
    compiled = records([(0.035, 0.036, 0.030), (0.045,)], kernel="compiled")

    made = page(tmp_path, told, eager, compiled)

    # rounds of 70 and 90 ms: mean 80, Student's half-width 12.706 · 14.142 / √2 = 127
    times = ["60.0 (80 ± 127)", "–", "30.0 (40 ± 64)"]
    ratios = ["0.60× (compiled)", "0.50× (0.50× to 0.50×)"]
    row = cells(made, "Forward pass against the mark")
    assert row == ["`ema`", "64²", "Quick", "50.0", *times, *ratios]
    row = cells(made, "Forward pass against the floor")
    assert row == ["`ema`", "64²", "20.0", "bytes", "3.00×", "–", "1.50×", "2.50×"]
    assert "1 of 1 are not" in made
    assert "took 1.20× the mark" in " ".join(made.split())
    assert "how much slower this machine was" in " ".join(made.split())
    told = " ".join(made.split())
    assert "products reached 40.0 GFLOP/s at best" in told
    assert "a large convolution 100 GFLOP/s" in told  # of the better round


def test_a_head_above_its_mark_is_named_with_the_reason_that_is_known(tmp_path, told):
    above = records([(0.0501,), (0.060,)])

    assert "- `ema` at 64²: 50.1 ms eager, mark 50.0 ms; no reason is shown yet." in page(
        tmp_path / "a", told, above
    )
    within = records([(0.05004,), (0.060,)])  # by the digits of the mark it is 50.0
    made = page(tmp_path / "b", told, within)
    assert "1 of 1 are not" in made
    assert cells(made, "Forward pass against the mark")[-2:] == ["1.00× (eager)", "–"]


def test_a_head_above_its_mark_may_be_faster_than_the_published_steps_in_the_same_run(
    tmp_path, told
):
    steps, slow = records([(0.060,), (0.070,)]), records([(0.0501,)] * 2, kernel="fused")
    even = records([(0.050,), (0.060,)])

    made = page(tmp_path / "a", told, steps, slow)

    assert "fused, mark 50.0 ms; the published steps took 60.0 ms in the same run." in made
    assert "machine was slower" in made
    assert "machine was slower" not in page(tmp_path / "b", told, even)
    assert "machine was slower" not in page(tmp_path / "c", told, records([(0.060,)] * 2))


def test_a_reason_tells_what_passing_over_the_map_takes(tmp_path):
    path = tmp_path / "times.toml"
    why = 'head = "ema"\nsides = [64]\nreason = "it is read twice and written"\nmaps = 3\n'
    path.write_text(f"{MADE_UP}[[slower]]\n{why}", encoding="utf-8")

    made = page(tmp_path / "a", official(path), records([(0.0501,), (0.060,)]))

    # 3 maps of 512 x 64 x 64 numbers of 4 bytes at 20 GB/s
    told = "it is read twice and written, which takes 1.26 ms at the rate of a large copy, "
    assert told in made


def test_training_has_the_ratio_of_paired_rounds(tmp_path, told):
    eager = records([(0.100,), (0.200,)])
    steps = records([(0.300,), (0.400,)], mode="training")
    compiled = records([(0.150,), (0.200,)], mode="training", kernel="compiled")

    row = cells(page(tmp_path, told, eager, steps, compiled), "Forward and backward")

    # Student's half-widths of two rounds that lie d apart: 12.706 · d / 2
    assert row == [
        "`ema`",
        "64²",
        "300 (350 ± 635)",
        "150 (175 ± 318); 0.50× (0.50× to 0.50×)",
    ]


def test_training_stands_beside_the_floor_of_both_passes(tmp_path, told):
    eager = records([(0.100,), (0.200,)])
    steps = records([(0.300,), (0.400,)], mode="training", floor=0.060)
    fused = records([(0.150,), (0.200,)], mode="training", kernel="fused", floor=0.080)

    made = page(tmp_path, told, eager, steps, fused)

    row = cells(made, "Forward and backward against the floor")
    assert row == ["`ema`", "64²", "60.0", "bytes", "5.00×", "2.50×", "–"]


def test_a_machine_that_was_not_quiet_is_named(tmp_path, told):
    run = read_run(write(tmp_path, 0, records([(0.1,), (0.1,)])))
    findings = (stop("of 2 cores, 0 are idle", "why", "wait"), note("it is virtual", "why", "know"))
    busy = replace(run, conditions=(Conditions("2026-09-01T12:00:00", "environment0", findings),))

    assert "**That machine was not quiet**: of 2 cores, 0 are idle.\n" in markdown(busy, told)
    assert "not quiet" not in markdown(run, told)


def test_a_run_without_a_head_or_its_floor_is_refused(tmp_path, told):
    other, known, trained = (
        records([(0.1,)], **fields) for fields in ({"side": 32}, {}, {"mode": "training"})
    )
    for i, made in enumerate((other, without_floor(known), known + without_floor(trained))):
        with pytest.raises(StoreError, match="no time and roofline of ema at 64²; make a run with"):
            page(tmp_path / str(i), told, made)


def without_floor(made):
    return [replacing(r, readings={"latency": r.readings["latency"]}) for r in made]


@pytest.mark.parametrize(
    ("was", "wrong", "says"),
    [
        ('head = "ema"', "", "module Slow: name a head, or say in `apart`"),
        ('head = "ema"', 'head = "emma"', "unknown head 'emma'; did you mean 'ema'"),
        ('head = "ema"', 'head = "ema"\noptions = { basses = 2 }', "basses"),
        ("[without]", "[within]", "within"),
        ('fcn = "', 'fcnn = "', "fcnn"),
    ],
)
def test_a_mistake_in_the_times_is_one_line(tmp_path, was, wrong, says):
    path = tmp_path / "times.toml"
    path.write_text(MADE_UP.replace(was, wrong, 1), encoding="utf-8")

    with pytest.raises(AttnbenchError) as error:
        official(path)

    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_the_command_says_what_is_wrong_in_one_line(tmp_path):
    done = CliRunner().invoke(main, [str(tmp_path / "none"), str(tmp_path / "page.md")])

    assert done.exit_code == 1
    assert "no such run folder" in done.output
    assert not (tmp_path / "page.md").exists()
