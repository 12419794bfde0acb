"""LIP, Look into Person: 19 parts of one person, and a background that counts as a class.

Source: Gong, Liang, Zhang, Shen, Lin. Look into Person: Self-supervised Structure-sensitive
Learning and a New Benchmark for Human Parsing, CVPR 2017.
30,462 + 10,000 images. Nothing is void in it.
"""

from pathlib import Path

from attnbench.train.datasets import dataset
from attnbench.train.datasets._coding import Coding, plain
from attnbench.train.datasets._files import FileDataset, Pair, same_stems

ANNOTATIONS = "TrainVal_parsing_annotations"
_PLAIN = plain(20)


@dataset(
    title="LIP, parts of a person",
    classes="""background, hat, hair, glove, sunglasses, upper-clothes, dress, coat, socks, pants,
        jumpsuits, scarf, skirt, face, left-arm, right-arm, left-leg, right-leg, left-shoe,
        right-shoe""",
    licence="non-commercial research",
    where="http://sysu-hcp.net/lip: TrainVal_images.zip, TrainVal_parsing_annotations.zip",
    layout="""
        {train,val}_images/NAME.jpg, or below TrainVal_images
        TrainVal_parsing_annotations/{train,val}_segmentations/NAME.png: 8 bits, 0 to 19
    """,
    crop=(473, 473),
)
class Lip(FileDataset):
    """`train_images` and `val_images` may lie below a folder of their archive."""

    places = (".", "LIP")
    marks = (ANNOTATIONS,)

    def pairs(self, base: Path, split: str) -> list[Pair]:
        images = base / f"{split}_images"
        if not images.exists():
            images = _unpacked(base / "TrainVal_images") / images.name
        return same_stems(images, _unpacked(base / ANNOTATIONS) / f"{split}_segmentations")

    def coding(self, _mask: Path) -> Coding:
        return _PLAIN


def _unpacked(folder: Path) -> Path:
    """The archives hold a folder of their own name: unpacked into one, they lie in it twice."""
    return folder / folder.name if (folder / folder.name).exists() else folder
