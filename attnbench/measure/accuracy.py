"""Mean intersection over union after a stated training: what a head buys.

The suite states the training ([training]), the round is its seed: heads of one round start with
the same weights around the head and see the same batches. The validation set is fixed. `terms` of
`accuracy` are the IoU of each class.
"""

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import torch
from torch import nn

from attnbench.errors import UnmeasuredError
from attnbench.heads import describe
from attnbench.kept_weights import file_name
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._trained.readings import Trained
from attnbench.source import source
from attnbench.store import WEIGHTS
from attnbench.train.batches import Batches, Pictures, pictures
from attnbench.train.checkpoint import Checkpoint
from attnbench.train.evaluate import evaluated
from attnbench.train.fit import How, fit
from attnbench.train.kept import Kept, keep
from attnbench.train.miou import Scores
from attnbench.train.network import crop_size, like, network
from attnbench.training import Option

CURVE_POINTS = 20


@metric(
    origin="measured",
    units={
        "accuracy": "share",
        "accuracy.pixel": "share",
        "accuracy.loss": "nats",
        "accuracy.curve": "nats",
        "accuracy.transfer": "share",
        "accuracy.with": "share",
        "accuracy.gain": "share",
        "accuracy.seconds": "s",
        "accuracy.shown": "share",
        "attention.cosine_distance": "",
        "attention.jsd": "nats",
        "attention.region": "",
        "attention.boundary": "",
        "attention.shared.region": "",
        "attention.shared.boundary": "",
        "attention.bases": "",
        "attention.bases.given_base": "nats",
        "attention.bases.shuffled": "nats",
        "attention.bases.within": "",
    },
    better={
        "accuracy": "higher",
        "accuracy.pixel": "higher",
        "accuracy.transfer": "higher",
        "accuracy.with": "higher",
        "accuracy.gain": "higher",
        "accuracy.shown": "higher",
        "attention.cosine_distance": "higher",
        "attention.jsd": "higher",
        "attention.region": "higher",
        "attention.boundary": "higher",
        "attention.shared.region": "higher",
        "attention.shared.boundary": "higher",
    },
    needs_device=True,
    repeat=True,
    timed=False,
)
def accuracy(bench: Bench) -> dict[str, Found]:
    """Shares from 0 to 1; losses in nats, means over a twentieth of the steps each.

    `accuracy.transfer` is on pictures of other options, `accuracy.with` of the head with other
    options, a term each and the lowest as sample; `accuracy.gain` is what they add to `accuracy`.
    `accuracy.seconds` is of the training alone. `accuracy.shown` is the share of pixels that are
    right in the pictures of the first seed.

    `attention.…` is of the head's maps over validation images, a term each where it has several:
    `cosine_distance` and `jsd` between the maps of queries; `region` and `boundary`, the mass on
    the query's class and on boundaries over what chance gives, of the maps of queries, and as
    `shared` of the one map that all queries have; `bases`, the entropy of the class given the base
    over that with labels shuffled, and `within` each image by itself.
    """
    refuse_compiled(bench.trial)
    if bench.training is None:
        raise UnmeasuredError("the suite states no [training]")
    return _Experiment(bench).found()


