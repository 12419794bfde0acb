"""A photograph, the network that looks at it, and the tiles that come of its maps."""

import re
from math import log

import numpy as np
import pytest
import torch
from PIL import Image

from attnbench.errors import DataError, HeadError
from attnbench.head_choice import parse_head
from attnbench.map_sheet import Photograph, Sheet, Tile, told
from attnbench.measure._photograph.image import photograph, pixels_asked
from attnbench.measure._photograph.looked import row
from attnbench.measure._photograph.subject import Around, of_file, untrained
from attnbench.measure._photograph.tiles import place_of, tiles
from attnbench.measure._trained.maps import Map
from attnbench.train.kept import Kept, keep
from attnbench.train.network import Dilated, Small, network
from attnbench.training import Training
from attnbench.trial import Shape, Trial
from tests.heads.golden import SMALL, cases

PHOTO = Photograph("a.png", 60, 40, np.zeros((40, 60, 3), np.uint8))
TINY = Around(8)


def saved(path, height=40, width=60, kind=None):
    levels = np.arange(height * width * 3, dtype=np.uint32).reshape(height, width, 3) % 251
    Image.fromarray(levels.astype(np.uint8)).save(path, kind)
    return path


def test_an_image_is_brought_down_to_the_longest_side_and_a_small_one_left(tmp_path):
    path = saved(tmp_path / "a.png", 30, 90)

    small, as_is = photograph(path, 45), photograph(path, 90)

    assert (small.pixels.shape, small.width, small.height) == ((15, 45, 3), 90, 30)
    assert small.read_size == (15, 45)
    assert np.array_equal(as_is.pixels, np.asarray(Image.open(path)))


def test_a_line_of_pixels_keeps_one_row(tmp_path):
    assert photograph(saved(tmp_path / "a.png", 1, 100), 10).pixels.shape == (1, 10, 3)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_only_png_and_jpeg_are_decoded(tmp_path, kind):
    path = saved(tmp_path / "a.png", kind=kind)

    with pytest.raises(DataError, match="no PNG or JPEG"):
        photograph(path, 100)


def test_an_image_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match=r"b.png: no such file; --image takes a PNG or JPEG"):
        photograph(tmp_path / "b.png", 100)
    with pytest.raises(DataError, match="no such file"):
        photograph(tmp_path, 100)


def test_pixels_are_those_typed_and_else_the_middle():
    assert pixels_asked((), PHOTO) == ((30, 20),)
    assert pixels_asked(("0,0", "59, 39", "0,0"), PHOTO) == ((0, 0), (59, 39))


@pytest.mark.parametrize("typed", ["", "1", "1;2", "a,b", "-1,2", "1,2,3", "60,0", "0,40"])
def test_a_pixel_that_is_none_of_the_image_is_told(typed):
    with pytest.raises(DataError, match="^--at ") as error:
        pixels_asked((typed,), PHOTO)

    assert "\n" not in str(error.value)


def test_a_pixel_lies_in_the_place_whose_part_of_the_image_it_is_in():
    grid = (4, 5)  # of 10 x 12 pixels each

    assert place_of((0, 0), grid, PHOTO) == 0
    assert place_of((12, 9), grid, PHOTO) == 1
    assert place_of((11, 10), grid, PHOTO) == 5
    assert place_of((59, 39), grid, PHOTO) == 19


def test_the_largest_weight_is_told_in_pixels_and_the_entropy_in_nats():
    weights = np.array([[0.5, 0, 0], [0, 0.25, 0.25]])

    tile = Tile("pairwise", weights, (0, 0))

    assert tile.entropy == pytest.approx(0.5 * log(2) + 0.5 * log(4))
    assert tile.even_entropy == pytest.approx(log(6))
    assert tile.largest(PHOTO) == (10, 10)
    assert Tile("even", np.full((2, 3), -2.0)).entropy == pytest.approx(log(6))
    assert Tile("nothing", np.zeros((2, 3))).entropy == 0


def test_of_many_bases_those_with_the_most_of_the_image_are_drawn():
    shares = torch.softmax(torch.arange(20).double()[:, None].expand(20, 6), dim=0)
    found = Map("bases", "base", shares, (2, 3))

    drawn, left_out = tiles(found, [(0, 0)], PHOTO)

    assert [t.title for t in drawn] == [f"base {k}" for k in range(20, 4, -1)]
    assert left_out == "16 of 20 base maps, those with the most of the image"


def test_of_many_descriptors_the_most_concentrated_are_drawn():
    rows = torch.full((17, 6), 1 / 6).double()
    rows[3] = torch.tensor([0, 1, 0, 0, 0, 0])

    drawn, left_out = tiles(Map("gathering", "descriptor", rows, (2, 3)), [(0, 0)], PHOTO)

    assert drawn[0].title == "gathering 4"
    assert left_out == "16 of 17 gathering maps, the most concentrated"


