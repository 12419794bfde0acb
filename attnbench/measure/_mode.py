"""What all our watchers at torch's dispatcher have in common."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

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
        return self.rules.get(func, func)(*args, **(kwargs or {}))
