"""What a user's own code says of itself, by a decorator: @attnbench.head, @attnbench.metric,
@attnbench.dataset.

    @attnbench.head(family="pairwise", maps=("affinity",))
    class MyHead(nn.Module):
        def __init__(self, channels: int, *, width: int = 64): ...

None is needed: a class or function without one is measured as well. Nothing is registered: what
is measured is named by a reference, as in `attnbench run --head my_head.py:MyHead`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from attnbench.own import FACTS, KIND
from attnbench.record import Better, Origin

T = TypeVar("T", bound=Callable[..., Any])


def head(
    cls: T | None = None,
    *,
    family: str = "own",
    complexity: str = "",
    params: int = 0,
    maps: tuple[str, ...] = (),
) -> Any:
    """Declares a class, or a function that makes one, as an attention head.

    It is called with the channels C, and what it makes maps (N, C, H, W) to (N, C, H, W). `family`
    decides how figures draw it ("pairwise", "compact", "factorised", "global", "multi-scale",
    "channel"; any other word is one of its own), `complexity` is the growth of its MACs in words
    ("N·C"), `params` the parameters at 512 channels, 0 if untold. `maps` names the `nn.Identity`
    submodules through which an affinity passes, for pictures of it.
    """
    facts = {"family": family, "complexity": complexity, "params": params, "maps": maps}
    return _telling("head", cls, facts)


def metric(
    function: T | None = None,
    *,
    unit: str = "",
    better: Better = "lower",
    origin: Origin = "measured",
    needs_device: bool = True,
    repeat: bool = True,
) -> Any:
    """Declares a function of a bench, which returns a number or several samples, as a metric.

    `unit` is a base unit ("s", "bytes", "FLOPs", "J"; "" for a plain number), `better` is "lower"
    or "higher", `origin` is "measured", "counted", "predicted" or "modelled". With `needs_device`
    it runs the head for real: `bench.real.forward()` is a step, and `bench.device` where it runs;
    without, `bench.outline` is the head without data. With `repeat` every round takes it.
    """
    facts = {"unit": unit, "better": better, "origin": origin}
    return _telling("metric", function, facts | {"needs_device": needs_device, "repeat": repeat})


def dataset(
    cls: T | None = None,
    *,
    title: str = "",
    classes: str = "",
    licence: str = "",
    where: str = "",
    layout: str = "",
    splits: tuple[str, ...] = ("train", "val"),
    crop: tuple[int, int] | None = None,
) -> Any:
    """Declares a class as a data set, whose `split(root, name, seed)` gives an
    `attnbench.train.split.Split`.

    `classes` names them by index, with commas between. `where` says how to get the data, `layout`
    which files are expected. `crop` is the height and width of a training crop, in pixels; None:
    the whole picture.
    """
    facts = {"title": title, "classes": classes, "licence": licence, "where": where}
    return _telling("data set", cls, facts | {"layout": layout, "splits": splits, "crop": crop})


def _telling(kind: str, thing: T | None, facts: dict[str, Any]) -> Any:
    """`thing` with these facts; without one, as with parentheses behind the decorator, what does
    that.
    """

    def tell(of: T) -> T:
        setattr(of, KIND, kind)
        setattr(of, FACTS, facts)
        return of

    return tell if thing is None else tell(thing)