class _Experiment:
    """One training and what is scored after it."""

    def __init__(self, bench: Bench):
        self.trial, self.recipe = bench.trial, bench.training
        self.seed, self.folder = bench.round, bench.folder
        self.device = torch.device(bench.trial.device)
        # Both first: without data nothing else is worth while.
        self.train, self.validation = (pictures(self.recipe, s) for s in ("train", "val"))

    def found(self) -> dict[str, Found]:
        torch.manual_seed(self.seed)
        trained = network(self.trial, self.recipe, self.train.classes)
        started = time.perf_counter()
        checkpoint = self._checkpoint()
        losses = fit(trained, self._batches(), self.recipe, self._how(), checkpoint)
        seconds = time.perf_counter() - started
        found = self._scored(trained)
        if self.folder and self.recipe.keep_weights:
            self._keep(trained)
        if checkpoint is not None:
            checkpoint.remove()
        note = f"recipe {self.recipe.key}: {self.recipe.sentence}; seed {self.seed}"
        curve = _means(losses)
        found["accuracy.loss"] = Found(curve[-1:])
        found["accuracy.curve"] = Found(curve)
        found["accuracy.seconds"] = Found((seconds,))
        return {name: replace(f, notes=(note, *f.notes)) for name, f in found.items()}

    def _scored(self, trained: nn.Module) -> dict[str, Found]:
        own = self._evaluated(trained, self.validation)
        shares = zip(self.validation.split.classes, own.iou, strict=True)
        iou = {name: share for name, share in shares if share is not None}
        found = {
            "accuracy": Found((own.mean_iou,), iou),
            "accuracy.pixel": Found((own.pixel_accuracy,)),
        }
        elsewhere = {
            _told(options): self._evaluated(trained, pictures(self.recipe, "val", options))
            for options in self.recipe.transfer
        }
        if elsewhere:
            found["accuracy.transfer"] = _lowest(elsewhere)
        others = {_told(o): self._with(trained, o) for o in self._others()}
        if others:
            found["accuracy.with"] = _lowest(others)
        if gains := {t: s.mean_iou - own.mean_iou for t, s in (elsewhere | others).items()}:
            found["accuracy.gain"] = Found((min(gains.values()),), gains)
        return found | self._looked_at(trained)

    def _looked_at(self, trained: nn.Module) -> dict[str, Found]:
        told = (self.trial.head, self.recipe, self.validation, crop_size(self.trial), self.device)
        return Trained(trained, *told).found(is_shown=self.seed == 0 and self.recipe.shown > 0)

    def _others(self) -> list[dict[str, Option]]:
        """Those of the recipe that the head has: a suite has other heads beside it."""
        known = describe(self.trial.head).options
        return [options for options in self.recipe.evaluate_with if options.keys() <= known.keys()]

    def _with(self, trained: nn.Module, options: dict[str, Option]) -> Scores:
        options = describe(self.trial.head).check(self.trial.options | options)
        other = replace(self.trial, options=options)
        made = like(trained, other, self.recipe, self.train.classes)
        return self._evaluated(made, self.validation)

    def _evaluated(self, trained: nn.Module, scored: Pictures) -> Scores:
        how = {"crop": crop_size(self.trial), "batch": self.trial.shape.batch}
        return evaluated(trained, scored, self.recipe, device=self.device, **how)

    def _batches(self) -> Batches:
        size = crop_size(self.trial)
        return Batches(self.train, self.recipe, self.trial.shape.batch, size, self.seed)

    def _how(self) -> How:
        return How(self.device, self.trial.dtype, f"{self.trial.label}, seed {self.seed}")

    def _keep(self, trained: nn.Module) -> None:
        path = Path(self.folder).with_name(WEIGHTS) / file_name(self.trial, self.seed)
        recipe = replace(self.recipe, root="")  # a place of this machine, and no part of it
        keep(path, trained, Kept(self.trial, recipe, self.train.classes, self.seed))

    def _checkpoint(self) -> Checkpoint | None:
        if not self.folder:
            return None
        code = source(self.trial.head, self.trial.part, trained=True)
        identity = f"{self.recipe.key} {self.trial.key} {self.seed} {code}"
        return Checkpoint(Path(self.folder) / f"{self.trial.key}-{self.seed}.pt", identity)


def _means(losses: list[float]) -> tuple[float, ...]:
    """Of CURVE_POINTS stretches of as many steps, or one more; of each step where there are few."""
    points = min(CURVE_POINTS, len(losses))
    ends = [len(losses) * i // points for i in range(points + 1)]
    return tuple(fmean(losses[a:b]) for a, b in pairwise(ends))


def _lowest(scored: dict[str, Scores]) -> Found:
    terms = {told: s.mean_iou for told, s in scored.items()}
    return Found((min(terms.values()),), terms)


def _told(options: dict[str, Option]) -> str:
    """As in "iterations=8"."""
    return " ".join(f"{k}={v}" for k, v in sorted(options.items()))
