"""Whether numbers of two environments may be compared, and in what they differ if not."""

from collections.abc import Iterable, Iterator

from attnbench.gate.errors import NotComparableError
from attnbench.record import Environment, Gpu

TIMED = (
    "torch", "cuda", "driver", "cpu", "cores", "threads", "flags", "governor", "turbo",
    "quota_cores",
)  # fmt: skip
CARD = ("name", "power_cap_watts", "ecc", "mig")


def differences(base: Environment, head: Environment, *, timed: bool) -> list[str]:
    """A phrase each, as in "torch 2.6.0 -> 2.7.1"; none where they may be compared."""
    if not timed:
        return _releases(base, head)
    told = [
        f"{name} {_shown(getattr(base, name))} -> {_shown(getattr(head, name))}"
        for name in TIMED
        if name != "flags" and getattr(base, name) != getattr(head, name)
    ]
    return [*told, *_flags(base.flags, head.flags), *_cards(base.gpus, head.gpus)]


def _releases(base: Environment, head: Environment) -> list[str]:
    """What changes counts: the torch that made them, be it built for a GPU or not ("2.6.0+cpu")."""
    before, now = (e.torch.partition("+")[0] for e in (base, head))
    return [f"torch {_shown(before)} -> {_shown(now)}"] if before != now else []


def check(found: Iterable[str], name: str, *, allowed: bool) -> list[str]:
    """The differences as notes. Raises NotComparableError, with all of them, unless `allowed`."""
    listed = "; ".join(found)
    if listed and not allowed:
        raise NotComparableError(
            f"{name} was measured elsewhere: {listed}; measure it here, or add --allow-mismatch"
        )
    return [f"{name} was measured elsewhere: {listed}"] if listed else []


def other_card(base: Environment, head: Environment) -> list[str]:
    """A note where the card is another of the same model: they differ by 8 % on average."""
    before, now = ({g.uuid for g in e.gpus} for e in (base, head))
    if before and now and before != now:
        return [
            "another card of the same model: two of them differ by 8 % on average, 22 % at most"
        ]
    return []


def _flags(base: dict[str, str], head: dict[str, str]) -> Iterator[str]:
    for name in sorted({*base, *head}):
        if base.get(name) != head.get(name):
            yield f"{name} {_shown(base.get(name))} -> {_shown(head.get(name))}"


def _cards(base: tuple[Gpu, ...], head: tuple[Gpu, ...]) -> Iterator[str]:
    if len(base) != len(head):
        yield f"cards {len(base)} -> {len(head)}"
    for before, now in zip(base, head, strict=False):
        for name in CARD:
            if getattr(before, name) != getattr(now, name):
                yield f"card {name} {getattr(before, name)} -> {getattr(now, name)}"


def _shown(value: object) -> str:
    return "none" if value in ("", None) else str(value)