def test_a_pixel_has_the_row_of_its_place():
    weights = torch.arange(36).view(6, 6).double()

    drawn, _ = tiles(Map("pairwise", "query", weights, (2, 3)), [(0, 0), (59, 39)], PHOTO)

    assert [t.title for t in drawn] == ["pairwise of 0,0", "pairwise of 59,39"]
    assert drawn[1].weights.tolist() == [[30, 31, 32], [33, 34, 35]]


def seen(subject):
    return row(subject, PHOTO, [(30, 20)])


def test_random_weights_are_those_of_the_seed_and_said_to_mean_little():
    choice = parse_head("non_local")

    one, again, other = (
        seen(untrained(choice, Around(8, seed=seed))).tiles[0].weights for seed in (1, 1, 2)
    )

    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    made = seen(untrained(choice, TINY))
    assert "means little" in made.warning
    assert (made.weights, made.features) == ("random weights, seed 0", (5, 8))  # 40 / 8, 60 / 8


def test_a_backbone_reads_the_image_for_the_whole_head():
    made = seen(untrained(parse_head("gc"), Around(backbone="resnet18")))

    assert made.reads == "resnet18"
    assert made.features == (5, 8)
    assert made.tiles[0].weights.sum() == pytest.approx(1)


def test_options_that_take_the_map_away_are_told():
    with pytest.raises(HeadError, match="gc pool=average: with these options it has no map"):
        seen(untrained(parse_head("gc:pool=average"), TINY))


def trained(path, head="ema", recipe=Training(), **options):
    """The network, and the file that keeps it."""
    trial = Trial(head, Shape(2, 8, 4, 4), options, mode="training", device="cpu")
    torch.manual_seed(7)
    made = network(trial, recipe, 3)
    keep(path, made, Kept(trial, recipe, 3, 5))
    return made


def test_what_a_run_kept_is_the_network_that_was_trained(tmp_path):
    path = tmp_path / "a.pt"
    recipe = Training(stem="deep", gates="open", dataset="folder")
    made = trained(path, "ema", recipe, bases=4)

    found = of_file(parse_head("ema"), path, TINY)

    assert found.label == "ema bases=4"
    assert found.weights.startswith("trained, seed 5: folder, 600 steps")
    assert (found.dataset, found.warning) == ("folder", "")
    x = torch.randn(1, 3, 40, 60)
    assert torch.equal(found.network(x), made.eval()(x))


@pytest.mark.parametrize("head", ["gc", "ema:bases=5"])
def test_what_was_kept_of_another_head_or_of_other_options_is_refused(tmp_path, head):
    trained(tmp_path / "a.pt", bases=4)

    with pytest.raises(HeadError, match="holds the weights of ema bases=4, not of"):
        of_file(parse_head(head), tmp_path / "a.pt", TINY)


def changed(path, **fields):
    found = torch.load(path, weights_only=True)
    torch.save(found | fields, path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"classes": -1}, "says what no training can have"),
        ({"classes": "3"}, "not what was kept of a training"),
        ({"seed": -1}, "says what no training can have"),
        ({"trial": {}}, "not what was kept of a training"),
        ({"network": {"a": 1}}, "is no state dict"),
        ({"network": {}}, "missing .* more"),
        ({"classes": 4}, "expected \\(4, 8, 1, 1\\)"),
    ],
)
def test_what_was_kept_and_cannot_be_is_one_line(tmp_path, fields, message):
    path = tmp_path / "a.pt"
    trained(path)
    changed(path, **fields)

    with pytest.raises(HeadError, match=message) as error:
        of_file(parse_head("ema"), path, TINY)

    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_a_file_cannot_ask_for_a_network_that_fills_the_memory(tmp_path):
    path = tmp_path / "a.pt"
    trained(path)
    trial = torch.load(path, weights_only=True)["trial"]
    trial["shape"]["channels"] = 10**6  # weights of 36 TB
    changed(path, trial=trial)

    with pytest.raises(HeadError, match="has shape"):
        of_file(parse_head("ema"), path, TINY)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))


def test_a_file_that_would_run_code_runs_none(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"weight": Evil(tmp_path / "ran")}, path)

    with pytest.raises(HeadError, match="no checkpoint that torch can read as weights alone"):
        of_file(parse_head("ema"), path, TINY)

    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("deep", [False, True])
