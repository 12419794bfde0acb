"""MACs and FLOPs three ways: closed form, dispatcher, fvcore; each difference by its name."""

from itertools import product

from attnbench.convention import KINDS
from attnbench.report.document import Fold, Text, code, text
from attnbench.report.evidence import Evidence, Value
from attnbench.report.numbers import regrouped, whole
from attnbench.report.sections import section
from attnbench.report.shown import listed
from attnbench.report.slices import Slice, slices
from attnbench.report.tables import Cell, Column, Table, estimated, names, nothing, words

WAYS = ("modelled", "counted", "fvcore")
FORWARD = "inference"


@section("MACs and FLOPs, counted three ways", order=70)
def flops(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if any(s.first(f"macs.{w}") for w in WAYS)]
    if not found:
        return None
    most = max(found, key=lambda s: (_ways(s), s.shape.pixels))
    return [
        _intro(),
        _agreement(found),
        _three_ways(most),
        Fold(f"Where the FLOPs go, by kind of work, at {most.side}", (_kinds(most),)),
    ]


def _ways(s: Slice) -> int:
    """How many heads were counted in each way: fvcore gives up on large maps."""
    return sum(v is not None for w in WAYS for v in s.estimates(f"macs.{w}", FORWARD))


def _intro() -> Text:
    return text(
        "A multiply-add is 1 MAC and 2 FLOPs. ",
        code("modelled"),
        " is the formula in the head's file, ",
        code("counted"),
        " adds up what torch's dispatcher really calls, ",
        code("fvcore"),
        " prints MACs under the name of flops and adds norms and resizing to them. "
        "All are of a forward pass.",
    )


def _agreement(found: list[Slice]) -> Text:
    """Whether formula and dispatcher agree to the integer, over all sizes."""
    agree: dict[str, bool] = {}
    for s, unit in product(found, ("macs", "flops")):
        for label in s.labels:
            ours, theirs = (s.value(label, f"{unit}.{w}", FORWARD) for w in WAYS[:2])
            if ours and theirs:
                same = ours.estimate.value == theirs.estimate.value
                agree[f"{label} at {s.side} ({unit.upper()})"] = same
    if not agree:
        return text("No head has both a closed form and a count.")
    apart = [case for case, same in agree.items() if not same]
    if apart:
        words = f"Formula and count differ in {len(apart)} of {len(agree)} cases: "
        return text(words + listed(apart) + ".", role="warning")
    return text(
        f"Formula and count agree to the integer in all {len(agree)} cases: every head, every "
        "size, MACs and FLOPs."
    )


def _three_ways(s: Slice) -> Table:
    columns = [names(s.trials)]
    columns += [_exact(s, f"macs.{w}", f"MACs {w}") for w in WAYS]
    columns += [_exact(s, f"flops.{w}", f"FLOPs {w}") for w in WAYS[:2]]
    columns.append(
        words("fvcore against counted MACs", [_difference(s, label) for label in s.labels])
    )
    return Table(f"Forward pass at {s.side}, {s.reads}", tuple(columns)).without_empty_columns()


def _exact(s: Slice, metric: str, title: str) -> Column:
    value = s.first(metric)
    unit, origin = (value.unit, value.origin) if value else ("", "")
    found = s.estimates(metric, FORWARD)
    cells = [estimated(whole(v.value), v, unit) if v else nothing() for v in found]
    return Column(title, tuple(cells), unit, origin)


def _difference(s: Slice, label: str) -> Cell:
    ours, theirs = s.value(label, "macs.counted", FORWARD), s.value(label, "macs.fvcore", FORWARD)
    if theirs is None or ours is None:
        return Cell("not counted by fvcore", tone="missing")
    gap = theirs.estimate.value - ours.estimate.value
    if not gap:
        return Cell("equal", tone="good")
    if not theirs.notes:
        return Cell(f"{_signed(gap)} MACs, and no reason known", tone="bad")
    return Cell(_signed(gap), tuple(map(regrouped, theirs.notes)))


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−") + whole(abs(value))


def _kinds(s: Slice) -> Table:
    """FLOPs of each kind, in per cent of the head's."""
    counted = [s.value(label, "flops.counted", FORWARD) for label in s.labels]
    columns = [names(s.trials)]
    columns += [
        Column(k, tuple(_share(v, k) for v in counted), "% of FLOPs", "counted") for k in KINDS
    ]
    return Table(
        f"Share of each kind of work in the FLOPs at {s.side}", tuple(columns)
    ).without_empty_columns()


def _share(value: Value | None, kind: str) -> Cell:
    if value is None or not value.terms.get(kind) or not value.estimate.value:
        return nothing()
    share = value.terms[kind] / value.estimate.value
    return Cell("< 0.1" if share < 0.001 else f"{100 * share:.1f}", sort=share, base="share")
