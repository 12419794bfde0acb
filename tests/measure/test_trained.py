"""What a trained head is looked at by, on numbers small enough to be worked out by hand."""

import io
from base64 import b64decode
from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest
import torch
from PIL import Image
from torch import tensor

from attnbench import measure
from attnbench.measure._bench import Bench
from attnbench.measure._trained import bases, drawn
from attnbench.measure._trained.colours import GREY, PALETTE, colour, written
from attnbench.measure._trained.cues import Cues, at_boundary, cues, reduced
from attnbench.measure._trained.maps import formed, maps
from attnbench.measure._trained.readings import asked
from attnbench.measure._trained.views import views
from attnbench.train.datasets import VOID
from attnbench.train.network import network
from attnbench.train.split import Sample
from attnbench.training import Training
from attnbench.trial import Shape, Trial

# Two places of class 0, one of class 1, one void; the middle of class 0 and 1 touch in the column.
TRUTH = tensor([[0, 0], [1, VOID]])
WEIGHTS = tensor(
    [[0.5, 0.25, 0.25, 0.0], [0.1, 0.6, 0.1, 0.2], [0.25, 0.25, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0]]
).double()


def test_lift_is_the_mass_on_what_is_meant_over_its_share_of_the_labelled_places():
    found = cues(WEIGHTS, TRUTH)

    # Of the labelled mass 0.75, 0.7 / 0.8 and 0.5 are on the query's class, of share 2/3, 2/3, 1/3.
    assert found.region_lift == pytest.approx((0.75 + 0.875 + 0.5) / (5 / 3))
    # Places 0 and 2 are at the boundary, two of three; they have 0.75, 0.2 / 0.8 and 0.75.
    assert found.boundary_lift == pytest.approx((0.75 + 0.25 + 0.75) / 2)


def test_one_map_for_all_is_held_against_the_class_of_every_query():
    found = cues(WEIGHTS[:1], TRUTH)

    assert found.region_lift == pytest.approx((0.75 + 0.75 + 0.25) / (5 / 3))
    assert found.boundary_lift == pytest.approx(3 * 0.75 / 2)


def test_a_map_that_is_the_same_everywhere_has_the_lift_of_chance():
    found = cues(torch.full((4, 4), 0.25).double(), TRUTH)

    assert (found.region_lift, found.boundary_lift) == pytest.approx((1, 1))


def test_lifts_of_images_are_of_their_sums():
    one, two = cues(WEIGHTS, TRUTH), cues(WEIGHTS[:1], TRUTH)

    assert (one + two).region_lift == pytest.approx((2.125 + 1.75) / (10 / 3))


def test_without_a_boundary_or_a_label_there_is_no_lift():
    assert cues(WEIGHTS, torch.zeros(2, 2).long()).boundary_lift is None
    assert cues(WEIGHTS, torch.full((2, 2), VOID)) == Cues()
    assert Cues().region_lift is None


def test_a_place_has_the_commonest_class_of_its_pixels_and_is_void_where_most_are():
    label = np.array(
        [[0, 0, VOID, VOID], [1, VOID, VOID, 1], [2, 2, 2, VOID], [1, 1, 2, VOID]], np.uint8
    )

    assert reduced(label, (2, 2), classes=3).tolist() == [[0, VOID], [1, 2]]


def test_a_boundary_is_where_a_neighbour_has_another_class_and_void_is_none():
    truth = tensor([[0, 0, 1, 1], [0, 0, VOID, 1]])

    expected = [[False, True, True, False], [False, False, False, False]]
    assert at_boundary(truth).tolist() == expected


def test_a_base_of_one_class_leaves_no_entropy_and_one_of_all_leaves_that_of_the_labels():
    truth = tensor([0, 0, 1, 1, VOID])
    pure = tensor([[1, 1, 0, 0, 1], [0, 0, 1, 1, 0]]).double()

    sure, blind = (
        bases.entropies([(z, truth)], 2) for z in (pure, torch.full((2, 5), 0.5).double())
    )

    assert (sure.given_base, sure.ratio) == (0, 0)
    assert (blind.given_base, blind.shuffled) == pytest.approx((log(2), log(2)))
    assert blind.ratio == pytest.approx(1)