def test_a_state_dict_of_our_network_tells_its_channels_classes_and_stem(tmp_path, deep):
    made = Small("dnl", 12, 5, deep=deep).eval()
    torch.save(made.state_dict(), tmp_path / "a.pth")

    found = of_file(parse_head("dnl"), tmp_path / "a.pth", TINY)

    x = torch.randn(1, 3, 24, 16)
    assert torch.equal(found.network(x), made(x))
    assert found.warning == ""


def test_a_state_dict_of_a_network_with_a_backbone_needs_its_name(tmp_path):
    made = Dilated("gc", "resnet18", 5).eval()
    torch.save(made.state_dict(), tmp_path / "a.pth")

    found = of_file(parse_head("gc"), tmp_path / "a.pth", Around(backbone="resnet18"))

    x = torch.randn(1, 3, 24, 16)
    assert torch.equal(found.network(x), made(x))
    with pytest.raises(HeadError, match="say which: --backbone resnet50"):
        of_file(parse_head("gc"), tmp_path / "a.pth", TINY)


def golden(module):
    case = next(c for c in cases(SMALL) if c.module == module)
    return {k: case.tensor(f"sd/{k}", torch.float32) for k in case.group("sd")}


@pytest.mark.parametrize(
    ("head", "module"),
    [
        ("gc", "gc_official"),
        ("ema", "ema_official"),
        ("ema", "ema_mmseg_module"),
        ("isa", "isa_official"),
        ("danet", "da_pam_official"),
        ("ccnet:recurrence=1", "cc_official"),
        ("dnl", "dnl_official"),
        ("non_local", "nl_mmcv_embedded_gaussian"),
        ("a2", "a2_nguyenvo09"),
    ],
)
def test_an_official_module_is_known_by_its_names(tmp_path, head, module):
    state = golden(module)
    torch.save(state, tmp_path / "a.pth")

    found = of_file(parse_head(head), tmp_path / "a.pth", TINY)

    assert found.weights == f"weights of a.pth, names of {module}"
    assert "random weights" in found.warning
    loaded = {value.reshape(-1).sum().item() for value in found.network.state_dict().values()}
    assert {value.float().sum().item() for value in state.values()} <= loaded
    assert seen(found).tiles


def test_a_head_of_ours_alone_is_placed_on_as_many_channels(tmp_path):
    block = Small("dnl", 24, 2).block
    torch.save(block.state_dict(), tmp_path / "a.pth")

    found = of_file(parse_head("dnl"), tmp_path / "a.pth", TINY)

    assert found.weights == "weights of a.pth, names of our dnl"
    assert torch.equal(found.network.block.value.weight, block.value.weight)
    assert found.reads == "a small network of 24 channels"
    with pytest.raises(HeadError, match="dnl of 24 channels: behind resnet18 it reads 512"):
        of_file(parse_head("dnl"), tmp_path / "a.pth", Around(backbone="resnet18"))


def test_names_that_do_not_fit_are_told_of_the_module_that_fits_best(tmp_path):
    state = golden("dnl_official")
    state["classifier.weight"] = state.pop("conv_mask.bias")
    torch.save(state, tmp_path / "a.pth")

    with pytest.raises(HeadError) as error:
        of_file(parse_head("dnl"), tmp_path / "a.pth", TINY)

    assert str(error.value) == (
        f"{tmp_path}/a.pth: dnl_official: the state dict does not fit dnl: unknown "
        "classifier.weight; missing what is in our head mask.bias"
    )


def test_a_state_dict_of_something_else_is_a_short_line(tmp_path):
    torch.save({f"layer.{i}.weight": torch.zeros(1) for i in range(1000)}, tmp_path / "a.pth")

    with pytest.raises(HeadError, match=re.escape("unknown layer.0.weight")) as error:
        of_file(parse_head("gc"), tmp_path / "a.pth", TINY)

    assert "994 more" in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("content", [{}, [1], {"a": 1}, {"state_dict": {}}])
def test_what_is_no_state_dict_is_told(tmp_path, content):
    torch.save(content, tmp_path / "a.pth")

    with pytest.raises(HeadError, match="holds no state dict, names to tensors, alone"):
        of_file(parse_head("gc"), tmp_path / "a.pth", TINY)


def test_the_numbers_of_a_sheet_are_those_of_its_maps():
    made = seen(untrained(parse_head("ccnet"), TINY))

    (head,) = told(Sheet(PHOTO, ((30, 20),), (made,)))["heads"]

    assert [m["name"] for m in head["maps"]] == ["criss-cross", "criss-cross twice"]
    one, two = head["maps"]
    assert (one["at"], one["grid"], one["min"]) == ([30, 20], [5, 8], 0)
    assert one["entropy"] <= log(5 + 8 - 1) + 1e-9  # no more places than a cross has
    assert two["min"] > 0
    assert one["even_entropy"] == pytest.approx(log(40))
