"""Files that somebody else made, to mislead or to do harm."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from attnbench.errors import DataError
from attnbench.train.datasets import _pictures as pictures
from attnbench.train.datasets import open_split
from tests.train.trees import mask, picture, plain_tree, text, write


def png(width, height, bits, kind, rows):
    """A PNG from its bytes: `kind` 0 is grey, `rows` are packed pixels, without filter."""

    def chunk(name, data):
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_the_png_of_this_test_is_one(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(3, 2, 8, 0, [bytes([0, 1, 2]), bytes([3, 4, 5])]))

    assert pictures.indices(path, tmp_path).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_mask_of_four_grey_bits_is_refused_since_readers_scale_it(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(2, 1, 4, 0, [bytes([0x12])]))  # 1 and 2; Pillow gives 17 and 34

    with pytest.raises(DataError, match=r"a\.png: fewer than 8 bits a pixel"):
        pictures.indices(path, tmp_path)


def test_a_palette_of_four_bits_is_read_as_it_is(tmp_path):
    path = tmp_path / "a.png"
    image = Image.fromarray(np.array([[1, 2], [15, 0]], np.uint8))
    image.putpalette([0] * 48)
    image.save(path, bits=4)

    assert pictures.indices(path, tmp_path).tolist() == [[1, 2], [15, 0]]


@pytest.mark.parametrize(
    ("values", "mode", "message"),
    [
        (np.zeros((2, 3), np.uint16), "I;16", "mode I;16; save the mask as mode P or L, 8 bits"),
        (np.zeros((2, 3, 3), np.uint8), "RGB", "mode RGB; save the mask as mode P or L, 8 bits"),
        (np.zeros((2, 3), bool), "1", "mode 1; save the mask"),
    ],
)
def test_a_mask_of_another_mode_is_refused(tmp_path, values, mode, message):
    image = Image.fromarray(values)
    assert image.mode == mode
    image.save(tmp_path / "a.png")

    with pytest.raises(DataError, match=rf"a\.png: {message}"):
        pictures.indices(tmp_path / "a.png", tmp_path)


def test_a_mask_saved_as_jpeg_is_refused(tmp_path):
    write(tmp_path / "a.jpg", [[0, 1, 2]])

    with pytest.raises(DataError, match=r"a\.jpg: a mask saved as JPEG, which changes its values"):
        pictures.indices(tmp_path / "a.jpg", tmp_path)


def test_a_picture_of_16_bits_is_refused(tmp_path):
    Image.fromarray(np.zeros((2, 3), np.uint16)).save(tmp_path / "a.png")

    with pytest.raises(DataError, match=r"a\.png: mode I;16; save the picture with 8 bits"):
        pictures.picture(tmp_path / "a.png", tmp_path)


def test_a_transparent_palette_picture_is_read_without_a_warning(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.save(tmp_path / "a.png", transparency=bytes([0, 255]))

    assert pictures.picture(tmp_path / "a.png", tmp_path).tolist() == [[[10, 20, 30], [40, 50, 60]]]


@pytest.mark.parametrize(("side", "megapixels"), [(8200, 67), (10_000, 100), (20_000, 400)])
def test_a_file_that_unfolds_to_a_huge_picture_is_not_opened(tmp_path, side, megapixels):
    path = tmp_path / "a.png"
    path.write_bytes(png(side, side, 8, 0, [b""]))  # says its size, and holds nothing
    assert side * side >= megapixels * 10**6

    for read in (pictures.picture, pictures.indices, pictures.size):
        with pytest.raises(DataError, match=r"a\.png: more than 67108864 pixels; scale it down"):
            read(path, tmp_path)


@pytest.mark.parametrize("keep", [0, 8, 20, 45, 0.5, 0.9])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_torn_file_is_named(tmp_path, ending, keep):
    path = tmp_path / f"a.{ending}"
    noise = np.random.default_rng(0).integers(256, size=(20, 30, 3))
    whole = write(path, noise).read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])

    with pytest.raises(DataError, match=rf"a\.{ending}: cannot be read: .*; get the file again"):
        pictures.picture(path, tmp_path)


def test_bytes_changed_at_random_give_a_picture_or_an_error_of_ours(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "a"
    sources = [
        write(tmp_path / "a.png", rng.integers(256, size=(20, 30, 3))),
        write(tmp_path / "a.jpg", rng.integers(256, size=(20, 30, 3))),
        write(tmp_path / "b.png", rng.integers(256, size=(20, 30)), mode="P"),
    ]
    outcomes = {"read": 0, "refused": 0}
    for i in range(600):
        changed = bytearray(sources[i % 3].read_bytes())
        for _ in range(rng.integers(1, 6)):
            changed[rng.integers(len(changed))] = rng.integers(256)
        path.write_bytes(changed)
        for read in (pictures.picture, pictures.indices):
            try:
                read(path, tmp_path)
            except DataError:
                outcomes["refused"] += 1
            else:
                outcomes["read"] += 1

    assert min(outcomes.values()) > 100


@pytest.mark.parametrize(
    "magic", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"BM" + b"\0" * 60]
)
def test_other_formats_are_not_even_tried(tmp_path, magic):
    (tmp_path / "a.png").write_bytes(magic)

    with pytest.raises(DataError, match="no PNG or JPEG"):
        pictures.picture(tmp_path / "a.png", tmp_path)


# Paths stay inside the root.


@pytest.fixture
def secret(tmp_path):
    """A picture and a mask that lie outside of the root."""
    picture(tmp_path / "secret" / "x.jpg")
    mask(tmp_path / "secret" / "x.png", [[0] * 3] * 2)
    return tmp_path / "secret"


@pytest.mark.parametrize(
    "line", ["../../x", "..", "/etc/passwd", "a/../../../x", "a\0b", "a\x1b[2J"]
)
@pytest.mark.parametrize("name", ["voc", "pascal_context"])
def test_a_list_that_leads_elsewhere_is_refused_or_stays_inside(tmp_path, secret, name, line):
    root = tmp_path / "root"
    folder = {"voc": "Segmentation", "pascal_context": "SegmentationContext"}[name]
    text(root / "ImageSets" / folder / "train.txt", line)
    (root / "JPEGImages").mkdir()
    (root / "SegmentationClassContext").mkdir()

    with pytest.raises(DataError, match=r"train\.txt: .* is no name of a picture|: missing,"):
        open_split(name, root=root)


@pytest.mark.parametrize(
    "line",
    [
        "../../secret/../x.jpg ../../secret/../x.png",
        "/SegNet/../x.png /SegNet/../x.png",
        "x.png",
        "train/x.png trainannot/x.png more/x.png",
    ],
)
def test_a_camvid_list_that_leads_elsewhere_is_refused(tmp_path, secret, line):
    root = tmp_path / "root"
    (root / "train").mkdir(parents=True)
    (root / "trainannot").mkdir()
    text(root / "train.txt", line)

    with pytest.raises(DataError, match=r"train\.txt: "):
        open_split("camvid", root=root)


def test_a_link_to_outside_is_not_followed(tmp_path, secret):
    root = plain_tree(tmp_path / "root")
    (root / "images" / "train" / "a.png").unlink()
    (root / "images" / "train" / "a.png").symlink_to(secret / "x.jpg")

    with pytest.raises(DataError, match=r"images/train/a\.png: leads outside of .*root"):
        open_split("folder", root=root)


def test_a_link_within_the_root_and_a_root_that_is_a_link_are_followed(tmp_path):
    root = plain_tree(tmp_path / "root")
    (root / "images" / "train" / "a.png").rename(root / "kept.png")
    (root / "images" / "train" / "a.png").symlink_to(root / "kept.png")
    (tmp_path / "link").symlink_to(root)

    assert len(open_split("folder", root=tmp_path / "link")) == 1


def test_a_pipe_is_no_picture(tmp_path):
    root = plain_tree(tmp_path)
    (root / "images" / "train" / "a.png").unlink()
    os.mkfifo(root / "images" / "train" / "a.png")

    with pytest.raises(DataError, match=r"a\.png: not a plain file"):
        open_split("folder", root=root)


def test_a_list_that_is_no_text_is_refused(tmp_path):
    root = plain_tree(tmp_path)
    (root / "classes.txt").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataError, match=r"classes\.txt: not text in UTF-8"):
        open_split("folder", root=root)
