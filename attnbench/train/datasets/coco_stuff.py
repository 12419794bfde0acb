"""COCO-Stuff 164k: all of a picture in 80 kinds of things and 91 of stuff, 118,287 + 5,000 images.

Source: Caesar, Uijlings, Ferrari. COCO-Stuff: Thing and Stuff Classes in Context, CVPR 2018.
The pixel maps hold 0 to 181, the label id less one, of which 11 do not occur: 171 classes. Files
named `_labelTrainIds`, as mmsegmentation makes them, hold 0 to 170 already; where a picture has
both, they are read. Which it is, the file name says.
"""

from pathlib import Path

from attnbench.train.datasets import dataset
from attnbench.train.datasets._coding import Coding, coding, plain
from attnbench.train.datasets._files import FileDataset, Pair, files

TRAIN_IDS = "_labelTrainIds"

# Street sign, hat, shoe, eye glasses, plate, mirror, window, desk, door, blender, hair brush: label
# ids less one of things that COCO has a number for and no annotation of.
UNUSED = (11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90)
_BY_ID = coding({i: c for c, i in enumerate(i for i in range(182) if i not in UNUSED)})
_BY_TRAIN_ID = plain(171)


@dataset(
    title="COCO-Stuff 164k",
    classes="""person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light,
        fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant,
        bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard,
        sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket,
        bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
        broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed,
        dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven,
        toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier,
        toothbrush, banner, blanket, branch, bridge, building-other, bush, cabinet, cage, cardboard,
        carpet, ceiling-other, ceiling-tile, cloth, clothes, clouds, counter, cupboard, curtain,
        desk-stuff, dirt, door-stuff, fence, floor-marble, floor-other, floor-stone, floor-tile,
        floor-wood, flower, fog, food-other, fruit, furniture-other, grass, gravel, ground-other,
        hill, house, leaves, light, mat, metal, mirror-stuff, moss, mountain, mud, napkin, net,
        paper, pavement, pillow, plant-other, plastic, platform, playingfield, railing, railroad,
        river, road, rock, roof, rug, salad, sand, sea, shelf, sky-other, skyscraper, snow,
        solid-other, stairs, stone, straw, structural-other, table, tent, textile-other, towel,
        tree, vegetable, wall-brick, wall-concrete, wall-other, wall-panel, wall-stone, wall-tile,
        wall-wood, water-other, waterdrops, window-blind, window-other, wood""",
    licence="annotations CC BY 4.0; images of Flickr under its terms",
    where="https://github.com/nightrome/cocostuff: images and stuffthingmaps of 2017",
    layout="""
        images/{train2017,val2017}/NAME.jpg
        annotations/{train2017,val2017}/NAME.png: pixel maps, 0 to 181, 255 = void
        or NAME_labelTrainIds.png: 0 to 170, 255 = void
    """,
    crop=(520, 520),
)
class CocoStuff(FileDataset):
    """Pictures and masks of 2017."""

    places = (".", "coco_stuff164k")
    marks = ("images/val2017", "annotations/val2017")

    def pairs(self, base: Path, split: str) -> list[Pair]:
        images, masks = base / "images" / f"{split}2017", base / "annotations" / f"{split}2017"
        drawn: dict[str, Path] = {}
        for path in files(masks, [".png"]):  # NAME.png comes before NAME_labelTrainIds.png
            drawn[path.stem.removesuffix(TRAIN_IDS)] = path
        names = drawn.keys() | {path.stem for path in files(images, [".jpg"])}
        return [
            Pair(n, images / f"{n}.jpg", drawn.get(n, masks / f"{n}.png")) for n in sorted(names)
        ]

    def coding(self, mask: Path) -> Coding:
        return _BY_TRAIN_ID if mask.stem.endswith(TRAIN_IDS) else _BY_ID
