"""Where the numbers of a run were made, if in several environments: machines, or versions."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from attnbench.kinds import NO_DEVICE
from attnbench.machines import ID_SHOWN, is_named_after
from attnbench.record import Environment
from attnbench.report.evidence import Evidence
from attnbench.report.tables import Table, count, words

_NOISE = re.compile(
    r"\((?:R|TM|C)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|\bNVIDIA\b|@.*$|\bwith .*$", re.IGNORECASE
)
_TELLS_APART: tuple[tuple[str, Callable[[Environment], str]], ...] = (
    ("commit", lambda e: e.commit[:ID_SHOWN] + ("+" if e.dirty else "")),
    ("attnbench", lambda e: e.attnbench),
    ("torch", lambda e: e.torch),
    ("threads", lambda e: str(e.threads)),
    ("Python", lambda e: e.python),
    ("CUDA", lambda e: e.cuda),
    ("driver", lambda e: e.driver),
    ("environment", lambda e: e.id[:ID_SHOWN]),
)


@dataclass(frozen=True)
class Place:
    """An environment, and the device of it as trials name it: "cpu:53c60e73"; "" without one.

    `name` is what a person calls it, and no other place has it: "EPYC 7763", "commit 53c60e73".
    """

    environment: Environment
    device: str
    name: str = ""

    @property
    def machine(self) -> str:
        """As in "Xeon 8481C", or the card of a GPU."""
        gpus = dict.fromkeys(g.name for g in self.environment.gpus)
        is_gpu = gpus and not self.device.startswith("cpu")
        told = ", ".join(gpus) if is_gpu else self.environment.cpu
        return " ".join(_NOISE.sub(" ", told).split()) or self.device or "a machine"


def places(evidence: Evidence) -> list[Place]:
    """In the order in which they came; none where nothing is told apart by environment.

    Of runs that measured nothing they are those on whose counts there is no agreement.
    """
    return evidence.once(_places)


def _places(evidence: Evidence) -> list[Place]:
    known = evidence.run.environments
    counted = dict.fromkeys((r.environment, "") for r in evidence.run.disputed)
    told = [
        Place(known[e], device)
        for e, device in evidence.measured_in or counted
        if e in known and (not device or is_named_after(device, e))
    ]
    return _named(told) if len({p.environment.id for p in told}) > 1 else []


def device_names(evidence: Evidence) -> dict[str, str]:
    """Device as trials name it -> its name for people; of several environments only."""
    return {p.device: p.name for p in places(evidence) if p.device}


def listed_names(found: Sequence[Place]) -> str:
    """As in "EPYC 7763 and Xeon 8481C"; of many how many."""
    names = [p.name for p in found]
    return " and ".join(names) if len(names) < 3 else f"{len(names)} other environments"


def what_is_compared(evidence: Evidence) -> Table | None:
    """What stands side by side, and what each of it was made with."""
    found = places(evidence)
    if not found:
        return None
    runs: dict[str, dict[str, None]] = {}
    rounds: dict[str, set[int]] = {}
    for r in (*evidence.records, *evidence.run.disputed):
        runs.setdefault(r.environment, {})[r.run or evidence.run.name] = None
        if r.trial.device != NO_DEVICE:
            rounds.setdefault(r.environment, set()).add(r.round)
    made = [p.environment for p in found]
    columns = (
        words("name", [p.name for p in found]),
        words("device", [p.device or "none" for p in found]),
        words("machine", [", ".join([e.cpu, *(g.name for g in e.gpus)]) for e in made]),
        words("commit", [_commit(e) for e in made]),
        words("attnbench", [e.attnbench for e in made]),
        words("torch", [e.torch for e in made]),
        words("runs", [", ".join(runs[e.id]) for e in made]),
        replace(words("rounds", [count(len(rounds.get(e.id, ()))) for e in made]), is_number=True),
    )
    return Table("What is compared", columns)


def _commit(e: Environment) -> str:
    return (e.commit + (", with changes" if e.dirty else "")) or "not on record"


def _named(found: Sequence[Place]) -> list[Place]:
    """Machines by their names; those of one name by the first thing that tells them all apart."""
    names = [p.machine for p in found]
    is_one_machine = len(set(names)) == 1
    told = []
    for place, name in zip(found, names, strict=True):
        alike = [p for p, n in zip(found, names, strict=True) if n == name]
        if len(alike) > 1:
            apart = _apart(place, alike)
            name = apart if is_one_machine else f"{name}, {apart}"  # noqa: PLW2901 as before, longer
        told.append(replace(place, name=name))
    return told


def _apart(place: Place, alike: Sequence[Place]) -> str:
    for what, tell in _TELLS_APART:
        values = [tell(p.environment) for p in alike]
        if all(values) and len(set(values)) == len(values):
            return f"{what} {tell(place.environment)}"
    return place.device
