import json

import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench
from attnbench.errors import AttnbenchError
from attnbench.heads import HEADS
from attnbench.measure import METRICS
from attnbench.suite_file import suite_names
from attnbench.train.datasets import DATASETS


def shown(*words):
    return CliRunner().invoke(attnbench, ["show", *words], catch_exceptions=False).output


def sheet(*words):
    return json.loads(shown(*words, "--json"))


@pytest.mark.parametrize("name", [*HEADS, *METRICS, *suite_names(), *DATASETS])
def test_everything_that_is_listed_can_be_shown(name):
    assert shown(name).startswith(f"{name}: ")
    assert sheet(name)["name"] == name


@pytest.mark.parametrize("name", list(HEADS))
def test_terms_add_up_to_the_totals(name):
    told = sheet(name, "--size", "7x5", "--channels", "48")

    assert told["shape"] == "1x48x7x5"
    for total in ("params", "macs", "flops"):
        assert sum(term[total] for term in told["terms"]) == told[total]


def test_cost_is_that_of_the_options_and_the_size():
    told = sheet("fcn", "--size", "3x5", "--channels", "2")

    assert (told["macs"], told["params"]) == (3 * 5 * 2 * 2 * 9, 2 * 2 * 9 + 2 * 2)
    assert sheet("ema", "--set", "bases=8", "--size", "6")["symbols"]["K"] == 8


def test_a_head_is_shown_with_its_source_options_and_formulas():
    lines = shown("ema", "--set", "bases=32").splitlines()

    assert any(line.startswith("Source: Li, Zhong") for line in lines)
    assert any(line.split() == ["bases", "32", "64"] for line in lines)
    assert any("E step" in line and "T·B·N·K·C MACs" in line for line in lines)
    assert lines[-2].startswith("MACs   ")
    assert lines[-1].endswith("GFLOP, a multiply-add is two")


def test_a_data_set_is_shown_with_where_to_get_it_and_how_it_lies():
    told, lines = sheet("voc"), shown("voc").splitlines()

    assert len(told["classes"]) == 21
    assert told["options"][0] == {"name": "aug", "default": False, "choices": []}
    assert told["layout"][0] == "VOCdevkit/VOC2012/JPEGImages/NAME.jpg"
    assert "  VOCdevkit/VOC2012/JPEGImages/NAME.jpg" in lines
    assert "from:    http://host.robots.ox.ac.uk/pascal/VOC/voc2012/" in lines


def test_a_pipe_is_not_wrapped():
    assert any(len(line) > 150 for line in shown("resolution-sweep").splitlines())


def test_text_that_looks_like_a_number_stays_text():
    assert "6" in [option["value"] for option in sheet("aspp", "--set", "rates=6")["options"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["emma"], "unknown head, suite, metric or data set 'emma'; did you mean 'ema'"),
        (["resoluton-sweep"], "did you mean 'resolution-sweep'"),
        (["camvit"], "did you mean 'camvid'"),
        (["latencies"], "did you mean 'latency'"),
        (["ema", "--set", "basis=3"], "--set: unknown option of ema 'basis'; did you mean 'bases'"),
        (["ema", "--set", "bases"], "--set: 'bases' is no option; write option=value, as bases=32"),
        (["ema", "--set", "bases=0"], "ema: bases = 0: expected a number above 0"),
        (["ema", "--set", "norm=l1"], "norm = 'l1': choose one of 'l2', 'layer', 'none'"),
        (["cgnl", "--channels", "20"], "cgnl: groups = 8: must divide C = 20 and C/2 = 10"),
        (["ema", "--size", "3x"], "--size: size = '3x': expected a whole side above zero"),
        (["latency", "--set", "a=b"], "--set a=b: latency is no head, and has no options to show"),
        (["missing.toml"], "missing.toml: cannot read the suite"),
    ],
)
def test_wrong_use_is_one_line(words, message):
    with pytest.raises(AttnbenchError) as error:
        shown(*words)

    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


def test_a_suite_that_trains_says_how():
    told = shown("accuracy", "--suite")

    assert "trained: legend_map, 600 steps, adamw, learning rate 0.001, cosine" in told
