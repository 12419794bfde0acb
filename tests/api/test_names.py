"""What is public: names, their docstrings, and that none costs anything before it is used."""

import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

import attnbench

FUNCTIONS = ("run", "load", "measure", "predict", "compare")
CLASSES = [n for n in attnbench.__all__ if inspect.isclass(getattr(attnbench, n))]
PACKAGE = Path(attnbench.__file__).parent


def fresh(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_is_silent_and_imports_nothing_heavy():
    heavy = ("torch", "numpy", "pandas", "matplotlib", "msgspec", "click", "rich", "jinja2")

    assert fresh(f"import attnbench, sys; print([m for m in {heavy} if m in sys.modules])") == "[]"


@pytest.mark.parametrize("name", ["run", "measure"])
@pytest.mark.parametrize("first", ["import attnbench.run.start, attnbench.measure.params", "0"])
def test_a_function_with_the_name_of_a_package_is_both_whatever_was_imported_first(name, first):
    told = fresh(
        f"{first}\nimport attnbench\nfrom attnbench import {name}\n"
        f"import attnbench.{name} as package\n"
        f"print({name} is package is attnbench.{name}, callable(package), package.__path__ != [])"
    )

    assert told == "True True True"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_of_a_function_is_in_its_docstring(name):
    function = inspect.unwrap(getattr(attnbench, name))
    told = inspect.getdoc(function)

    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^(\w+, )*{parameter}(, \w+)*: ", told, re.MULTILINE), parameter
    assert "Raises" in told


def test_a_notebook_finds_the_signature_of_a_package_that_is_a_function():
    assert list(inspect.signature(attnbench.measure).parameters)[:2] == ["module", "shape"]
    assert "attnbench.measure(module, shape)" in attnbench.measure.__doc__


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_attribute_of_a_class_is_documented(name):
    cls = getattr(attnbench, name)
    told = inspect.getdoc(cls)
    fields = {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()

    assert told
    assert not told.startswith(f"{name}("), "the one that dataclass makes"
    for field in fields:
        text = told if cls.__module__.startswith(("attnbench.api", "attnbench.prediction")) else ""
        assert not text or f"`{field}`" in text, f"{name}.{field}"
    for attribute, value in vars(cls).items():
        if attribute.startswith("_") or attribute in fields:
            continue
        inner = getattr(value, "func", value)
        if isinstance(inner, property | classmethod | FunctionType) and "api" in cls.__module__:
            assert inspect.getdoc(getattr(inner, "__func__", inner)), f"{name}.{attribute}"


def test_completion_and_star_have_all_names():
    assert set(attnbench.__all__) <= set(dir(attnbench))
    assert all(getattr(attnbench, name) is not None for name in attnbench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'compere'"):
        attnbench.compere  # noqa: B018


def test_what_a_type_checker_sees_is_what_there_is():
    text = (PACKAGE / "__init__.py").read_text()
    block = text.partition("if TYPE_CHECKING:\n")[2].partition("\n\n")[0]
    seen = {n.strip() for line in block.splitlines() for n in line.split(" import ")[1].split(",")}

    assert seen == set(attnbench.__all__) | {"Any"} - {"Any"}


def test_the_marker_of_a_typed_package_is_there():
    assert (PACKAGE / "py.typed").is_file()
