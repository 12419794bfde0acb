import pickle
import subprocess
import sys

import numpy as np
import pytest

from attnbench.errors import DataError, MissingDataError, SuiteError, UnknownNameError
from attnbench.train.datasets import DATASETS, describe, open_split
from attnbench.train.datasets._files import FileDataset
from attnbench.train.datasets.voc import colour
from tests.train.trees import mask, picture, plain_tree, text, write

WITH_FILES = [name for name in DATASETS if name != "legend_map"]


def labels(name, root, split="train", **options):
    """Names, and labels as lists of rows."""
    return {s.name: s.label.tolist() for s in open_split(name, split, root=root, **options)}


def test_there_are_those_of_the_papers_one_made_up_and_ones_own():
    assert list(DATASETS) == [
        "ade20k", "camvid", "cityscapes", "coco_stuff", "folder", "legend_map", "lip",
        "pascal_context", "voc",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "count"),
    [("ade20k", 150), ("camvid", 11), ("cityscapes", 19), ("coco_stuff", 171), ("folder", 0),
     ("legend_map", 4), ("lip", 20), ("pascal_context", 59), ("voc", 21)],
)  # fmt: skip
def test_classes_are_as_many_as_published_and_each_has_a_name_of_its_own(name, count):
    classes = describe(name).keywords["classes"]

    assert len(set(classes)) == len(classes) == count


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_declaration_says_where_from_and_how_it_lies(name):
    facts = describe(name).keywords

    assert all(facts[k].strip() for k in ("title", "licence", "where", "layout"))
    assert all(s > 0 for s in facts["std"])
    assert "train" in facts["splits"]


def test_describing_imports_neither_numpy_nor_pillow_nor_torch():
    code = """
import sys
from attnbench.train.datasets import DATASETS, describe
assert [describe(name) for name in DATASETS]
sys.exit(bool({"numpy", "PIL", "torch"} & sys.modules.keys()))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_does_not_import_torch(tmp_path):
    plain_tree(tmp_path)
    code = f"""
import sys
from attnbench.train.datasets import open_split
from attnbench.train import miou, survey
open_split("folder", root={str(tmp_path)!r})[0]
open_split("legend_map")[0]
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# The layouts, each by hand: what the file holds, and what is meant.


def test_the_plain_layout(tmp_path):
    split = open_split("folder", "val", root=plain_tree(tmp_path))

    assert split.classes == ("grass", "sky")
    assert split.names == ("a",)
    assert split[0].image.shape == (2, 3, 3)
    assert split[0].image.dtype == split[0].label.dtype == np.uint8
    assert split[0].label.tolist() == [[0, 1, 255], [1, 1, 0]]


def test_a_palette_mask_is_read_by_its_indices_and_not_its_colours(tmp_path):
    lists = tmp_path / "VOC2012" / "ImageSets" / "Segmentation"
    text(lists / "train.txt", "2007_000032")
    picture(tmp_path / "VOC2012" / "JPEGImages" / "2007_000032.jpg")
    picture(tmp_path / "VOC2012" / "JPEGImages" / "2007_000099.jpg")  # in no list
    path = tmp_path / "VOC2012" / "SegmentationClass" / "2007_000032.png"
    mask(path, [[0, 1, 20], [255, 15, 7]], mode="P")

    assert labels("voc", tmp_path) == {"2007_000032": [[0, 1, 20], [255, 15, 7]]}


