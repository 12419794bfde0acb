"""Printed figures of the literature as data: one file of `papers/` a paper.

A figure that arithmetic can check says how attnbench builds the structure behind it and by which
rule it is counted (`ours`); `measure/_recount.py` does so. `reading` reads them from TOML.
Nothing here imports torch.

    [structure.isa]  # pieces that are added up: head, conv, backbone, formula, another structure
    at = [128, 128]
    pieces = [{ is = "head", name = "isa", channels = 512, options = { layers = 1 } }]

    [[table]]
    name   = "Figure 1"
    source = "ISA.pdf"
    input  = "1x512x128x128"

    [[table.figure]]
    id       = "isa.f1.isa.gflops"
    head     = "isa"
    quantity = "gflops"
    printed  = "76"  # as it is printed: its digits say how well ours must agree
    unit     = "G"
    agrees   = "approx"
    ours     = { of = "isa", by = "flops" }  # a rule of `rules`
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal

import msgspec
from msgspec import Struct

from attnbench.errors import UnknownNameError
from attnbench.kinds import Part
from attnbench.papers.rules import Thing
from attnbench.trial import Option

Agrees = Literal["exact", "approx", "no", ""]
Map = tuple[int, int]  # height and width


class _Checked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Piece(_Checked, frozen=True, kw_only=True, tag_field="is"):
    """`times` may be negative for what the paper leaves out; `why` says so. `at` is H x W."""

    times: int = 1
    at: Map | None = None
    why: str = ""


class Conv(_Piece, frozen=True, kw_only=True, tag="conv"):
    """A convolution that keeps H and W; `norm` adds batch norm and ReLU."""

    inputs: int
    outputs: int
    side: int = 1
    groups: int = 1
    bias: bool = False
    norm: bool = False


class Head(_Piece, frozen=True, kw_only=True, tag="head"):
    """A head of the registry on `channels`."""

    name: str
    channels: int
    options: dict[str, Option] = {}
    part: Part = "attention"


class Backbone(_Piece, frozen=True, kw_only=True, tag="backbone"):
    """A residual network on an image of `at`; `frames` weigh stem and four stages of a video."""

    depth: int
    stem: Literal["plain", "deep", "deep_narrow"] = "plain"
    output_stride: int = 32
    stride_in: Literal["3x3", "1x1"] = "3x3"
    classes: int = 0
    frames: tuple[int, ...] = ()


class Formula(_Piece, frozen=True, kw_only=True, tag="formula"):
    """So many of the thing that it `counts`, over H, W, N = H·W and `symbols`; for a reason."""

    text: str
    counts: Thing
    symbols: dict[str, int] = {}


class Named(_Checked, frozen=True, kw_only=True, tag_field="is", tag="structure"):
    """Another structure, of this file, or of another as "isa.attention"; all of it on `at`."""

    name: str
    at: Map | None = None


Alone = Conv | Head | Backbone | Formula
Piece = Alone | Named


class Structure(_Checked, frozen=True, kw_only=True):
    """A sum of pieces; those that say no `at` are on this map."""

    pieces: tuple[Piece, ...]
    at: Map | None = None
    note: str = ""


class Ours(_Checked, frozen=True, kw_only=True):
    """How the figure is recounted: structure `of`, counted by a rule.

    With `over` it is a quotient of two structures, `saving` one minus that. `given` is a printed
    figure taken as it is, to which the count is added, or which is divided by `given_over`.
    `predicted` is the structure whose memory attnbench predicts beside it, where `by` does not.
    `binary` says that the M, G or MB of the table are 2^20 and 2^30.
    """

    by: str = ""
    of: str = ""
    over: str = ""
    saving: bool = False
    given: str = ""
    given_over: str = ""
    predicted: str = ""
    binary: bool = False


class Figure(_Checked, frozen=True, kw_only=True):
    """One printed number. What is empty here is that of its table.

    `agrees` is what arithmetic found when the figure was entered, `reason` why it does not;
    `within` another tolerance than that of the word; `at_least` is for a lower bound. `differs_by`
    is how the structure differs from what the paper's words say: input, or a part left out.
    """

    id: str
    head: str
    quantity: str
    printed: str
    unit: str = ""
    convention: str = ""
    part: str = ""
    input: str = ""
    hardware: str = ""
    source: str = ""
    note: str = ""
    agrees: Agrees = ""
    reason: str = ""
    differs_by: str = ""
    within: float = 0.0
    at_least: bool = False
    ours: Ours | None = None

    @property
    def value(self) -> float:
        return float(Fraction(self.printed))


class Table(_Checked, frozen=True, kw_only=True):
    """A table or passage of a paper: what its figures share, and the figures.

    `figures` are those that need a training or a device; each `figure` is one for arithmetic.
    """

    name: str
    source: str
    input: str = ""
    part: str = ""
    hardware: str = ""
    convention: str = ""
    counts: str = ""
    units: str = ""
    figures: tuple[Figure, ...] = ()
    figure: tuple[Figure, ...] = ()

    @property
    def all(self) -> tuple[Figure, ...]:
        """Its figures with what they share filled in."""
        shared = {k: getattr(self, k) for k in ("input", "part", "hardware", "source")}
        return tuple(_filled(f, shared, self.convention) for f in (*self.figure, *self.figures))


class Series(_Checked, frozen=True, kw_only=True):
    """A curve: y over x. `ours` names a structure that is counted on square maps of side x."""

    id: str
    head: str
    figure: str
    x_name: str
    x: tuple[float, ...]
    y_name: str
    y: tuple[float, ...]
    source: str
    how: str = ""
    note: str = ""
    ours: Ours | None = None


class Model(_Checked, frozen=True, kw_only=True):
    """A row of a model zoo. Memory is the peak of training per device, in GB; mIoU in percent."""

    head: str
    memory_gb: float
    fps: float
    miou_20k: float | None = None
    miou_40k: float | None = None
    miou_80k: float | None = None
    miou_160k: float | None = None
    note: str = ""


class Zoo(_Checked, frozen=True, kw_only=True):
    """Models of one lab, backbone, data set and size of crop."""

    setting: str
    backbone: str
    dataset: str
    crop: str
    models: tuple[Model, ...]


class Contradiction(_Checked, frozen=True, kw_only=True):
    """Where the literature disagrees with itself or with arithmetic."""

    id: str
    what: str


class Paper(_Checked, frozen=True, kw_only=True):
    """All that is known of one paper's figures; `name` is that of the file."""

    title: str
    name: str = ""
    arxiv: str = ""
    missing: tuple[str, ...] = ()
    structure: dict[str, Structure] = {}
    table: tuple[Table, ...] = ()
    series: tuple[Series, ...] = ()
    zoo: tuple[Zoo, ...] = ()
    contradiction: tuple[Contradiction, ...] = ()

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(f for table in self.table for f in table.all)


