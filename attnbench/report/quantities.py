"""What the report follows over resolution: which readings, in which mode, under which name."""

from dataclasses import dataclass

from attnbench.curves import Curve
from attnbench.kinds import MODES, Mode
from attnbench.report.evidence import Evidence
from attnbench.report.heads_shown import is_shown
from attnbench.report.places import device_names
from attnbench.report.settings import Setting, by_setting

MODE_WORDS = {"inference": "forward", "training": "forward + backward"}
ORIGIN_FIRST = {"memory_predicted": "predicted peak memory", "memory": "measured peak memory"}
KNOWN = {"macs.counted": "MACs"} | ORIGIN_FIRST  # in this order
KNOWN |= {"latency": "latency", "energy": "energy an image"}
# Not followed on their own: no cost of a step. Nor are parts and other views of what is followed.
_ASIDE = ("params", "macs", "flops", "launches", "roofline", "identity", "query")
_ASIDE += ("frontier", "frontier_measured", "accuracy")


@dataclass(frozen=True)
class Quantity:
    """A reading in a mode; `terms` takes one kind of work of it."""

    metric: str
    mode: Mode
    title: str
    terms: str = ""

    @property
    def name(self) -> str:
        return "-".join(filter(None, [self.metric.replace(".", "-"), self.mode, self.terms]))


@dataclass(frozen=True)
class Panel:
    """The curves of one quantity that share a figure."""

    quantity: Quantity
    setting: Setting
    curves: tuple[Curve, ...]
    is_alone: bool  # whether the quantity has no other setting in this run
    place: str = ""  # what a person calls its device, of a run of several environments

    @property
    def title(self) -> str:
        title = self.quantity.title[0].upper() + self.quantity.title[1:]
        return title if self.is_alone else f"{title}, {self.where}"

    @property
    def where(self) -> str:
        """Its setting, with the name of the machine."""
        return self.setting.told(self.place)

    @property
    def name(self) -> str:
        words = "" if self.is_alone else str(self.setting)
        return self.quantity.name + "".join(c if c.isalnum() else "-" for c in words)


_TERMS = {  # one kind of work that is followed beside the whole
    "macs.counted": ("contraction", "MACs of the attention products alone, forward"),
}


def followed(evidence: Evidence, *, terms: bool = False) -> list[Quantity]:
    """Known readings first, then any other that the run has; with `terms` also parts of them."""
    seen = {m for m in evidence.by_trial.having if not _is_aside(m)}
    metrics = [m for m in KNOWN if m in seen] + sorted(m for m in seen if m not in KNOWN)
    found = []
    for m in metrics:
        modes = [mode for mode in MODES if any(c.trial.mode == mode for c in evidence.curves(m))]
        found += [Quantity(m, mode, f"{KNOWN.get(m, m)}, {MODE_WORDS[mode]}") for mode in modes]
        if terms and m in _TERMS and evidence.curves(m, _TERMS[m][0]):
            found.append(Quantity(m, "inference", _TERMS[m][1], _TERMS[m][0]))
    return found


def panels(evidence: Evidence, quantity: Quantity, least: int = 1) -> list[Panel]:
    """One for each setting in which some head has the quantity at `least` sizes or more."""
    curves = evidence.curves(quantity.metric, quantity.terms)
    found = [c for c in curves if len(c.pixels) >= least and is_shown(evidence, c.trial)]
    groups = by_setting(found, quantity.mode)
    called = device_names(evidence)
    return [
        Panel(quantity, s, tuple(c), len(groups) == 1, called.get(s.device, ""))
        for s, c in groups.items()
    ]


def _is_aside(metric: str) -> bool:
    if metric in KNOWN:
        return False
    first, _, part = metric.partition(".")
    return first in _ASIDE or bool(part)
