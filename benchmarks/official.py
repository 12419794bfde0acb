"""Times of published modules as they were measured, and the head of ours each is held against.

`official_times.toml` has them. Nothing here imports torch: heads are known by their declarations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from msgspec import Struct

from attnbench import heads
from attnbench.checked import converted, parse_toml
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.trial import Option, label

FILE = Path(__file__).with_name("official_times.toml")


class _Checked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Time(_Checked, frozen=True, kw_only=True):
    """Milliseconds of a forward pass on a square map of `side`: the fastest run, and the median."""

    side: int
    min_ms: float
    median_ms: float


class Module(_Checked, frozen=True, kw_only=True):
    """A published module, and the `head` of ours that gives its function, or why there is none.

    `params` are its own; `head` with `options` has `extra_params` more.
    """

    name: str
    code: str
    times: tuple[Time, ...]
    head: str = ""
    options: dict[str, Option] = {}
    apart: str = ""
    departs: str = ""
    params: int = 0
    extra_params: int = 0

    @property
    def label(self) -> str:
        """How tables call the head that it is held against."""
        return label(self.head, self.options)


class Reason(_Checked, frozen=True, kw_only=True):
    """Why a head takes longer than its mark: what its mathematics asks for at the least.

    `maps` is how often all of the input has to be read or written.
    """

    head: str
    sides: tuple[int, ...]
    reason: str
    maps: int = 0
    options: dict[str, Option] = {}

    @property
    def label(self) -> str:
        return label(self.head, self.options)


class Official(_Checked, frozen=True, kw_only=True):
    """All of the file. `without` names the heads that no module is held against, and why."""

    machine: str
    how: str
    module: tuple[Module, ...]
    without: dict[str, str]
    slower: tuple[Reason, ...] = ()

    @property
    def marks(self) -> list["Mark"]:
        """Of each head, with its options, and side: the fastest run of all who give its function.

        In the order of the file.
        """
        order = list(dict.fromkeys(m.label for m in self.module if m.head))
        found = sorted(self._timed(), key=lambda m: (order.index(m.label), m.side, m.seconds))
        return [next(same) for _, same in groupby(found, lambda m: (m.label, m.side))]

    @property
    def apart(self) -> list[Module]:
        """Modules that are like for like with no head of ours."""
        return [m for m in self.module if not m.head]

    def reason(self, mark: "Mark") -> Reason | None:
        """Why our head takes longer; None where nothing is shown yet."""
        found = (r for r in self.slower if r.label == mark.label and mark.side in r.sides)
        return next(found, None)

    def _timed(self) -> Iterator["Mark"]:
        for module in (m for m in self.module if m.head):
            for time in module.times:
                yield Mark(module, time.side, time.min_ms / 1000)


@dataclass(frozen=True)
class Mark:
    """The time to beat: the fastest run, in `seconds`, of the published module."""

    module: Module
    side: int
    seconds: float

    @property
    def label(self) -> str:
        return self.module.label

    @property
    def printed(self) -> str:
        """Milliseconds, with the digit that they were measured to."""
        return f"{self.seconds * 1000:.1f}"


def official(path: Path = FILE) -> Official:
    """What the file says. Raises SuiteError with file and place, UnknownNameError for a head."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}; it has the times to compare with") from None
    found = converted(parse_toml(text, path.name), Official, path.name)
    for module in found.module:
        where = f"{path.name}: module {module.name}"
        if bool(module.head) == bool(module.apart):
            raise SuiteError(f"{where}: name a head, or say in `apart` why none is like it")
        if module.head:
            _check_head(module.head, module.options, where)
    for reason in found.slower:
        _check_head(reason.head, reason.options, f"{path.name}: slower {reason.head}")
    for name in found.without:
        _check_head(name, {}, f"{path.name}: without")
    return found


def _check_head(name: str, options: dict[str, Option], where: str) -> None:
    if name not in heads.HEADS:
        raise UnknownNameError("head", name, heads.HEADS, where)
    heads.describe(name).check(options, where)
