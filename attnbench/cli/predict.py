"""attnbench predict: what heads need at one size, and the largest map that fits a card."""

import gc
from typing import TYPE_CHECKING, Any

import click

from attnbench.cli import _options
from attnbench.cli._command import Choice, Command, option
from attnbench.cli._json import json_option
from attnbench.kinds import DTYPES, OF_A_MAP, OPEN_KERNELS

if TYPE_CHECKING:
    from rich.console import Console

    from attnbench.prediction import Outlook, Prediction
    from attnbench.trial import Trial

STRIDE = 8  # of the dilated backbones that the papers use


# fmt: off
@click.command(
    cls=Command,
    short_help="Work, memory and the largest map that fits.",
    examples=(
        "attnbench predict --head ema --size 128x256",
        "attnbench predict --head isa:window=16 --head gc --size 97 --dtype bfloat16",
    ),
)
@_options.heads("What to predict; several are compared.", required=True)
@option("--size", required=True, metavar="N|HxW",
        help="Of the feature map that the head reads, not of the image.")
@option("--channels", default=512, show_default=True, type=click.IntRange(min=1),
        metavar="N", help="Of that map.")
@option("--batch", default=1, show_default=True, type=click.IntRange(min=1),
        metavar="N", help="Maps at once.")
@option("--dtype", default="float32", show_default=True, type=Choice(DTYPES),
        help="Of weights and maps.")
@option("--kernel", default="eager", show_default=True, type=Choice(OPEN_KERNELS),
        help="Attention as published, or in one call that keeps no map of pairs.")
@option("--part", default="attention", show_default=True, type=Choice(OF_A_MAP),
        help="The block, or the whole head from a backbone's features to logits.")
@json_option()
def command(
    *, heads: tuple[str, ...], size: str, channels: int, batch: int, dtype: str, kernel: str,
    part: str, as_json: bool,
) -> None:
    """Predicts work, memory and the largest map of any head, on any card, without a device.

    Nothing is allocated and nothing runs: tensors have a shape and no content. Prints MACs and
    FLOPs, parameters, peak memory of inference (forward without gradients) and of training (forward
    and backward), and the largest side of a square map that fits cards of 8 to 141 GB.
    """
    # fmt: on
    from attnbench.axes import map_size
    from attnbench.checked import typed
    from attnbench.cli._json import print_json
    from attnbench.trial import Shape

    shape = Shape(batch, channels, *map_size(typed(size), "--size"))
    asked = {"part": part, "dtype": dtype, "kernel": kernel}
    found = _predictions([_trial(head, shape, asked) for head in heads])
    if as_json:
        print_json(_told(found))
    else:
        _print(found)


def _trial(text: str, shape: Any, asked: dict[str, Any]) -> "Trial":
    """Raises SuiteError or UnknownNameError for a head, option or kernel that is not there."""
    from attnbench.api.predicting import head_trial

    return head_trial(text, shape, **asked)


def _predictions(trials: list["Trial"]) -> list["Prediction"]:
    from attnbench.cli._progress import progress

    gc.disable()  # a tenth of the time would go into looking for garbage, of which there is none
    try:
        from attnbench.measure._frontier import predict
        from attnbench.measure._no_compiler import without_compiler
        from attnbench.prediction import CARDS

        found = []
        with without_compiler(), progress() as tell:
            for number, trial in enumerate(trials, 1):
                found.append(predict(trial, CARDS))
                tell("predicting", number, len(trials))
        return found
    finally:
        gc.enable()


def _told(found: list["Prediction"]) -> dict[str, Any]:
    """What a program gets: readings under the names that records have, in base units."""
    from attnbench.prediction import ATTENTION, CARDS, NOT_IN_IT

    trial = found[0].trial
    return {
        "shape": str(trial.shape),
        "part": trial.part,
        "dtype": trial.dtype,
        "kernel": trial.kernel,
        "attention": ATTENTION[trial.kernel],
        "not_in_it": list(NOT_IN_IT),
        "cards": dict(CARDS),
        "predictions": [
            {
                "head": each.trial.head,
                "options": each.trial.options,
                "params": each.params,
                "params.frozen": each.frozen,
                f"macs.{each.origin}": each.macs,
                f"flops.{each.origin}": each.flops,
                "inference": _outlook(each.inference),
                "training": _outlook(each.training),
            }
            for each in found
        ],
    }


def _outlook(outlook: "Outlook") -> dict[str, Any]:
    memory = outlook.memory
    if memory is None:
        return {"refused": outlook.refused}
    return {
        "memory_predicted": memory.increment,
        "memory_predicted.forward": memory.forward,
        "memory_predicted.baseline": memory.baseline,
        "memory_predicted.total": memory.total,
        "largest_side": dict(outlook.sides),
    }