def test_voc_colours_are_those_of_its_development_kit():
    assert [colour(i) for i in (0, 1, 2, 3, 8, 20, 255)] == [
        (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (64, 0, 0), (0, 64, 128),
        (224, 224, 192),
    ]  # fmt: skip


def voc_in_colours(root, *colours):
    text(root / "ImageSets" / "Segmentation" / "train.txt", "a")
    picture(root / "JPEGImages" / "a.jpg", 1, len(colours))
    write(root / "SegmentationClass" / "a.png", [colours])
    return root


def test_a_mask_of_colours_is_read_by_exact_colour_where_told(tmp_path):
    root = voc_in_colours(tmp_path, (128, 0, 0), (0, 0, 0), (224, 224, 192), (0, 64, 128))

    assert labels("voc", root, masks="colours") == {"a": [[1, 0, 255, 20]]}


def test_a_colour_that_no_class_has_is_named(tmp_path):
    root = voc_in_colours(tmp_path, (128, 0, 0), (127, 0, 0))

    with pytest.raises(DataError, match=r"a\.png: colour \(127, 0, 0\), which no class has"):
        labels("voc", root, masks="colours")


def test_a_mask_of_colours_is_refused_where_indices_are_meant(tmp_path):
    with pytest.raises(DataError, match=r"a\.png: mode RGB; save the mask as mode P or L"):
        labels("voc", voc_in_colours(tmp_path, (128, 0, 0)))


@pytest.mark.parametrize("line", ["{}", "/JPEGImages/{}.jpg /SegmentationClassAug/{}.png"])
def test_voc_aug_leaves_the_images_of_val_out(tmp_path, line):
    lists = tmp_path / "ImageSets" / "Segmentation"
    text(lists / "train.txt", "a")
    text(lists / "val.txt", "b")
    text(lists / "train_aug.txt", *(line.format(n, n) for n in "abc"))
    for name, value in (("a", 1), ("b", 2), ("c", 3)):
        picture(tmp_path / "JPEGImages" / f"{name}.jpg", 1, 1)
        mask(tmp_path / "SegmentationClass" / f"{name}.png", [[value]], mode="P")
        mask(tmp_path / "SegmentationClassAug" / f"{name}.png", [[value + 10]])

    assert labels("voc", tmp_path) == {"a": [[1]]}
    assert labels("voc", tmp_path, aug=True) == {"a": [[11]], "c": [[13]]}
    assert labels("voc", tmp_path, "val", aug=True) == {"b": [[2]]}


def cityscapes_picture(root, width, city="ulm", name="ulm_000000_000019"):
    picture(root / "leftImg8bit" / "train" / city / f"{name}_leftImg8bit.png", 1, width)
    return root / "gtFine" / "train" / city / f"{name}_gtFine"


def test_cityscapes_ids_become_classes_and_the_rest_void(tmp_path):
    masks = cityscapes_picture(tmp_path, 34)
    mask(masks.with_name(f"{masks.name}_labelIds.png"), [range(34)])
    void = dict.fromkeys([*range(7), 9, 10, 14, 15, 16, 18, 29, 30], 255)
    scored = dict(zip([7, 8, 11, 12, 13, 17, *range(19, 29), 31, 32, 33], range(19), strict=True))

    expected = [(void | scored)[i] for i in range(34)]
    assert labels("cityscapes", tmp_path) == {"ulm/ulm_000000_000019": [expected]}


def test_cityscapes_train_ids_are_not_mapped_again(tmp_path):
    masks = cityscapes_picture(tmp_path, 4)
    mask(masks.with_name(f"{masks.name}_labelTrainIds.png"), [[0, 7, 18, 255]])

    assert labels("cityscapes", tmp_path) == {"ulm/ulm_000000_000019": [[0, 7, 18, 255]]}


def test_cityscapes_ids_are_preferred_to_train_ids(tmp_path):
    masks = cityscapes_picture(tmp_path, 1)
    mask(masks.with_name(f"{masks.name}_labelTrainIds.png"), [[5]])
    mask(masks.with_name(f"{masks.name}_labelIds.png"), [[7]])

    assert labels("cityscapes", tmp_path) == {"ulm/ulm_000000_000019": [[0]]}


def test_the_dummies_of_the_cityscapes_test_split_are_refused(tmp_path):
    with pytest.raises(DataError, match="cityscapes has no split 'test' to train or score on"):
        open_split("cityscapes", "test", root=tmp_path)


def ade_tree(root, values):
    picture(root / "images" / "training" / "ADE_train_00000001.jpg", 1, len(values))
    mask(root / "annotations" / "training" / "ADE_train_00000001.png", [values])
    return root


def test_ade_counts_from_one_and_zero_and_padding_are_void(tmp_path):
    root = ade_tree(tmp_path / "ADEChallengeData2016", [0, 1, 150, 255])

    assert labels("ade20k", tmp_path) == {"ADE_train_00000001": [[255, 0, 149, 255]]}
    assert labels("ade20k", root) == labels("ade20k", tmp_path)


def test_a_grey_picture_has_three_equal_channels(tmp_path):
    root = ade_tree(tmp_path, [1, 2])
    write(root / "images" / "training" / "ADE_train_00000001.jpg", [[50, 50]])

    image = open_split("ade20k", root=root)[0].image

    assert image.shape == (1, 2, 3)
    assert (image == 50).all()


def camvid_tree(root, *lines):
    picture(root / "train" / "x.png", 1, 3)
    mask(root / "trainannot" / "x.png", [[0, 10, 11]])
    picture(root / "train" / "y.png", 1, 3)
    mask(root / "trainannot" / "y.png", [[1, 1, 1]])
    if lines:
        text(root / "train.txt", *lines)
    return root


def test_camvid_lists_name_paths_of_another_machine(tmp_path):
    line = "/SegNet/CamVid/train/x.png /SegNet/CamVid/trainannot/x.png"

    assert labels("camvid", camvid_tree(tmp_path / "CamVid", line).parent) == {"x": [[0, 10, 255]]}


def test_camvid_without_lists_is_paired_by_name(tmp_path):
    assert labels("camvid", camvid_tree(tmp_path)) == {"x": [[0, 10, 255]], "y": [[1, 1, 1]]}


def test_camvid_prepared_in_the_plain_layout_has_no_class_11(tmp_path):
    text(
        tmp_path / "classes.txt",
        *(c.replace(" ", "_") for c in describe("camvid").keywords["classes"]),
    )
    picture(tmp_path / "images" / "train" / "x.jpg", 1, 2)
    path = mask(tmp_path / "labels" / "train" / "x.png", [[10, 255]])
    assert labels("camvid", tmp_path) == {"x": [[10, 255]]}

    mask(path, [[10, 11]])
    with pytest.raises(DataError, match="label 11 in 1 pixels"):
        labels("camvid", tmp_path)


@pytest.mark.parametrize("images", ["train_images", "TrainVal_images/train_images",
                                    "TrainVal_images/TrainVal_images/train_images"])  # fmt: skip
def test_lip_has_a_background_that_counts_and_two_ways_to_unpack(tmp_path, images):
    picture(tmp_path / images / "77_1.jpg", 1, 2)
    mask(tmp_path / "TrainVal_parsing_annotations" / "train_segmentations" / "77_1.png", [[0, 19]])

    assert labels("lip", tmp_path) == {"77_1": [[0, 19]]}


def coco_tree(root, ending, values):
    (root / "images" / "val2017").mkdir(parents=True)
    (root / "annotations" / "val2017").mkdir(parents=True)
    picture(root / "images" / "train2017" / "000000000009.jpg", 1, len(values))
    mask(root / "annotations" / "train2017" / f"000000000009{ending}.png", [values])
    return root


def test_coco_pixel_maps_skip_the_ids_that_do_not_occur(tmp_path):
    # Label ids less one: person 0, stop sign 12, toothbrush 89, banner 91, wood 181.
    root = coco_tree(tmp_path, "", [0, 12, 89, 91, 181, 255])
    names = describe("coco_stuff").keywords["classes"]

    found = labels("coco_stuff", root)["000000000009"][0]

    assert [names[i] for i in found[:5]] == ["person", "stop sign", "toothbrush", "banner", "wood"]
    assert found == [0, 11, 79, 80, 170, 255]


def test_coco_train_ids_are_not_mapped_again(tmp_path):
    root = coco_tree(tmp_path, "_labelTrainIds", [0, 12, 170, 255])

    assert labels("coco_stuff", root) == {"000000000009": [[0, 12, 170, 255]]}


def context_tree(root):
    base = root / "VOCdevkit" / "VOC2010"
    text(base / "ImageSets" / "SegmentationContext" / "train.txt", "2008_000002")
    picture(base / "JPEGImages" / "2008_000002.jpg", 1, 4)
    mask(base / "SegmentationClassContext" / "2008_000002.png", [[0, 1, 55, 59]])
    return root


def test_context_of_59_classes_has_no_background_and_that_of_60_has(tmp_path):
    root = context_tree(tmp_path)
    without, with_it = (open_split("pascal_context", root=root, classes=n) for n in (59, 60))

    assert without[0].label.tolist() == [[255, 0, 54, 58]]
    assert with_it[0].label.tolist() == [[0, 1, 55, 59]]
    assert [len(without.classes), len(with_it.classes)] == [59, 60]
    assert without.classes[54] == with_it.classes[55] == "tvmonitor"  # 2008_000002 shows one


# What is wrong is one line, with the file and what to do.


def test_a_mask_of_another_size_is_named_with_both(tmp_path):
    root = plain_tree(tmp_path)
    mask(root / "labels" / "train" / "a.png", [[0, 1], [1, 0], [0, 0]])

    with pytest.raises(DataError, match=r"labels/train/a\.png: 3x2 .* its picture has 2x3; make"):
        open_split("folder", root=root)


def test_labels_outside_the_classes_are_counted(tmp_path):
    root = plain_tree(tmp_path, values=[[0, 2, 2], [7, 1, 255]])

    message = r"a\.png: label 2, 7 in 3 pixels, which no class has; expected 0 to 1, 255"
    with pytest.raises(DataError, match=message):
        open_split("folder", root=root)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("voc", lambda root: voc_in_colours(root, (0, 0, 0))),
        ("folder", plain_tree),
        ("ade20k", lambda root: ade_tree(root, [1])),
        ("camvid", camvid_tree),
    ],
)
def test_an_empty_split_is_no_split(tmp_path, name, make):
    root = make(tmp_path)
    for path in root.rglob("*.*"):
        if path.suffix in (".png", ".jpg"):
            path.unlink()
        elif path.name == "train.txt":
            path.write_text("\n")

    with pytest.raises(DataError, match=rf"no pictures in the train split of {name}"):
        open_split(name, root=root)


