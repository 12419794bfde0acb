import numpy as np
import pytest
from scipy.stats import chi2

from attnbench.errors import DataError, SuiteError
from attnbench.train.datasets import open_split
from attnbench.train.datasets.legend_map import LegendMap

ONE_IN_A_MILLION = 1e-6
QUIET = LegendMap(noise=0)


@pytest.fixture(scope="module")
def scenes():
    return [LegendMap().scene(0, i) for i in range(4000)]


@pytest.fixture(scope="module")
def samples():
    return [LegendMap().sample(1, i) for i in range(1024)]


def chi_square(counts, expected):
    return ((counts - expected) ** 2 / expected).sum()


def independent(table):
    """Whether rows and columns of counts look independent, as all but one table in a million."""
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return chi_square(table, expected) < chi2.isf(ONE_IN_A_MILLION, freedom)


def band(n, p=0.25, deviations=5):
    """How far the share of n draws may be from p: five standard deviations of a binomial."""
    return deviations * (p * (1 - p) / n) ** 0.5


def entry(sample, slot):
    """The legend entry of a slot: image 32 x 32 x 3, label 32 x 32."""
    at = np.s_[:32, 32 * slot : 32 * slot + 32]
    return sample.image[at], sample.label[at]


# What is in a picture.


def test_rows_are_legend_void_and_map():
    sample = LegendMap().sample(0, 0)

    assert sample.image.shape == (128, 128, 3)
    assert sample.image.dtype == sample.label.dtype == np.uint8
    assert set(np.unique(sample.label[:32])) <= set(range(4))  # four entries fill the row
    assert (sample.label[32:64] == 255).all()
    assert set(np.unique(sample.label[64:])) <= set(range(4))


@pytest.mark.parametrize("keys", [1, 2, 4])
def test_the_pattern_of_a_legend_entry_is_its_value(keys):
    """Read from the picture alone: where it is lit, and from the definition of the patterns."""
    y, x = np.mgrid[:32, :32]
    lit = {
        0: y % 8 < 4,
        1: x % 8 < 4,
        2: (y % 8 < 4) == (x % 8 < 4),
        3: (x + y) % 8 < 4,
    }
    data, seen = LegendMap(noise=0, keys=keys), set()
    for index in range(60):
        sample, scene = data.sample(2, index), data.scene(2, index)
        for slot, value in zip(scene.slots, scene.values, strict=True):
            image, label = entry(sample, slot)
            assert ((image.max(axis=2) > 0) == lit[value]).all()
            assert (label == value).all()
            seen.add(int(value))
    assert seen == {0, 1, 2, 3}


def test_every_pattern_has_as_much_colour_as_black():
    for index in range(30):
        sample, scene = QUIET.sample(3, index), QUIET.scene(3, index)
        assert {int((entry(sample, s)[0].max(axis=2) > 0).sum()) for s in scene.slots} == {512}


def test_a_map_region_has_the_label_of_the_entry_with_its_colour():
    for index in range(40):
        sample, scene = QUIET.sample(4, index), QUIET.scene(4, index)
        meaning = {}
        for slot in scene.slots:
            image, label = entry(sample, slot)
            meaning[tuple(image.reshape(-1, 3).max(axis=0))] = label[0, 0]
        region = {tuple(p) for p in sample.image[64:].reshape(-1, 3)}
        assert region == set(meaning)  # every key occurs, and nothing else does
        found = [meaning[tuple(p)] for p in sample.image[64:].reshape(-1, 3)]
        assert found == sample.label[64:].ravel().tolist()


def test_a_pixel_belongs_to_the_nearest_point():
    scene, sample = QUIET.scene(0, 5), QUIET.sample(0, 5)
    for row, column in [(0, 0), (63, 127), (10, 90), (40, 31), (63, 0)]:
        centre = np.array([row + 0.5, column + 0.5])
        nearest = np.argmin(np.linalg.norm(scene.points - centre, axis=1))
        assert sample.label[64 + row, column] == scene.cell_values[nearest]


def test_hues_points_and_keys_keep_what_is_promised(scenes):
    for scene in scenes:
        hues = np.sort(scene.hues)
        assert np.diff(hues, append=hues[0] + 1).min() > 0.12 - 1e-9
        gaps = np.linalg.norm(scene.points[:, None] - scene.points[None], axis=2)
        assert gaps[np.triu_indices(8, 1)].min() >= 14
        assert (scene.points >= 0).all()
        assert (scene.points < (64, 128)).all()
        assert set(scene.cell_hues) == set(scene.hues)
        assert sorted(scene.slots) == [0, 1, 2, 3]


