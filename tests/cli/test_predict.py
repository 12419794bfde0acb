import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from attnbench import measure
from attnbench.cli import attnbench
from attnbench.errors import AttnbenchError
from attnbench.measure._bench import Bench
from attnbench.prediction import CARDS
from attnbench.trial import Shape, Trial

MODULES = """
import sys
sys.argv = ["attnbench", "predict", *{words!r}]
from attnbench.cli import main
try:
    main()
finally:
    loaded = [m for m in ("torch", "torch._dynamo", "sympy") if m in sys.modules]
    print("LOADED", *loaded, file=sys.stderr)
"""


def predicted(*words):
    return CliRunner().invoke(attnbench, ["predict", *words], catch_exceptions=False).output


def told(*words):
    return json.loads(predicted(*words, "--json"))


def fresh(*words):
    code = MODULES.format(words=words)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_help_imports_no_torch():
    assert fresh("--help").stderr.strip() == "LOADED"


def test_a_fresh_process_imports_no_compiler_and_says_what_the_metric_reads():
    done = fresh("--head", "ema", "--size", "31x17", "--batch", "2", "--json")

    assert done.stderr.strip() == "LOADED torch"
    found = json.loads(done.stdout)["predictions"][0]
    for mode in ("inference", "training"):
        trial = Trial("ema", Shape(2, 512, 31, 17), mode=mode)
        read = measure.readings("memory_predicted", Bench(trial))
        told = {n: r.samples[0] for n, r in read.items() if not n.endswith(".no_grad")}
        assert told.items() <= found[mode].items()


def test_json_holds_bytes_of_cards_and_a_side_for_each():
    found = told("--head", "eca", "--size", "64", "--dtype", "bfloat16")

    assert found["cards"] == CARDS
    assert found["shape"] == "1x512x64x64"
    assert list(found["predictions"][0]["training"]["largest_side"]) == list(CARDS)


def test_options_kernel_and_part_are_those_of_a_run():
    found = told("--head", "isa:window=4,layers=1", "--size", "12", "--kernel", "fused")
    whole = told("--head", "ema", "--size", "12", "--channels", "2048", "--part", "head")

    assert found["predictions"][0]["options"] == {"window": 4, "layers": 1}
    assert "blocks" in found["attention"]
    trial = Trial("ema", Shape(1, 2048, 12, 12), part="head")
    read = measure.readings("modelled", Bench(trial))
    assert whole["predictions"][0]["macs.modelled"] == read["macs.modelled"].samples[0]


@pytest.mark.parametrize("heads", [["ema"], ["ema", "non_local:reduction=4"]])
def test_no_count_stands_without_its_name(heads):
    text = predicted(*(word for head in heads for word in ("--head", head)), "--size", "64")

    assert "FLOPs" in text
    assert "MACs" in text
    assert not re.search(r"\d G(\s|$)|GFLOPS|GFlops", text)
    for head in heads:
        assert head.partition(":")[0] in text


def test_the_text_says_what_is_assumed_and_what_is_left_out():
    text = predicted("--head", "non_local", "--size", "64x128", "--kernel", "fused")

    assert "feature map of 1x512x64x128" in text
    assert "512x1024" in text  # the image at output stride 8
    assert "in blocks of queries" in text
    for left_out in ("kernel workspace", "rounding", "CUDA context"):
        assert left_out in text


def test_several_heads_are_a_table_with_a_row_each():
    lines = predicted("--head", "se", "--head", "ppm", "--size", "60").splitlines()

    assert [line.split()[0] for line in lines if line.startswith((" se ", " ppm "))] == [
        "se",
        "ppm",
        "se",
        "ppm",
    ]
    assert any(line.startswith("ppm does not train on this: ") for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--head", "emma", "--size", "8"], "unknown head 'emma'; did you mean 'ema'"),
        (["--head", "ema:basis=3", "--size", "8"], "unknown option of ema 'basis'"),
        (["--head", "ema:bases", "--size", "8"], "'bases' is no option; write option=value"),
        (["--head", "ema:bases=0", "--size", "8"], "ema: bases = 0: expected a number above 0"),
        (["--head", "ema", "--size", "8x"], "--size: size = '8x': expected a whole side"),
        (["--head", "ema", "--size", "0"], "--size: size = 0: expected a whole side"),
        (
            ["--head", "gc", "--size", "8", "--kernel", "fused"],
            "--kernel: gc has no fused kernel, only eager",
        ),
    ],
)
def test_wrong_use_is_one_line(words, message):
    with pytest.raises(AttnbenchError) as error:
        predicted(*words)

    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size", "8"], "Missing option '--head'."),
        (
            ["--head", "ema", "--size", "8", "--dtype", "bf16"],
            "--dtype: unknown value 'bf16'; did you mean 'bfloat16'?",
        ),
        (
            ["--head", "ema", "--size", "8", "--kernel", "compiled"],
            "unknown value 'compiled'; known: eager, fused",
        ),
    ],
)
def test_a_wrong_choice_is_one_line_and_exit_code_2(words, message):
    done = subprocess.run(
        [sys.executable, "-m", "attnbench", "predict", *words],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
