"""A map whose regions can be labelled only by looking their colour up in a legend far above it.

Each key has a colour and a value, which is its class. The legend shows the colour in one of four
patterns, which is the value; the map shows the colour alone, in the cells of a Voronoi diagram. A
head that cannot reach the legend must guess the map; one that averages over the picture knows which
values occur, but not which colour has which. Colours are drawn anew for each picture, and values
independently of them and of each other, so that neither colour nor place tells a class.

A picture is a function of its seed and index alone: numpy's PCG64, seeded by SeedSequence([seed,
index]). Split `train` has the seeds 2s and `val` 2s + 1, so they have no picture in common.
"""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from attnbench.errors import DataError
from attnbench.train.datasets import VOID, dataset, describe
from attnbench.train.split import Sample, Split

ENTRY = 32  # pixels, the side of a legend entry
PERIOD = 8  # pixels, of a pattern; it divides ENTRY, so that half of each entry has the colour
CELLS = 8
APART = 14.0  # pixels between the points of the cells, at least
HUES_APART = 0.12  # of the circle, between the keys of a picture, at least
VALUES = 4
GREY = 127.0
LEAST_MAP = 32  # rows: points APART from each other are then found within a few tries
LARGEST_SIDE = 1024
COUNTS = {"train": 1024, "val": 256}
_TRIES = 64  # points at once, of which about half are too near to an earlier one


@dataclass(frozen=True)
class Scene:
    """What a picture shows, before it is painted. Hues are from 0 to 1."""

    hues: np.ndarray  # of the keys
    values: np.ndarray  # of the keys, 0 to 3
    slots: np.ndarray  # of the keys: where in the legend each stands, from the left
    points: np.ndarray  # CELLS x 2, row and column in the map, in pixels
    cell_hues: np.ndarray
    cell_values: np.ndarray


@dataset(
    title="legend-map, made by the program",
    classes="horizontal stripes, vertical stripes, checker, diagonal stripes",
    licence="our own",
    where="this package, which draws them: 1,024 images to train on, 256 to validate",
    layout="no files",
    mean=(127.0, 127.0, 127.0),
    std=(64.0, 64.0, 64.0),
)
class LegendMap:
    """`size` x `size` pixels: the legend in rows 0 to 31, `distance` void rows, and the map.

    `keys` stand in `slots` of the legend, the other slots are void. With one key the map has random
    colours and one value: a mean over the picture is then enough. `noise` is the standard deviation
    in levels of 0 to 255, `distance` is in pixels.
    """

    def __init__(
        self,
        *,
        keys: int = 4,
        slots: int = 4,
        size: int = 128,
        distance: int = 32,
        noise: float = 12.0,
    ):
        self.keys, self.slots, self.size = keys, slots, size
        self.distance, self.noise = distance, noise
        self.rows = size - ENTRY - distance  # of the map
        self._check()

    def _check(self) -> None:
        widest = self.size // ENTRY
        limits = {
            "size": (2 * ENTRY, LARGEST_SIDE, "pixels"),
            "slots": (1, widest, f"entries of {ENTRY} pixels in a width of {self.size}"),
            "keys": (1, min(self.slots, CELLS), f"each has a slot, of {self.slots}, and a cell"),
            "distance": (0, self.size - ENTRY - LEAST_MAP, f"a map has {LEAST_MAP} rows at least"),
            "noise": (0, VOID, "levels"),
        }
        for name, (least, most, why) in limits.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise DataError(f"legend_map: {name} = {value}: expected {least} to {most} ({why})")

    def split(self, _root: Path | None, split: str, seed: int) -> Split:
        """Raises DataError for a seed below 0."""
        if seed < 0:
            raise DataError(f"legend_map: seed = {seed}: expected a whole number from 0")
        names = tuple(f"{index:05d}" for index in range(COUNTS[split]))
        read = partial(self._read, 2 * seed + (split == "val"))
        return Split("legend_map", split, describe("legend_map").keywords["classes"], names, read)

    def _read(self, seed: int, name: str) -> Sample:
        return self.sample(seed, int(name))

    def sample(self, seed: int, index: int) -> Sample:
        rng = _generator(seed, index)
        scene = self._scene(rng)
        colours, label = self._painted(scene)
        colours *= 0.9 + 0.1 * rng.random()
        if self.noise:
            colours += self.noise * rng.standard_normal(colours.shape, np.float32)
        image = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
        return Sample(image, label, f"{index:05d}")

    def scene(self, seed: int, index: int) -> Scene:
        """What `sample` paints for the same seed and index."""
        return self._scene(_generator(seed, index))

    def _scene(self, rng: np.random.Generator) -> Scene:
        hues, values = _hues(self.keys, rng), rng.integers(VALUES, size=self.keys)
        slots = rng.permutation(self.slots)[: self.keys]
        points = _points(self.rows, self.size, rng)
        others = rng.integers(self.keys, size=CELLS - self.keys)
        owner = rng.permutation(np.concatenate([np.arange(self.keys), others]))
        cell_hues = hues[owner] if self.keys > 1 else rng.random(CELLS)
        return Scene(hues, values, slots, points, cell_hues, values[owner])

    def _painted(self, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
        """float32 S x S x 3 in levels of 0 to 255, uint8 S x S."""
        colours = np.full((self.size, self.size, 3), GREY, np.float32)
        label = np.full((self.size, self.size), VOID, np.uint8)
        for hue, value, slot in zip(_rgb(scene.hues), scene.values, scene.slots, strict=True):
            at = np.s_[:ENTRY, slot * ENTRY : (slot + 1) * ENTRY]
            colours[at] = _patterns()[value][..., None] * hue
            label[at] = value
        cells = _voronoi(scene.points, self.rows, self.size)
        colours[-self.rows :] = _rgb(scene.cell_hues)[cells]
        label[-self.rows :] = scene.cell_values.astype(np.uint8)[cells]
        return colours, label


def _generator(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, index])))


