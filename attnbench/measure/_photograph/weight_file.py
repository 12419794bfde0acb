"""A user's state dict: of a whole network of ours, of an official module, or of a head alone."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from attnbench.errors import AttnbenchError, HeadError
from attnbench.heads import HEADS, load_official
from attnbench.heads._layers import RANK
from attnbench.heads._loading import WIDTHS
from attnbench.heads._official import OFFICIAL
from attnbench.kinds import COLOURS
from attnbench.suite import HeadChoice
from attnbench.train.network import network
from attnbench.train.weights import fill
from attnbench.training import Training
from attnbench.trial import Shape, Trial

State = Mapping[str, Tensor]
ANY_CHANNELS = 512  # names do not depend on them
LONGEST = 300  # characters of a misfit; a state dict of something else has hundreds of names
SMALL, DILATED = "after.1.weight", "head.classifier.weight"  # the last layers of our networks
DEEP = "after.0.0.weight"  # of the small network with the deep stem


def loaded_network(choice: HeadChoice, state: State, backbone: str, where: str) -> nn.Module | None:
    """The network of `train.network` whose names these are; None for the names of no network.

    Raises HeadError for one of another head or other options, which begins with `where`.
    """
    last = next((name for name in (SMALL, DILATED) if name in state), "")
    if not last:
        return None
    if state[last].dim() != RANK:
        raise HeadError(f"{where}: {last} is no convolution")
    classes, channels = state[last].shape[:2]
    if last == SMALL:
        trial = Trial(choice.name, Shape(1, channels, 1, 1), choice.options)
    elif not backbone:
        raise HeadError(f"{where}: a network with a backbone; say which: --backbone resnet50")
    else:
        shape = Shape(1, COLOURS, 1, 1)
        trial = Trial(choice.name, shape, choice.options, "network", backbone=backbone)
    made = network(trial, Training(stem="deep" if DEEP in state else "small"), classes)
    fill(made, state, f"{where}: {trial.label}")
    return made.float()


def block_of(choice: HeadChoice, state: State, channels: int, where: str) -> tuple[nn.Module, str]:
    """The head with the weights of a state dict, and whose names are in it.

    They are our own, or those of an official module of this head. Raises HeadError, in one line,
    for what none of them has: it is told of the one whose names fit best.
    """
    misfits = []
    for module in sorted(_modules(choice), key=lambda m: -_hits(choice, state, m)):
        try:
            if module == choice.name:
                return _own(choice, state, channels), f"our {module}"
            return load_official(module, state, **choice.options), module
        except AttnbenchError as misfit:
            misfits.append(str(misfit))
    raise HeadError(f"{where}: {_short(misfits[0])}")


def _modules(choice: HeadChoice) -> list[str]:
    """The head itself, then the official modules of it."""
    return [choice.name, *(m for m, official in OFFICIAL.items() if official.head == choice.name)]


def _hits(choice: HeadChoice, state: State, module: str) -> int:
    """How many names of the state dict are names in our head once they are read as a module's."""
    with torch.device("meta"):
        ours = HEADS[choice.name](ANY_CHANNELS, **choice.options).state_dict()
    rename = OFFICIAL[module].our_name if module in OFFICIAL else str
    return len({rename(name) for name in state} & ours.keys())


def _own(choice: HeadChoice, state: State, channels: int) -> nn.Module:
    sizes = {name: tuple(value.shape) for name, value in state.items()}
    told = {option: w.read(sizes) for option, w in WIDTHS.get(choice.name, {}).items()}
    options = {option: size for option, size in told.items() if size is not None} | choice.options
    made = HEADS[choice.name](options.pop("channels", channels), **options)
    fill(made, state, choice.name)
    return made


def _short(message: str) -> str:
    return message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"
