"""What all our watchers at torch's dispatcher have in common."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Mode(TorchDispatchMode):
    """A mode under which nothing is compiled: torch need not keep its compiler out of every call.

    `rules` lead operators another way, under all watchers, and `beside` see what this one sees; a
    mode of its own would do the same and make each call a fifth slower.
    """

    rules: ClassVar[Mapping[Any, Callable[..., Any]]] = {}

    def __init__(self, *beside: "Mode") -> None:
        super().__init__()
        self._beside = beside

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        rule, named = self.rules.get(func), kwargs or {}
        if rule is None:
            out = func(*args, **named)
        # A rule says itself where its tensors are made, and what is asked of tensors by a watcher
        # is not the module's.
        with torch._C.DisableTorchFunction():
            if rule is not None:
                out = rule(*args, **named)
            for watcher in self._beside:
                watcher.see(func, args, out)
            self.see(func, args, out)
        return out

    def see(self, func: torch._ops.OpOverload, args: tuple, out: Any) -> None:
        """An operator that has run, by what it was given and what it made."""


def tensors(value: Any) -> Iterator[Tensor]:
    """Those in arguments or results of an operator, which have them alone, in lists or in tuples.

    torch's own walk is for any tree, and takes longer than most operators without data.
    """
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors(each)
