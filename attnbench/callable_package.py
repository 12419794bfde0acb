"""A package that is a function as well: `attnbench.measure(module, shape)`.

The names of two functions for scripts are those of packages. Python binds a package in its parent
when anything imports a part of it, and would so take the place of the function.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class CallablePackage(ModuleType):
    """Calls what `__wrapped__` finds; `inspect` and `help` in notebooks look there as well."""

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        module, _, name = vars(self)["_function"].partition(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        return function

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.__wrapped__(*given, **named)


def make_callable(package: str, function: str) -> None:
    """The package of this name is `function`, "module:name", which is imported when called."""
    module = sys.modules[package]
    vars(module)["_function"] = function
    module.__class__ = CallablePackage
