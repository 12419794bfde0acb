"""How a head is drawn, the same in every figure, table and report: colour, dash and marker.

The line style tells the family, the marker the head within it, and the colour both: so lines can
be told apart in grey too. A kernel other than the published one is hollow.
"""

from dataclasses import dataclass
from functools import cache
from zlib import crc32

from attnbench import heads
from attnbench.errors import AttnbenchError
from attnbench.report.palette import LIGHT
from attnbench.trial import Trial

MARKERS = ("o", "s", "D", "^", "v", "P")
FAMILIES = (  # in the order of a key; lengths of dash and gap in widths of a line
    ("convolution", ()),
    ("pairwise", ()),
    ("factorised", (9, 2.5)),
    ("compact", (4, 2)),
    ("global", (1.4, 1.6)),
    ("multi-scale", (8, 2, 1.4, 2)),
    ("channel", (5, 1.8, 1.4, 1.8, 1.4, 1.8)),
)
DASHES = dict(FAMILIES)
OWN = (2.5, 1.2)  # of a head that belongs to none of the families
# Slots of the palette. Those of one family differ, and so do the heads that are mostly compared.
_SLOTS = {
    "non_local": 1, "self_attention": 2, "danet": 8, "dnl": 9, "psa": 6, "fcn": 0,
    "isa": 4, "ccnet": 6,
    "ema": 3, "a2": 7, "ann": 1, "ocr": 8, "glore": 9,
    "gc": 5, "cgnl": 2, "enc": 7,
    "ppm": 4, "aspp": 3,
    "se": 1, "eca": 4, "cbam": 5, "bam": 6, "gsop": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """`slot` is a colour of the palette; `dash` are lengths in widths of the line, () if solid."""

    slot: int
    marker: str
    dash: tuple[float, ...] = ()

    @property
    def line(self) -> str | tuple[float, tuple[float, ...]]:
        """Its style, as matplotlib wants it told."""
        return (0, self.dash) if self.dash else "-"

    @property
    def name(self) -> str:
        """Tells it from every other look, in letters that an id may have."""
        dash = "-".join(str(length).replace(".", "_") for length in self.dash)
        return f"look-{self.slot}-{MARKERS.index(self.marker)}-{dash or 'solid'}"


@cache
def look(head: str) -> Look:
    """Of a published head always the same; that of any other follows from its name."""
    of = family(head)
    if head not in _SLOTS:
        seed = crc32(head.encode())
        slot = 1 + seed % (len(LIGHT) - 1)  # the first is the yardstick's
        return Look(slot, MARKERS[seed // 16 % len(MARKERS)], DASHES.get(of, OWN))
    siblings = [name for name in _SLOTS if DASHES.get(family(name), OWN) == DASHES.get(of, OWN)]
    return Look(_SLOTS[head], MARKERS[siblings.index(head)], DASHES.get(of, OWN))


def short(trial: Trial) -> str:
    """A head with its options, not its kernel, for where there is little room: an option that is a
    word stands without its name.
    """
    options = sorted(trial.options.items())
    return " ".join([trial.head, *(v if isinstance(v, str) else f"{k}={v}" for k, v in options)])


@cache
def declared(head: str, fact: str) -> str:
    """What a head's file says of it; "" for one without a file, or with a broken one."""
    try:
        return heads.describe(head).keywords[fact]
    except (AttnbenchError, SyntaxError, TypeError):
        return ""


def family(head: str) -> str:
    return declared(head, "family")
