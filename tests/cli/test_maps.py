"""attnbench maps, as it is called."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from attnbench import heads
from attnbench.cli.maps import command
from attnbench.errors import AttnbenchError, StoreError

WITH_MAPS = [name for name in heads.HEADS if heads.describe(name).keywords.get("maps")]
SUITE = """
title = "t"
question = "q"
heads = ["gc", { name = "ema", bases = 4 }]
[training]
steps = 2
subset = 4
shown = 0
options = { size = 64, slots = 2, keys = 2, distance = 0 }
[[sweep]]
metrics = ["accuracy"]
mode = "training"
batch = 2
channels = 8
size = 8
[budget]
rounds = 2
"""


@pytest.fixture
def photo(tmp_path):
    """60 wide, 40 high: a map of 8 x 5, whose sides do not divide."""
    levels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(levels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def called(*words):
    """Raises what the user would be told of."""
    done = CliRunner().invoke(command, list(map(str, words)))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def numbers(*words):
    return json.loads(called(*words, "--channels", 8, "--json").stdout)


@pytest.mark.parametrize("head", WITH_MAPS)
@pytest.mark.parametrize("size", [(60, 40), (1, 1), (9, 200)], ids=str)
def test_every_head_that_declares_maps_has_tiles_at_any_size(tmp_path, head, size):
    Image.new("RGB", size, (10, 200, 90)).save(tmp_path / "a.jpg")

    found = numbers("--head", head, "--image", tmp_path / "a.jpg")

    (made,) = found["heads"]
    assert made["maps"]
    assert found["at"] == [[size[0] // 2, size[1] // 2]]
    for one in made["maps"]:
        assert one["min"] <= one["max"]
        assert 0 <= one["entropy"] <= one["even_entropy"] + 1e-9
        assert 0 <= one["largest"][0] < size[0]
        assert 0 <= one["largest"][1] < size[1]


@pytest.mark.parametrize("head", ["fcn", "se", "eca", "cgnl", "ppm"])
def test_a_head_without_a_map_over_pixels_is_one_line(photo, head):
    with pytest.raises(AttnbenchError, match=f"^{head} has no map over pixels to draw") as error:
        called("--head", head, "--image", photo, "-o", "x.png")

    assert error.value.exit_code == 2
    assert "ema" in str(error.value)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_sheet_is_written_in_each_format_and_the_same_again(photo, tmp_path, suffix):
    target, again = tmp_path / "made" / f"a{suffix}", tmp_path / f"b{suffix}"
    words = ("--head", "ema:bases=20", "--head", "glore", "--image", photo, "--channels", 8)

    done = called(*words, "-o", target)
    called(*words, "-o", again)

    assert f"sheet: {target}\n" in done.stderr
    begins = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix]
    assert target.read_bytes().startswith(begins)
    assert target.read_bytes() == again.read_bytes()


def test_a_sheet_says_what_it_shows(photo, tmp_path):
    target = tmp_path / "a.svg"
    heads_asked = ("--head", "ema:bases=20", "--head", "isa:window=4")

    done = called(*heads_asked, "--image", photo, "--at", "5,6", "-o", target, "--longest", 30)

    texts = " ".join(e.text for e in ET.fromstring(target.read_text()).iter() if e.text)
    for words in (
        "Attention over photo.png",
        "The image has 60 x 40 pixels; the heads read it at 30 x 20.",
        "Crosses mark pixel 5,6",
        "isa window=4",
        "random weights, seed 0",
        "an untrained head does, which means little",
        "at 4 x 3 places",  # 30 / 8 and 20 / 8, rounded up
        "16 of 20 base maps, those with the most of the image",
        "long range of 5,6",
        "short range of 5,6",
    ):
        assert words in " ".join(texts.split()), words
    assert done.stderr.count("warning: ") == 2
    assert "means little" in done.stderr


def test_signed_maps_are_blue_below_zero_and_the_others_are_not(photo, tmp_path):
    for head, is_signed in (("glore", True), ("gc", False)):
        called("--head", head, "--image", photo, "-o", tmp_path / "a.svg")
        assert ("Blue is below zero" in (tmp_path / "a.svg").read_text()) == is_signed


def test_each_pixel_has_its_tiles(photo):
    found = numbers("--head", "dnl", "--image", photo, "--at", "0,0", "--at", "59,39")

    named = [(m["name"], m["at"]) for m in found["heads"][0]["maps"]]
    assert named == [("pairwise", [0, 0]), ("pairwise", [59, 39]), ("unary", None)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "maps.gif"), "maps.gif: a picture is written as .pdf, .svg, .png"),
        (("-o", "maps"), "a picture is written as"),
        ((), "where to\\? -o maps.png"),
        (("--json", "--at", "60,0"), "--at 60,0: outside of photo.png, whose last pixel is 59,39"),
        (("--json", "--backbone-weights", "x.pth"), "of which backbone"),
        (("--json", "--weights", "nowhere"), "--weights nowhere: no such file, nor a run"),
        (("--json", "--head", "isa", "--weights", __file__), "a file has one head; name a run"),
        (("--json", "--weights", __file__), "no checkpoint that torch can read as weights alone"),
        (("--json", "--head", "isa:windows=3"), "unknown option of isa 'windows'"),
        (("--json", "--head", "psa:kernel=fused"), "kernel is an axis of the sweep"),
    ],
)
def test_what_cannot_be_is_one_line(photo, words, message):
    with pytest.raises(AttnbenchError, match=message) as error:
        called("--head", "gc", "--image", photo, *words)

    assert "\n" not in str(error.value)


def test_a_refusal_comes_before_torch_is_imported(photo):
    code = f"""
