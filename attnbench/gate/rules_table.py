"""The [gate] table of a suite, checked: a mistake is one line, before anything is measured."""

from dataclasses import fields
from math import inf
from typing import Any

import attnbench.measure as measure
from attnbench.checked import check_keys, converted, short
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.gate.rules import OF_OUTPUT, Rules, check_rules


def rules(table: Any, where: str) -> Rules:
    """Raises SuiteError or UnknownNameError for rules that cannot be."""
    if isinstance(table, dict):
        check_keys("rule", table, [f.name for f in fields(Rules)], where)
    found = converted(table, Rules, where)
    known = [*measure.units(), *OF_OUTPUT]
    for name, value in found.tolerate.items():
        if name not in known:
            raise UnknownNameError("quantity", short(name), known, where)
        if not 0 <= value < inf:
            raise SuiteError(f"{where}: {name} = {value}: expected a relative change, as in 0.01")
    check_rules(found, where)
    return found
