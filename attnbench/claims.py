"""Claims of the literature as data. `verdicts` says what a run makes of them.

    [[claim]]
    id     = "ema-linear"
    says   = "The cost of EM attention grows linearly with the number of pixels"
    source = "EMANet, sec. 3.2"
    check  = { kind = "exponent", metric = "macs.counted", head = "ema", within = [0.99, 1.01] }

A check names what it is of: a head with options and kernel, and where a run has several, its part,
channels, batch, dtype, device. What it finds has to lie `within` its bounds. A claim that this
project cannot decide by a run has no check, and says what it `needs`.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar, Literal

import msgspec

from attnbench.kinds import Kernel, Mode
from attnbench.trial import Option, Trial, label

EPS = "eps"  # unit of a difference: multiples of the dtype's machine epsilon


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a run has several, which one is meant. Empty fields match anything."""

    part: str = ""
    channels: int = 0
    batch: int = 0
    dtype: str = ""
    device: str = ""  # "cuda" where the sentence is about a GPU
    backbone: str = ""

    def suits(self, trial: Trial) -> bool:
        shape = trial.shape
        return (
            self.part in ("", trial.part)
            and self.channels in (0, shape.channels)
            and self.batch in (0, shape.batch)
            and self.dtype in ("", trial.dtype)
            and self.device in ("", trial.device.partition(":")[0])
            and self.backbone in ("", trial.backbone)
        )


class Subject(Setting, frozen=True, kw_only=True):
    """What a number is of."""

    head: str
    metric: str
    options: dict[str, Option] = msgspec.field(default_factory=dict)
    kernel: Kernel = "eager"
    mode: Mode = "inference"

    def matches(self, trial: Trial, without: str = "") -> bool:
        """Whether a trial is one of it, whatever its option `without`."""
        return (
            (self.head, self.kernel, self.mode) == (trial.head, trial.kernel, trial.mode)
            and self.options == {k: v for k, v in trial.options.items() if k != without}
            and self.suits(trial)
        )

    def __str__(self) -> str:
        """As in "isa partition=balanced, head, 512 channels"."""
        told = [f"{self.channels} channels"] if self.channels else []
        told += [f"batch {self.batch}"] if self.batch else []
        where = filter(None, [self.part, self.backbone, self.dtype, *told, self.device])
        return ", ".join([label(self.head, self.options, self.kernel), *where])


class Other(Setting, frozen=True, kw_only=True):
    """What differs from the subject of a check. Another head has its own options, or none."""

    head: str = ""
    metric: str = ""
    options: dict[str, Option] | None = None
    kernel: Kernel | None = None
    mode: Mode | None = None

    def instead_of(self, subject: Subject) -> Subject:
        given = {name: v for name in self.__struct_fields__ if (v := getattr(self, name))}
        if self.options is not None or self.head:
            given["options"] = self.options or {}
        if self.head:
            given.setdefault("kernel", "eager")
        return msgspec.structs.replace(subject, **given)


class Check(Setting, frozen=True, kw_only=True, tag_field="kind"):
    """What every check names: a metric, and the bounds of a claim that holds.

    `size` is the side of the map that is meant, or height and width; 0 for the largest that all
    have.
    """

    metric: str
    within: tuple[float, float]
    mode: Mode = "inference"
    terms: str = ""  # one kind of work of a count, as "contraction"; empty for all
    size: int | tuple[int, int] = 0

    @property
    def place(self) -> tuple[int, int] | None:
        """Height and width of the map that is meant; None for the largest."""
        size = self.size if isinstance(self.size, tuple) else (self.size, self.size)
        return size if all(size) else None

    def of(self, head: str, options: dict[str, Option], kernel: Kernel) -> Subject:
        where: dict[str, Any] = {name: getattr(self, name) for name in Setting.__struct_fields__}
        who = {"head": head, "options": options, "kernel": kernel}
        return Subject(metric=self.metric, mode=self.mode, **(who | where))

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All that the check is of; none where it is of every head."""
        return ()


class OfOne(Check, frozen=True, kw_only=True):
    """A check of one head."""

    head: str
    options: dict[str, Option] = msgspec.field(default_factory=dict)
    kernel: Kernel = "eager"

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return (self.of(self.head, self.options, self.kernel),)


class Exponent(OfOne, frozen=True, kw_only=True, tag="exponent"):
    """The power of N in the cost: of the fit over all sizes, or local, of the last doubling.

    `over` may also be "channels", or an option of the head that is a number.
    """

    over: str = "pixels"
    part_of: Literal["fit", "last"] = msgspec.field(default="fit", name="of")


class Value(OfOne, frozen=True, kw_only=True, tag="value"):
    """The metric itself, in its base unit."""


class Equal(OfOne, frozen=True, kw_only=True, tag="equal"):
    """Two forms of one function: how far apart they are, in multiples of the machine epsilon."""

    within: tuple[float, float] = (0, 1000)


class Against(OfOne, frozen=True, kw_only=True):
    """A check of one head against another; what `to` does not name is as in the first."""

    to: str | Other

    @property
    def subjects(self) -> tuple[Subject, ...]:
        (first,) = super().subjects
        other = Other(head=self.to) if isinstance(self.to, str) else self.to
        return first, other.instead_of(first)


class Ratio(Against, frozen=True, kw_only=True, tag="ratio"):
    """Cost of `head` over cost of `to`."""


class Difference(Against, frozen=True, kw_only=True, tag="difference"):
    """The metric of `head` minus that of `to`, the mean over paired rounds; 0.02 of an IoU is two
    points. Equivalence is an interval within [-margin, margin].
    """


class Crossing(Against, frozen=True, kw_only=True, tag="crossing"):
    """The pixels N from which on `head` stays cheaper than `to`; infinite for never."""


class Order(Check, frozen=True, kw_only=True, tag="order"):
    """Each of `heads` costs more than the one before: `within` bounds each step's ratio."""

    heads: tuple[str | Other, ...]
    within: tuple[float, float] = (1, inf)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        told = [Other(head=h) if isinstance(h, str) else h for h in self.heads]
        return tuple(other.instead_of(self.of("", {}, "eager")) for other in told)


class Correlation(Check, frozen=True, kw_only=True, tag="correlation"):
    """Rank correlation (Spearman) of two metrics over all heads that have both."""

    against: str


class Printed(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind",
    tag="printed",
):  # fmt: skip
    """The share of a paper's printed figures that arithmetic can check and that agree.

    Of one table of it, if named. It needs no run.
    """

    paper: str
    table: str = ""
    within: tuple[float, float] = (1, 1)
    subjects: ClassVar[tuple[Subject, ...]] = ()


@dataclass(frozen=True)
class Claim:
    """A sentence of the literature, and the check that decides it, or what that needs."""

    id: str
    says: str
    source: str
    check: (
        Exponent
        | Value
        | Equal
        | Ratio
        | Difference
        | Crossing
        | Order
        | Correlation
        | Printed
        | None
    ) = None
    needs: str = ""
