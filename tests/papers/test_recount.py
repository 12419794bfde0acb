"""Every figure that arithmetic can check, recounted; and each counting rule by hand."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from attnbench.cli import _papers, attnbench
from attnbench.measure._recount import Recount, recount
from attnbench.measure._structure import Structures
from attnbench.measure._tally import tally
from attnbench.papers.agreement import STORED, Numbers, as_stored, verdict, verdicts
from attnbench.papers.page import markdown
from attnbench.papers.reading import papers, read_papers
from attnbench.papers.rules import OURS, RULES

PAGE = Path(__file__).parents[2] / "docs" / "papers.md"
CHECKED = {i: f for i, f in papers().figures.items() if f.agrees}
AGREES = ("agrees", "agrees by another convention", "fits")


@pytest.fixture(scope="module")
def numbers():
    return recount(papers())


@pytest.fixture(scope="module")
def found(numbers):
    return verdicts(papers(), numbers)


def paper_of(figure):
    return next(p.name for p in papers() if any(f.id == figure.id for f in p.figures))


@pytest.fixture(scope="module")
def counting():
    return Recount(papers())


def otherwise_counted(figure):
    """How its recipe would be changed to our own convention, where it has another."""
    if figure.agrees == "no" or figure.ours.by == "live maps":
        return []
    rule = RULES[figure.ours.by].differs if figure.ours.by else ""
    work = [{"by": OURS, "binary": False}] if rule.startswith("factor two") else []
    return [*work, *([{"binary": False}] if figure.ours.binary else [])]


@pytest.mark.parametrize("name", [i for i, f in CHECKED.items() if f.agrees != "no"])
def test_the_printed_figure_is_what_we_count(name, found):
    one = found[name]

    assert one.word in AGREES, f"printed {one.figure.printed} {one.figure.unit}, ours {one.ours}"


@pytest.mark.parametrize("name", [i for i, f in CHECKED.items() if f.agrees == "no"])
def test_what_arithmetic_does_not_give_is_still_off_and_says_why(name, found):
    assert found[name].word == "not reproducible"
    assert found[name].figure.reason


@pytest.mark.parametrize("name", [i for i, f in CHECKED.items() if otherwise_counted(f)])
def test_a_convention_is_told_only_where_the_number_needs_it(name, counting):
    """By our own FLOPs, or in decimal units, it would be another number than is printed."""
    figure, ours = CHECKED[name], CHECKED[name].ours

    for plain in otherwise_counted(figure):
        again = msgspec.structs.replace(ours, **plain)
        number = counting.value(again, figure.unit, paper_of(figure))
        assert verdict(figure, number, papers()).word == "differs"


def test_what_is_kept_and_the_page_are_of_this_code(numbers):
    again = "attnbench claims --write docs/papers.md"

    assert STORED.read_text(encoding="utf-8") == as_stored(numbers), again
    assert PAGE.read_text(encoding="utf-8") == markdown(papers(), numbers), again


@pytest.mark.parametrize("name", ["isa.fig4.sa", "isa.fig4.isa"])
def test_the_curves_of_isa(name, numbers):
    series = next(s for p in papers() for s in p.series if s.id == name)

    for printed, ours in zip(series.y, numbers.series[name], strict=True):
        assert abs(ours - printed) <= max(0.01 * printed, 0.03)  # it was read to 0.03 G


class Tiny(nn.Module):
    """A convolution 3 -> 5 of 3x3 with bias, norm, two ReLUs by one module, a pool, a product."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5)
        self.relu, self.pool = nn.ReLU(), nn.MaxPool2d(2)

    def forward(self, x):
        y = self.pool(self.relu(self.relu(self.norm(self.conv(x))))).flatten(2)  # 1, 5, 6
        return y @ y.transpose(1, 2)  # 1, 5, 5


@pytest.fixture
def tiny():
    with torch.device("meta"):
        return tally(Tiny().eval(), torch.empty(1, 3, 4, 6))


def test_a_tally_by_hand(tiny):
    # 24 pixels, 5 channels out: 120 elements; of the pool 5·2·3 = 30; the product has 5·5·6 MACs
    assert tiny == {
        "convolution": 24 * 3 * 5 * 9,
        "contraction": 150,
        "bias": 120,
        "norm": 120,
        "relu": 120,  # of the last call
        "pool": 120,
        "outputs": 120 + 120 + 120 + 30,  # of the ReLU once
        "params": 3 * 5 * 9 + 5 + 10,
        # norm 2 an element, ReLU 1 each time, the pool 4 an element written
        "flops": 2 * (3240 + 150) + 240 + 240 + 120,
    }


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        (OURS, 7380),
        ("flops", 6780),
        ("macs", 3390),
        ("multiply-adds", 3390),
        ("flops with bias", 7020),
        ("products once", 6630),
        ("products left out", 3240),
        ("torchstat", 3390 + 120 + 240 + 120 + 120),
        ("old thop", 3390 + 120 + 480 + 120),
        ("params", 150),
        ("outputs", 1560),
        ("elements", 0),
        ("live maps", 600),
        ("bytes", 0),
        ("peak", 0),
    ],
)
def test_each_rule_by_hand(rule, number, tiny):
    assert RULES[rule].value(tiny) == number


def test_there_is_no_other_rule():
    mark = next(m for m in test_each_rule_by_hand.pytestmark if m.name == "parametrize")

    assert {rule for rule, _ in mark.args[1]} == set(RULES)