def test_a_soft_base_is_weighed_by_its_responsibilities():
    z = tensor([[0.75, 0.75, 0.25, 0.25], [0.25, 0.25, 0.75, 0.75]]).double()

    found = bases.entropies([(z, tensor([0, 0, 1, 1]))], 2)

    assert found.given_base == pytest.approx(-0.75 * log(0.75) - 0.25 * log(0.25))
    assert found.ratio < 1


def test_a_base_that_changes_its_meaning_from_image_to_image_has_one_within_them_alone():
    z, truth = tensor([[1, 1, 0, 0], [0, 0, 1, 1]]).double(), tensor([0, 0, 1, 1])
    images = [(z, truth), (z, 1 - truth)]

    assert bases.entropies(images, 2).given_base == pytest.approx(log(2))
    assert bases.within(images, 2).ratio == 0


def test_shuffles_are_the_same_again():
    z, truth = torch.eye(6).double(), tensor([0, 1, 2, 2, 1, 1])

    assert bases.entropies([(z, truth)], 3) == bases.entropies([(z, truth)], 3)


def test_labels_of_one_class_give_no_ratio():
    assert bases.entropies([(torch.eye(3).double(), torch.zeros(3).long())], 2).ratio is None


def test_a_cross_is_laid_out_over_the_places_that_it_reaches():
    weights = torch.arange(1, 17).view(2, 2, 2 + 2).double()

    (found,) = formed("affinity", weights, (2, 2))

    # Of place (0, 1) the column is (0, 1) and (1, 1), the row (0, 0) and (0, 1).
    column, row = weights[0, 1, :2].tolist(), weights[0, 1, 2:].tolist()
    assert found.weights[1].tolist() == [row[0], column[0] + row[1], 0, column[1]]


def test_what_sources_give_to_takers_is_turned_to_what_a_taker_takes():
    weights = torch.arange(16).view(4, 2, 2).double()

    (found,) = formed("directions.collect.affinity", weights, (4, 4))

    assert (found.name, found.kind, found.grid) == ("collect", "query", (2, 2))
    assert found.weights[1].tolist() == weights[:, 0, 1].tolist()


MAPS = {
    "non_local": {("pairwise", "query", 12)},
    "self_attention": {("pairwise", "query", 12)},
    "danet": {("position", "query", 12)},
    "dnl": {("pairwise", "query", 12), ("unary", "shared", 1)},
    "gc": {("unary", "shared", 1)},
    "ccnet": {("criss-cross", "query", 12)},
    "psa": {("collect", "query", 4), ("distribute", "query", 4)},
    "ema": {("bases", "base", 5)},
    "fcn": set(),
    "se": set(),
    "isa": {("long range", "query", 12), ("short range", "query", 12)},
    "ann": {("pyramid", "query", 12)},
    "a2": {("gathering", "descriptor", 4), ("distribution", "base", 4)},
    "ocr": {("object region", "descriptor", 6), ("relation", "base", 6)},
    "glore": {("node", "descriptor", 4)},
    "enc": {("codewords", "base", 7)},
}
OPTIONS = {
    "ema": {"bases": 5},
    "psa": {"grid": 4},
    "isa": {"window": 3, "window_width": 2},
    "ocr": {"classes": 6},
    "enc": {"codewords": 7},
}


def trained_maps(head, **options):
    options = OPTIONS.get(head, {}) | options
    trial = Trial(head, Shape(2, 16, 3, 4), options, mode="training", device="cpu")
    torch.manual_seed(0)
    made = network(trial, Training(), 4).eval()
    return maps(made, head, torch.randn(1, 3, 24, 32))


@pytest.mark.parametrize("head", MAPS)
def test_maps_of_a_head_are_rows_over_its_places(head):
    found = trained_maps(head)

    assert {(m.name, m.kind, len(m.weights)) for m in found} == MAPS[head]
    for one in found:
        assert one.weights.shape[1] == one.grid[0] * one.grid[1]
        assert one.kind == "base" or one.is_distribution or head == "glore"  # without a softmax
        if one.kind == "base":
            assert one.weights.sum(dim=0).tolist() == pytest.approx([1] * 12)


