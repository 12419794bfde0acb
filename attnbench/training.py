"""How a head is trained before its accuracy is taken: the [training] table of a suite.

The trial says the rest: its head, the batch, the channels of the map that the head reads, and the
crop, which is 8 times that map in height and width, or the image of a whole network.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

Option = bool | int | float | str
Optimiser = Literal["adamw", "sgd"]
Schedule = Literal["cosine", "poly"]
Stem = Literal["small", "deep"]
Window = Literal["whole", "sliding"]
Gates = Literal["published", "open"]

CHOICES = {
    "optimiser": get_args(Optimiser),
    "schedule": get_args(Schedule),
    "stem": get_args(Stem),
    "window": get_args(Window),
    "gates": get_args(Gates),
}
MOST_SHOWN = 8  # images in a record, and on a page
# They say where data lie, when state is stored and what is kept to be seen, and change no result.
_NO_RESULT: dict[str, Any] = {"root": "", "checkpoint_every": 0, "shown": 0}


@dataclass(frozen=True)
class Training:
    """A recipe. Whoever trains twice by it with one seed and one machine gets the same weights.

    `options` are those of the data set, `subset` is how many images of each split, 0 for all.
    `warmup` is a share of the steps. `class_weights`: the square root of median over frequency,
    at most 4. `scale` is the range by which an image is enlarged at random before it is cropped.
    `stem` is that of the small network. `backbone_weights` is a checkpoint of torchvision's ResNet.
    `gates` that are open start at one where a published head starts them at zero: a short training
    may tell when a gate came to open rather than what stands behind it.
    `window`, `scales` and `mirrored` are of the evaluation, on images at their full size;
    `transfer` are other options of the data set, and `evaluate_with` settings of other options of
    the head, each with the weights as they were trained. `shown` validation images, made small, are
    kept in the records of the first seed with their masks and maps; with `keep_weights` the run
    folder keeps the weights of every head and seed.
    """

    dataset: str = "legend_map"
    options: dict[str, Option] = field(default_factory=dict)
    root: str = ""
    subset: int = 0
    steps: int = 600
    lr: float = 1e-3
    optimiser: Optimiser = "adamw"
    weight_decay: float = 1e-4
    schedule: Schedule = "cosine"
    warmup: float = 0.05
    class_weights: bool = False
    flip: bool = False
    scale: tuple[float, float] = (1.0, 1.0)
    stem: Stem = "small"
    gates: Gates = "published"
    backbone_weights: str = ""
    window: Window = "whole"
    scales: tuple[float, ...] = (1.0,)
    mirrored: bool = False
    transfer: tuple[dict[str, Option], ...] = ()
    evaluate_with: tuple[dict[str, Option], ...] = ()
    checkpoint_every: int = 200  # steps; 0 for never
    shown: int = 3
    keep_weights: bool = False

    @cached_property
    def key(self) -> str:
        """Hash of all that the result depends on: what two readings that are compared share."""
        told = asdict(replace(self, **_NO_RESULT))
        del told["keep_weights"]  # without a part in it: older readings keep the key that they have
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def sentence(self) -> str:
        """As in "legend_map, 600 steps, adamw, learning rate 0.001, cosine"."""
        data = " ".join([self.dataset, *(f"{k}={v}" for k, v in sorted(self.options.items()))])
        told = [f"{self.subset} images"] if self.subset else []
        told += [f"{self.steps} steps", self.optimiser, f"learning rate {self.lr:g}", self.schedule]
        told += ["class weights"] if self.class_weights else []
        told += ["gates open"] if self.gates == "open" else []
        told += ["flips"] if self.flip else []
        told += ["scale {:g} to {:g}".format(*self.scale)] if self.scale != (1, 1) else []
        return ", ".join([data, *told, *(["pretrained"] if self.backbone_weights else [])])