def _filled(figure: Figure, shared: dict[str, str], convention: str) -> Figure:
    told = {k: getattr(figure, k) or v for k, v in shared.items()}
    counted = figure.quantity.startswith(("gflops", "mac"))
    told["convention"] = figure.convention or (convention if counted else "")
    return msgspec.structs.replace(figure, **told)


class Papers:
    """Every paper, its figures by id and its structures by "paper.structure"."""

    def __init__(self, papers: Iterable[Paper]):
        self.papers = {p.name: p for p in papers}
        self.figures = {f.id: f for p in self.papers.values() for f in p.figures}
        self.structures = {
            f"{p.name}.{name}": s for p in self.papers.values() for name, s in p.structure.items()
        }

    def __iter__(self) -> Iterator[Paper]:
        return iter(self.papers.values())

    def named(self, name: str, where: str = "") -> Paper:
        if name not in self.papers:
            raise UnknownNameError("paper", name, self.papers, where)
        return self.papers[name]


def full_name(structure: str, paper: str) -> str:
    """As in "isa.attention", also where the file of that paper names its own."""
    return structure if "." in structure else f"{paper}.{structure}"


def paper_of(structure: str) -> str:
    """Of a full name."""
    return structure.partition(".")[0]


def pieces(name: str, papers: Papers, at: Map | None = None) -> Iterator[tuple[Alone, Map | None]]:
    """Each on its map; those of a structure that it names stand in its place."""
    structure = papers.structures[name]
    for piece in structure.pieces:
        if isinstance(piece, Named):
            yield from pieces(full_name(piece.name, paper_of(name)), papers, at or piece.at)
        else:
            yield piece, at or piece.at or structure.at
