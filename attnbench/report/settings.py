"""Which curves may share a figure: those of one setting."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from attnbench.curves import Curve
from attnbench.kinds import NO_DEVICE, Mode
from attnbench.trial import Trial


@dataclass(frozen=True, order=True)
class Setting:
    """What the lines of one figure share: all of a trial but head, options, kernel and map."""

    batch: int
    channels: int
    part: str
    backbone: str
    dtype: str
    device: str
    mode: Mode

    @classmethod
    def of(cls, trial: Trial, device: str = "") -> "Setting":
        shape = trial.shape
        what = (shape.batch, shape.channels, trial.part, trial.backbone)
        return cls(*what, trial.dtype, device or trial.device, trial.mode)

    def __str__(self) -> str:
        return self.told()

    def told(self, place: str = "") -> str:
        """In words; `place` is what its device is called instead of by its own name."""
        where = "" if self.device == NO_DEVICE else f", {place or self.device}"
        what = f"{self.part} {self.backbone}" if self.backbone else f"C = {self.channels}"
        return f"batch {self.batch}, {what}, {self.dtype}{where}"


def by_setting(found: Iterable[Curve], mode: Mode) -> dict[Setting, list[Curve]]:
    """The curves of one mode, those of the same setting together, one of each label.

    What was not measured is the same on every device; the curve with the most sizes stands for it.
    """
    groups: dict[Setting, dict[str, Curve]] = {}
    for curve in found:
        if curve.trial.mode != mode:
            continue
        setting = Setting.of(curve.trial)
        if curve.origin != "measured":
            setting = replace(setting, device=NO_DEVICE)
        group = groups.setdefault(setting, {})
        best = max(group.get(curve.label, curve), curve, key=lambda c: len(c.pixels))
        group[curve.label] = best
    return {setting: list(group.values()) for setting, group in sorted(groups.items())}
