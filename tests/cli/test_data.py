import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench
from attnbench.errors import AttnbenchError
from tests.train.trees import mask, picture, plain_tree, text


def checked(*words):
    """Exit code and output of `attnbench data check`."""
    done = CliRunner().invoke(attnbench, ["data", "check", *map(str, words)])
    if isinstance(done.exception, AttnbenchError):
        raise done.exception
    return done.exit_code, done.stdout


def sheet(*words):
    code, output = checked(*words, "--json")
    return code, json.loads(output)


def test_what_lies_there_is_told_with_the_balance_of_its_classes(tmp_path):
    code, found = sheet(plain_tree(tmp_path))  # labels 0 1 void / 1 1 0 in both splits

    assert code == 0
    assert (found["dataset"], found["classes"]) == ("folder", ["grass", "sky"])
    train, val = found["splits"]
    assert train == {
        "split": "train", "images": 1, "sizes": [[2, 3]], "pixels": [2, 3], "void": 1, "broken": [],
    }  # fmt: skip
    assert val == train | {"split": "val"}


def test_a_person_reads_shares(tmp_path):
    code, output = checked(plain_tree(tmp_path))
    lines = [line.split() for line in output.splitlines()]

    assert code == 0
    assert ["0", "grass", "40.00", "%", "40.00", "%"] in lines  # 2 of 5 labelled
    assert ["train", "1", "2x3", "16.67", "%"] in lines  # 1 of 6 void
    assert output.splitlines()[-1] == "nothing broken: 2 images, 2 classes"


def test_all_that_is_broken_is_named_and_the_answer_is_no(tmp_path):
    root = plain_tree(tmp_path)
    for name in "bcdef":
        picture(root / "images" / "train" / f"{name}.png")
    labels = root / "labels" / "train"
    mask(labels / "b.png", [[0, 1]])
    mask(labels / "c.png", [[0, 1, 9], [0, 0, 0]])
    (labels / "d.png").write_bytes(b"")
    mask(labels / "e.png", [[[1, 1, 1]] * 3] * 2)
    mask(labels / "g.png", [[0, 0, 0], [0, 0, 0]])

    code, found = sheet(root)

    assert code == 1
    assert [Path(line.split(": ")[0]).name for line in found["broken"]] == [
        "b.png", "c.png", "d.png", "e.png", "f.png", "g.jpg",
    ]  # fmt: skip
    assert [s["images"] for s in found["splits"]] == [1, 1]
    code, output = checked(root)
    assert code == 1
    assert all(f"{name}.png: " in output for name in "bcdef")
    assert output.splitlines()[-1].startswith("6 broken, 2 images are whole")


def test_one_split_alone(tmp_path):
    assert [s["split"] for s in sheet(plain_tree(tmp_path), "--split", "val")[1]["splits"]] == [
        "val"
    ]


def test_a_class_that_never_occurs_is_told(tmp_path):
    root = plain_tree(tmp_path)
    text(root / "classes.txt", "grass", "sky", "sea")

    assert sheet(root)[1]["notes"] == ["1 of 3 classes never occur: sea"]


def test_a_split_of_nothing_but_void_is_told(tmp_path):
    root = plain_tree(tmp_path)
    mask(root / "labels" / "val" / "a.png", [[255] * 3] * 2)

    assert sheet(root)[1]["notes"] == ["val: no pixel has a class, all are void"]


def test_options_of_a_data_set_can_be_set(tmp_path):
    text(tmp_path / "ImageSets" / "SegmentationContext" / "val.txt", "a")
    picture(tmp_path / "JPEGImages" / "a.jpg", 1, 2)
    mask(tmp_path / "SegmentationClassContext" / "a.png", [[0, 59]])
    words = (tmp_path, "--split", "val")

    assert sheet(*words)[1]["splits"][0]["void"] == 1
    assert sheet(*words, "--set", "classes=60")[1]["splits"][0]["void"] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: no such folder"),
        ([""], "the layout of no data set that is known here; attnbench show folder tells"),
        (["", "--dataset", "fodler"], "unknown data set 'fodler'; did you mean 'folder'"),
        (["", "--dataset", "voc"], "voc: no such data below"),
        (["", "--dataset", "legend_map"], "legend_map: made by the program"),
        (["", "--dataset", "cityscapes", "--split", "test"], "cityscapes has no split 'test'"),
        (["", "--dataset", "voc", "--set", "aug"], "--set: 'aug' is no option"),
    ],
)
def test_wrong_use_is_one_line(tmp_path, words, message):
    with pytest.raises(AttnbenchError) as error:
        checked(tmp_path / words[0], *words[1:])

    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


def test_a_folder_that_may_be_two_data_sets_asks_which(tmp_path):
    plain_tree(tmp_path)
    (tmp_path / "leftImg8bit").mkdir()
    (tmp_path / "gtFine").mkdir()

    with pytest.raises(AttnbenchError, match="may be any of cityscapes, folder; say which"):
        checked(tmp_path)


def test_a_split_that_is_asked_for_and_empty_is_told(tmp_path):
    root = plain_tree(tmp_path)
    (root / "images" / "val" / "a.png").unlink()
    (root / "labels" / "val" / "a.png").unlink()

    assert [s["split"] for s in sheet(root)[1]["splits"]] == ["train"]
    with pytest.raises(AttnbenchError, match="no pictures in val of folder"):
        checked(root, "--split", "val")


def test_a_file_name_cannot_steer_the_terminal(tmp_path):
    root = plain_tree(tmp_path)
    picture(root / "images" / "train" / "\x1b[2Jb\n.png")

    code, output = checked(root)

    assert code == 1
    assert "\x1b" not in output
    assert r"\x1b[2Jb\n.png: missing" in output
