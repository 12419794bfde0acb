"""Whether both sides compute the same: shape, type, names of tensors, and values to rounding."""

from math import inf

from attnbench.gate.result import Change
from attnbench.gate.rules import Rules
from attnbench.record import Reading, Record

# Epsilons that a value may be off by, beside the condition: sums of thousands of products in
# another order differ by some ten.
ROUNDINGS = 32
EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
NAMED = 3  # tensors that a message names


def output_changes(base: Record, head: Record, rules: Rules) -> list[Change]:
    """What changed of what a trial computes; one "same" where nothing did, none without outputs."""
    before, after = base.readings.get("output"), head.readings.get("output")
    if before is None or after is None:
        return []
    told = _of_notes(head, before, after, rules)
    if any(c.quantity != "output.dtype" for c in told):  # values would differ for that reason
        return told
    names = ("output", "output.gradient")
    return [*told, *(_values(base, head, name, rules) for name in names if name in base.readings)]


def tolerance(reading: Reading, dtype: str) -> float:
    """Relative to the root mean square of the values: epsilon times condition, ROUNDINGS of it."""
    return ROUNDINGS * EPSILON.get(dtype, 0.0) * max(1.0, reading.terms["condition"])


def _of_notes(head: Record, before: Reading, after: Reading, rules: Rules) -> list[Change]:
    (shape, dtype), (new_shape, new_dtype) = _output(before), _output(after)
    found = {
        "output.shape": "" if shape == new_shape else f"output {shape} -> {new_shape}",
        "output.dtype": "" if dtype == new_dtype else f"output dtype {dtype} -> {new_dtype}",
        "output.tensors": _tensors_apart(_tensors(before), _tensors(after)),
    }
    return [
        _change(head, name, None, None, fails=name not in rules.tolerate, message=message)
        for name, message in found.items()
        if message
    ]


def _values(base: Record, head: Record, name: str, rules: Rules) -> Change:
    before, after = base.readings[name], head.readings.get(name)
    dtype = _output(base.readings["output"])[1]
    if after is None:
        return _change(head, name, 0.0, None, fails=True, message=f"{name} is gone")
    allowed = max(tolerance(before, dtype), rules.tolerate.get(name, 0.0))
    size = before.terms["rms"]
    pairs = zip(before.samples, after.samples, strict=False)
    apart = max((abs(a - b) / size for a, b in pairs), default=inf)
    message = f"{name} differs by {apart:.1e} of its size, allowed {allowed:.1e} ({dtype} rounding)"
    fails = apart > allowed
    return _change(head, name, 0.0, apart, fails=fails, message=message if fails else "")


def _change(
    head: Record, name: str, old: float | None, new: float | None, *, fails: bool, message: str
) -> Change:
    answer = "worse" if fails else "same"
    return Change(head.trial, name, "", "lower", old, new, answer, message=message)


def _output(reading: Reading) -> tuple[str, str]:
    """Shape and type, as in ("2x64x24x24", "float32")."""
    note = next(n for n in reading.notes if n.startswith("output "))
    _, shape, dtype = note.rsplit(" ", 2)
    return shape, dtype


def _tensors(reading: Reading) -> dict[str, str]:
    """Shape and type of every tensor of the state dict."""
    lines = (n.removeprefix("tensor ") for n in reading.notes if n.startswith("tensor "))
    return {name: f"{shape} {dtype}" for name, shape, dtype in (n.rsplit(" ", 2) for n in lines)}


def _tensors_apart(before: dict[str, str], after: dict[str, str]) -> str:
    """What became of the tensors, in words; empty where they are as they were."""
    gone = [n for n in before if n not in after]
    new = [n for n in after if n not in before]
    other = [n for n in before if n in after and before[n] != after[n]]
    if gone and sorted(before[n] for n in gone) == sorted(after[n] for n in new):
        renamed = [f"{a} -> {b}" for a, b in _matched(gone, new, before, after)]
        return f"parameters renamed: {_some(renamed)}; stored weights do not load"
    parts = (
        ("parameters added: ", [f"{n} {after[n]}" for n in new]),
        ("parameters gone: ", gone),
        ("parameters of another form: ", [f"{n} {before[n]} -> {after[n]}" for n in other]),
    )
    return "; ".join(what + _some(names) for what, names in parts if names)


def _matched(gone: list[str], new: list[str], before: dict, after: dict) -> list[tuple[str, str]]:
    left = list(new)
    pairs = []
    for name in gone:
        found = next(n for n in left if after[n] == before[name])
        left.remove(found)
        pairs.append((name, found))
    return pairs


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
