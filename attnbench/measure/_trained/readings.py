"""Readings of a trained network: what its head attends to, and how the masks look.

All of it on the same few images of the validation set for every head and seed.
"""

from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import numpy as np
import torch
from torch import Tensor, nn

from attnbench.measure import Found
from attnbench.measure._trained import bases, drawn
from attnbench.measure._trained.colours import written
from attnbench.measure._trained.cues import Cues, cues, reduced
from attnbench.measure._trained.maps import Map, maps
from attnbench.measure._trained.views import View, views
from attnbench.measure.queries import cosine_distance, jensen_shannon
from attnbench.train.batches import Normalise, Pictures
from attnbench.train.datasets import VOID
from attnbench.train.evaluate import probabilities
from attnbench.training import Training

IMAGES = 16  # that numbers are means over
QUERIES = 256  # rows of a map that are compared with each other, evenly spaced, at most
ASKED = 2  # queries of an image whose maps are shown
BASES = 8  # shown: those with the most pixels

Named = dict[str, list[Map]]  # by name, an entry for each image


@dataclass(frozen=True)
class Trained:
    """A trained network in evaluation mode, and the pictures that it is looked at on."""

    network: nn.Module
    head: str
    recipe: Training
    validation: Pictures
    crop: tuple[int, int]
    device: torch.device

    def found(self, *, is_shown: bool) -> dict[str, Found]:
        """The readings that the head has maps for; with `is_shown` the pictures too."""
        found = self._attention()
        note = f"means over {len(self._views)} images of the validation set"
        found = {name: Found(f.samples, f.terms, (note,)) for name, f in found.items()}
        return found | ({"accuracy.shown": self._shown()} if is_shown else {})

    def _attention(self) -> dict[str, Found]:
        found: dict[str, dict[str, float]] = {}
        for name, each in self._maps.items():
            for reading, value in self._numbers(each).items():
                if value is not None:
                    found.setdefault(reading, {})[name] = value
        return {r: Found((fmean(v.values()),), _parts(v)) for r, v in found.items()}

    def _numbers(self, each: list[Map]) -> dict[str, float | None]:
        if each[0].kind == "base":
            return self._of_bases(each)
        found: dict[str, float | None] = {}
        is_distribution = all(m.is_distribution for m in each)
        if each[0].kind == "query":
            rows = [_spaced(m.weights) for m in each]
            found["attention.cosine_distance"] = fmean(map(cosine_distance, rows))
            if is_distribution:
                found["attention.jsd"] = fmean(map(jensen_shannon, rows))
        if is_distribution:
            truths = self._truths(each)
            total = sum((cues(m.weights, t) for m, t in zip(each, truths, strict=True)), Cues())
            of = "attention.shared" if each[0].kind == "shared" else "attention"
            found[f"{of}.region"] = total.region_lift
            found[f"{of}.boundary"] = total.boundary_lift
        return found

    def _of_bases(self, each: list[Map]) -> dict[str, float | None]:
        pairs = zip(each, self._truths(each), strict=True)
        images = [(m.weights, t.flatten()) for m, t in pairs]
        classes = self.validation.classes
        whole, within = bases.entropies(images, classes), bases.within(images, classes)
        return {
            "attention.bases": whole.ratio,
            "attention.bases.given_base": whole.given_base,
            "attention.bases.shuffled": whole.shuffled,
            "attention.bases.within": within.ratio,
        }

    def _shown(self) -> Found:
        pictures, right, classes = {}, {}, set()
        for number, view in enumerate(self._views):
            if number not in self._places:
                continue
            place = self._places.index(number)
            mask = self._mask(view)
            pictures |= {
                f"image/{place}": drawn.image(view.image),
                f"truth/{place}": drawn.mask(view.label),
                f"mask/{place}": drawn.mask(mask),
            }
            labelled = view.label != VOID
            right[f"image {place + 1}"] = float((mask == view.label)[labelled].mean())
            classes |= {*view.label[labelled].tolist(), *mask.ravel().tolist()}
            for each in self._maps.values():
                pictures |= self._drawn(each, number, place)
        names = self.validation.split.classes
        legend = tuple(f"class {i}, {written(i)}: {names[i]}" for i in sorted(classes))
        return Found((fmean(right.values()),), _parts(right), legend, pictures)

    def _drawn(self, each: list[Map], number: int, place: int) -> dict[str, str]:
        """Named "KIND/NAME/IMAGE", with the row and column of a query or the number of a base."""
        this = each[number]
        if this.kind == "shared":
            rows = {"": this.weights[0]}
        elif this.kind == "base":
            most = sum(m.weights.sum(dim=1) for m in each).argsort(descending=True)[:BASES]
            rows = {f"/{k}": this.weights[k] for k in most.tolist()}
        else:
            truth = self._truth(number, this.grid)
            width = this.grid[1]
            rows = {f"/{i // width},{i % width}": this.weights[i] for i in asked(truth)}
        named = f"{this.kind}/{this.name}/{place}"
        return {named + at: drawn.weights(row, this.grid) for at, row in rows.items()}

    def _mask(self, view: View) -> np.ndarray:
        x = self._input(view)
        with torch.no_grad():
            found = probabilities(self.network, x, self.recipe, self.crop)
        return found.argmax(dim=1)[0].byte().cpu().numpy()

    def _input(self, view: View) -> Tensor:
        x = torch.from_numpy(view.image.copy()).permute(2, 0, 1)[None].float()
        return Normalise(self.recipe.dataset)(x).to(self.device)

    def _truth(self, number: int, grid: tuple[int, int]) -> Tensor:
        return reduced(self._views[number].label, grid, self.validation.classes)

    def _truths(self, each: list[Map]) -> list[Tensor]:
        return [self._truth(i, m.grid) for i, m in enumerate(each)]

    @cached_property
    def _views(self) -> list[View]:
        return views(self.validation, self.crop, IMAGES)

    @property
    def _places(self) -> list[int]:
        """Of the images that are shown, evenly spaced among all."""
        count = min(self.recipe.shown, len(self._views))
        return [len(self._views) * i // count for i in range(count)]

    @cached_property
    def _maps(self) -> Named:
        found: Named = {}
        for view in self._views:
            for one in maps(self.network, self.head, self._input(view)):
                if one.kind != "descriptor":  # of no query, and shared out to none
                    found.setdefault(one.name, []).append(one)
        return found


def asked(truth: Tensor) -> list[int]:
    """Places whose maps are shown: for each of the ASKED commonest classes that which lies nearest
    to the middle of its places.
    """
    classes, counts = truth[truth != VOID].unique(return_counts=True)
    found = []
    for index in classes[counts.argsort(descending=True, stable=True)[:ASKED]]:
        places = (truth == index).nonzero().double()
        nearest = (places - places.mean(dim=0)).square().sum(dim=1).argmin()
        row, column = places[nearest].long().tolist()
        found.append(row * truth.shape[1] + column)
    return found


def _spaced(rows: Tensor) -> Tensor:
    count = min(QUERIES, len(rows))
    return rows[[len(rows) * i // count for i in range(count)]]


def _parts(values: dict[str, float]) -> dict[str, int | float]:
    """One alone is the sample itself."""
    return dict(values) if len(values) > 1 and any(values.values()) else {}