def test_colours_are_full_and_dimmed_together():
    brightest = [QUIET.sample(0, i).image.max() for i in range(200)]

    assert min(brightest) >= 229  # 0.9 x 255
    assert max(brightest) <= 255
    assert max(brightest) - min(brightest) > 20
    grey = QUIET.sample(0, 7).image[32:64]
    assert grey.min() == grey.max()
    assert abs(int(grey.min()) - 127 * int(QUIET.sample(0, 7).image.max()) / 255) < 1


# Nothing but the legend tells the class.


def test_every_class_has_a_quarter_of_the_labels(samples):
    """The labels of a picture hang together: four values are drawn for each, so n is 4 a picture.

    For the map, the share of a class in a picture has at most the variance of one draw.
    """
    legend = np.mean([[np.mean(s.label[:32] == v) for v in range(4)] for s in samples], axis=0)
    of_map = np.mean([[np.mean(s.label[64:] == v) for v in range(4)] for s in samples], axis=0)

    assert np.abs(legend - 0.25).max() < band(4 * len(samples))  # 0.034
    assert np.abs(of_map - 0.25).max() < band(len(samples))  # 0.068


def test_no_place_tells_the_class(samples):
    """At each place of the map and slot of the legend all classes are equally likely."""
    labels = np.stack([s.label for s in samples])
    places = [labels[:, row, column] for row in (68, 95, 124) for column in (4, 40, 90, 123)]
    slots = [labels[:, 16, 32 * slot + 16] for slot in range(4)]
    for drawn in [*places, *slots]:
        counts = np.bincount(drawn, minlength=4)
        assert chi_square(counts, len(samples) / 4) < chi2.isf(ONE_IN_A_MILLION / 16, 3)
    every = np.stack([(labels[:, 64:] == v).mean(axis=0) for v in range(4)])
    # 8,192 places, 4 classes: six standard deviations are passed by chance once in 15,000 runs
    assert np.abs(every - 0.25).max() < band(len(samples), deviations=6)


def hue_by_value(hues, values):
    """Counts, 12 hues x 4 values, of one region or key a picture: those are drawn independently."""
    table = np.zeros((12, 4))
    np.add.at(table, ((np.array(hues) * 12).astype(int), values), 1)
    return table


def test_no_colour_tells_the_class(scenes):
    regions = hue_by_value([s.cell_hues[0] for s in scenes], [s.cell_values[0] for s in scenes])
    keys = hue_by_value([s.hues[0] for s in scenes], [s.values[0] for s in scenes])

    assert independent(regions)
    assert independent(keys)


def test_the_test_of_colour_would_see_a_weak_link(scenes):
    """One region in ten has the class that its hue would suggest."""
    rng = np.random.default_rng(0)
    hues = np.array([s.cell_hues[0] for s in scenes])
    values = np.array([s.cell_values[0] for s in scenes])
    linked = np.where(rng.random(len(hues)) < 0.1, (hues * 4).astype(int), values)

    assert not independent(hue_by_value(hues, linked))


def test_hues_are_uniform_on_the_circle(scenes):
    for hues in ([s.hues[0] for s in scenes], [s.cell_hues[0] for s in scenes]):
        counts = np.bincount((np.array(hues) * 12).astype(int), minlength=12)
        assert chi_square(counts, len(scenes) / 12) < chi2.isf(ONE_IN_A_MILLION, 11)


def test_the_slot_of_a_key_tells_neither_its_value_nor_its_cells(scenes):
    table = np.zeros((4, 4))
    for scene in scenes:
        table[scene.slots[0], scene.values[0]] += 1
    assert independent(table)

    owned = np.zeros((8, 4))  # of which slot is the colour of each cell
    for i, scene in enumerate(scenes):
        cell = i % 8
        owned[cell, scene.slots[np.flatnonzero(scene.hues == scene.cell_hues[cell])[0]]] += 1
    assert independent(owned)


def test_two_keys_of_a_picture_share_a_class_as_often_as_chance_says(scenes):
    same = np.mean([s.values[0] == s.values[1] for s in scenes])

    assert abs(same - 0.25) < band(len(scenes))


# A function of seed and index.


def test_a_picture_is_a_function_of_its_seed_and_index():
    first, again = (open_split("legend_map", "val", seed=3) for _ in range(2))

    for place in (200, 0, 7):
        assert (first[place].image == again[place].image).all()
        assert (first[place].label == again[place].label).all()
    assert first.names[7] == first[7].name == "00007"