def test_a_split_that_is_all_void_is_refused(tmp_path):
    with pytest.raises(DataError, match="no pixel of the train split has a class"):
        open_split("folder", root=plain_tree(tmp_path, values=[[255] * 3] * 2))


@pytest.mark.parametrize("gone", ["images", "labels"])
def test_a_picture_without_mask_or_a_mask_without_picture_is_named(tmp_path, gone):
    root = plain_tree(tmp_path)
    path = root / gone / "train" / "b.png"
    (picture if gone == "labels" else mask)(
        root / ("images" if gone == "labels" else "labels") / "train" / "b.png",
        **({} if gone == "labels" else {"values": [[0] * 3] * 2}),
    )

    with pytest.raises(
        DataError, match=rf"{gone}/train/b\.(png|jpg): missing, though its split needs it"
    ):
        open_split("folder", root=root)
    assert not path.exists()


def test_two_pictures_of_one_name_are_refused(tmp_path):
    root = plain_tree(tmp_path)
    picture(root / "images" / "train" / "a.jpg")

    with pytest.raises(DataError, match=r"a\.png: a\.jpg has the same name; keep one"):
        open_split("folder", root=root)


def test_what_a_system_leaves_beside_a_file_is_no_picture(tmp_path):
    root = plain_tree(tmp_path)
    (root / "images" / "train" / "._a.png").write_bytes(b"Mac OS X")

    assert open_split("folder", root=root).names == ("a",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["grass", "grass"], "'grass' comes twice"),
        ([""], "0 classes; expected 1 to 255"),
        (["grass", "sky\x1b[2J"], r"'sky\\x1b\[2J'...: no name to print"),
        (["grass" * 100], "'grassgrassgrassgrass'...: no name to print"),
        ([str(i) for i in range(256)], "256 classes; expected 1 to 255"),
    ],
)
def test_a_list_of_classes_that_is_none_is_refused(tmp_path, lines, message):
    root = plain_tree(tmp_path)
    text(root / "classes.txt", *lines)

    with pytest.raises(DataError, match=rf"classes\.txt: {message}"):
        open_split("folder", root=root)


