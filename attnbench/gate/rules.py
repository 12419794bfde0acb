"""The rules of a gate: what may change, by how much, and how sure one wants to be.

Nothing here imports numpy or torch: a suite holds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from attnbench.errors import SuiteError

OF_OUTPUT = ("output.shape", "output.dtype", "output.tensors")  # what is compared beside readings


@dataclass(frozen=True)
class Rules:
    """`margin` is the relative slow-down that does not matter; `level` the chance of a false alarm
    anywhere in the suite, before what is flagged was measured once more.

    `pairs` 0: as many as the level needs, and DEFAULT_PAIRS at least. `unclear` says what a gate
    that cannot tell does. `tolerate` names quantities of the exact tier with the relative change
    that is allowed; an `output.*` that is named there may change.
    """

    margin: float = 0.02
    level: float = 0.01
    pairs: int = 0
    unclear: Literal["fail", "pass"] = "fail"
    tolerate: dict[str, float] = field(default_factory=dict)


def with_changes(rules: Rules, changed: Mapping[str, object]) -> Rules:
    """Some of them as a user typed them. Raises SuiteError."""
    rules = replace(rules, **changed)
    check_rules(rules, "gate")
    return rules


def check_rules(rules: Rules, where: str) -> None:
    """Raises SuiteError for a margin or a level that is none."""
    if not 0 <= rules.margin < 1:
        raise SuiteError(f"{where}: margin = {rules.margin}: expected a relative change, as 0.02")
    if not 0 < rules.level < 0.5:
        raise SuiteError(f"{where}: level = {rules.level}: expected a chance, as in 0.01")
    if rules.pairs < 0:
        raise SuiteError(f"{where}: pairs = {rules.pairs}: expected a whole number above zero")
