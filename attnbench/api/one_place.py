"""Whether two runs were made where their numbers may be compared."""

from collections.abc import Iterable

from attnbench.gate import fingerprint
from attnbench.gate.errors import NotComparableError
from attnbench.store import Run


def one_place(
    before: Run, after: Run, places: Iterable[tuple[str, str, bool]], *, allowed: bool
) -> list[str]:
    """What is to be said of it. `places` are the environments of either side, and whether something
    was measured there: counts need the same torch, times the same machine and settings as well.

    Raises NotComparableError where they differ, unless `allowed`.
    """
    found: dict[str, None] = {}
    cards: dict[str, None] = {}
    for old, new, is_measured in sorted(places):
        for run, name in ((before, old), (after, new)):
            if name not in run.environments:
                raise NotComparableError(f"{run.path} does not tell where its records were made")
        both = before.environments[old], after.environments[new]
        found |= dict.fromkeys(fingerprint.differences(*both, timed=is_measured))
        if is_measured:
            cards |= dict.fromkeys(fingerprint.other_card(*both))
    listed = "; ".join(found)
    told = f"{before.path} and {after.path} were not measured in one place: {listed}"
    if listed and not allowed:
        raise NotComparableError(f"{told}; measure both here, or add --allow-mismatch")
    return [*([told] if listed else []), *cards]