@pytest.mark.parametrize("root", [None, "nowhere"])
@pytest.mark.parametrize("name", WITH_FILES)
def test_missing_data_are_told_with_where_to_get_them_and_how_to_lay_them_out(name, root, tmp_path):
    with pytest.raises(MissingDataError) as error:
        open_split(name, root=root and tmp_path / root)

    facts, said = describe(name).keywords, str(error.value)
    assert facts["where"] in said
    assert all(line.strip() in said for line in facts["layout"].splitlines())
    assert "\n" not in said


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"au": True}, UnknownNameError, "unknown option of voc 'au'; did you mean 'aug'"),
        ({"aug": 1}, SuiteError, "voc: aug = 1: expected bool"),
        ({"masks": "rgb"}, SuiteError, "choose one of 'indices', 'colours'"),
    ],
)
def test_a_wrong_option_is_named(options, error, message):
    with pytest.raises(error, match=message):
        open_split("voc", **options)


def test_an_unknown_data_set_has_a_near_name():
    with pytest.raises(UnknownNameError, match="unknown data set 'camvit'; did you mean 'camvid'"):
        open_split("camvit")


# Subsets.


@pytest.fixture
def forty(tmp_path):
    text(tmp_path / "classes.txt", "one")
    for i in range(40):
        picture(tmp_path / "images" / "train" / f"{i:02}.png", 1, 1)
        mask(tmp_path / "labels" / "train" / f"{i:02}.png", [[0]])
    return tmp_path


