"""A trained network in a file of its own: its weights, and what they are the weights of."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from attnbench import record_check
from attnbench.errors import HeadError
from attnbench.heads import describe
from attnbench.plain_files import replacing
from attnbench.train.datasets import VOID
from attnbench.train.network import network
from attnbench.train.weights import fill, is_state_dict
from attnbench.training import Training
from attnbench.trial import Trial

NETWORK = "network"  # beside the fields of Kept


@dataclass(frozen=True)
class Kept:
    """What was trained: the head and where it was, how, on how many classes, from which seed."""

    trial: Trial
    recipe: Training
    classes: int
    seed: int


def keep(path: Path, trained: nn.Module, of: Kept) -> None:
    """The whole file or none. Raises StoreError where it cannot be written."""
    weights = {name: value.cpu().contiguous() for name, value in trained.state_dict().items()}
    with replacing(path, "make room there") as draft:
        torch.save(msgspec.to_builtins(of) | {NETWORK: weights}, draft)


def is_kept(found: Any) -> bool:
    """Whether what a file holds is more than a state dict, and of `keep`."""
    names = {f.name for f in fields(Kept)}
    return isinstance(found, Mapping) and found.keys() == {*names, NETWORK}


def kept(found: Mapping[str, Any], where: str) -> tuple[Kept, Mapping[str, Tensor]]:
    """What `keep` wrote, checked as far as it can be without building anything.

    Raises HeadError, which begins with `where`, for what cannot be.
    """
    weights = found[NETWORK]
    try:
        of = msgspec.convert({k: v for k, v in found.items() if k != NETWORK}, Kept)
    except (msgspec.ValidationError, TypeError) as error:
        raise HeadError(f"{where}: not what was kept of a training: {error}") from None
    wrong = record_check.of_trial(of.trial, of.trial.key)
    if wrong or not 1 <= of.classes <= VOID or of.seed < 0:
        raise HeadError(f"{where}: says what no training can have: {wrong or 'classes or seed'}")
    if not is_state_dict(weights):
        raise HeadError(f"{where}: its {NETWORK} is no state dict, names to tensors, alone")
    return of, weights


def rebuilt(of: Kept, weights: Mapping[str, Tensor], where: str) -> nn.Module:
    """The network, its maps written out. Of a head that is installed: nothing is looked up else.

    It is made without memory, and takes the weights if they fit. Raises HeadError.
    """
    describe(of.trial.head).check(of.trial.options, where)
    # Gates, and the weights of a backbone, are those of a start.
    recipe = replace(of.recipe, gates="published", backbone_weights="")
    with torch.device("meta"):
        made = network(replace(of.trial, kernel="eager"), recipe, of.classes)
    fill(made, weights, where)
    return made.float()
