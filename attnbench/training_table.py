"""The [training] table of a suite, checked: a mistake is one line, before anything is trained."""

from collections.abc import Iterable
from dataclasses import fields, replace
from math import inf
from typing import Any

import msgspec

from attnbench.checked import check_keys, converted, shown, typed
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.heads import describe as describe_head
from attnbench.own import is_reference
from attnbench.train.datasets import DATASETS, describe
from attnbench.training import CHOICES, MOST_SHOWN, Training

SETTINGS = tuple(f.name for f in fields(Training))
_ABOVE_ZERO = ("steps", "lr")
_NOT_BELOW = ("subset", "weight_decay", "warmup", "checkpoint_every", "shown")


def training(table: Any, where: str) -> Training:
    """Raises SuiteError or UnknownNameError for a recipe that cannot be."""
    if isinstance(table, dict):
        check_keys("setting", table, SETTINGS, where)
        for name, known in CHOICES.items():
            if isinstance(value := table.get(name, known[0]), str) and value not in known:
                raise UnknownNameError(name, value[:80], known, where)
    recipe = converted(table, Training, where)
    _check_numbers(recipe, where)
    if is_reference(recipe.dataset):
        recipe = replace(recipe, dataset=DATASETS.adopt(recipe.dataset))
    if recipe.dataset not in DATASETS:
        raise UnknownNameError("data set", recipe.dataset[:80], DATASETS, where)
    for options in (recipe.options, *recipe.transfer):
        describe(recipe.dataset).check(options, where)
    return recipe


def changed(recipe: Training | None, name: str, text: str, where: str) -> Training:
    """The recipe with a setting as typed: "steps", "150". Raises as `training` does."""
    if recipe is None:
        raise SuiteError(f"{where}: this suite trains nothing; it has no [training]")
    value: Any = typed(text)
    kind = type(getattr(recipe, name))
    if kind is tuple:
        value = [typed(part) for part in text.split(",")]
    elif kind is str:
        value = text
    elif kind is dict:
        raise SuiteError(f"{where}: {name} is written in a suite file, not here")
    return training(msgspec.to_builtins(recipe) | {name: value}, where)


def check_trained(recipe: Training | None, axes: dict[str, list[Any]], where: str) -> None:
    """Raises SuiteError unless accuracy is that of a stated training of something trainable."""
    if recipe is None:
        raise SuiteError(f"{where}: accuracy needs the training it is of: write a table [training]")
    if axes["mode"] != ["training"]:
        raise SuiteError(f'{where}: accuracy is that of a training: write mode = "training"')
    if not {*axes["part"]} <= {"attention", "network"}:
        raise SuiteError(f"{where}: accuracy is of part attention or network")
    if "float64" in axes["dtype"]:
        raise SuiteError(f"{where}: accuracy: weights are float32; dtype float64 is not trained")


def check_tried(recipe: Training, names: Iterable[str], where: str) -> None:
    """Raises SuiteError unless some head of the suite has the options it is to be tried with."""
    known = {name: describe_head(name) for name in names}
    for tried in recipe.evaluate_with:
        having = [told for told in known.values() if tried.keys() <= told.options.keys()]
        if not having:
            raise SuiteError(f"{where}: evaluate_with: no head of this suite has {shown(tried)}")
        for told in having:
            told.check(tried, where)


def _check_numbers(recipe: Training, where: str) -> None:
    for name in (*_ABOVE_ZERO, *_NOT_BELOW):
        value = getattr(recipe, name)
        if not 0 <= value < inf or (value == 0 and name in _ABOVE_ZERO):
            least = "above zero" if name in _ABOVE_ZERO else "not below zero"
            raise SuiteError(f"{where}: {name} = {value}: expected a number {least}")
    if recipe.shown > MOST_SHOWN:
        raise SuiteError(f"{where}: shown = {recipe.shown}: expected 0 to {MOST_SHOWN} images")
    if recipe.warmup >= 1:
        raise SuiteError(f"{where}: warmup = {recipe.warmup}: a share of the steps, below 1")
    low, high = recipe.scale
    if not 0 < low <= high <= 8:
        raise SuiteError(
            f"{where}: scale = {shown(recipe.scale)}: [lowest, highest], within 0 to 8"
        )
    if not recipe.scales or not all(0 < s <= 8 for s in recipe.scales):
        raise SuiteError(
            f"{where}: scales = {shown(recipe.scales)}: expected numbers within 0 to 8"
        )
