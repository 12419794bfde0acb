"""The [[claim]] tables of a suite, checked: their heads, options and metrics are known ones."""

from collections.abc import Collection
from dataclasses import replace
from math import isnan
from typing import Any

import msgspec

import attnbench.measure as measure
from attnbench import heads
from attnbench.checked import entries, short, shown
from attnbench.claims import (
    Against,
    Check,
    Claim,
    Correlation,
    Exponent,
    OfOne,
    Order,
    Other,
    Printed,
)
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.papers.reading import papers
from attnbench.trial import Option

AXES = ("pixels", "channels")  # of an exponent; or an option


def claims(tables: Any, where: str) -> tuple[Claim, ...]:
    """Every claim, with the options of its heads as trials have them: without those at default.

    Raises SuiteError or UnknownNameError.
    """
    found: dict[str, Claim] = {}
    known = measure.units()
    for claim in entries(tables, Claim, f"{where}: claim"):
        at = f"{where}: claim {shown(claim.id)}"
        if claim.id in found:
            raise SuiteError(f"{where}: two claims have the id {shown(claim.id)}")
        if claim.check is None and not claim.needs:
            raise SuiteError(f"{at}: write a check, or what it needs to be decided")
        found[claim.id] = claim if claim.check is None else _checked(claim, claim.check, at, known)
    return tuple(found.values())


def _checked(claim: Claim, check: Check | Printed, where: str, known: Collection[str]) -> Claim:
    """`known` are the readings that there are."""
    low, high = check.within
    if low > high or isnan(low) or isnan(high):
        raise SuiteError(f"{where}: within is [lowest, highest]")
    if isinstance(check, Printed):
        _check_printed(check, where)
        return claim
    metrics = [check.metric, *(s.metric for s in check.subjects)]
    metrics += [check.against] if isinstance(check, Correlation) else []
    for metric in metrics:
        if metric not in known:
            raise UnknownNameError("metric", short(metric), known, where)
    return replace(claim, check=_plain(check, where))


def _check_printed(check: Printed, where: str) -> None:
    tables = [table.name for table in papers().named(check.paper, where).table]
    if check.table and check.table not in tables:
        raise UnknownNameError(f"table of {check.paper}", short(check.table), tables, where)


def _plain(check: Check, where: str) -> Check:
    """The check with known heads, and of their options those that are not at their default."""
    if isinstance(check, Order):
        steps = [Other(head=h) if isinstance(h, str) else h for h in check.heads]
        if len(steps) < 2 or not all(step.head for step in steps):
            raise SuiteError(f"{where}: heads: an order has two or more, each with its head")
        return msgspec.structs.replace(check, heads=tuple(_other(s, "", where) for s in steps))
    if not isinstance(check, OfOne):
        return check
    check = msgspec.structs.replace(check, options=_options(check.head, check.options, where))
    if isinstance(check, Exponent) and check.over not in AXES:
        option = heads.describe(check.head).options.get(check.over)
        if option is None or type(option.default) is not int:
            numbers = [
                n for n, o in heads.describe(check.head).options.items() if type(o.default) is int
            ]
            raise UnknownNameError("axis", short(check.over), [*AXES, *numbers], where)
    if isinstance(check, Against) and isinstance(check.to, Other):
        return msgspec.structs.replace(check, to=_other(check.to, check.head, where))
    if isinstance(check, Against):
        _options(check.to, {}, where)
    return check


def _other(other: Other, head: str, where: str) -> Other:
    options = _options(other.head or head, other.options or {}, where)
    return other if other.options is None else msgspec.structs.replace(other, options=options)


def _options(head: str, options: dict[str, Option], where: str) -> dict[str, Option]:
    if head not in heads.HEADS:
        raise UnknownNameError("head", short(head), heads.HEADS, where)
    return heads.describe(head).check(options, where)