def test_a_fused_head_has_no_map_and_a_map_over_channels_is_none_over_places():
    assert trained_maps("non_local", kernel="fused") == []
    assert trained_maps("danet", branch="channel") == []


def test_as_many_descriptors_as_places_are_not_taken_for_pairs_of_places():
    kinds = {m.name: m.kind for m in trained_maps("a2", descriptors=12)}

    assert kinds == {"gathering": "descriptor", "distribution": "base"}


def test_a_distribution_over_positions_gives_no_place_a_share():
    found = trained_maps("a2", distribution="positions")

    assert [m.kind for m in found] == ["descriptor", "descriptor"]


def test_pooled_keys_are_laid_out_over_the_places_that_they_are_of():
    (found,) = trained_maps("non_local", sub_sample="after")

    assert found.weights.shape == (12, 12)
    assert found.is_distribution
    assert not found.weights.view(12, 3, 4)[:, 2].any()  # the last row of three is in no pool


def test_windows_with_padding_leave_the_weight_on_it_out():
    found = trained_maps("isa", window=2, window_width=2)

    assert [m.name for m in found] == ["long range", "short range"]
    assert not any(m.is_distribution for m in found)


def test_a_map_that_is_no_distribution_says_so():
    (found,) = trained_maps("non_local", pairwise="dot_product")

    assert not found.is_distribution


def sample(height, width):
    levels = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    return Sample(np.stack([levels] * 3, axis=2), levels, "x")


def test_views_are_spread_over_the_samples_and_are_the_middle_of_each():
    samples = [sample(5, 6 + i) for i in range(4)]

    first, last = views(samples, (3, 4), 2)

    assert first.label.tolist() == samples[0].label[1:4, 1:5].tolist()
    assert last.label.tolist() == samples[2].label[1:4, 2:6].tolist()
    assert last.image.shape == (3, 4, 3)
    assert len(views(samples, (3, 4), 9)) == 4
    assert views(samples, (9, 9), 1)[0].label.shape == (5, 6)


def opened(uri):
    kind, content = uri.removeprefix("data:image/").split(";base64,")
    picture = Image.open(io.BytesIO(b64decode(content)))
    assert picture.format.lower() == kind
    return picture


def test_a_mask_has_the_colours_of_its_classes():
    label = np.array([[0, 3, VOID], [23, 3, 2]], np.uint8)

    picture = opened(drawn.mask(label))

    assert picture.mode == "P"
    shown = np.array(picture.convert("RGB"))
    assert [[tuple(p) for p in row] for row in shown.tolist()] == [
        [colour(0), colour(3), GREY],
        [colour(2), colour(3), colour(2)],  # 21 colours, then again
    ]
    assert len(set(PALETTE)) == len(PALETTE) == 21
    assert written(0) == "#0072b2"


def test_a_map_is_a_pixel_a_place_of_the_root_of_its_share_of_the_largest():
    picture = opened(drawn.weights(tensor([0.0, 0.1, 0.2, 0.4, 0.05, 0.25]), (2, 3)))

    assert (picture.mode, picture.size) == ("L", (3, 2))
    shares = [0, 0.25, 0.5, 1, 0.125, 0.625]
    assert np.array(picture).ravel().tolist() == [round(255 * sqrt(s)) for s in shares]


def test_an_image_is_made_no_larger_and_not_larger_than_it_is_shown():
    small, large = np.zeros((30, 40, 3), np.uint8), np.zeros((300, 400, 3), np.uint8)

    assert opened(drawn.image(small)).size == (40, 30)
    assert opened(drawn.image(large)).size == (160, 120)
    assert opened(drawn.mask(large[..., 0])).size == (160, 120)


def test_of_the_commonest_classes_the_place_nearest_to_their_middle_is_asked_for():
    truth = tensor([[0, 1, 1, 1], [0, 2, VOID, 1], [0, VOID, VOID, VOID]])

    # Class 1 has its mean at (0.25, 2.25), class 0 at (1, 0).
    assert asked(truth) == [2, 4]