import sys
sys.argv = ["attnbench", "maps", "--head", "fcn", "--image", {str(photo)!r}, "-o", "x.png"]
from attnbench.cli import main
try:
    main()
except SystemExit as end:
    print(end.code, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.stdout == "2 False\n"
    assert done.stderr.startswith("error: fcn has no map over pixels")
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder of a run that kept its weights."""
    here = tmp_path_factory.mktemp("here")
    (here / "tiny.toml").write_text(SUITE)
    words = ("run", "--suite", "tiny.toml", "--keep-weights", "--no-probe", "--device", "cpu")
    done = subprocess.run(
        [sys.executable, "-m", "attnbench", *words],
        cwd=here, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^weights: results/.*-tiny/weights$", done.stdout, re.MULTILINE)
    return here / "results"


def the_run(results):
    (path,) = results.iterdir()
    return path


def test_weights_that_a_run_kept_are_drawn(results, photo):
    words = ("--image", photo, "--weights", the_run(results).name, "--results", results)

    found = json.loads(
        called("--head", "gc", "--head", "ema", *words, "--seed", 1, "--json").stdout
    )

    gc, ema = found["heads"]
    assert (gc["head"], ema["head"]) == ("gc", "ema bases=4")
    for head in (gc, ema):
        assert head["weights"].startswith("trained, seed 1: legend_map ")
        assert head["warning"] == ""
    assert len(ema["maps"]) == 4


def test_a_run_keeps_a_file_for_each_head_and_seed_and_so_does_one_taken_up(results):
    kept = sorted((the_run(results) / "weights").iterdir())

    done = subprocess.run(
        [sys.executable, "-m", "attnbench", "run", "--resume", the_run(results)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert len(kept) == 4
    assert "4 of 4 records kept" in done.stderr
    assert sorted((the_run(results) / "weights").iterdir()) == kept


def test_a_file_of_a_run_can_be_named_itself(results, photo):
    (path, *_) = sorted((the_run(results) / "weights").glob("*-0.pt"))
    labels = set()
    for head in ("gc", "ema"):
        try:
            found = numbers("--head", head, "--image", photo, "--weights", path)
        except AttnbenchError as error:
            labels.add(str(error).partition("weights of ")[2].partition(",")[0])
        else:
            labels.add(found["heads"][0]["head"])

    assert len(labels) == 1  # it is of one of them, and the other is told so


def test_a_head_that_a_run_did_not_train_is_told(results, photo):
    with pytest.raises(StoreError, match="no isa of these options in it; trained were ema"):
        called("--head", "isa", "--image", photo, "--weights", the_run(results), "--json")


def test_weights_are_not_kept_elsewhere_than_here(tmp_path):
    (tmp_path / "tiny.toml").write_text(SUITE)

    done = subprocess.run(
        [sys.executable, "-m", "attnbench", "run", "--suite", "tiny.toml", "--keep-weights",
         "--executor", "ray"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --executor ray: weights are kept on this machine alone\n"
    assert not (tmp_path / "results").exists()


def test_a_suite_that_trains_nothing_keeps_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "attnbench", "run", "--suite", "smoke", "--keep-weights"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert done.returncode == 2
    assert "this suite trains nothing" in done.stderr
    assert not Path(tmp_path / "results").exists()
