"""What is to be measured: a shape, a trial, and what a worker needs to do it."""

import hashlib
import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import msgspec

from attnbench.kinds import NO_DEVICE, Backbone, Dtype, Kernel, Mode, Part, Sdpa
from attnbench.registry import Own, adopted
from attnbench.training import Option, Training


@dataclass(frozen=True)
class Shape:
    """(N, C, H, W) of a feature map; `pixels` is the N of the papers, H·W."""

    batch: int
    channels: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        return self.height * self.width

    def __iter__(self):
        return iter((self.batch, self.channels, self.height, self.width))

    def __str__(self) -> str:
        return "x".join(map(str, self))


def label(head: str, options: dict[str, Option], kernel: Kernel = "eager") -> str:
    """How tables and plots call a head: "isa partition=balanced", "non_local fused"."""
    chosen = [f"{k}={v}" for k, v in sorted(options.items())]
    return " ".join([head, *chosen, *([] if kernel == "eager" else [kernel])])


@dataclass(frozen=True)
class Trial:
    """One cell of a sweep. `options` holds only what differs from the head's defaults.

    `part` is the attention block on the channels of `shape`; the whole head, from a backbone's
    features of `shape` to the logits of CLASSES; the whole network, from an image of `shape` by
    `backbone` and head to logits of its size; or the classifier of images, `backbone` with the
    block within. `backbone` is empty but for the last two.
    """

    head: str
    shape: Shape
    options: dict[str, Option] = field(default_factory=dict)
    part: Part = "attention"
    dtype: Dtype = "float32"
    device: str = NO_DEVICE
    mode: Mode = "inference"
    kernel: Kernel = "eager"
    backbone: Backbone = ""

    @cached_property
    def key(self) -> str:
        """Hash of exactly these fields: the name of this trial in every run.

        An empty backbone is not in it, so that trials keep the key that they had before it came.
        """
        return _key(self, vars(self.shape))

    @cached_property
    def line(self) -> str:
        """Key of the trials that differ from this one in height and width only."""
        return _key(self, vars(self.shape) | {"height": 0, "width": 0})

    @property
    def reads(self) -> str:
        """What tables say beside the size: "C = 512", or of a network "classifier resnet50"."""
        return f"{self.part} {self.backbone}" if self.backbone else f"C = {self.shape.channels}"

    @cached_property
    def label(self) -> str:
        return label(self.head, self.options, self.kernel)


_FIELDS = tuple(f.name for f in fields(Trial))
_as_text = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _key(trial: Trial, shape: dict[str, int]) -> str:
    told = {name: getattr(trial, name) for name in _FIELDS} | {"shape": shape}
    if not trial.backbone:
        del told["backbone"]
    return hashlib.sha256(_spelled(trial, told)).hexdigest()[:16]


def _spelled(trial: Trial, told: dict[str, Any]) -> bytes:
    """As `json` spells it, which msgspec does five times as fast where the two spell alike."""
    texts = [trial.head, trial.device, *trial.options]
    for value in trial.options.values():
        if isinstance(value, float):
            return _as_text(told).encode()
        if isinstance(value, str):
            texts.append(value)
    if all(text.isascii() and text.isprintable() for text in texts):
        return msgspec.json.encode(told, order="sorted")
    return _as_text(told).encode()


@dataclass(frozen=True)
class Budget:
    """When sampling stops. A round is a fresh process, and statistics rest on the rounds."""

    rounds: int = 5
    min_samples: int = 3
    max_seconds: float = 1.0  # for the samples of one trial in one round; min_samples come first
    min_sample_seconds: float = 0.01  # shorter calls are timed several at a time
    warmup_seconds: float = 0.1
    precision: float = 0.02  # half-width of the median's interval, relative, that is good enough


@dataclass(frozen=True)
class Settings:
    """How a measuring process is set up. Its environment tells all of them.

    `sdpa` is the backend of fused attention that torch may choose, `cudnn_benchmark` whether
    cuDNN tries its kernels at the first call of a shape.
    """

    threads: int = 1
    sdpa: Sdpa = "auto"
    cudnn_benchmark: bool = False


@dataclass(frozen=True)
class Limits:
    """What isolation enforces on one task."""

    seconds: float = 120.0
    memory_bytes: int = 8 * 10**9


@dataclass(frozen=True)
class Task:
    """One trial in one round: a line of JSON to a worker.

    `training` is the recipe of the suite, for metrics that train; `folder` is where they keep their
    state while they do, empty for nowhere. `own` tells the worker what else it may be asked for.
    """

    trial: Trial
    metrics: tuple[str, ...]
    round: int = 0
    budget: Budget = Budget()
    limits: Limits = Limits()
    seed: int = 0
    training: Training | None = None
    folder: str = ""
    own: tuple[Own, ...] = field(default_factory=adopted)