TRIAL = Trial("dnl", Shape(2, 8, 8, 8), mode="training", device="cpu")
RECIPE = Training(
    options={"size": 64, "slots": 2, "distance": 0, "keys": 2}, subset=6, steps=2,
    checkpoint_every=0,
)  # fmt: skip


def readings(head="dnl", number=0, **options):
    trial = replace(TRIAL, head=head, options=options)
    return measure.readings("accuracy", Bench(trial, round=number, training=RECIPE))


def test_the_first_seed_shows_three_images_and_others_none():
    first, second = readings(), readings(number=1)

    pictures = first["accuracy.shown"].pictures
    for i in range(3):
        assert {f"image/{i}", f"truth/{i}", f"mask/{i}", f"shared/unary/{i}"} <= pictures.keys()
    queries = [name for name in pictures if name.startswith("query/pairwise/")]
    assert 3 <= len(queries) <= 3 * 2  # one in an image of a single class
    assert sum(map(len, pictures.values())) < 60_000
    assert "accuracy.shown" not in second
    assert not any(r.pictures for r in second.values())
    assert second["attention.region"].samples != first["attention.region"].samples


def test_how_many_images_are_kept_is_chosen_and_changes_no_result():
    none, one = (
        measure.readings("accuracy", Bench(TRIAL, training=replace(RECIPE, shown=count)))
        for count in (0, 1)
    )

    assert "accuracy.shown" not in none
    assert "mask/0" in one["accuracy.shown"].pictures
    assert {name for name in one["accuracy.shown"].pictures if name.startswith("image")} == {
        "image/0"
    }
    assert none["accuracy"].samples == one["accuracy"].samples
    assert none["accuracy"].notes == one["accuracy"].notes  # the recipe's key among them


def test_a_mask_shows_what_was_scored():
    """The share below it is of the very pixels that are drawn."""
    found = readings()["accuracy.shown"]

    for i in range(3):
        truth, mask = (
            np.array(opened(found.pictures[f"{kind}/{i}"]).convert("RGB"))
            for kind in ("truth", "mask")
        )
        labelled = (truth != GREY).any(axis=2)
        right = (truth == mask).all(axis=2)[labelled].mean()
        assert right == pytest.approx(found.terms.get(f"image {i + 1}", 0))


@pytest.mark.parametrize(
    ("head", "options", "expected"),
    [
        ("fcn", {}, set()),
        ("gc", {}, {"shared.region", "shared.boundary"}),
        ("non_local", {}, {"cosine_distance", "jsd", "region", "boundary"}),
        ("non_local", {"pairwise": "dot_product"}, {"cosine_distance"}),
        ("ema", {"bases": 4}, {"bases", "bases.given_base", "bases.shuffled", "bases.within"}),
        ("isa", {"window": 4}, {"cosine_distance", "jsd", "region", "boundary"}),
        ("glore", {}, set()),
    ],
)
def test_a_head_has_the_readings_that_it_has_maps_for(head, options, expected):
    found = readings(head, **options)

    assert {r.removeprefix("attention.") for r in found if r.startswith("attention.")} == expected


def test_maps_of_a_users_head_are_read_by_their_shape():
    shared_out = torch.tensor([[1.0, 0.5, 0.0, 0.2], [0.0, 0.5, 1.0, 0.8]])  # columns add up to 1
    gathered = torch.full((3, 4), 0.25)  # rows do
    pairs = torch.stack([torch.eye(4), torch.full((4, 4), 0.25)])

    read = [
        (found.name, found.kind, found.weights)
        for path, weights in (
            ("affinity", shared_out),
            ("affinity", shared_out.T),
            ("inner.affinity", gathered),
            ("affinity", pairs),
        )
        for found in formed(path, weights, (2, 2))
    ]

    assert [(name, kind) for name, kind, _ in read] == [
        ("base", "base"), ("base", "base"), ("inner", "descriptor"), ("mean of 2 heads", "query"),
    ]  # fmt: skip
    assert torch.equal(read[1][2], shared_out)
    assert torch.equal(read[3][2], (torch.eye(4) + 0.25) / 2)