def _hues(count: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform on the circle, given that they are HUES_APART.

    The gaps of uniform points are uniform on a simplex; given a least gap, so is what exceeds it.
    """
    cuts = np.sort(rng.random(count - 1))
    excess = np.diff(cuts, prepend=0.0, append=1.0) * (1 - count * HUES_APART)
    hues = rng.random() + np.cumsum(excess + HUES_APART)
    return rng.permutation(hues % 1.0)


def _points(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """CELLS x 2, uniform; one nearer than APART to an earlier one is drawn anew."""
    while True:
        found: list[tuple[float, float]] = []
        for y, x in (rng.random((_TRIES, 2)) * (rows, columns)).tolist():
            if all((y - v) ** 2 + (x - u) ** 2 >= APART**2 for v, u in found):
                found.append((y, x))
            if len(found) == CELLS:
                return np.array(found)


def _voronoi(points: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Of each pixel, rows x columns, the number of the point nearest to its centre."""
    down = (np.arange(rows) + 0.5 - points[:, :1]) ** 2
    across = (np.arange(columns) + 0.5 - points[:, 1:]) ** 2
    return (down[:, :, None] + across[:, None, :]).argmin(axis=0)


def _rgb(hues: np.ndarray) -> np.ndarray:
    """float32, n x 3 in levels of 0 to 255, at full saturation and value."""
    steps = (6 * hues[:, None] + np.array([5, 3, 1])) % 6  # sixths of the circle, R, G, B
    return (255 * (1 - np.clip(np.minimum(steps, 4 - steps), 0, 1))).astype(np.float32)


@cache
def _patterns() -> np.ndarray:
    """float32, VALUES x ENTRY x ENTRY: 1 where the colour is, 0 where black is."""
    y, x = np.mgrid[:ENTRY, :ENTRY]
    half = PERIOD // 2
    rows, columns = y // half, x // half
    stripes = np.stack([rows, columns, rows + columns, (x + y) // half])
    return 1 - (stripes % 2).astype(np.float32)