def test_no_two_pictures_of_any_seed_or_split_are_the_same():
    drawn = [
        open_split("legend_map", split, seed=seed)[i].image.tobytes()
        for split in ("train", "val")
        for seed in range(4)
        for i in range(10)
    ]

    assert len(set(drawn)) == len(drawn)


def test_there_are_1024_to_train_on_and_256_to_validate():
    assert len(open_split("legend_map", "train")) == 1024
    assert len(open_split("legend_map", "val")) == 256
    assert len(open_split("legend_map", "val", subset=10)) == 10


# Knobs.


def test_noise_has_the_deviation_that_is_asked_for_and_changes_nothing_else():
    for noise in (4.0, 12.0):
        noisy, quiet = LegendMap(noise=noise).sample(0, 1), QUIET.sample(0, 1)
        void = np.s_[32:64]  # grey: nothing is clipped there
        added = noisy.image[void].astype(float) - quiet.image[void]
        assert (noisy.label == quiet.label).all()
        # 12,288 draws: a deviation is good to 0.6 %; rounding adds 1/12 to a variance
        assert added.std() == pytest.approx((noise**2 + 1 / 12) ** 0.5, rel=0.04)
        assert abs(added.mean()) < 5 * noise / 12_288**0.5 + 0.5


def test_distance_moves_the_map_and_size_makes_it_larger():
    near, large = LegendMap(distance=0).sample(0, 0), LegendMap(size=256, distance=96).sample(0, 0)

    assert (near.label[32:] != 255).all()
    assert large.label.shape == (256, 256)
    assert (large.label[32:128] == 255).all()
    assert (large.label[128:] != 255).all()
    assert (large.label[:32, 128:] == 255).all()  # four slots of 32


def test_slots_without_a_key_are_void_and_grey():
    data = LegendMap(keys=2, slots=4, noise=0)
    sample, scene = data.sample(0, 0), data.scene(0, 0)
    for slot in set(range(4)) - set(scene.slots):
        image, label = entry(sample, slot)
        assert (label == 255).all()
        assert image.min() == image.max() == sample.image[40, 0, 0]


def test_one_key_stands_in_every_slot_as_often():
    counts = np.bincount([LegendMap(keys=1).scene(0, i).slots[0] for i in range(2000)], minlength=4)

    assert chi_square(counts, 500) < chi2.isf(ONE_IN_A_MILLION, 3)


def test_with_one_key_the_map_has_its_value_in_colours_of_no_meaning():
    data = LegendMap(keys=1)
    scenes = [data.scene(0, i) for i in range(500)]

    assert all((s.cell_values == s.values[0]).all() for s in scenes)
    assert all(len(set(s.cell_hues)) == 8 for s in scenes)
    assert all(s.hues[0] not in s.cell_hues for s in scenes)


def test_eight_keys_fit():
    data = LegendMap(keys=8, slots=8, size=256, distance=32)

    assert set(data.scene(0, 0).cell_hues) == set(data.scene(0, 0).hues)


def test_the_smallest_map_has_room_for_its_points():
    data = LegendMap(size=64, slots=2, keys=2, distance=0)

    assert all(len(data.scene(0, i).points) == 8 for i in range(200))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keys": 0}, r"keys = 0: expected 1 to 4 \(each has a slot"),
        ({"keys": 5}, "keys = 5: expected 1 to 4"),
        ({"keys": 3, "slots": 2}, "keys = 3: expected 1 to 2"),
        ({"slots": 5}, "slots = 5: expected 1 to 4"),
        ({"slots": 16, "size": 512, "keys": 9}, "keys = 9: expected 1 to 8"),
        ({"size": 60}, "size = 60: expected 64 to 1024 "),
        ({"distance": 65}, "distance = 65: expected 0 to 64"),
        ({"distance": -1}, "distance = -1: expected 0 to 64"),
        ({"noise": -1.0}, "noise = -1.0: expected 0 to 255"),
        ({"noise": float("nan")}, "noise = nan: expected 0 to 255"),
    ],
)
def test_a_knob_out_of_range_is_refused(options, message):
    with pytest.raises(DataError, match=f"legend_map: {message}"):
        open_split("legend_map", **options)


@pytest.mark.parametrize("options", [{"keys": 2.0}, {"keys": True}, {"noise": "much"}])
def test_a_knob_of_another_type_is_refused(options):
    with pytest.raises(SuiteError, match="legend_map: .*: expected"):
        open_split("legend_map", **options)


def test_a_seed_below_zero_is_refused():
    with pytest.raises(DataError, match="seed = -1: expected a whole number from 0"):
        open_split("legend_map", seed=-1)