def _print(found: list["Prediction"]) -> None:
    from attnbench.cli._console import print_text, stdout

    console = stdout()
    trial = found[0].trial
    shape = trial.shape
    print_text(
        console,
        f"A feature map of {shape} (batch x channels x height x width), {trial.dtype}, part "
        f"{trial.part}, kernel {trial.kernel}.",
        f"Behind a backbone of output stride {STRIDE} it is that of an image of "
        f"{STRIDE * shape.height}x{STRIDE * shape.width}.",
        "",
    )
    if len(found) == 1:
        _print_one(console, found[0])
    else:
        _print_several(console, found)
    _print_assumptions(console, found)


def _print_one(console: "Console", one: "Prediction") -> None:
    from attnbench.cli._console import print_table, print_text
    from attnbench.cli._head_sheet import CONVENTIONS
    from attnbench.prediction import CARDS
    from attnbench.units import quantity

    frozen = f", and {_exact(one.frozen)} that training does not change" if one.frozen else ""
    print_text(console, f"{one.trial.label}: {_exact(one.params)} parameters{frozen}")
    for unit, count in (("MACs", one.macs), ("FLOPs", one.flops)):
        told = f"{quantity(count, unit)}, {CONVENTIONS[unit]}; forward, {one.origin}"
        print_text(console, f"{unit:5} {_exact(count)} = {told}")
    print_text(console, "")
    modes = [("inference", one.inference), ("training", one.training)]
    parts = {
        "weights and input": "baseline",
        "above, until the output is there": "forward",
        "above, at the peak": "increment",
        "in all": "total",
    }
    rows = [[told, *(_bytes(mode, part) for _, mode in modes)] for told, part in parts.items()]
    titles = ("predicted memory", *(name for name, _ in modes))
    print_table(console, titles, rows, numbers=titles[1:])
    rows = [
        [card, quantity(size, "bytes"), *(_side(mode, card) for _, mode in modes)]
        for card, size in CARDS.items()
    ]
    titles = ("card", "reports", *(f"largest side, {name}" for name, _ in modes))
    print_table(console, titles, rows, numbers=titles[1:])


def _print_several(console: "Console", found: list["Prediction"]) -> None:
    """A row a head: its work and memory, then its largest sides."""
    from attnbench.cli._console import print_table, print_text
    from attnbench.cli._head_sheet import CONVENTIONS
    from attnbench.prediction import CARDS
    from attnbench.units import quantity

    told = ", ".join(f"{unit}: {convention}" for unit, convention in CONVENTIONS.items())
    print_text(console, f"Work of the forward pass ({told}); peak memory with weights and input")
    titles = ("head", "params", "MACs", "FLOPs", "inference", "training")
    rows = [
        [each.trial.label, _exact(each.params)]
        + [quantity(count, unit) for count, unit in ((each.macs, "MACs"), (each.flops, "FLOPs"))]
        + [_bytes(mode, "total") for mode in (each.inference, each.training)]
        for each in found
    ]
    print_table(console, titles, rows, numbers=titles[1:])
    print_text(console, "Largest side of a square map that fits: inference / training")
    rows = [
        [each.trial.label]
        + [f"{_side(each.inference, card)} / {_side(each.training, card)}" for card in CARDS]
        for each in found
    ]
    print_table(console, ("head", *CARDS), rows, numbers=tuple(CARDS))


def _print_assumptions(console: "Console", found: list["Prediction"]) -> None:
    from attnbench.cli._console import print_text
    from attnbench.prediction import ATTENTION, NOT_IN_IT

    for each in found:
        if each.training.refused:
            told = each.training.refused.rstrip(".")
            print_text(console, f"{each.trial.label} does not train on this: {told}.")
    print_text(
        console,
        "The largest side fits and the next does not; where maps are padded to whole windows, some "
        "smaller sides need more.",
        f"Attention is {ATTENTION[found[0].trial.kernel]}.",
        f"Not in it: {', '.join(NOT_IN_IT)}. Training is forward and backward, without optimiser.",
    )


def _bytes(outlook: "Outlook", part: str) -> str:
    from attnbench.units import quantity

    if outlook.memory is None:
        return "refused"
    return quantity(getattr(outlook.memory, part), "bytes")


def _side(outlook: "Outlook", card: str) -> str:
    if outlook.memory is None:
        return "refused"
    return str(outlook.sides[card] or "none")


def _exact(count: int) -> str:
    from attnbench.units import digits

    return digits(count, len(str(count)))