def test_a_subset_is_drawn_by_its_seed_alone(forty):
    drawn = {s: open_split("folder", root=forty, subset=8, seed=s).names for s in range(20)}

    assert drawn[3] == open_split("folder", root=forty, subset=8, seed=3).names
    assert len(set(drawn.values())) == 20
    assert all(len(set(names)) == 8 for names in drawn.values())
    assert all(list(names) == sorted(names) for names in drawn.values())


def test_a_smaller_subset_is_part_of_a_larger_one(forty):
    few, many = (set(open_split("folder", root=forty, subset=n).names) for n in (5, 30))

    assert few < many


def test_every_image_is_drawn_as_often_as_the_others(forty):
    draws, n = 500, 10
    counts = dict.fromkeys(open_split("folder", root=forty).names, 0)
    whole = open_split("folder", root=forty)
    for seed in range(draws):
        for name in whole.draw(n, seed).names:
            counts[name] += 1

    p = n / 40  # five standard deviations of a binomial: one in a million for each of 40
    assert all(abs(c - draws * p) < 5 * (draws * p * (1 - p)) ** 0.5 for c in counts.values())


@pytest.mark.parametrize("count", [0, 41, -1, True])
def test_a_subset_larger_than_the_split_is_refused(forty, count):
    with pytest.raises(DataError, match="subset = .*: the train split has 40 images"):
        open_split("folder", root=forty, subset=count)


def test_a_split_can_be_sent_to_another_process(forty):
    split = open_split("folder", root=forty, subset=3)

    sent = pickle.loads(pickle.dumps(split))

    assert sent.names == split.names
    assert sent[-1].label.tolist() == [[0]]


def test_pictures_are_read_when_they_are_asked_for(tmp_path):
    root = plain_tree(tmp_path)
    picture(root / "images" / "train" / "b.png")
    (root / "labels" / "train" / "b.png").write_bytes(b"no picture")

    split = open_split("folder", root=root)

    assert split[0].name == "a"
    with pytest.raises(DataError, match=r"b\.png: cannot be read: no PNG or JPEG"):
        split[1]


@pytest.mark.parametrize("name", WITH_FILES)
def test_every_layout_says_where_it_begins(name):
    data = DATASETS[name]()

    assert isinstance(data, FileDataset)
    assert data.marks
