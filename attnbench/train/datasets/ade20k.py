"""ADE20K scene parsing: 150 classes of scenes indoors and outdoors, 20,210 + 2,000 images.

Source: Zhou, Zhao, Puig, Fidler, Barriuso, Torralba. Scene Parsing through ADE20K Dataset, CVPR
2017; the files are of the scene parsing challenge of 2016, not the full release.
Masks hold 0 for other objects, which are void, and the class plus one. Names are the first of each
line of objectInfo150.txt.
"""

from pathlib import Path

from attnbench.train.datasets import dataset
from attnbench.train.datasets._coding import Coding, from_one
from attnbench.train.datasets._files import FileDataset, Pair, same_stems

FOLDERS = {"train": "training", "val": "validation"}
_FROM_ONE = from_one(150)


@dataset(
    title="ADE20K, scene parsing 2016",
    classes="""wall, building, sky, floor, tree, ceiling, road, bed, windowpane, grass, cabinet,
        sidewalk, person, earth, door, table, mountain, plant, curtain, chair, car, water, painting,
        sofa, shelf, house, sea, mirror, rug, field, armchair, seat, fence, desk, rock, wardrobe,
        lamp, bathtub, railing, cushion, base, box, column, signboard, chest of drawers, counter,
        sand, sink, skyscraper, fireplace, refrigerator, grandstand, path, stairs, runway, case,
        pool table, pillow, screen door, stairway, river, bridge, bookcase, blind, coffee table,
        toilet, flower, book, hill, bench, countertop, stove, palm, kitchen island, computer,
        swivel chair, boat, bar, arcade machine, hovel, bus, towel, light, truck, tower, chandelier,
        awning, streetlight, booth, television receiver, airplane, dirt track, apparel, pole, land,
        bannister, escalator, ottoman, bottle, buffet, poster, stage, van, ship, fountain,
        conveyer belt, canopy, washer, plaything, swimming pool, stool, barrel, basket, waterfall,
        tent, bag, minibike, cradle, oven, ball, food, step, tank, trade name, microwave, pot,
        animal, bicycle, lake, dishwasher, screen, blanket, sculpture, hood, sconce, vase,
        traffic light, tray, ashcan, fan, pier, crt screen, plate, monitor, bulletin board, shower,
        radiator, glass, clock, flag""",
    licence="annotations BSD 3-clause; images for non-commercial research and education",
    where="http://sceneparsing.csail.mit.edu: ADEChallengeData2016.zip",
    layout="""
        ADEChallengeData2016/images/{training,validation}/NAME.jpg
        ADEChallengeData2016/annotations/{training,validation}/NAME.png: 8 bits, 0 = void, 1 to 150
    """,
    crop=(520, 520),
)
class Ade20k(FileDataset):
    """Splits are called training and validation on disk."""

    places = (".", "ADEChallengeData2016")
    marks = ("images/training", "annotations/training")

    def pairs(self, base: Path, split: str) -> list[Pair]:
        folder = FOLDERS[split]
        return same_stems(base / "images" / folder, base / "annotations" / folder)

    def coding(self, _mask: Path) -> Coding:
        return _FROM_ONE
