"""Shapes of meta tensors without torch's compiler, whose import takes longer than torch's own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """Answers for a module that is not imported; a name it does not know imports the module."""

    def __init__(self, name: str, answers: dict[str, Any]):
        super().__init__(name)
        self.__dict__.update(answers)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python's own question about a module
            raise AttributeError(name)
        dismiss()
        return getattr(import_module(self.__name__), name)


def dismiss() -> None:
    """Takes the stand-ins away: from then on the true modules are imported."""
    for name in [n for n, module in sys.modules.items() if isinstance(module, StandIn)]:
        del sys.modules[name]


# What torch asks of numbers that may be symbols, answered for plain ones.
_OF_NUMBERS = {
    "expect_true": bool,
    "guard_or_false": bool,
    "guard_or_true": bool,
    "guard_size_oblivious": bool,
    "statically_known_true": bool,
    "has_guarding_hint": lambda _: True,
    "guarding_hint_or_throw": int,
    "is_nested_int": lambda _: False,
    "free_unbacked_symbols": lambda _: set(),
    "sym_eq": lambda a, b: a == b,
    "sym_and": lambda *each: all(each),
    "sym_or": lambda *each: any(each),
}


@contextmanager
def without_compiler() -> Iterator[None]:
    """Within it torch does not import its compiler and sympy for the shapes of meta tensors.

    They take longer than torch itself, and are only asked to keep out of the way, or whether a
    number is a symbol. For a process that does nothing else.
    """
    silenced = []

    def disable(function: Any, *_: Any, **__: Any) -> Any:
        silenced.append(function)
        return function

    answers = {
        "torch._dynamo": {"disable": disable},
        "torch.fx.experimental.symbolic_shapes": _OF_NUMBERS,
        "torch.utils._sympy.functions": {"Max": max},
        "sympy": {"Basic": type("Basic", (), {})},
    }
    missing = {name: known for name, known in answers.items() if name not in sys.modules}
    sys.modules.update({name: StandIn(name, known) for name, known in missing.items()})
    try:
        yield
    finally:
        dismiss()
        for function in silenced:
            vars(function).pop("__dynamo_disable", None)
