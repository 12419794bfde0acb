"""The network whose maps are taken: its head, and the weights that it has."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from attnbench.errors import HeadError
from attnbench.kinds import CLASSES, COLOURS
from attnbench.measure._photograph.weight_file import block_of, loaded_network
from attnbench.measure._trained.maps import block_name
from attnbench.suite import HeadChoice
from attnbench.train.kept import Kept, is_kept, kept, rebuilt
from attnbench.train.network import network
from attnbench.train.weights import UnreadableError, is_state_dict, read_weights
from attnbench.training import Training
from attnbench.trial import Shape, Trial, label

IMAGENET = "folder"  # a data set whose statistics are those of ImageNet
RANDOM = "random weights: these maps show what an untrained head does, which means little"
RANDOM_FEATURES = "the features that the head reads are those of random weights"


@dataclass(frozen=True)
class Around:
    """What is around a head that no file tells of: a backbone, or the small network of C channels.

    `seed` is that of random weights.
    """

    channels: int = 64
    backbone: str = ""
    backbone_weights: Path | None = None
    seed: int = 0

    @property
    def sentence(self) -> str:
        """As in "resnet50 with the weights of r50.pth"."""
        if not self.backbone:
            return f"a small network of {self.channels} channels"
        if self.backbone_weights is None:
            return self.backbone
        return f"{self.backbone} with the weights of {self.backbone_weights.name}"


@dataclass(frozen=True)
class Subject:
    """A network in evaluation mode. `dataset` is the one by whose statistics it reads an image.

    `weights` and `reads` tell where the weights are from and what the head reads; `warning` what
    should be known before a map of it is believed.
    """

    network: nn.Module
    head: str
    label: str
    dataset: str
    weights: str
    reads: str
    warning: str = ""


def untrained(choice: HeadChoice, around: Around) -> Subject:
    """A head of random weights. Raises HeadError for options that cannot be built."""
    made = _network(choice, around)
    told = f"random weights, seed {around.seed}"
    return Subject(
        made, choice.name, _label(choice), IMAGENET, told, around.sentence, warning=RANDOM
    )


def of_file(choice: HeadChoice, path: Path, around: Around) -> Subject:
    """A head with the weights of a file: what a run kept, the state dict of a whole network, of an
    official module, or of our head alone. Raises HeadError in one line for what does not fit.
    """
    try:
        found = read_weights(path)
    except UnreadableError as reason:
        raise HeadError(f"{path}: {reason}") from None
    if is_kept(found):
        return _kept(choice, *kept(found, str(path)), path)
    if not found or not is_state_dict(found):
        raise HeadError(f"{path}: holds no state dict, names to tensors, alone")
    made = loaded_network(choice, found, around.backbone, str(path))
    if made is not None:
        told, reads = f"weights of {path.name}", around.backbone or "a small network"
        return Subject(made.eval(), choice.name, _label(choice), IMAGENET, told, reads)
    block, names = block_of(choice, found, around.channels, str(path))
    return _placed(choice, block, around, f"weights of {path.name}, names of {names}")


def _kept(choice: HeadChoice, of: Kept, weights: dict, path: Path) -> Subject:
    trial = of.trial
    if trial.head != choice.name or not choice.options.items() <= trial.options.items():
        raise HeadError(f"{path}: holds the weights of {trial.label}, not of {_label(choice)}")
    made = rebuilt(of, weights, str(path)).eval()
    told = f"trained, seed {of.seed}: {of.recipe.sentence}"
    reads = trial.backbone or f"a small network of {trial.shape.channels} channels"
    named = label(trial.head, trial.options)
    return Subject(made, choice.name, named, of.recipe.dataset, told, reads)


def _placed(choice: HeadChoice, block: nn.Module, around: Around, told: str) -> Subject:
    """The block of a file in a network that has none of its own weights."""
    around = around if around.backbone else Around(block.channels, seed=around.seed)
    made = _network(choice, around)
    name = block_name(made, choice.name)
    within = made.get_submodule(name).channels
    if block.channels != within:
        raise HeadError(
            f"{choice.name} of {block.channels} channels: behind {around.backbone} it reads "
            f"{within}; leave --backbone out"
        )
    made.set_submodule(name, block.float())
    warning = "" if around.backbone_weights else RANDOM_FEATURES
    reads = around.sentence
    return Subject(made.eval(), choice.name, _label(choice), IMAGENET, told, reads, warning)


def _network(choice: HeadChoice, around: Around) -> nn.Module:
    torch.manual_seed(around.seed)
    part, channels = ("network", COLOURS) if around.backbone else ("attention", around.channels)
    shape = Shape(1, channels, 1, 1)
    trial = Trial(choice.name, shape, choice.options, part, backbone=around.backbone)
    weights = str(around.backbone_weights.absolute()) if around.backbone_weights else ""
    return network(trial, Training(backbone_weights=weights), CLASSES).eval()


def _label(choice: HeadChoice) -> str:
    return label(choice.name, choice.options)
