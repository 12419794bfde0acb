"""What a file says of the entry that it declares, read from its text without importing it.

Heads and metrics import torch; listing them and checking a suite must not. So a declaration is
literal: the keywords of its decorator and the options of its constructor are constants.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from attnbench.errors import AttnbenchError, SuiteError, UnknownNameError
from attnbench.training import Option

REQUIRED = object()  # the default of an option that must be given


@dataclass(frozen=True)
class OptionSpec:
    """A keyword-only parameter of a head: its default, and its choices where it is a Literal."""

    default: Any
    choices: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """A file's docstring, the keywords of its decorator, and the options of what it decorates."""

    name: str
    doc: str
    keywords: dict[str, Any]
    options: dict[str, OptionSpec] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """First sentence of the docstring, on one line."""
        return " ".join(self.doc.split("\n\n")[0].split())

    def check(self, options: dict[str, Option], where: str = "") -> dict[str, Option]:
        """`options` without those equal to their defaults.

        Raises UnknownNameError for an unknown option, SuiteError for a value of another type
        or outside the choices.
        """
        for name, value in options.items():
            if name not in self.options:
                raise UnknownNameError(f"option of {self.name}", name, self.options, where)
            self._check_value(name, value, where)
        return {k: v for k, v in options.items() if v != self.options[k].default}

    def _check_value(self, name: str, value: Option, where: str) -> None:
        option = self.options[name]
        head = f"{where + ': ' if where else ''}{self.name}: {name} = {value!r}"
        if option.choices and value not in option.choices:
            raise SuiteError(f"{head}: choose one of {', '.join(map(repr, option.choices))}")
        wanted = type(option.default)
        number = wanted is float and isinstance(value, int) and not isinstance(value, bool)
        if option.default is REQUIRED or option.default is None or option.choices or number:
            return
        if type(value) is not wanted:
            raise SuiteError(f"{head}: expected {wanted.__name__}, as in {name}={option.default!r}")


@cache
def declaration(path: Path, decorator: str) -> Declaration:
    """The declaration in the file `path`: the class or function under `@decorator(...)`.

    Raises AttnbenchError when the file is not Python, TypeError when it has no declaration, or
    when a keyword of it is not a literal.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError as error:
        raise AttnbenchError(f"{path}:{error.lineno}: not valid Python: {error.msg}") from None
    for node in tree.body:
        for call in getattr(node, "decorator_list", []):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == decorator:
                keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}
                doc = ast.get_docstring(tree) or ast.get_docstring(node) or ""
                return Declaration(path.stem, doc, keywords, _options(node))
    raise TypeError(f"{path} declares nothing with @{decorator}(...)")


def _options(node: ast.AST) -> dict[str, OptionSpec]:
    for method in getattr(node, "body", []):
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            arguments = method.args
            pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            return {
                arg.arg: OptionSpec(
                    ast.literal_eval(default) if default else REQUIRED, _choices(arg.annotation)
                )
                for arg, default in pairs
            }
    return {}


def _choices(annotation: ast.AST | None) -> tuple[Option, ...]:
    if isinstance(annotation, ast.Subscript) and getattr(annotation.value, "id", "") == "Literal":
        return tuple(
            ast.literal_eval(e) for e in getattr(annotation.slice, "elts", [annotation.slice])
        )
    return ()
