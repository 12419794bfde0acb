"""Weights of an official module in our head: its widths from their shapes, then each in its place.

The caller says what no shape tells, such as rates, bins or passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from attnbench.errors import HeadError, UnknownNameError
from attnbench.heads import HEADS, describe
from attnbench.heads._official import OFFICIAL, check_names, our_names
from attnbench.trial import Option

Sizes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Width:
    """Size of `tensor` along `axis`; where `of` names another, how often it goes into that one."""

    tensor: str
    axis: int = 0
    of: tuple[str, int] | None = None

    def read(self, sizes: Sizes) -> int | None:
        """None where the module has no such tensor."""
        try:
            size = sizes[self.tensor][self.axis]
            return size if self.of is None else sizes[self.of[0]][self.of[1]] // max(size, 1)
        except (KeyError, IndexError):
            return None


def _reduction(tensor: str) -> Width:
    return Width(tensor, 0, (tensor, 1))


# Option of a head, or `channels`, to where it is read; by our names.
WIDTHS: dict[str, dict[str, Width]] = {
    "a2": {
        "channels": Width("feature.weight", 1),
        "features": Width("feature.weight"),
        "descriptors": Width("gather.weight"),
    },
    "ann": {
        "channels": Width("key.conv.weight", 1),
        "key_channels": Width("key.conv.weight"),
        "value_channels": Width("value.weight"),
    },
    "aspp": {
        "channels": Width("branches.0.conv.weight", 1),
        "width": Width("branches.0.conv.weight"),
    },
    "bam": {
        "channels": Width("channel.0.conv.weight", 1),
        "reduction": _reduction("channel.0.conv.weight"),
    },
    "cbam": {
        "channels": Width("channel.0.weight", 1),
        "reduction": _reduction("channel.0.weight"),
        "kernel_size": Width("spatial.0.weight", 2),
    },
    "ccnet": {"channels": Width("query.weight", 1), "reduction": _reduction("query.weight")},
    "cgnl": {
        "channels": Width("theta.weight", 1),
        "groups": Width("output.weight", 1, of=("theta.weight", 0)),
    },
    "danet": {"channels": Width("query.weight", 1), "reduction": _reduction("query.weight")},
    "dnl": {
        "channels": Width("value.weight", 1),
        "reduction": _reduction("query.weight"),
        "value_reduction": _reduction("value.weight"),
    },
    "eca": {"kernel_size": Width("conv.weight", 2)},
    "ema": {"channels": Width("bases", 1), "bases": Width("bases", 2)},
    "enc": {"channels": Width("codewords", 1), "codewords": Width("codewords")},
    "gc": {
        "channels": Width("mask.weight", 1),
        "reduction": _reduction("transforms.add.0.weight"),
    },
    "glore": {"channels": Width("project.weight", 1), "nodes": Width("project.weight")},
    "gsop": {
        "channels": Width("input.weight", 1),
        "width": Width("input.weight"),
        "outputs": Width("row_norm.weight", 0, of=("row_conv.weight", 0)),
    },
    "isa": {
        "channels": Width("stages.long_range.value.weight", 1),
        "key_channels": Width("stages.long_range.query.0.conv.weight"),
        "value_channels": Width("stages.long_range.value.weight"),
    },
    "non_local": {"channels": Width("value.weight", 1), "reduction": _reduction("value.weight")},
    "ocr": {
        "channels": Width("query.0.conv.weight", 1),
        "key_channels": Width("query.0.conv.weight"),
    },
    "ppm": {
        "channels": Width("branches.0.conv.weight", 1),
        "width": Width("branches.0.conv.weight"),
    },
    "psa": {
        "channels": Width("directions.collect.reduce.conv.weight", 1),
        "reduction": _reduction("directions.collect.reduce.conv.weight"),
    },
    "se": {"channels": Width("gate.0.weight", 1), "reduction": _reduction("gate.0.weight")},
    "self_attention": {
        "channels": Width("value.weight", 1),
        "key_channels": Width("query.0.conv.weight"),
        "value_channels": Width("value.weight"),
    },
}


def load(name: str, state: Mapping[str, Tensor], options: dict[str, Option]) -> nn.Module:
    """See `attnbench.heads.load_official`."""
    module = _official_module(name)
    for key, value in state.items():
        if not isinstance(value, Tensor):
            told = f"{key} is of type {type(value).__name__}"
            raise HeadError(f"{module}: {told}: give the state dict of the module alone")
    names = our_names(module, state)
    sizes = {ours: tuple(state[theirs].shape) for theirs, ours in names.items()}
    head = _built(module, sizes, options)
    ours = head.state_dict()
    check_names(module, names, ours)
    values = {our: _fitted(module, key, state[key], ours[our]) for key, our in names.items()}
    floating = (value.dtype for value in state.values() if value.is_floating_point())
    head.to(next(floating, None))
    head.load_state_dict(values, strict=False)  # its names are checked
    return head


def _official_module(name: str) -> str:
    if name in OFFICIAL:
        return name
    if name not in HEADS:
        raise UnknownNameError("official module or head", name, [*OFFICIAL, *HEADS])
    modules = [module for module, official in OFFICIAL.items() if official.head == name]
    if len(modules) != 1:
        known = f"of several official modules: name one of {', '.join(modules)}"
        raise HeadError(f"{name} is the head {known if modules else 'of no official module'}")
    return modules[0]


def _built(module: str, sizes: Sizes, options: dict[str, Option]) -> nn.Module:
    """The head with the options of the module, what shapes tell, and what the caller gives."""
    official = OFFICIAL[module]
    told = {option: width.read(sizes) for option, width in WIDTHS.get(official.head, {}).items()}
    known = {option: size for option, size in told.items() if size is not None}
    chosen = official.options | known | options
    if "channels" not in chosen:
        raise HeadError(
            f"{module}: nothing in this state dict tells the channels; give them, as in "
            f"channels=512 (its names: {', '.join(sizes) or 'none'})"
        )
    channels = chosen.pop("channels")
    describe(official.head).check(chosen, module)
    return HEADS[official.head](channels, **chosen)


def _fitted(module: str, name: str, value: Tensor, ours: Tensor) -> Tensor:
    """`value` in the shape of `ours`: a linear layer of theirs is a 1x1 convolution of ours."""
    found, expected = tuple(value.shape), tuple(ours.shape)
    if found + (1,) * (len(expected) - len(found)) != expected:
        raise HeadError(f"{module}: {name} has the shape {found}, expected {expected}")
    return value.reshape(expected)
