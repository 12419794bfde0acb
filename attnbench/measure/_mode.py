"""What all our watchers at torch's dispatcher have in common."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Mode(TorchDispatchMode):
    """A mode under which nothing is compiled: torch need not keep its compiler out of every call.

    `rules` lead operators another way, under all watchers; a mode of its own would do the same and
    make each call a fifth slower.
    """

    rules: ClassVar[Mapping[Any, Callable[..., Any]]] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def call(self, func: Any, args: tuple, kwargs: dict | None) -> Any:
        rule = self.rules.get(func)
        if rule is None:
            return func(*args, **(kwargs or {}))
        with torch._C.DisableTorchFunction():  # a rule says itself where its tensors are made
            return rule(*args, **(kwargs or {}))


def tensors(value: Any) -> Iterator[Tensor]:
    """Those in arguments or results of an operator, which have them alone, in lists or in tuples.

    torch's own walk is for any tree, and takes longer than most operators without data.
    """
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors(each)
