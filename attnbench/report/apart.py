"""Looks for a paper, in which any two lines of a figure differ without their colours.

A paper is printed in grey, and read by people who see few colours. What a head looks like on the
page stays, as far as no other line of the figure looks so: else its marker is another, and where
all are taken its dashes have more dots. Half filled markers are too small there to be told apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from attnbench.report.looks import Look
from attnbench.report.plot import Line

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")  # told from each other at three points
_SOLID, _DOT, _GAP = 8.0, 1.0, 1.6  # of what was a solid line, in widths of it


def apart(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The same lines, each with a look of its own; kernels of a head share theirs if they can."""
    taken: set[tuple[str, tuple[float, ...], bool]] = set()
    of_pair: dict[tuple[str, int], Look] = {}
    found = []
    for line in lines:
        pair = (line.pair, line.look.slot)
        wanted = of_pair.get(pair, line.look)
        look = next(
            v for v in _candidates(wanted) if (v.marker, v.dash, line.is_hollow) not in taken
        )
        taken.add((look.marker, look.dash, line.is_hollow))
        of_pair.setdefault(pair, look)
        found.append(replace(line, look=look, variant=0))
    return tuple(found)


def _candidates(wanted: Look) -> Iterator[Look]:
    """The look that is wanted, then ever stranger ones, without end."""
    yield wanted
    yield from (replace(wanted, marker=m) for m in _MARKERS)
    for dots in count(1):
        dash = (*(wanted.dash or (_SOLID, _GAP)), *(_DOT, _GAP) * dots)
        yield from (replace(wanted, marker=m, dash=dash) for m in _MARKERS)