STRUCTURES = """
title = "Structures"
[structure.conv]
at = [4, 5]
pieces = [{ is = "conv", inputs = 2, outputs = 3 }]
[structure.twice]
at = [4, 5]
pieces = [
  { is = "structure", name = "conv" },
  { is = "structure", name = "conv", at = [8, 5] },
  { is = "conv", inputs = 2, outputs = 1, times = -1, why = "left out" },
  { is = "formula", text = "N·K²", symbols = { K = 3 }, counts = "contraction", why = "a product" },
]
[structure.chain]
at = [4, 5]
pieces = [{ is = "conv", inputs = 2, outputs = 3 }, { is = "conv", inputs = 3, outputs = 7 }]
[structure.image]
at = [32, 32]
pieces = [{ is = "backbone", depth = 18 }]
[structure.video]
at = [32, 32]
pieces = [{ is = "backbone", depth = 18, frames = [3, 1, 1, 1, 1] }]
[[table]]
name   = "Table 1"
source = "on paper"
[[table.figure]]
id = "s.base"
head = "conv"
quantity = "params"
printed = "1.5"
unit = "M"
agrees = "exact"
ours = { of = "conv", by = "params", given = "s.base" }
"""


@pytest.fixture
def made_up():
    return read_papers({"s": STRUCTURES})


def test_a_structure_is_the_sum_of_its_pieces(made_up):
    counted = Structures(made_up).tally("s.twice")

    assert counted["convolution"] == 20 * 6 + 40 * 6 - 20 * 2
    assert counted["contraction"] == 20 * 9
    assert counted["params"] == 6 + 6 - 2
    assert counted["flops"] == 2 * (320 + 180)


def test_on_another_map(made_up):
    assert Structures(made_up).tally("s.conv", (8, 8))["convolution"] == 64 * 6


def test_the_peak_is_weights_and_what_is_alive_without_the_input(made_up):
    # weights 6 + 21; while the second runs, its 7 channels and the 3 that it reads, at 20 pixels
    assert Structures(made_up).peak("s.chain") == 4 * (27 + 20 * (3 + 7))


def test_frames_weigh_a_stage_and_not_its_weights(made_up):
    counting = Structures(made_up)
    image, video = counting.tally("s.image"), counting.tally("s.video")

    stem = 16 * 16 * 3 * 64 * 49  # two frames more of it
    assert video["convolution"] == image["convolution"] + 2 * stem
    assert video["params"] == image["params"]


def test_ratio_saving_and_given(made_up):
    counting, figure = Recount(made_up), made_up.figures["s.base"]
    recipe = msgspec.structs.replace(figure.ours, given="", over="chain", by="macs")

    assert counting.value(recipe, "ratio", "s") == 120 / (120 + 420)
    saving = msgspec.structs.replace(recipe, saving=True)
    assert counting.value(saving, "ratio", "s") == 1 - 120 / 540
    assert counting.value(figure.ours, "M", "s") == 1.5 + 6e-6
    binary = msgspec.structs.replace(figure.ours, given="", binary=True)
    assert counting.value(binary, "M", "s") == 6 / 2**20


def command(*words):
    return CliRunner().invoke(attnbench, ["claims", *words], catch_exceptions=False)


def test_the_command_prints_both_numbers_with_what_they_count():
    output = command("--papers", "--paper", "fanet").output

    row = next(line for line in output.splitlines() if "t1.sa.c512.gflops" in line)
    assert "602 G" in row
    assert "macs" in row
    assert "602.37 G" in row  # 32768²·(32 + 512) + 32768·(64·512 + 2·512²) = 602.369 G
    # self-attention at C = 64, 128, 512, and fast attention at 32, 256, 512, 1024 round to it
    told = "agrees by another convention 12; 7 agree to the last printed digit"
    assert output.splitlines()[-1] == f"12 printed figures: {told}"


def test_the_command_prints_the_curves_with_what_they_count():
    lines = command("--papers", "--paper", "isa").output.splitlines()

    titles = next(i for i, line in enumerate(lines) if "Figure 4, sa: gflops (flops)" in line)
    # 2·(50²·2²⁰ + 50⁴·512) = 11.643 GFLOPs on a map of side 50
    assert lines[titles + 6].split() == ["50", "11.64", "11.643", "0.0", "%"]


def test_a_program_gets_every_figure():
    told = json.loads(command("--papers", "--json").stdout)

    assert len(told) == 628
    assert all(f["counts"] for f in told)


def test_the_command_says_no_when_arithmetic_no_longer_gives_a_figure(monkeypatch, numbers):
    wrong = replace(numbers, figures=numbers.figures | {"fanet.t1.sa.c512.gflops": 1204.7})
    monkeypatch.setattr(_papers, "recounted", lambda _: wrong)

    done = command("--papers", "--paper", "fanet")

    assert done.exit_code == 1
    assert "differs 1" in done.output


def test_the_guide_has_the_numbers_of_this_code(found):
    words = " ".join((PAGE.parent / "guide.md").read_text(encoding="utf-8").split())
    readme = (PAGE.parent.parent / "README.md").read_text(encoding="utf-8")
    counted = Counter(v.word for v in found.values())

    assert f"{len(CHECKED)} of {len(found)} figures of {len(list(papers()))} papers" in words
    assert f"{len(CHECKED)} printed figures" in readme
    assert f"{counted['agrees']} as they are printed" in words
    assert f"{counted['agrees by another convention']} once they are counted" in words
    assert f"and {counted['fits']} figures of memory" in words
    assert f"{counted['not reproducible']} do not, each with its reason" in words


def test_nothing_counted_is_no_agreement():
    found = verdicts(papers(), Numbers())

    assert {found[i].word for i in CHECKED} == {"differs", "not reproducible"}
