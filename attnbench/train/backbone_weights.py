"""ImageNet weights that a user has, in the backbone of a network."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from attnbench.errors import HeadError
from attnbench.networks.resnet import ResNet
from attnbench.train.weights import UnreadableError, is_state_dict, read_weights

IGNORED = "fc."  # the classifier of ImageNet


def load_backbone(backbone: ResNet, path: str | Path) -> None:
    """Fills `backbone` from a state dict under torchvision's names, its classifier left out.

    Read with weights_only=True, so that a file cannot run code. Raises HeadError in one line for a
    file that is none, or of another network.
    """
    state = _state(Path(path))
    ours = backbone.state_dict()
    found = {k: v for k, v in state.items() if not k.startswith(IGNORED)}
    # Checkpoints older than torch 0.4 do not count batches, and no forward pass reads the count.
    missing = [k for k in ours if k not in found and not k.endswith("num_batches_tracked")]
    if missing:
        raise HeadError(f"{path}: of another network: {missing[0]} is not in it")
    for name, value in found.items():
        if name not in ours:
            raise HeadError(f"{path}: of another network: {name} is not in the backbone")
        want, got = tuple(ours[name].shape), tuple(value.shape)
        if want != got:
            raise HeadError(f"{path}: of another network: {name} has shape {got}, expected {want}")
    backbone.load_state_dict(found, strict=False)  # its names are checked


def _state(path: Path) -> Mapping[str, Tensor]:
    try:
        state = read_weights(path)
    except UnreadableError as reason:
        raise HeadError(f"{path}: {reason}") from None
    if not is_state_dict(state):
        raise HeadError(f"{path}: holds no state dict, names to tensors, alone")
    return state
